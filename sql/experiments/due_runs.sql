-- purpose: end the runs whose rig has nothing more to say.
-- caller: run_due.
-- promise: not acknowledged for 60 s: failed, ack_timeout. Acknowledged, not running after 120 s: failed, start_timeout. Running on a rig that is
--   online: timed_out, server_backstop, 120 s after its time limit; failed, agent_restarted or host_rebooted, when two heartbeats of one boot
--   left it out. Running on a rig that is offline: it goes on; failed, heartbeat_lost, 10 minutes after its time limit. Runs that a report
--   holds at this moment are left for the next round. Answers the counts by reason.
create or replace function private.due_runs(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_ids uuid[];
    v_counts jsonb;
begin
    with active as (
        select
            r.company_id, r.deployment_id, r.status, private.is_online(d.last_seen_at, d.last_will_at, p_now) as online,
            r.deployed_at + interval '60 seconds' as ack_until,
            greatest(r.acked_at, r.deployed_at) + interval '120 seconds' as start_until,
            greatest(r.started_at, r.deployed_at) + r.timeout_s * interval '1 second' as run_until
        from public.experiment_deployments as r
        join public.devices as d on d.company_id = r.company_id and d.device_id = r.device_id
        where r.status in ('pending', 'acked', 'running')
    ),

    due as (
        select
            a.company_id, a.deployment_id,
            case
                when a.status = 'pending' and a.ack_until <= p_now then 'ack_timeout'
                when a.status = 'acked' and a.start_until <= p_now then 'start_timeout'
                when a.status = 'running' and a.online and a.run_until + interval '120 seconds' <= p_now then 'server_backstop'
                when a.status = 'running' and not a.online and a.run_until + interval '10 minutes' <= p_now then 'heartbeat_lost'
                when a.status = 'running' and a.online and b.heartbeats >= 2 then coalesce((
                    select case when e.details ->> 'boot_id' <> b.boot_id and b.boot_id <> '' then 'host_rebooted' end
                    from public.deployment_events as e
                    where e.company_id = a.company_id and e.deployment_id = a.deployment_id and e.event = 'running' and e.applied
                    order by e.received_at desc
                    limit 1
                ), 'agent_restarted')
            end as reason_code
        from active as a
        left join private.run_absences as b on b.company_id = a.company_id and b.deployment_id = a.deployment_id
    ),

    -- A report that is being applied holds its run; the state is asked again under the lock.
    held as (
        select r.company_id, r.deployment_id, d.reason_code
        from due as d
        join public.experiment_deployments as r on r.company_id = d.company_id and r.deployment_id = d.deployment_id
        where
            d.reason_code is not null
            and r.status = case d.reason_code when 'ack_timeout' then 'pending' when 'start_timeout' then 'acked' else 'running' end
        order by r.deployment_id
        for no key update of r skip locked
    ),

    ended as (
        update public.experiment_deployments as r
        set status = case when h.reason_code = 'server_backstop' then 'timed_out' else 'failed' end, reason_code = h.reason_code,
            ended_by = 'server', completed_at = greatest(p_now, r.started_at), updated_at = p_now
        from held as h
        where r.company_id = h.company_id and r.deployment_id = h.deployment_id
        returning r.company_id, r.deployment_id, r.status, r.reason_code
    ),

    noted as (
        insert into public.deployment_events (company_id, deployment_id, source, event, reason_code, applied, received_at)
        select e.company_id, e.deployment_id, 'server', e.status, e.reason_code, true, p_now from ended as e
    )

    select array_agg(e.deployment_id), jsonb_object_agg(e.reason_code, e.runs) filter (where e.first)
    into v_ids, v_counts
    from (
        select
            n.deployment_id, n.reason_code, count(*) over (partition by n.reason_code) as runs,
            row_number() over (partition by n.reason_code) = 1 as first
        from ended as n
    ) as e;

    if v_ids is not null then
        perform private.settle_ended_runs(v_ids, p_now);
    end if;
    return coalesce(v_counts, '{}');
end;
$$;

comment on function private.due_runs(timestamptz) is
'Ends runs that were not acknowledged, not started, ran out of time, lost their rig or are orphans; answers counts by reason.';
revoke all on function private.due_runs(timestamptz) from public;
