-- purpose: MACs that have said HELLO and belong to nobody.
-- caller: super admins, rpc/list_pending_devices.
-- promise: the newest 1000, with what their last HELLO said. Errors: not_signed_in, role_required.
create or replace function public.list_pending_devices() returns table (
    device_mac text,
    first_seen_at timestamptz,
    last_seen_at timestamptz,
    battery_voltage double precision,
    wifi_rssi double precision,
    firmware_version text,
    seen_on_enrolment_at timestamptz
)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
    if not private.is_super_admin() then
        perform private.require_role('viewer');
        perform private.fail('role_required', 'needed: super admin');
    end if;
    return query
    select
        y.device_mac, y.first_seen_at, y.last_seen_at, private.json_number(y.hello -> 'battery_voltage'),
        private.json_number(y.hello -> 'wifi_rssi'), y.hello ->> 'firmware_version', y.seen_on_enrolment_at
    from private.device_directory as y
    where y.device_id is null
    order by y.last_seen_at desc
    limit 1000;
end;
$$;

comment on function public.list_pending_devices() is 'Cameras that wait to be mapped (super admins). Errors: not_signed_in, role_required.';
revoke all on function public.list_pending_devices() from public;
grant execute on function public.list_pending_devices() to authenticated;
