-- purpose: a site's next day is opened and its schedules are changed one after the other.
-- caller: whatever opens days (private.ensure_sessions, private.open_days) and whatever queues or withdraws a schedule change.
-- promise: the sites' rows are locked, in key order, until the transaction ends, so that what the other one did is seen by every statement after this one: a change
--   that was promised for a midnight is in force on that day, and one that comes too late is told so. Locks of cameras (private.lock_cameras) come first.
create or replace function private.hold_midnight(
    p_company_ids uuid[],
    p_site_ids uuid[]
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform from public.sites as s
    where (s.company_id, s.site_id) in (select k.company_id, k.site_id from unnest(p_company_ids, p_site_ids) as k (company_id, site_id))
    order by s.company_id, s.site_id
    for no key update of s;
end;
$$;

comment on function private.hold_midnight(uuid[], uuid[]) is 'Locks sites, so that opening a day and changing a schedule follow each other.';
revoke all on function private.hold_midnight(uuid[], uuid[]) from public;
