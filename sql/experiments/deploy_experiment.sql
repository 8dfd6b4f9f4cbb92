-- purpose: run an experiment on a rig.
-- caller: people (member): POST /api/experiments/{id}/deploy.
-- promise: 202 and the run, with script, files, version, parameters, subject and time limit frozen; the run command goes out with this transaction.
--   The same Idempotency-Key within 24 h gives the same run. One active run a rig: two at the same moment meet at a unique index, which
--   no presence or report waits for (no row of devices is locked).
create or replace function public.deploy_experiment(
    p_experiment_id uuid,
    p_device_id uuid,
    p_params jsonb default '{}',
    p_subject_id text default null,
    p_timeout_s int default 7200,
    p_retry_of uuid default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_key text := nullif(trim(nullif(current_setting('request.headers', true), '')::jsonb ->> 'idempotency-key'), '');
    v_experiment public.experiments;
    v_device public.devices;
    v_run public.experiment_deployments;
begin
    if length(v_key) > 255 then
        perform private.fail('bad_input', 'Idempotency-Key: at most 255 characters');
    end if;
    select * into v_run from public.experiment_deployments as r
    where r.company_id = v_company_id and r.idempotency_key = v_key and r.deployed_at > p_now - interval '24 hours';
    if not found then
        select * into v_experiment from public.experiments as e
        where e.company_id = v_company_id and e.experiment_id = p_experiment_id and e.archived_at is null;
        if not found then
            perform private.fail('not_found', 'experiment');
        end if;
        select * into v_device from public.devices as d
        where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null;
        if not found then
            perform private.fail('not_found', 'device');
        elsif v_device.kind <> 'rig' then
            perform private.fail('wrong_kind');
        elsif coalesce(jsonb_typeof(p_params), '') <> 'object' or octet_length(p_params::text) > 65536 then
            perform private.fail('bad_input', 'p_params: an object of at most 64 KiB');
        elsif length(p_subject_id) > 200 then
            perform private.fail('bad_input', 'p_subject_id: at most 200 characters');
        elsif coalesce(p_timeout_s, 0) not between 1 and 86400 then
            perform private.fail('bad_input', 'p_timeout_s: 1 to 86400');
        elsif p_retry_of is not null and not exists (
            select from public.experiment_deployments as r
            where r.company_id = v_company_id and r.deployment_id = p_retry_of and r.experiment_id = p_experiment_id
        ) then
            perform private.fail('not_found', 'p_retry_of: no run of this experiment');
        elsif v_experiment.python_code is null then
            perform private.fail('not_compiled', concat_ws(': ', v_experiment.compile_status, right(v_experiment.compile_error, 1000)));
        elsif not private.is_online(v_device.last_seen_at, v_device.last_will_at, p_now) then
            perform private.fail('device_offline');
        end if;

        update public.experiment_deployments as r set idempotency_key = null
        where r.company_id = v_company_id and r.idempotency_key = v_key and r.deployed_at <= p_now - interval '24 hours';
        insert into public.experiment_deployments (
            company_id, experiment_id, device_id, experiment_version, python_code, script_sha256, files, params, subject_id, timeout_s,
            retry_of, idempotency_key, deployed_at, created_by, updated_at
        )
        values (
            v_company_id, p_experiment_id, p_device_id, v_experiment.version, v_experiment.python_code, v_experiment.script_sha256,
            (
                select coalesce(jsonb_agg(jsonb_build_object('path', f.path, 'sha256', f.sha256, 'size_bytes', f.size_bytes) order by f.path), '[]')
                from public.experiment_files as f
                where f.company_id = v_company_id and f.experiment_id = p_experiment_id
            ),
            p_params, nullif(trim(p_subject_id), ''), p_timeout_s, p_retry_of, v_key, p_now, auth.uid(), p_now
        )
        on conflict do nothing
        returning * into v_run;
        if found then
            insert into public.deployment_events (company_id, deployment_id, source, event, applied, details, received_at)
            values (
                v_company_id, v_run.deployment_id, 'user', 'deployed', true,
                jsonb_strip_nulls(jsonb_build_object('user_id', auth.uid(), 'retry_of', p_retry_of)), p_now
            );
            perform private.send_to_rig(v_company_id, p_device_id, v_run.deployment_id, jsonb_build_object(
                'action', 'run', 'experiment_id', p_experiment_id, 'issued_at', private.wire_time(p_now),
                'expires_at', private.wire_time(p_now + interval '60 seconds'), 'script_sha256', v_run.script_sha256,
                'timeout_s', v_run.timeout_s), p_now + interval '60 seconds', p_now);
        else
            -- Somebody was first: with the same key, or with another run.
            select * into v_run from public.experiment_deployments as r where r.company_id = v_company_id and r.idempotency_key = v_key;
            if not found then
                select * into v_run from public.experiment_deployments as r
                where r.company_id = v_company_id and r.device_id = p_device_id and r.status in ('pending', 'acked', 'running');
                perform private.fail('device_busy', jsonb_build_object('deployment_id', v_run.deployment_id, 'status', v_run.status)::text);
            end if;
        end if;
    end if;
    perform set_config('response.status', '202', true);
    return to_jsonb(v_run) - 'python_code';
end;
$$;

comment on function public.deploy_experiment(uuid, uuid, jsonb, text, int, uuid, timestamptz) is
'Runs an experiment on a rig; answers 202 and the run without its script. Header Idempotency-Key: the same run within 24 h. Members. Errors: not_found (404), not_compiled, device_offline, device_busy with {deployment_id, status} in details (409), wrong_kind, bad_input (422).';
revoke all on function public.deploy_experiment(uuid, uuid, jsonb, text, int, uuid, timestamptz) from public;
grant execute on function public.deploy_experiment(uuid, uuid, jsonb, text, int, uuid, timestamptz) to authenticated;
