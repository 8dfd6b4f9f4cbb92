-- purpose: what follows from the end of runs.
-- caller: ingest_run_reports, cancel_deployment, due_runs, after the row has its end; the runs are locked.
-- promise: their commands are finished, their absences forgotten; failed and timed out runs raise their
--   rig's alert, others may close it (raise_run_alerts).
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

    perform private.raise_run_alerts(p_deployment_ids, p_now);
end;
$$;

comment on function private.settle_ended_runs(uuid[], timestamptz) is 'Commands, absences and the alert of runs that have just ended.';
revoke all on function private.settle_ended_runs(uuid[], timestamptz) from public;
