-- purpose: the counters of all sessions a batch has touched.
-- caller: the batch functions, last.
-- promise: each once, in key order, so that two batches cannot wait for each other.
create or replace function private.recount_sessions(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.recount_session(k.company_id, k.session_id)
    from (
        select distinct u.company_id, u.session_id
        from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
        where u.session_id is not null
        order by u.company_id, u.session_id
    ) as k;
end;
$$;

comment on function private.recount_sessions(uuid[], uuid[]) is 'Recomputes the counters of several sessions, in key order.';
revoke all on function private.recount_sessions(uuid[], uuid[]) from public;
