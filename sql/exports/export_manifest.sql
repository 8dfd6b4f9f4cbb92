-- purpose: what a data set is and whether it is whole: the manifest beside an export's files.
-- caller: the gateway, in the snapshot in which it made the files.
-- promise: complete is true only where the run has ended and its data are complete. p_files: [{name, sha256, size}], as the gateway
--   counted; p_codebook: {rows, formula_cells} of private.export_codebook. Row level security decides, as for the rows.
create or replace function private.export_manifest(
    p_deployment_id uuid,
    p_options jsonb,
    p_codebook jsonb,
    p_files jsonb
) returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    v_begin jsonb := private.export_begin(p_deployment_id);
    v_manifest jsonb;
begin
    select jsonb_build_object(
        'manifest_version', 1,
        'deployment', jsonb_build_object(
            'deployment_id', r.deployment_id, 'company_id', r.company_id, 'subject_id', r.subject_id, 'params', r.params,
            'timeout_s', r.timeout_s, 'retry_of', r.retry_of),
        'experiment', jsonb_build_object(
            'experiment_id', r.experiment_id, 'name', e.name, 'version', r.experiment_version, 'script_sha256', r.script_sha256),
        'device', jsonb_build_object('device_id', d.device_id, 'device_mac', d.device_mac, 'name', d.name),
        'versions', jsonb_build_object(
            'agent', coalesce(v.told ->> 'agent_version', d.agent_version), 'psychopy', v.told #>> '{versions,psychopy}',
            'python', v.told #>> '{versions,python}', 'os', v.told #>> '{versions,os}'),
        'times', jsonb_build_object(
            'deployed_at', private.wire_time(r.deployed_at), 'acked_at', private.wire_time(r.acked_at), 'started_at', private.wire_time(r.started_at),
            'completed_at', private.wire_time(r.completed_at)),
        'status', r.status, 'reason_code', r.reason_code, 'ended_by', r.ended_by, 'exit_code', v.told -> 'exit_code', 'signal', v.told -> 'signal',
        'completeness', r.completeness,
        'complete', r.completeness = 'complete' and r.status in ('completed', 'failed', 'timed_out', 'cancelled'),
        'counts', jsonb_build_object(
            'received', 0, 'duplicates', 0, 'conflicts', 0, 'gaps', 0, 'missing', '[]'::jsonb, 'expected', x.final_seq)
        || coalesce(private.run_counts(r.company_id, r.deployment_id, x.final_seq), '{}')
        || jsonb_build_object('rows', p_codebook -> 'rows', 'formula_cells', case when (p_options ->> 'raw')::boolean then '0' else p_codebook -> 'formula_cells' end)
        || (
            select to_jsonb(t) from (
                select count(*) filter (where t.kind = 'trial') as trials, count(*) filter (where t.kind = 'entry') as entries,
                    count(*) filter (where t.late) as late, count(*) filter (where t.rev > 1) as revised, count(*) filter (where t.partial) as partial
                from public.trial_current as t where t.company_id = r.company_id and t.deployment_id = r.deployment_id
            ) as t
        ),
        'options', p_options, 'files', p_files)
    into v_manifest
    from public.experiment_deployments as r
    join public.experiments as e on e.company_id = r.company_id and e.experiment_id = r.experiment_id
    join public.devices as d on d.company_id = r.company_id and d.device_id = r.device_id
    cross join lateral (
        -- later reports add to earlier ones
        select coalesce(jsonb_object_agg(x.key, x.value order by v.received_at, v.event_id), '{}') as told
        from public.deployment_events as v
        cross join jsonb_each(case when jsonb_typeof(v.details -> 'details') = 'object' then v.details -> 'details' end) as x
        where v.company_id = r.company_id and v.deployment_id = r.deployment_id and v.source = 'agent' and v.applied and x.value <> 'null'
    ) as v
    cross join lateral (
        select case when v.told #>> '{end,final_seq}' ~ '^[0-9]{1,15}$' then (v.told #>> '{end,final_seq}')::bigint end as final_seq
    ) as x
    where r.company_id = (v_begin ->> 'company_id')::uuid and r.deployment_id = p_deployment_id;
    return v_manifest;
end;
$$;

comment on function private.export_manifest(uuid, jsonb, jsonb, jsonb) is
'Manifest of a run''s export: run, experiment, device, versions, times, end, completeness, counts, files. Errors: not_signed_in (401), not_found (404).';
revoke all on function private.export_manifest(uuid, jsonb, jsonb, jsonb) from public;
grant execute on function private.export_manifest(uuid, jsonb, jsonb, jsonb) to authenticated, service_role;
