-- purpose: the rule for batteries.
-- caller: each HELLO, the lock of a day.
-- promise: below 3.4 V critical, below 3.6 V warning, else the open alert is resolved; nothing for an unknown voltage.
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
begin
    if p_battery_voltage < 3.6 then
        perform private.raise_alert(
            p_company_id, 'low_battery', case when p_battery_voltage < 3.4 then 'critical' else 'warning' end, p_device_id,
            'the battery is low', jsonb_build_object('battery_voltage', p_battery_voltage), p_now, p_device_id => p_device_id);
        return true;
    elsif p_battery_voltage >= 3.6 then
        perform private.resolve_alert(p_company_id, 'low_battery', p_device_id, p_now);
    end if;
    return false;
end;
$$;

comment on function private.check_battery(uuid, uuid, double precision, timestamptz) is
'Raises or resolves low_battery; true when it is low.';
revoke all on function private.check_battery(uuid, uuid, double precision, timestamptz) from public;
