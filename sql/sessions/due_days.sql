-- purpose: the site days that have begun and that the opener has not handled.
-- caller: fn_midnight_session_opener_all, fn_midnight_session_opener.
-- promise: of active sites only: today, and after downtime every day since the last one handled, on which the program was active and a camera mapped.
create or replace function private.due_days(
    p_now timestamptz default now(),
    p_site_id uuid default null
) returns table (
    company_id uuid,
    site_id uuid,
    session_date date
)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
    return query
    with zone as materialized (
        select z.timezone, private.local_date(p_now, z.timezone) as today
        from (select distinct s.timezone from public.sites as s where s.archived_at is null) as z
    )
    select s.company_id, s.site_id, g.day::date
    from public.sites as s
    join zone as z on z.timezone = s.timezone
    join public.pilot_programs as p on p.company_id = s.company_id and p.program_id = s.program_id
    cross join lateral generate_series(
        greatest(coalesce(s.opened_until + 1, z.today), p.start_date)::timestamp, z.today::timestamp, interval '1 day') as g (day)
    where s.archived_at is null and (p_site_id is null or s.site_id = p_site_id)
        and (s.opened_until is null or s.opened_until < z.today)
        and (p.end_date is null or g.day::date <= p.end_date)
        and exists (
            select from public.devices as d
            where d.company_id = s.company_id and d.site_id = s.site_id and d.kind = 'camera' and d.is_active and d.archived_at is null
                and (d.mapped_at is null or g.day::date = z.today or private.local_date(d.mapped_at, s.timezone) <= g.day::date));
end;
$$;

comment on function private.due_days(timestamptz, uuid) is 'The local days of active sites that have begun and were not opened: company_id, site_id, session_date.';
revoke all on function private.due_days(timestamptz, uuid) from public;
