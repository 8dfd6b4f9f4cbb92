-- purpose: site days whose rollups no longer hold.
-- caller: whatever changes a payload, a session or what was expected of its devices, in the same transaction.
-- promise: appends one row a session; waits for nobody. private.due_rollups does the rest within seconds.
create or replace function private.mark_rollups(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into private.rollup_queue (company_id, session_id)
    select distinct u.company_id, u.session_id
    from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
    where u.session_id is not null;
end;
$$;

comment on function private.mark_rollups(uuid[], uuid[]) is 'Queues site days whose rollups are to be made anew.';
revoke all on function private.mark_rollups(uuid[], uuid[]) from public;
