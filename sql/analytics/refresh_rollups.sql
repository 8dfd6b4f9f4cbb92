-- purpose: the one writer of the rollups.
-- caller: private.due_rollups, private.rebuild_rollups; both hold the lock lics.rollups, so that an older count never overwrites a newer one.
-- promise: the rollups of these site days, of their devices and of their programs' dates equal a count made now; rows that did not change are not written.
create or replace function private.refresh_rollups(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.device_day_rollups as r
    select n.* from private.count_device_days(p_company_ids, p_session_ids) as n
    on conflict (company_id, session_id, device_id) do update
    set
        expected_wake_count = excluded.expected_wake_count,
        completed_wake_count = excluded.completed_wake_count,
        failed_wake_count = excluded.failed_wake_count,
        pending_wake_count = excluded.pending_wake_count,
        extra_wake_count = excluded.extra_wake_count,
        temperature = excluded.temperature,
        humidity = excluded.humidity,
        pressure = excluded.pressure,
        gas_resistance = excluded.gas_resistance,
        battery_voltage = excluded.battery_voltage,
        wifi_rssi = excluded.wifi_rssi,
        updated_at = excluded.updated_at
    where
        (r.expected_wake_count, r.completed_wake_count, r.failed_wake_count, r.pending_wake_count, r.extra_wake_count,
            r.temperature, r.humidity, r.pressure, r.gas_resistance, r.battery_voltage, r.wifi_rssi)
        is distinct from
        (excluded.expected_wake_count, excluded.completed_wake_count, excluded.failed_wake_count,
            excluded.pending_wake_count, excluded.extra_wake_count, excluded.temperature, excluded.humidity, excluded.pressure,
            excluded.gas_resistance, excluded.battery_voltage, excluded.wifi_rssi);

    -- A device that was taken out of a day that had not begun, and sent nothing.
    delete from public.device_day_rollups as r
    using unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
    where r.company_id = u.company_id and r.session_id = u.session_id
        -- Scalar look-ups: by index row for row, whatever the statistics say.
        and (
            select sd.device_id from public.site_session_devices as sd
            where sd.company_id = r.company_id and sd.session_id = r.session_id and sd.device_id = r.device_id) is null
        and (
            select p.payload_id from public.device_wake_payloads as p
            where p.company_id = r.company_id and p.site_device_session_id = r.session_id and p.device_id = r.device_id
            limit 1) is null;

    insert into public.site_day_rollups as r
    select n.* from private.count_site_days(p_company_ids, p_session_ids) as n
    on conflict (company_id, session_id) do update
    set
        device_count = excluded.device_count,
        expected_wake_count = excluded.expected_wake_count,
        completed_wake_count = excluded.completed_wake_count,
        failed_wake_count = excluded.failed_wake_count,
        pending_wake_count = excluded.pending_wake_count,
        extra_wake_count = excluded.extra_wake_count,
        temperature = excluded.temperature,
        humidity = excluded.humidity,
        pressure = excluded.pressure,
        gas_resistance = excluded.gas_resistance,
        battery_voltage = excluded.battery_voltage,
        wifi_rssi = excluded.wifi_rssi,
        slot_at = excluded.slot_at,
        slot_deadline = excluded.slot_deadline,
        slot_expected = excluded.slot_expected,
        slot_completed = excluded.slot_completed,
        slot_failed = excluded.slot_failed,
        slot_pending = excluded.slot_pending,
        expected_by_deadline = excluded.expected_by_deadline,
        received_by_deadline = excluded.received_by_deadline,
        updated_at = excluded.updated_at
    where
        (r.device_count, r.expected_wake_count, r.completed_wake_count, r.failed_wake_count, r.pending_wake_count,
            r.extra_wake_count, r.temperature, r.humidity, r.pressure, r.gas_resistance, r.battery_voltage, r.wifi_rssi,
            r.slot_at, r.slot_deadline, r.slot_expected, r.slot_completed, r.slot_failed, r.slot_pending,
            r.expected_by_deadline, r.received_by_deadline)
        is distinct from
        (excluded.device_count, excluded.expected_wake_count, excluded.completed_wake_count, excluded.failed_wake_count,
            excluded.pending_wake_count, excluded.extra_wake_count, excluded.temperature, excluded.humidity, excluded.pressure,
            excluded.gas_resistance, excluded.battery_voltage, excluded.wifi_rssi, excluded.slot_at, excluded.slot_deadline,
            excluded.slot_expected, excluded.slot_completed, excluded.slot_failed, excluded.slot_pending,
            excluded.expected_by_deadline, excluded.received_by_deadline);

    insert into public.program_day_rollups as r
    select n.* from private.count_program_days(p_company_ids, p_session_ids) as n
    on conflict (company_id, program_id, timezone, rollup_date) do update
    set
        session_count = excluded.session_count,
        device_count = excluded.device_count,
        expected_wake_count = excluded.expected_wake_count,
        completed_wake_count = excluded.completed_wake_count,
        failed_wake_count = excluded.failed_wake_count,
        pending_wake_count = excluded.pending_wake_count,
        extra_wake_count = excluded.extra_wake_count,
        temperature = excluded.temperature,
        humidity = excluded.humidity,
        pressure = excluded.pressure,
        gas_resistance = excluded.gas_resistance,
        battery_voltage = excluded.battery_voltage,
        wifi_rssi = excluded.wifi_rssi,
        updated_at = excluded.updated_at
    where
        (r.session_count, r.device_count, r.expected_wake_count, r.completed_wake_count, r.failed_wake_count,
            r.pending_wake_count, r.extra_wake_count, r.temperature, r.humidity, r.pressure, r.gas_resistance,
            r.battery_voltage, r.wifi_rssi)
        is distinct from
        (excluded.session_count, excluded.device_count, excluded.expected_wake_count, excluded.completed_wake_count,
            excluded.failed_wake_count, excluded.pending_wake_count, excluded.extra_wake_count, excluded.temperature,
            excluded.humidity, excluded.pressure, excluded.gas_resistance, excluded.battery_voltage, excluded.wifi_rssi);
end;
$$;

comment on function private.refresh_rollups(uuid[], uuid[]) is 'Makes the rollups of site days anew from their payloads.';
revoke all on function private.refresh_rollups(uuid[], uuid[]) from public;
