-- purpose: hash a password in the form Mosquitto keeps in its password file.
-- caller: whatever makes or changes an account of the broker.
-- promise: $7$101$<salt>$<hash>, base64 without line breaks; a fresh salt each time. 101 rounds are Mosquitto's default and enough
--   because every password here is 128 random bits or more, never chosen by a person.
create or replace function private.mosquitto_hash(
    p_password text
) returns text
language plpgsql
volatile
strict
set search_path = ''
as $$
declare
    v_rounds constant int := 101;
    v_salt bytea := extensions.gen_random_bytes(12);
begin
    return format(
        '$7$%s$%s$%s', v_rounds, encode(v_salt, 'base64'),
        replace(encode(private.pbkdf2_sha512(p_password, v_salt, v_rounds), 'base64'), chr(10), '')
    );
end;
$$;

comment on function private.mosquitto_hash(text) is
'Hash of a password as Mosquitto stores it: $7$ iterations $ salt $ PBKDF2-SHA512, base64.';
revoke all on function private.mosquitto_hash(text) from public;
