-- purpose: the rules for temperature and humidity.
-- caller: private.record_wake, with a new reading.
-- promise: above a maximum, or risen by more than the limit since the lowest earlier reading of the local day: the max alert; below a minimum, or
--   fallen since the highest: the min alert. A rise never raises the min side, nor a drop the max side. What is no longer so is resolved.
--   Only a camera's newest reading says how things are: one that comes late changes no alert. °C and %, as stored.
create or replace function private.check_climate(
    p_company_id uuid,
    p_payload public.device_wake_payloads,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_limits public.alert_thresholds;
    v_day record;
begin
    if p_payload.temperature is null and p_payload.humidity is null or exists (
        select from public.device_wake_payloads as p
        where p.company_id = p_company_id and p.device_id = p_payload.device_id and p.captured_at > p_payload.captured_at
    ) then
        return;
    end if;
    v_limits := private.thresholds(p_company_id, p_payload.device_id);
    select
        min(p.temperature) as temperature_low, max(p.temperature) as temperature_high,
        min(p.humidity) as humidity_low, max(p.humidity) as humidity_high
    into v_day
    from public.device_wake_payloads as p
    where coalesce(
            v_limits.temperature_rise_warning_c, v_limits.temperature_rise_critical_c,
            v_limits.temperature_drop_warning_c, v_limits.temperature_drop_critical_c,
            v_limits.humidity_rise_warning_pct, v_limits.humidity_rise_critical_pct,
            v_limits.humidity_drop_warning_pct, v_limits.humidity_drop_critical_pct) is not null
        and p.company_id = p_company_id and p.site_device_session_id = p_payload.site_device_session_id
        and p.device_id = p_payload.device_id and p.captured_at < p_payload.captured_at;

    -- The min side is the max side of the negated reading; the CASE of the severity is written once.
    perform case
        when j.severity is null then private.resolve_alert(p_company_id, s.alert_type, p_payload.device_id, p_now)::text
        else private.raise_alert(
            p_company_id, s.alert_type, j.severity, p_payload.device_id, s.message,
            jsonb_strip_nulls(jsonb_build_object(
                'value', s.value, 'unit', s.unit, 'warning', s.warning, 'critical', s.critical,
                'change_within_day', c.change, 'change_warning', s.change_warning, 'change_critical', s.change_critical,
                'captured_at', p_payload.captured_at)),
            p_now, p_device_id => p_payload.device_id, p_site_id => p_payload.site_id,
            p_session_id => p_payload.site_device_session_id)::text
        end
    from (values
        ('temperature_max', '°C', 1, p_payload.temperature, v_day.temperature_low, 'it is too warm, or has become so too fast',
            v_limits.temperature_max_warning_c, v_limits.temperature_max_critical_c,
            v_limits.temperature_rise_warning_c, v_limits.temperature_rise_critical_c),
        ('temperature_min', '°C', -1, p_payload.temperature, v_day.temperature_high, 'it is too cold, or has become so too fast',
            v_limits.temperature_min_warning_c, v_limits.temperature_min_critical_c,
            v_limits.temperature_drop_warning_c, v_limits.temperature_drop_critical_c),
        ('humidity_max', '%', 1, p_payload.humidity, v_day.humidity_low, 'it is too humid, or has become so too fast',
            v_limits.humidity_max_warning_pct, v_limits.humidity_max_critical_pct,
            v_limits.humidity_rise_warning_pct, v_limits.humidity_rise_critical_pct),
        ('humidity_min', '%', -1, p_payload.humidity, v_day.humidity_high, 'it is too dry, or has become so too fast',
            v_limits.humidity_min_warning_pct, v_limits.humidity_min_critical_pct,
            v_limits.humidity_drop_warning_pct, v_limits.humidity_drop_critical_pct)
    ) as s (alert_type, unit, sign, value, before, message, warning, critical, change_warning, change_critical)
    -- Rounded: 20.1 - 17.1 must not be more than 3.
    cross join lateral (select round((s.sign * (s.value - s.before))::numeric, 6)::double precision) as c (change)
    cross join lateral (select case
        when s.sign * s.value > s.sign * s.critical or c.change > s.change_critical then 'critical'
        when s.sign * s.value > s.sign * s.warning or c.change > s.change_warning then 'warning'
    end) as j (severity)
    where s.value is not null;
end;
$$;

comment on function private.check_climate(uuid, public.device_wake_payloads, timestamptz) is
'Raises or resolves the temperature and humidity alerts of a camera after a new reading.';
revoke all on function private.check_climate(uuid, public.device_wake_payloads, timestamptz) from public;
