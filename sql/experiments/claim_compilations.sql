-- purpose: .psyexp sources that wait for their compiler.
-- caller: the edge, which runs PsychoPy's compiler and then calls private.finish_compilations.
-- promise: each to one caller until its lease ends; oldest first. A source that took three handlers with it fails instead of being given out again.
create or replace function private.claim_compilations(
    p_limit int,
    p_lease interval,
    p_now timestamptz default now()
) returns table (
    company_id uuid,
    experiment_id uuid,
    version int,
    source_text text
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
    update public.experiments as e
    set compile_status = 'failed', compile_error = 'the compiler did not come back, three times', updated_at = p_now
    from private.compile_claims as c
    where
        e.compile_status = 'pending' and c.company_id = e.company_id and c.experiment_id = e.experiment_id and c.version = e.version
        and c.attempts >= 3 and c.claimed_until <= p_now;

    return query
    with due as (
        select e.company_id, e.experiment_id, e.version, e.source_text
        from public.experiments as e
        left join private.compile_claims as c on c.company_id = e.company_id and c.experiment_id = e.experiment_id and c.version = e.version
        where e.compile_status = 'pending' and (c.claimed_until is null or c.claimed_until <= p_now)
        order by e.updated_at
        limit p_limit
        for no key update of e skip locked
    ), claimed as (
        insert into private.compile_claims as c (company_id, experiment_id, version, attempts, claimed_until)
        select d.company_id, d.experiment_id, d.version, 1, p_now + p_lease from due as d
        on conflict (company_id, experiment_id) do update
        set attempts = case when c.version = excluded.version then c.attempts + 1 else 1 end,
            version = excluded.version, claimed_until = excluded.claimed_until
        returning c.company_id, c.experiment_id
    )
    select d.company_id, d.experiment_id, d.version, d.source_text
    from due as d
    join claimed as c on c.company_id = d.company_id and c.experiment_id = d.experiment_id;
end;
$$;

comment on function private.claim_compilations(int, interval, timestamptz) is
'Sources to compile, at most p_limit, each to one caller for p_lease: rows (company_id, experiment_id, version, source_text).';
revoke all on function private.claim_compilations(int, interval, timestamptz) from public;
grant execute on function private.claim_compilations(int, interval, timestamptz) to edge;
