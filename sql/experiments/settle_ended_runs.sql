-- purpose: what follows from the end of runs.
-- caller: ingest_run_reports, cancel_deployment, due_runs, after the row has its end; the runs are locked.
-- promise: their commands are finished, their absences forgotten; an alert is open while a run counts as failed or timed out, and closes
--   when the rig's own report replaces such an end by a better one.
create or replace function private.settle_ended_runs(
    p_deployment_ids uuid[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    update public.device_commands as c
    set status = case
            when c.command = 'stop' or r.acked_at is not null then 'done'
            when r.reason_code = 'ack_timeout' then 'expired'
            when r.status = 'cancelled' then 'superseded'
            else 'failed'
        end,
        finished_at = p_now
    from public.experiment_deployments as r
    where
        r.deployment_id = any (p_deployment_ids) and r.status in ('completed', 'failed', 'timed_out', 'cancelled')
        and c.company_id = r.company_id and c.deployment_id = r.deployment_id and c.status in ('queued', 'published', 'acknowledged');

    delete from private.run_absences as a
    using public.experiment_deployments as r
    where r.deployment_id = any (p_deployment_ids) and a.company_id = r.company_id and a.deployment_id = r.deployment_id;

    perform count(case
        when r.status in ('failed', 'timed_out') then private.raise_alert(
            r.company_id, 'deployment_failed', 'error', r.deployment_id,
            format('%s on %s %s', e.name, d.name, case r.status when 'failed' then 'failed' else 'ran out of time' end)
            || coalesce(' (' || r.reason_code || ')', '') || '.',
            jsonb_build_object('status', r.status, 'reason_code', r.reason_code, 'ended_by', r.ended_by), p_now,
            p_device_id => r.device_id, p_deployment_id => r.deployment_id)
    end)
    from public.experiment_deployments as r
    join public.experiments as e on e.company_id = r.company_id and e.experiment_id = r.experiment_id
    join public.devices as d on d.company_id = r.company_id and d.device_id = r.device_id
    where r.deployment_id = any (p_deployment_ids);
    perform private.resolve_alert(r.company_id, 'deployment_failed', r.deployment_id, p_now)
    from public.experiment_deployments as r
    where r.deployment_id = any (p_deployment_ids) and r.status in ('completed', 'cancelled');
end;
$$;

comment on function private.settle_ended_runs(uuid[], timestamptz) is 'Commands, absences and the alert of runs that have just ended.';
revoke all on function private.settle_ended_runs(uuid[], timestamptz) from public;
