-- purpose: the opener's work on many site days.
-- caller: fn_midnight_session_opener_all, fn_midnight_session_opener; the dates are those of private.due_days.
-- promise: the sessions exist and the sites remember their latest date; days that are over (downtime) are locked, and their alerts written, whose errors
--   harm nothing.
create or replace function private.open_days(
    p_company_ids uuid[],
    p_site_ids uuid[],
    p_dates date[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- Cameras before sites, as everywhere: applying a change writes the camera's row.
    perform private.lock_cameras(array_agg(k.company_id), array_agg(k.device_id), p_now)
    from (
        select distinct d.company_id, d.device_id
        from unnest(p_company_ids, p_site_ids, p_dates) as u (company_id, site_id, session_date)
        join public.devices as d on d.company_id = u.company_id and d.site_id = u.site_id
        join public.device_schedule_changes as c on c.company_id = d.company_id and c.device_id = d.device_id
        where c.applied_at is null and c.superseded_at is null and c.effective_date <= u.session_date
    ) as k
    having count(*) > 0;
    perform private.ensure_sessions(p_company_ids, p_site_ids, p_dates, p_now);
    update public.sites as s
    set opened_until = k.session_date
    from (
        select u.company_id, u.site_id, max(u.session_date) as session_date
        from unnest(p_company_ids, p_site_ids, p_dates) as u (company_id, site_id, session_date)
        group by u.company_id, u.site_id
    ) as k
    where s.company_id = k.company_id and s.site_id = k.site_id and (s.opened_until is null or s.opened_until < k.session_date);

    perform private.tell_days(
        array_agg(s.company_id order by s.session_date), array_agg(s.session_id order by s.session_date), p_now)
    from unnest(p_company_ids, p_site_ids, p_dates) as k (company_id, site_id, session_date)
    join public.site_device_sessions as s
        on s.company_id = k.company_id and s.site_id = k.site_id and s.session_date = k.session_date
    where s.created_at = p_now and s.locked_at = p_now
    having count(*) > 0;
end;
$$;

comment on function private.open_days(uuid[], uuid[], date[], timestamptz) is
'Opens site days, makes those that downtime has left out, and remembers the latest date of each site.';
revoke all on function private.open_days(uuid[], uuid[], date[], timestamptz) from public;
