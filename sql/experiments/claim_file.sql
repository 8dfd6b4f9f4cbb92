-- purpose: give a rig a file of its run.
-- caller: a rig with its token, after claim_deployment named it.
-- promise: only files frozen with a run that was deployed to the asking rig and has not ended; whoever asks for anything else gets the answer of
--   what does not exist.
create or replace function public.claim_file(
    p_deployment_id uuid,
    p_sha256 text
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_device();
    v_content bytea;
begin
    select c.content into v_content
    from public.experiment_deployments as r
    join private.file_contents as c on c.company_id = r.company_id and c.sha256 = p_sha256
    where
        r.company_id = v_device.company_id and r.device_id = v_device.device_id and r.deployment_id = p_deployment_id
        and r.status in ('pending', 'acked', 'running')
        and r.files @> jsonb_build_array(jsonb_build_object('sha256', p_sha256));
    if not found then
        perform private.fail('not_found', 'file');
    end if;
    return jsonb_build_object('sha256', p_sha256, 'content_base64', translate(encode(v_content, 'base64'), e'\n', ''));
end;
$$;

comment on function public.claim_file(uuid, text) is
'A file that lies beside the script of the asking rig''s run: {sha256, content_base64}; claim_deployment names them in files. Device token only. Errors: not_found (404), device_revoked (401).';
revoke all on function public.claim_file(uuid, text) from public;
grant execute on function public.claim_file(uuid, text) to device;
