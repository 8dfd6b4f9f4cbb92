-- purpose: the state of a device as people see it.
-- caller: REST, as a computed column: devices?select=*,status.
-- promise: a rig is offline, online or running; a camera online while it is awake, asleep until its next wake is an hour late, then offline.
create or replace function public.status(
    p_device public.devices
) returns text
language sql
stable
set search_path = ''
as $$
    select
        case
            when p_device.kind = 'camera' and private.is_online(p_device.last_seen_at, null, now()) then 'online'
            when p_device.kind = 'camera' then
                case
                    when p_device.last_seen_at is not null and p_device.next_wake_at > now() - interval '1 hour' then 'asleep'
                    else 'offline'
                end
            when not private.is_online(p_device.last_seen_at, p_device.last_will_at, now()) then 'offline'
            when exists (
                select from public.experiment_deployments as r
                where r.company_id = p_device.company_id and r.device_id = p_device.device_id and r.status = 'running'
            ) then 'running'
            else 'online'
        end;
$$;

comment on function public.status(public.devices) is
'Computed: offline, online or running for a rig; online, asleep or offline for a camera.';
revoke all on function public.status(public.devices) from public;
grant execute on function public.status(public.devices) to authenticated, service_role;
