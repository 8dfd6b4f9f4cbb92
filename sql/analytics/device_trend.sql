-- purpose: a device over the last days: what it measured and how many of its wakes came.
-- caller: REST, screens 3 and 9.
-- promise: one row a local date of the site on which it was expected or sent something, the last p_days dates up to today; of the site it stood at
--   then, so a move changes nothing in the past. Averages weigh every measured value alike; null where none was. not_found when it is not visible.
create or replace function public.device_trend(
    p_device_id uuid,
    p_days int default 30,
    p_now timestamptz default now()
) returns table (
    date date,
    avg_temp numeric,
    min_temp double precision,
    max_temp double precision,
    avg_humidity numeric,
    avg_pressure numeric,
    avg_gas_resistance numeric,
    avg_battery_voltage numeric,
    min_battery_voltage double precision,
    avg_wifi_rssi numeric,
    expected_wake_count bigint,
    completed_wake_count bigint,
    failed_wake_count bigint,
    pending_wake_count bigint,
    extra_wake_count bigint,
    completeness_pct numeric
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
    select private.local_date(p_now, coalesce(s.timezone, 'UTC')) into v_today
    from public.devices as d
    left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
    where d.device_id = p_device_id;
    if not found then
        perform private.fail('not_found', 'device');
    end if;
    return query
    select
        r.rollup_date,
        round(sum((r.temperature).value_sum) / nullif(sum((r.temperature).value_count), 0), 4), min((r.temperature).value_min), max((r.temperature).value_max),
        round(sum((r.humidity).value_sum) / nullif(sum((r.humidity).value_count), 0), 4),
        round(sum((r.pressure).value_sum) / nullif(sum((r.pressure).value_count), 0), 4),
        round(sum((r.gas_resistance).value_sum) / nullif(sum((r.gas_resistance).value_count), 0), 4),
        round(sum((r.battery_voltage).value_sum) / nullif(sum((r.battery_voltage).value_count), 0), 4), min((r.battery_voltage).value_min),
        round(sum((r.wifi_rssi).value_sum) / nullif(sum((r.wifi_rssi).value_count), 0), 4),
        sum(r.expected_wake_count), sum(r.completed_wake_count), sum(r.failed_wake_count), sum(r.pending_wake_count), sum(r.extra_wake_count),
        round(100.0 * least(sum(r.completed_wake_count), sum(r.expected_wake_count)) / nullif(sum(r.expected_wake_count), 0), 2)
    from public.device_day_rollups as r
    where r.device_id = p_device_id and r.rollup_date > v_today - p_days and r.rollup_date <= v_today
    group by r.rollup_date
    order by r.rollup_date;
end;
$$;

comment on function public.device_trend(uuid, int, timestamptz) is
'A device''s measurements and wakes by local date, the last p_days dates.';
revoke all on function public.device_trend(uuid, int, timestamptz) from public;
grant execute on function public.device_trend(uuid, int, timestamptz) to authenticated, service_role;
