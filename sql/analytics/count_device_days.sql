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
    )
    select
        r.company_id, r.session_id, r.device_id, r.site_id, r.session_date, coalesce(sum(r.expected), 0)::int,
        (count(*) filter (where r.payload_status = 'complete' and not r.overage_flag))::int,
        (count(*) filter (where r.payload_status = 'failed' and not r.overage_flag))::int,
        (count(*) filter (where r.payload_status = 'pending' and not r.overage_flag))::int,
        (count(*) filter (where r.overage_flag))::int,
        row(count(r.temperature), sum(r.temperature::numeric), min(r.temperature), max(r.temperature))::public.value_summary,
        row(count(r.humidity), sum(r.humidity::numeric), min(r.humidity), max(r.humidity))::public.value_summary,
        row(count(r.pressure), sum(r.pressure::numeric), min(r.pressure), max(r.pressure))::public.value_summary,
        row(count(r.gas_resistance), sum(r.gas_resistance::numeric), min(r.gas_resistance), max(r.gas_resistance))::public.value_summary,
        row(count(r.battery_voltage), sum(r.battery_voltage::numeric), min(r.battery_voltage), max(r.battery_voltage))::public.value_summary,
        row(count(r.wifi_rssi), sum(r.wifi_rssi::numeric), min(r.wifi_rssi), max(r.wifi_rssi))::public.value_summary,
        now()
    from (
        select
            d.company_id, d.session_id, p.device_id, d.site_id, d.session_date, null::int as expected, p.payload_status, p.overage_flag,
            p.temperature, p.humidity, p.pressure, p.gas_resistance, p.battery_voltage, p.wifi_rssi
        from day as d
        join public.device_wake_payloads as p on p.company_id = d.company_id and p.site_device_session_id = d.session_id
        union all
        select
            d.company_id, d.session_id, sd.device_id, d.site_id, d.session_date, sd.expected_wake_count, null, null,
            null, null, null, null, null, null
        from day as d
        join public.site_session_devices as sd on sd.company_id = d.company_id and sd.session_id = d.session_id
    ) as r
    group by r.company_id, r.session_id, r.device_id, r.site_id, r.session_date;
end;
$$;

comment on function private.count_device_days(uuid[], uuid[]) is 'The device days of sessions, counted from their payloads.';
revoke all on function private.count_device_days(uuid[], uuid[]) from public;
