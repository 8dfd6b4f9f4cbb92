-- purpose: the limits that hold for a device, or for a company's sites.
-- caller: every rule of alerts, alert_thresholds_of.
-- promise: always one row: the device's limit, else the company's, else the default. Climate has no default: what is too warm depends on
--   what grows there.
create or replace function private.thresholds(
    p_company_id uuid,
    p_device_id uuid default null
) returns public.alert_thresholds
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_limits public.alert_thresholds;
begin
    -- Not SQL: its plan is kept.
    select
        p_company_id, null::uuid, p_device_id,
        coalesce(d.missed_wake_max_count, c.missed_wake_max_count, 2),
        coalesce(d.failure_max_ratio, c.failure_max_ratio, 0.30),
        coalesce(d.completeness_min_ratio, c.completeness_min_ratio, 0.50),
        coalesce(d.battery_warning_v, c.battery_warning_v, 3.6),
        coalesce(d.battery_critical_v, c.battery_critical_v, 3.4),
        coalesce(d.rig_silent_s, c.rig_silent_s, 300),
        coalesce(d.camera_missed_slots, c.camera_missed_slots, 2),
        coalesce(d.temperature_max_warning_c, c.temperature_max_warning_c),
        coalesce(d.temperature_max_critical_c, c.temperature_max_critical_c),
        coalesce(d.temperature_min_warning_c, c.temperature_min_warning_c),
        coalesce(d.temperature_min_critical_c, c.temperature_min_critical_c),
        coalesce(d.temperature_rise_warning_c, c.temperature_rise_warning_c),
        coalesce(d.temperature_rise_critical_c, c.temperature_rise_critical_c),
        coalesce(d.temperature_drop_warning_c, c.temperature_drop_warning_c),
        coalesce(d.temperature_drop_critical_c, c.temperature_drop_critical_c),
        coalesce(d.humidity_max_warning_pct, c.humidity_max_warning_pct),
        coalesce(d.humidity_max_critical_pct, c.humidity_max_critical_pct),
        coalesce(d.humidity_min_warning_pct, c.humidity_min_warning_pct),
        coalesce(d.humidity_min_critical_pct, c.humidity_min_critical_pct),
        coalesce(d.humidity_rise_warning_pct, c.humidity_rise_warning_pct),
        coalesce(d.humidity_rise_critical_pct, c.humidity_rise_critical_pct),
        coalesce(d.humidity_drop_warning_pct, c.humidity_drop_warning_pct),
        coalesce(d.humidity_drop_critical_pct, c.humidity_drop_critical_pct),
        null::uuid, null::timestamptz, null::timestamptz
    into v_limits
    from (values (true)) as one (present)
    left join public.alert_thresholds as c on c.company_id = p_company_id and c.device_id is null
    left join public.alert_thresholds as d on d.company_id = p_company_id and d.device_id = p_device_id;
    return v_limits;
end;
$$;

comment on function private.thresholds(uuid, uuid) is 'The limits in force for a device (device, company, default), or for a company without one.';
revoke all on function private.thresholds(uuid, uuid) from public;
