-- purpose: what each device did on site days, counted from its payloads: the one definition of a device's day.
-- caller: private.refresh_rollups, private.verify_rollups.
-- promise: one row a device that was expected or that sent something, as public.device_day_rollups has it; ids as stamped at capture; unknown
--   values are not counted; expected as frozen in site_session_devices.
create or replace function private.count_device_days(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns setof public.device_day_rollups
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    with day as materialized (
        select s.company_id, s.session_id, s.site_id, s.session_date
        from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
        join public.site_device_sessions as s on s.company_id = u.company_id and s.session_id = u.session_id
    ), counted as (
        select
            d.company_id, d.session_id, p.device_id,
            (count(*) filter (where p.payload_status = 'complete' and not p.overage_flag))::int as completed,
            (count(*) filter (where p.payload_status = 'failed' and not p.overage_flag))::int as failed,
            (count(*) filter (where p.payload_status = 'pending' and not p.overage_flag))::int as pending,
            (count(*) filter (where p.overage_flag))::int as extra,
            row(count(p.temperature), sum(p.temperature::numeric), min(p.temperature), max(p.temperature))::public.value_summary as temperature,
            row(count(p.humidity), sum(p.humidity::numeric), min(p.humidity), max(p.humidity))::public.value_summary as humidity,
            row(count(p.pressure), sum(p.pressure::numeric), min(p.pressure), max(p.pressure))::public.value_summary as pressure,
            row(count(p.gas_resistance), sum(p.gas_resistance::numeric), min(p.gas_resistance), max(p.gas_resistance))::public.value_summary as gas_resistance,
            row(count(p.battery_voltage), sum(p.battery_voltage::numeric), min(p.battery_voltage), max(p.battery_voltage))::public.value_summary as battery_voltage,
            row(count(p.wifi_rssi), sum(p.wifi_rssi::numeric), min(p.wifi_rssi), max(p.wifi_rssi))::public.value_summary as wifi_rssi
        from day as d
        join public.device_wake_payloads as p on p.company_id = d.company_id and p.site_device_session_id = d.session_id
        group by d.company_id, d.session_id, p.device_id
    ), planned as (
        select d.company_id, d.session_id, sd.device_id, sd.expected_wake_count
        from day as d
        join public.site_session_devices as sd on sd.company_id = d.company_id and sd.session_id = d.session_id
    )
    select
        d.company_id, d.session_id, k.device_id, d.site_id, d.session_date,
        coalesce(k.expected_wake_count, 0), coalesce(n.completed, 0), coalesce(n.failed, 0), coalesce(n.pending, 0), coalesce(n.extra, 0),
        coalesce(n.temperature, row(0, null, null, null)::public.value_summary),
        coalesce(n.humidity, row(0, null, null, null)::public.value_summary),
        coalesce(n.pressure, row(0, null, null, null)::public.value_summary),
        coalesce(n.gas_resistance, row(0, null, null, null)::public.value_summary),
        coalesce(n.battery_voltage, row(0, null, null, null)::public.value_summary),
        coalesce(n.wifi_rssi, row(0, null, null, null)::public.value_summary),
        now()
    from (
        select p.company_id, p.session_id, p.device_id, p.expected_wake_count from planned as p
        union all
        select c.company_id, c.session_id, c.device_id, null from counted as c
        where not exists (
            select from planned as p
            where p.company_id = c.company_id and p.session_id = c.session_id and p.device_id = c.device_id)
    ) as k
    join day as d on d.company_id = k.company_id and d.session_id = k.session_id
    left join counted as n on n.company_id = k.company_id and n.session_id = k.session_id and n.device_id = k.device_id;
end;
$$;

comment on function private.count_device_days(uuid[], uuid[]) is 'The device days of sessions, counted from their payloads.';
revoke all on function private.count_device_days(uuid[], uuid[]) from public;
