-- purpose: MACs that have said HELLO and belong to nobody.
-- caller: rpc/list_pending_devices: super admins see all, admins those of their company (archived there, heard again).
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
declare
    v_company_id uuid;
begin
    if not private.is_super_admin() then
        v_company_id := private.require_role('admin');
    end if;
    return query
    select
        y.device_mac, y.first_seen_at, y.last_seen_at, private.json_number(y.hello -> 'battery_voltage'),
        private.json_number(y.hello -> 'wifi_rssi'), y.hello ->> 'firmware_version', y.seen_on_enrolment_at
    from private.device_directory as y
    where y.device_id is null and (v_company_id is null or y.company_id = v_company_id)
    order by y.last_seen_at desc
    limit 1000;
end;
$$;

comment on function public.list_pending_devices() is 'Cameras that wait to be mapped (super admins: all; admins: of their company). Errors: not_signed_in, role_required.';
revoke all on function public.list_pending_devices() from public;
grant execute on function public.list_pending_devices() to authenticated;
