-- purpose: a program over the last days.
-- caller: REST, screen 9.
-- promise: one row a local date of its sites, the last p_days dates of each zone; as program_comparison counts. not_found when it is not visible.
create or replace function public.program_trend(
    p_program_id uuid,
    p_days int default 30,
    p_now timestamptz default now()
) returns table (
    date date,
    session_count bigint,
    expected_wake_count bigint,
    completed_wake_count bigint,
    failed_wake_count bigint,
    pending_wake_count bigint,
    extra_wake_count bigint,
    completeness_pct numeric,
    avg_temp numeric,
    min_temp double precision,
    max_temp double precision,
    avg_humidity numeric,
    avg_battery_voltage numeric
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform private.check_days(p_days);
    if not exists (select from public.pilot_programs as g where g.program_id = p_program_id) then
        perform private.fail('not_found', 'program');
    end if;
    return query
    with recent as materialized (
        -- Any zone's today is the UTC date, the one before or the one after.
        select r.*
        from public.program_day_rollups as r
        where r.rollup_date > (p_now at time zone 'UTC')::date - 1 - p_days and r.rollup_date <= (p_now at time zone 'UTC')::date + 1
            and r.program_id = p_program_id
    ), zone as materialized (
        select z.timezone, private.local_date(p_now, z.timezone) as today
        from (select distinct r.timezone from recent as r) as z
    )
    select
        r.rollup_date, sum(r.session_count), sum(r.expected_wake_count), sum(r.completed_wake_count), sum(r.failed_wake_count),
        sum(r.pending_wake_count), sum(r.extra_wake_count),
        round(100.0 * least(sum(r.completed_wake_count), sum(r.expected_wake_count)) / nullif(sum(r.expected_wake_count), 0), 2),
        round(sum((r.temperature).value_sum) / nullif(sum((r.temperature).value_count), 0), 4), min((r.temperature).value_min), max((r.temperature).value_max),
        round(sum((r.humidity).value_sum) / nullif(sum((r.humidity).value_count), 0), 4),
        round(sum((r.battery_voltage).value_sum) / nullif(sum((r.battery_voltage).value_count), 0), 4)
    from recent as r
    join zone as z on z.timezone = r.timezone and r.rollup_date > z.today - p_days and r.rollup_date <= z.today
    group by r.rollup_date
    order by r.rollup_date;
end;
$$;

comment on function public.program_trend(uuid, int, timestamptz) is
'A program by local date, the last p_days dates: wakes, completeness, climate.';
revoke all on function public.program_trend(uuid, int, timestamptz) from public;
grant execute on function public.program_trend(uuid, int, timestamptz) to authenticated, service_role;
