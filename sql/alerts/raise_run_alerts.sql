-- purpose: the rule for runs.
-- caller: settle_ended_runs.
-- promise: a run that ended failed or timed_out raises deployment_failed for its rig, one that ended completed resolves it, as does one that is
--   cancelled after all (the rig's own report replaces an end that the server inferred). Returns how many were raised.
create or replace function private.raise_run_alerts(
    p_deployment_ids uuid[],
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_raised int;
begin
    perform private.resolve_alert(r.company_id, 'deployment_failed', r.device_id, p_now)
    from public.experiment_deployments as r
    where r.deployment_id = any (p_deployment_ids) and (r.status = 'completed' or (r.status = 'cancelled' and exists (
        select from public.device_alerts as a
        where a.company_id = r.company_id and a.deployment_id = r.deployment_id and a.alert_type = 'deployment_failed')))
    order by r.company_id, r.device_id;

    select count(private.raise_alert(
        x.company_id, 'deployment_failed', 'error', x.device_id,
        format('%s on %s %s', x.name, x.device, case x.status when 'failed' then 'failed' else 'ran out of time' end)
        || coalesce(' (' || x.reason_code || ')', '') || '.',
        jsonb_build_object(
            'status', x.status, 'reason_code', x.reason_code, 'ended_by', x.ended_by, 'experiment_id', x.experiment_id,
            'completed_at', x.completed_at),
        p_now, p_device_id => x.device_id, p_deployment_id => x.deployment_id))::int
    into v_raised
    from (
        select r.company_id, r.device_id, r.deployment_id, r.experiment_id, r.status, r.reason_code, r.ended_by, r.completed_at, e.name,
            d.name as device
        from public.experiment_deployments as r
        join public.experiments as e on e.company_id = r.company_id and e.experiment_id = r.experiment_id
        join public.devices as d on d.company_id = r.company_id and d.device_id = r.device_id
        where r.deployment_id = any (p_deployment_ids) and r.status in ('failed', 'timed_out')
        order by r.company_id, r.device_id, r.completed_at
    ) as x;
    return v_raised;
end;
$$;

comment on function private.raise_run_alerts(uuid[], timestamptz) is 'Raises deployment_failed for runs that ended badly, resolves it for those that completed.';
revoke all on function private.raise_run_alerts(uuid[], timestamptz) from public;
