-- purpose: compare a password with a hash of mosquitto_hash.
-- caller: device_auth; the seed, to keep a hash that still fits.
-- promise: the time does not tell how much of it was right: all 512 bits are compared; a hash of another form is false.
create or replace function private.verify_hash(
    p_password text,
    p_hash text
) returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
    v_part text[] := string_to_array(p_hash, '$');
begin
    if p_password is null or p_hash is null or p_hash !~ '^\$7\$[0-9]{1,7}\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/]{86}==$' then
        return false;
    end if;
    return bit_count(
        ('x' || encode(private.pbkdf2_sha512(p_password, decode(v_part[4], 'base64'), v_part[3]::int), 'hex'))::bit(512)
        # ('x' || encode(decode(v_part[5], 'base64'), 'hex'))::bit(512)
    ) = 0;
end;
$$;

comment on function private.verify_hash(text, text) is 'True when the password fits the hash ($7$…); compares in constant time.';
revoke all on function private.verify_hash(text, text) from public;
