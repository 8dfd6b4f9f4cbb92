-- purpose: a rig says that it lives, by HTTP.
-- caller: a rig with its token: PUT /api/devices/heartbeat. On MQTT the same goes through ingest_presence.
-- promise: {"status":"ok"}; last seen is now. A revoked device is refused although its token has not expired.
create or replace function public.device_heartbeat(
    p_status text default 'online'
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_device();
begin
    if p_status is null or p_status not in ('online', 'offline') then
        perform private.fail('bad_input', 'p_status: online or offline');
    end if;
    perform private.ingest_presence(jsonb_build_array(jsonb_build_object(
        'device_id', v_device.device_id, 'kind', case when p_status = 'online' then 'heartbeat' else 'status' end, 'status', p_status)));
    return jsonb_build_object('status', 'ok');
end;
$$;

comment on function public.device_heartbeat(text) is
'Heartbeat of a rig; answers {"status":"ok"}. Device token only. Errors: device_revoked (401), bad_input (422).';
revoke all on function public.device_heartbeat(text) from public;
grant execute on function public.device_heartbeat(text) to device;
