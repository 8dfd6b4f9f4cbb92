-- purpose: the broker user of a camera.
-- caller: create_camera_account, seed.
-- promise: the MAC itself; in ids with a prefix whatever a password file cannot hold becomes a hyphen.
create or replace function private.camera_username(
    p_mac text
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
    select regexp_replace(p_mac, '[^A-Za-z0-9_.-]', '-', 'g');
$$;

comment on function private.camera_username(text) is 'Broker user of a camera: its canonical MAC.';
revoke all on function private.camera_username(text) from public;
