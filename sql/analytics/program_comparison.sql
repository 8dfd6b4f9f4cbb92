-- purpose: programs side by side, control against experimental.
-- caller: REST, screen 9.
-- promise: over the last p_days local dates of each site; every session once, every measured value once. Null where nothing was expected or measured.
create or replace function public.program_comparison(
    p_days int default 30,
    p_now timestamptz default now()
) returns table (
    program_name text,
    program_type text,
    total_sessions bigint,
    avg_completed_wakes numeric,
    avg_temperature numeric,
    avg_humidity numeric,
    expected_wake_count bigint,
    completed_wake_count bigint,
    failed_wake_count bigint,
    extra_wake_count bigint,
    completeness_pct numeric,
    program_id uuid
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform private.check_days(p_days);
    return query
    with recent as materialized (
        -- Any zone's today is the UTC date, the one before or the one after.
        select r.*
        from public.program_day_rollups as r
        where r.rollup_date > (p_now at time zone 'UTC')::date - 1 - p_days and r.rollup_date <= (p_now at time zone 'UTC')::date + 1
    ), zone as materialized (
        select z.timezone, private.local_date(p_now, z.timezone) as today
        from (select distinct r.timezone from recent as r) as z
    )
    select
        g.program_name, g.program_type, sum(r.session_count),
        round(sum(r.completed_wake_count)::numeric / nullif(sum(r.session_count), 0), 4),
        round(sum((r.temperature).value_sum) / nullif(sum((r.temperature).value_count), 0), 4),
        round(sum((r.humidity).value_sum) / nullif(sum((r.humidity).value_count), 0), 4),
        sum(r.expected_wake_count), sum(r.completed_wake_count), sum(r.failed_wake_count), sum(r.extra_wake_count),
        round(100.0 * least(sum(r.completed_wake_count), sum(r.expected_wake_count)) / nullif(sum(r.expected_wake_count), 0), 2), g.program_id
    from recent as r
    join zone as z on z.timezone = r.timezone and r.rollup_date > z.today - p_days and r.rollup_date <= z.today
    join public.pilot_programs as g on g.company_id = r.company_id and g.program_id = r.program_id
    group by g.company_id, g.program_id, g.program_name, g.program_type
    order by g.program_type, g.program_name, g.program_id;
end;
$$;

comment on function public.program_comparison(int, timestamptz) is
'Programs over the last p_days local dates: sessions, completed wakes a session, completeness, average climate.';
revoke all on function public.program_comparison(int, timestamptz) from public;
grant execute on function public.program_comparison(int, timestamptz) to authenticated, service_role;
