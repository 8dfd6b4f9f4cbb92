-- purpose: what PsychoPy's compiler made of sources.
-- caller: the edge, after private.claim_compilations.
-- promise: only the version that was compiled gets the script; a source saved meanwhile keeps waiting. The version stays: it is the source's. Answers how many.
create or replace function private.finish_compilations(
    p_items jsonb,
    p_now timestamptz default now()
) returns int
language sql
security definer
set search_path = ''
as $$
    with told as (
        select i.company_id, i.experiment_id, i.version, i.python_code, i.error
        from jsonb_to_recordset(p_items) as i (company_id uuid, experiment_id uuid, version int, python_code text, error text)
    ), finished as (
        update public.experiments as e
        set python_code = t.python_code,
            compile_status = case when t.python_code is null then 'failed' else 'compiled' end,
            compile_error = case when t.python_code is null then coalesce(right(t.error, 8000), 'no script came out') end,
            updated_at = p_now
        from told as t
        where
            e.company_id = t.company_id and e.experiment_id = t.experiment_id and e.version = t.version and e.compile_status = 'pending'
            and (t.python_code is null or octet_length(t.python_code) <= 1048576)
        returning e.experiment_id
    ), too_long as (
        update public.experiments as e
        set compile_status = 'failed', compile_error = 'the compiled script is longer than 1 MiB', updated_at = p_now
        from told as t
        where
            e.company_id = t.company_id and e.experiment_id = t.experiment_id and e.version = t.version and e.compile_status = 'pending'
            and octet_length(t.python_code) > 1048576
        returning e.experiment_id
    )
    select ((select count(*) from finished) + (select count(*) from too_long))::int;
$$;

comment on function private.finish_compilations(jsonb, timestamptz) is
'Results of the compiler: [{company_id, experiment_id, version, python_code, or error}]; answers how many were taken.';
revoke all on function private.finish_compilations(jsonb, timestamptz) from public;
grant execute on function private.finish_compilations(jsonb, timestamptz) to edge;
