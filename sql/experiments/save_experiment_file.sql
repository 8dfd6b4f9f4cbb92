-- purpose: a file beside an experiment's script, added, changed or taken away.
-- caller: people (member), rpc/save_experiment_file.
-- promise: the experiment's version is raised when the content changes; runs that were deployed keep what they were deployed with. The path cannot
--   leave the run's folder, nor take the place of what the agent writes there.
create or replace function public.save_experiment_file(
    p_experiment_id uuid,
    p_path text,
    p_content_base64 text default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_content bytea;
    v_sha256 text;
    v_changed boolean;
    v_version int;
begin
    perform from public.experiments as e
    where e.company_id = v_company_id and e.experiment_id = p_experiment_id
    for no key update;
    if not found then
        perform private.fail('not_found', 'experiment');
    elsif coalesce(p_path, '') !~ '^[^/\\[:cntrl:]]+(/[^/\\[:cntrl:]]+)*$' or length(p_path) > 200 or p_path ~ '(^|/)\.{1,2}(/|$)' then
        perform private.fail('bad_input', 'p_path: a relative path with /, at most 200 characters');
    elsif lower(split_part(p_path, '/', 1)) in ('script.py', 'run.json', 'trials.jsonl', 'agent', 'data') then
        perform private.fail('bad_input', 'p_path: script.py, run.json, trials.jsonl, agent and data are names of the run''s own');
    elsif length(p_content_base64) > 11200000 then
        perform private.fail('bad_input', 'p_content_base64: a file of at most 8 MiB');
    end if;
    if p_content_base64 is not null then
        begin
            v_content := decode(p_content_base64, 'base64');
        exception when invalid_parameter_value then
            perform private.fail('bad_input', 'p_content_base64: not base64');
        end;
        if octet_length(v_content) > 8388608 then
            perform private.fail('bad_input', 'p_content_base64: a file of at most 8 MiB');
        elsif not exists (
            select from public.experiment_files as f
            where f.company_id = v_company_id and f.experiment_id = p_experiment_id and f.path = p_path
        ) and (
            select count(*) >= 200 from public.experiment_files as f
            where f.company_id = v_company_id and f.experiment_id = p_experiment_id
        ) then
            perform private.fail('bad_input', 'at most 200 files an experiment');
        end if;
        v_sha256 := encode(sha256(v_content), 'hex');
    end if;

    if v_sha256 is null then
        delete from public.experiment_files as f
        where f.company_id = v_company_id and f.experiment_id = p_experiment_id and f.path = p_path;
        v_changed := found;
    else
        insert into private.file_contents (company_id, sha256, content, created_at)
        values (v_company_id, v_sha256, v_content, p_now)
        on conflict do nothing;
        insert into public.experiment_files as f (company_id, experiment_id, path, sha256, size_bytes, created_by, created_at)
        values (v_company_id, p_experiment_id, p_path, v_sha256, octet_length(v_content), auth.uid(), p_now)
        on conflict (company_id, experiment_id, path) do update
        set sha256 = excluded.sha256, size_bytes = excluded.size_bytes, created_by = excluded.created_by, created_at = excluded.created_at
        where f.sha256 <> excluded.sha256;
        v_changed := found;
    end if;
    update public.experiments as e
    set version = e.version + v_changed::int, updated_at = case when v_changed then p_now else e.updated_at end
    where e.company_id = v_company_id and e.experiment_id = p_experiment_id
    returning e.version into v_version;
    return jsonb_build_object(
        'experiment_id', p_experiment_id, 'version', v_version, 'path', p_path, 'sha256', v_sha256, 'size_bytes', octet_length(v_content),
        'changed', v_changed);
end;
$$;

comment on function public.save_experiment_file(uuid, text, text, timestamptz) is
'Puts a file (p_content_base64, at most 8 MiB) beside an experiment''s script at the relative p_path; null takes it away. Answers {experiment_id, version, path, sha256, size_bytes, changed}. Members. Errors: not_found (404), bad_input (422).';
revoke all on function public.save_experiment_file(uuid, text, text, timestamptz) from public;
grant execute on function public.save_experiment_file(uuid, text, text, timestamptz) to authenticated;
