-- purpose: the first lines of every function that people call for one camera.
-- caller: RPCs.
-- promise: the camera of the active company, locked, for a person with at least this role. Raises not_signed_in, role_required, not_found, wrong_kind.
create or replace function private.require_camera(
    p_role text,
    p_device_id uuid
) returns public.devices
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role(p_role);
    v_device public.devices;
begin
    select * into v_device
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null;
    if not found then
        perform private.fail('not_found', 'device');
    elsif v_device.kind <> 'camera' then
        perform private.fail('wrong_kind');
    end if;
    -- The lock that the ingest takes first: commands and next wake cannot change meanwhile.
    perform private.lock_cameras(array[v_company_id], array[p_device_id]);
    select * into strict v_device from public.devices as d where d.company_id = v_company_id and d.device_id = p_device_id;
    return v_device;
end;
$$;

comment on function private.require_camera(text, uuid) is 'A camera of the active company for a person with this role, locked.';
revoke all on function private.require_camera(text, uuid) from public;
