-- purpose: the rule for batteries.
-- caller: each HELLO, the lock of a day.
-- promise: below the critical limit (3.4 V) critical, below the warning limit (3.6 V) warning, else the open alert is resolved; nothing for an
--   unknown voltage.
create or replace function private.check_battery(
    p_company_id uuid,
    p_device_id uuid,
    p_battery_voltage double precision,
    p_now timestamptz default now()
) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_limits public.alert_thresholds;
    v_severity text;
begin
    if p_battery_voltage is null then
        return false;
    end if;
    v_limits := private.thresholds(p_company_id, p_device_id);
    v_severity := case
        when p_battery_voltage < v_limits.battery_critical_v then 'critical'
        when p_battery_voltage < v_limits.battery_warning_v then 'warning'
    end;
    if v_severity is null then
        perform private.resolve_alert(p_company_id, 'low_battery', p_device_id, p_now);
        return false;
    end if;
    perform private.raise_alert(
        p_company_id, 'low_battery', v_severity, p_device_id, 'the battery is low',
        jsonb_build_object(
            'battery_voltage', p_battery_voltage, 'warning_v', v_limits.battery_warning_v, 'critical_v', v_limits.battery_critical_v),
        p_now, p_device_id => p_device_id);
    return true;
end;
$$;

comment on function private.check_battery(uuid, uuid, double precision, timestamptz) is
'Raises or resolves low_battery; true when it is low.';
revoke all on function private.check_battery(uuid, uuid, double precision, timestamptz) from public;
