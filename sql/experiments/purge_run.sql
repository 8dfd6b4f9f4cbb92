-- purpose: delete what a run measured, where the law or a person who took part demands it.
-- caller: the owner, by psql.
-- promise: trials and log lines of the run go, the run itself and its events stay; the audit log tells how many went and why.
create or replace function private.purge_run(
    p_deployment_id uuid,
    p_reason text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid;
    v_trials bigint;
    v_logs bigint;
    v_counts jsonb;
begin
    if coalesce(trim(p_reason), '') = '' then
        perform private.fail('bad_input', 'p_reason');
    end if;
    select r.company_id into v_company_id from public.experiment_deployments as r where r.deployment_id = p_deployment_id;
    if not found then
        perform private.fail('not_found', 'deployment');
    end if;
    perform set_config('lics.purge', 'on', true);
    delete from public.trial_results as t where t.company_id = v_company_id and t.deployment_id = p_deployment_id;
    get diagnostics v_trials = row_count;
    delete from public.device_logs as l where l.company_id = v_company_id and l.deployment_id = p_deployment_id;
    get diagnostics v_logs = row_count;
    perform set_config('lics.purge', '', true);
    v_counts := jsonb_build_object('trials', v_trials, 'logs', v_logs);
    insert into public.audit_log (company_id, actor_role, action, entity, entity_id, new_row)
    values (v_company_id, 'lics_owner', 'purge_run', 'experiment_deployments', p_deployment_id, v_counts || jsonb_build_object('reason', p_reason));
    return v_counts;
end;
$$;

comment on function private.purge_run(uuid, text) is 'Deletes the trials and log lines of a run, audited; owner only. Answers {trials, logs}.';
revoke all on function private.purge_run(uuid, text) from public;
