-- purpose: the first question of every export: which run, and what its files are called.
-- caller: the gateway, as the person who asks, in the snapshot of the whole export; the other functions of this folder.
-- promise: not_signed_in for nobody, not_found for a run that is absent or not visible. Row level security of experiment_deployments
--   decides. A run that has not ended has _partial in its files' names.
create or replace function private.export_begin(
    p_deployment_id uuid
) returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    v_begin jsonb;
begin
    if current_user <> 'service_role' and public.get_active_company_id() is null then
        perform private.fail('not_signed_in');
    end if;
    select
        jsonb_build_object(
            'company_id', r.company_id, 'deployment_id', r.deployment_id,
            'file_stem', 'deployment_' || r.deployment_id || '_results'
            || case when r.status in ('pending', 'acked', 'running') then '_partial' else '' end)
    into v_begin
    from public.experiment_deployments as r
    where r.deployment_id = p_deployment_id;
    if not found then
        perform private.fail('not_found', 'deployment');
    end if;
    return v_begin;
end;
$$;

comment on function private.export_begin(uuid) is
'{company_id, deployment_id, file_stem} of a run that the caller may see. Errors: not_signed_in (401), not_found (404).';
revoke all on function private.export_begin(uuid) from public;
grant execute on function private.export_begin(uuid) to authenticated, service_role;
