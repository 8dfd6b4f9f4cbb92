-- purpose: the first line of every function that a rig's token may call.
-- caller: device_heartbeat, claim_deployment.
-- promise: returns the device of the token after asking the tables whether it is still allowed; raises device_revoked.
create or replace function private.require_device() returns public.devices
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_device public.devices;
begin
    select d.* into v_device
    from public.devices as d
    where
        d.device_id = auth.uid() and d.archived_at is null
        and exists (
            select from private.credentials as c
            where c.company_id = d.company_id and c.device_id = d.device_id and c.kind = 'rig' and c.revoked_at is null
        );
    if not found then
        perform private.fail('device_revoked');
    end if;
    return v_device;
end;
$$;

comment on function private.require_device() is 'The device of the caller''s token; raises device_revoked (L0205) when its key was taken away.';
revoke all on function private.require_device() from public;
