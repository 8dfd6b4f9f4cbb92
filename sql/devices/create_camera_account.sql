-- purpose: give a camera its own account on the broker.
-- caller: mapping of a device, the seed.
-- promise: returns the password, which is kept nowhere; a second call makes a new password.
create or replace function private.create_camera_account(
    p_company_id uuid,
    p_device_id uuid,
    p_mac text
) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_password text := encode(extensions.gen_random_bytes(16), 'hex');
begin
    perform private.put_account(p_company_id, p_device_id, private.camera_username(p_mac), 'camera', v_password);
    return v_password;
end;
$$;

comment on function private.create_camera_account(uuid, uuid, text) is
'Makes (or renews) a camera''s broker account, user = MAC; answers the password, once.';
revoke all on function private.create_camera_account(uuid, uuid, text) from public;
