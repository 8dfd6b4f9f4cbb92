-- purpose: make a device key.
-- caller: register_device, rotate_device_key.
-- promise: lics_<public id>_<secret>, 64 and 256 random bits in hex; the public id finds the row, the secret proves it.
create or replace function private.device_key() returns text
language sql
volatile
set search_path = ''
as $$
    select 'lics_' || encode(extensions.gen_random_bytes(8), 'hex') || '_' || encode(extensions.gen_random_bytes(32), 'hex');
$$;

comment on function private.device_key() is 'A new device key lics_<public id>_<secret>.';
revoke all on function private.device_key() from public;
