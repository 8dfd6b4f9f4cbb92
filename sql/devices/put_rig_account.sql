-- purpose: make a device key the rig's password, on the broker and for device_auth.
-- caller: register_device, rotate_device_key, the seed.
-- promise: one hash of the whole key serves both; the broker user is the device_id.
create or replace function private.put_rig_account(
    p_company_id uuid,
    p_device_id uuid,
    p_device_api_key text
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    if p_device_api_key is null or p_device_api_key !~ '^lics_[A-Za-z0-9]{8,64}_[A-Za-z0-9_-]{32,128}$' then
        perform private.fail('bad_input', 'device_api_key');
    end if;
    perform private.put_account(
        p_company_id, p_device_id, p_device_id::text, 'rig', p_device_api_key, split_part(p_device_api_key, '_', 2));
end;
$$;

comment on function private.put_rig_account(uuid, uuid, text) is 'Stores a rig''s key: broker user = device_id, public id = middle part of the key.';
revoke all on function private.put_rig_account(uuid, uuid, text) from public;
