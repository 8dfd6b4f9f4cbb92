-- purpose: sign a device's token.
-- caller: device_auth.
-- promise: HS256 with the current key of private.signing_key, its kid in the header; PostgREST knows the same key.
create or replace function private.sign_device_token(
    p_company_id uuid,
    p_device_id uuid,
    p_ttl interval,
    p_now timestamptz default now()
) returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_key private.signing_key;
    v_text text;
begin
    select * into v_key from private.signing_key as k where k.is_current order by k.created_at desc limit 1;
    if not found then
        perform private.fail('not_configured', 'private.signing_key');
    end if;
    select string_agg(translate(replace(encode(convert_to(p.part::text, 'UTF8'), 'base64'), chr(10), ''), '+/=', '-_'), '.' order by p.n)
    into v_text
    from (
        values
        (1, jsonb_build_object('alg', 'HS256', 'typ', 'JWT', 'kid', v_key.kid)),
        (2, jsonb_build_object(
            'role', 'device', 'scope', 'device', 'sub', p_device_id, 'company_id', p_company_id,
            'iat', floor(extract(epoch from p_now))::bigint, 'exp', floor(extract(epoch from p_now + p_ttl))::bigint))
    ) as p (n, part);
    return v_text || '.' || translate(
        encode(extensions.hmac(v_text::bytea, convert_to(v_key.secret, 'UTF8'), 'sha256'), 'base64'), '+/=', '-_');
end;
$$;

comment on function private.sign_device_token(uuid, uuid, interval, timestamptz) is
'A JWT (HS256, own kid) with role device, scope device, sub, company_id, exp.';
revoke all on function private.sign_device_token(uuid, uuid, interval, timestamptz) from public;
