-- purpose: decide for each report of a batch whether it changes its run.
-- caller: ingest_run_reports, which has locked the runs.
-- promise: an array of the reports with event, rank (1 acked, 2 running, 3 an end), applied, effective_at, refused. A report is applied
--   when its rank is above the run's and above every report before it in the batch. rank 0 is what never counts: the answer to a stop, or a
--   refusal of a command for a run that has begun.
create or replace function private.judge_run_reports(
    p_items jsonb,
    p_now timestamptz
) returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    with report as (
        select
            (t.ord - 1)::int as idx, t.device_id, t.deployment_id, t.kind, t.status, t.accepted, t.reason as given_reason, t.error, t.at,
            t.boot_id, t.details, d.company_id, c.command_id as stop_id,
            case
                when c.command_id is not null then 'stop'
                when t.kind = 'ack' and t.accepted is false then 'failed'
                when t.kind = 'ack' then 'acked'
                else t.status
            end as event,
            -- an agent that refuses a command says so in its ack; an answer to a stop says nothing about the run's state
            t.kind = 'ack' and t.accepted is false and c.command_id is null as refusal,
            (
                select c.code
                from unnest(array[
                    'agent_busy', 'command_expired', 'fetch_failed', 'hash_mismatch', 'spawn_failed', 'nonzero_exit', 'signal', 'agent_restarted',
                    'host_rebooted', 'heartbeat_lost', 'ack_timeout', 'start_timeout', 'wall_timeout', 'server_backstop', 'operator', 'superseded'
                ]) as c (code)
                where c.code = coalesce(t.reason_code, t.reason)
            ) as reason_code
        from rows from (
            jsonb_to_recordset(p_items) as (
                device_id uuid, deployment_id uuid, kind text, status text, accepted boolean, reason text, error text, reason_code text,
                at timestamptz, boot_id text, details jsonb
            )
        ) with ordinality as t (device_id, deployment_id, kind, status, accepted, reason, error, reason_code, at, boot_id, details, ord)
        left join public.devices as d on d.device_id = t.device_id and d.kind = 'rig'
        left join public.device_commands as c
            on
                c.company_id = d.company_id and c.deployment_id = t.deployment_id and c.command = 'stop' and t.kind = 'ack'
                and c.command_id::text = t.details ->> 'command_id'
    ),

    known as (
        select
            p.*, r.status as was, r.ended_by,
            case
                when p.company_id is null then 'unknown_device'
                when r.deployment_id is null then 'unknown_deployment'
                when r.device_id <> p.device_id or r.company_id <> p.company_id then 'device_mismatch'
                when
                    p.stop_id is null
                    and coalesce(p.event, '') not in ('acked', 'running', 'completed', 'failed', 'timed_out', 'cancelled') then 'bad_type'
            end as refused,
            -- The device's clock counts where it is plausible; the server's time otherwise.
            case when p.at between r.deployed_at - interval '1 minute' and p_now + interval '1 minute' then p.at else p_now end as effective_at,
            coalesce(p.reason_code in ('agent_busy', 'command_expired', 'fetch_failed', 'hash_mismatch', 'spawn_failed'), false) or p.refusal
            as never_ran,
            -- A refusal counts only before the run has begun: later it is about a repeated command.
            case
                when p.refusal and (
                    r.status not in ('pending', 'acked')
                    or coalesce(bool_or(p.event = 'running') over before, false)
                ) or p.stop_id is not null then 0
                when p.event = 'acked' then 1
                when p.event = 'running' then 2
                else 3
            end as rank
        from report as p
        left join public.experiment_deployments as r on r.deployment_id = p.deployment_id
        window before as (
            partition by p.device_id, p.deployment_id order by p.idx rows between unbounded preceding and 1 preceding
        )
    ),

    judged as (
        select
            k.*,
            k.refused is null and k.rank > greatest(
                case
                    when k.was = 'pending' then 0
                    when k.was = 'acked' then 1
                    when k.was = 'running' or (k.rank = 3 and k.ended_by = 'server') then 2
                    else 3
                end,
                coalesce(max(k.rank) over (
                    partition by k.device_id, k.deployment_id order by k.idx rows between unbounded preceding and 1 preceding
                ), 0)
            ) as applied
        from known as k
    )

    select coalesce(jsonb_agg(to_jsonb(j) order by j.idx), '[]') from judged as j;
$$;

comment on function private.judge_run_reports(jsonb, timestamptz) is 'Judges a batch of reports about runs against the runs'' states; changes nothing.';
revoke all on function private.judge_run_reports(jsonb, timestamptz) from public;
