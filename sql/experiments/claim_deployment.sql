-- purpose: give a rig the script of its run.
-- caller: a rig with its token: GET /api/experiments/{id}/script; by the run's id, or (as the seed) by the experiment's.
-- promise: only the rig that the run was deployed to gets it, and only while the run has not ended; again is the same answer, nothing is
--   written. Whoever asks for anything else gets the answer of an id that does not exist.
create or replace function public.claim_deployment(
    p_deployment_id uuid default null,
    p_experiment_id uuid default null
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_device();
    v_run public.experiment_deployments;
begin
    select * into v_run
    from public.experiment_deployments as r
    where
        r.company_id = v_device.company_id and r.device_id = v_device.device_id and r.status in ('pending', 'acked', 'running')
        and (p_deployment_id is not null or p_experiment_id is not null)
        and r.deployment_id = coalesce(p_deployment_id, r.deployment_id) and r.experiment_id = coalesce(p_experiment_id, r.experiment_id);
    if not found then
        perform private.fail('not_found', 'deployment');
    end if;
    return jsonb_build_object(
        'deployment_id', v_run.deployment_id, 'experiment_id', v_run.experiment_id, 'experiment_version', v_run.experiment_version,
        'experiment_name', (
            select e.name from public.experiments as e where e.company_id = v_run.company_id and e.experiment_id = v_run.experiment_id
        ),
        'python_code', v_run.python_code, 'script_sha256', v_run.script_sha256, 'files', v_run.files, 'params', v_run.params,
        'subject_id', v_run.subject_id,
        'timeout_s', v_run.timeout_s, 'status', v_run.status, 'deployed_at', v_run.deployed_at,
        'cancel_requested_at', v_run.cancel_requested_at, 'server_time', now());
end;
$$;

comment on function public.claim_deployment(uuid, uuid) is
'The script of the asking rig''s run that has not ended, by p_deployment_id or p_experiment_id: {deployment_id, experiment_id, experiment_version, experiment_name, python_code, script_sha256, files [{path, sha256, size_bytes}] (claim_file gives them), params, subject_id, timeout_s, status, deployed_at, cancel_requested_at, server_time}. Device token only. Errors: not_found (404), device_revoked (401).';
revoke all on function public.claim_deployment(uuid, uuid) from public;
grant execute on function public.claim_deployment(uuid, uuid) to device;
