-- purpose: the state of a device in a word, beside its other columns.
-- caller: REST, as a computed column: devices?select=*,state. For long lists the view device_states is cheaper.
-- promise: what private.states_of_devices says now.
create or replace function public.state(
    p_device public.devices
) returns text
language plpgsql
stable
set search_path = ''
as $$
begin
    return (select n.state from private.states_of_devices(p_device.company_id, array[p_device.device_id], now()) as n);
end;
$$;

comment on function public.state(public.devices) is
'Computed: asleep, due, late, silent or unscheduled for a camera; offline, online or running for a rig; archived.';
revoke all on function public.state(public.devices) from public;
grant execute on function public.state(public.devices) to authenticated, service_role;
