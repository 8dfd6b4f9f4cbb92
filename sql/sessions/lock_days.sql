-- purpose: lock the finished days of sites, many at a time.
-- caller: fn_end_of_day_locker, fn_end_of_day_locker_all.
-- promise: every unlocked session of these sites whose local end has passed is locked and returned, oldest first; no alert is written.
create or replace function private.lock_days(
    p_site_ids uuid[],
    p_now timestamptz default now()
) returns setof public.site_device_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_due uuid[];
begin
    -- Sites before days, as the opener takes them: days that are still to be opened need both.
    perform private.hold_midnight(array_agg(k.company_id), array_agg(k.site_id))
    from (
        select distinct s.company_id, s.site_id
        from public.site_device_sessions as s
        where s.site_id = any (p_site_ids) and s.status = 'pending' and s.ends_at <= p_now
    ) as k
    having count(*) > 0;
    v_due := array(
        select s.session_id
        from public.site_device_sessions as s
        where s.site_id = any (p_site_ids) and s.status <> 'locked' and s.ends_at <= p_now
        order by s.company_id, s.session_id
        for no key update);
    -- A day nobody opened (the server was down) is opened first: its expected count is frozen then.
    perform private.ensure_sessions(array_agg(s.company_id), array_agg(s.site_id), array_agg(s.session_date), p_now)
    from public.site_device_sessions as s
    where s.session_id = any (v_due) and s.status = 'pending'
    having count(*) > 0;
    update public.site_device_sessions as s
    set status = 'locked', locked_at = p_now, updated_at = p_now
    where s.session_id = any (v_due) and s.status = 'in_progress';
    return query
    select s.* from public.site_device_sessions as s
    where s.session_id = any (v_due)
    order by s.session_date, s.session_id;
end;
$$;

comment on function private.lock_days(uuid[], timestamptz) is 'Locks the finished days of sites and returns them.';
revoke all on function private.lock_days(uuid[], timestamptz) from public;
