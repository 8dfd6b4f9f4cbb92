-- purpose: a program's local dates summed from the rollups of its site days.
-- caller: private.refresh_rollups, private.verify_rollups.
-- promise: one row for each of the programs, zones and dates of these sessions; all sites of a row have the same zone, so it has one today.
create or replace function private.count_program_days(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns setof public.program_day_rollups
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select
        k.company_id, k.program_id, k.timezone, k.session_date, count(*)::int, sum(r.device_count)::int,
        sum(r.expected_wake_count)::int, sum(r.completed_wake_count)::int, sum(r.failed_wake_count)::int, sum(r.pending_wake_count)::int,
        sum(r.extra_wake_count)::int,
            row(
                coalesce(sum((r.temperature).value_count), 0), sum((r.temperature).value_sum), min((r.temperature).value_min), max((r.temperature).value_max)
            )::public.value_summary as temperature,
            row(
                coalesce(sum((r.humidity).value_count), 0), sum((r.humidity).value_sum), min((r.humidity).value_min), max((r.humidity).value_max)
            )::public.value_summary as humidity,
            row(
                coalesce(sum((r.pressure).value_count), 0), sum((r.pressure).value_sum), min((r.pressure).value_min), max((r.pressure).value_max)
            )::public.value_summary as pressure,
            row(
                coalesce(sum((r.gas_resistance).value_count), 0), sum((r.gas_resistance).value_sum), min((r.gas_resistance).value_min), max((r.gas_resistance).value_max)
            )::public.value_summary as gas_resistance,
            row(
                coalesce(sum((r.battery_voltage).value_count), 0), sum((r.battery_voltage).value_sum), min((r.battery_voltage).value_min), max((r.battery_voltage).value_max)
            )::public.value_summary as battery_voltage,
            row(
                coalesce(sum((r.wifi_rssi).value_count), 0), sum((r.wifi_rssi).value_sum), min((r.wifi_rssi).value_min), max((r.wifi_rssi).value_max)
            )::public.value_summary as wifi_rssi,
        now()
    from (
        select distinct s.company_id, s.program_id, s.timezone, s.session_date
        from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
        join public.site_device_sessions as s on s.company_id = u.company_id and s.session_id = u.session_id
    ) as k
    join public.site_day_rollups as r
        on r.company_id = k.company_id and r.program_id = k.program_id and r.timezone = k.timezone and r.rollup_date = k.session_date
    group by k.company_id, k.program_id, k.timezone, k.session_date;
end;
$$;

comment on function private.count_program_days(uuid[], uuid[]) is 'The program days of sessions, summed from the rollups of their site days.';
revoke all on function private.count_program_days(uuid[], uuid[]) from public;
