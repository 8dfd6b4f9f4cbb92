-- purpose: make an experiment, or change one.
-- caller: people (member), rpc/save_experiment.
-- promise: a null leaves what there is; the version is raised when the script (or its .psyexp source) changes, and by nothing else; a new
--   source waits for its compiler (compile_status pending, no script until then). Runs keep the script they were deployed with.
create or replace function public.save_experiment(
    p_name text default null,
    p_description text default null,
    p_python_code text default null,
    p_experiment_id uuid default null,
    p_source_kind text default null,
    p_source_text text default null,
    p_archived boolean default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_old public.experiments;
    v_new public.experiments;
    v_kind text := coalesce(p_source_kind, case when p_source_text is not null then 'psyexp' end, case when p_python_code is not null then 'py' end);
    v_changed boolean;
begin
    if p_experiment_id is not null then
        select * into v_old from public.experiments as e
        where e.company_id = v_company_id and e.experiment_id = p_experiment_id
        for no key update;
        if not found then
            perform private.fail('not_found', 'experiment');
        end if;
    end if;
    if length(trim(coalesce(p_name, v_old.name, ''))) not between 1 and 200 then
        perform private.fail('bad_input', 'p_name: 1 to 200 characters');
    elsif length(p_description) > 10000 then
        perform private.fail('bad_input', 'p_description: at most 10000 characters');
    elsif v_kind not in ('py', 'psyexp') then
        perform private.fail('bad_input', 'p_source_kind: py or psyexp');
    elsif p_python_code is not null and v_kind <> 'py' or p_source_text is not null and v_kind <> 'psyexp' then
        perform private.fail('bad_input', 'give p_python_code for py, p_source_text for psyexp');
    elsif octet_length(p_python_code) > 1048576 or octet_length(p_source_text) > 1048576 then
        perform private.fail('bad_input', 'the script: at most 1 MiB');
    elsif trim(coalesce(p_python_code, p_source_text)) = '' then
        perform private.fail('bad_input', 'the script is empty');
    end if;

    v_changed := case
        when p_python_code is not null then (v_old.source_kind, v_old.python_code) is distinct from ('py', p_python_code)
        when p_source_text is not null then (v_old.source_kind, v_old.source_text) is distinct from ('psyexp', p_source_text)
        else false
    end;
    if p_experiment_id is null then
        insert into public.experiments (
            company_id, name, description, source_kind, python_code, source_text, compile_status, created_by, created_at, updated_at, archived_at
        )
        values (
            v_company_id, trim(p_name), p_description, coalesce(v_kind, 'py'), p_python_code, p_source_text,
            case when p_source_text is not null then 'pending' end, auth.uid(), p_now, p_now, case when p_archived then p_now end
        )
        returning * into v_new;
    else
        update public.experiments as e
        set name = coalesce(trim(p_name), e.name),
            description = coalesce(p_description, e.description),
            source_kind = case when v_changed then v_kind else e.source_kind end,
            python_code = case when v_changed then p_python_code else e.python_code end,
            source_text = case when v_changed then p_source_text else e.source_text end,
            compile_status = case when not v_changed then e.compile_status when p_source_text is not null then 'pending' end,
            compile_error = case when not v_changed then e.compile_error end,
            version = e.version + v_changed::int,
            archived_at = case when p_archived is null then e.archived_at when p_archived then coalesce(e.archived_at, p_now) end,
            updated_at = p_now
        where e.company_id = v_company_id and e.experiment_id = p_experiment_id
        returning * into v_new;
    end if;
    return to_jsonb(v_new) - 'python_code' - 'source_text';
end;
$$;

comment on function public.save_experiment(text, text, text, uuid, text, text, boolean, timestamptz) is
'Makes an experiment (p_name; p_python_code, or p_source_text of a .psyexp) or changes one (p_experiment_id; null leaves a field; p_archived archives it or brings it back). Answers the row without the script. Members. Errors: not_found (404), bad_input (422).';
revoke all on function public.save_experiment(text, text, text, uuid, text, text, boolean, timestamptz) from public;
grant execute on function public.save_experiment(text, text, text, uuid, text, text, boolean, timestamptz) to authenticated;
