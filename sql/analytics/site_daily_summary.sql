-- purpose: a site over the last days, one row a session.
-- caller: REST, screens 2 and 9.
-- promise: the last p_days local dates up to today. Counters are the session's own; completeness_pct null when nothing was expected, at most 100.
--   Averages weigh every measured value alike; null where none was. not_found when the site is not visible.
create or replace function public.site_daily_summary(
    p_site_id uuid,
    p_days int default 30,
    p_now timestamptz default now()
) returns table (
    session_date date,
    expected_wake_count int,
    completed_wake_count int,
    failed_wake_count int,
    completeness_pct numeric,
    avg_temp numeric,
    avg_humidity numeric,
    completeness_band text,
    pending_wake_count int,
    extra_wake_count int,
    min_temp double precision,
    max_temp double precision,
    avg_battery_voltage numeric,
    session_id uuid,
    status text
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_today date;
begin
    perform private.check_days(p_days);
    select private.local_date(p_now, t.timezone) into v_today from public.sites as t where t.site_id = p_site_id;
    if not found then
        perform private.fail('not_found', 'site');
    end if;
    return query
    select
        s.session_date, s.expected_wake_count, s.completed_wake_count, s.failed_wake_count,
        round(100.0 * least(s.completed_wake_count, s.expected_wake_count) / nullif(s.expected_wake_count, 0), 2),
        round((r.temperature).value_sum / nullif((r.temperature).value_count, 0), 4),
        round((r.humidity).value_sum / nullif((r.humidity).value_count, 0), 4),
        public.completeness_band(s.completed_wake_count, s.expected_wake_count), s.pending_wake_count, s.extra_wake_count,
        (r.temperature).value_min, (r.temperature).value_max,
        round((r.battery_voltage).value_sum / nullif((r.battery_voltage).value_count, 0), 4),
        s.session_id, s.status
    from public.site_device_sessions as s
    left join public.site_day_rollups as r on r.company_id = s.company_id and r.session_id = s.session_id
    where s.site_id = p_site_id and s.session_date > v_today - p_days and s.session_date <= v_today
    order by s.session_date;
end;
$$;

comment on function public.site_daily_summary(uuid, int, timestamptz) is
'A site''s sessions of the last p_days local dates: counters, completeness, average climate.';
revoke all on function public.site_daily_summary(uuid, int, timestamptz) from public;
grant execute on function public.site_daily_summary(uuid, int, timestamptz) to authenticated, service_role;
