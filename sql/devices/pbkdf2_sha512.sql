-- purpose: PBKDF2-HMAC-SHA512 (RFC 8018), which pgcrypto does not offer, for keys that the broker and device_auth share.
-- caller: mosquitto_hash, verify_hash.
-- promise: the first 64 bytes of the derived key, the length Mosquitto stores.
create or replace function private.pbkdf2_sha512(
    p_password text,
    p_salt bytea,
    p_iterations int
) returns bytea
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $$
declare
    v_key bytea := convert_to(p_password, 'UTF8');
    v_u bytea := extensions.hmac(p_salt || '\x00000001'::bytea, v_key, 'sha512');
    v_sum bit(512) := ('x' || encode(v_u, 'hex'))::bit(512);
begin
    for i in 2 .. p_iterations loop
        v_u := extensions.hmac(v_u, v_key, 'sha512');
        v_sum := v_sum # ('x' || encode(v_u, 'hex'))::bit(512);
    end loop;
    -- bytea has no exclusive or, so the sum is a bit string; it goes back eight bytes at a time.
    return (
        select string_agg(int8send(substring(v_sum from g.n * 64 + 1 for 64)::bit(64)::bigint), ''::bytea order by g.n)
        from generate_series(0, 7) as g (n)
    );
end;
$$;

comment on function private.pbkdf2_sha512(text, bytea, int) is
'PBKDF2 with HMAC-SHA512: the first 64 bytes of the key derived from password, salt and number of iterations.';
revoke all on function private.pbkdf2_sha512(text, bytea, int) from public;
