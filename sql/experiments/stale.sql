-- purpose: whether a run goes on where nobody can see it.
-- caller: REST, as a computed column: experiment_deployments?select=*,stale.
-- promise: true for a run that counts as running on a rig that is offline. Row level security of devices decides what is seen.
create or replace function public.stale(
    p_run public.experiment_deployments
) returns boolean
language sql
stable
set search_path = ''
as $$
    select p_run.status = 'running' and not exists (
        select from public.devices as d
        where d.company_id = p_run.company_id and d.device_id = p_run.device_id and private.is_online(d.last_seen_at, d.last_will_at, now())
    );
$$;

comment on function public.stale(public.experiment_deployments) is 'Computed: the run counts as running, but its rig is offline.';
revoke all on function public.stale(public.experiment_deployments) from public;
grant execute on function public.stale(public.experiment_deployments) to authenticated, service_role;
