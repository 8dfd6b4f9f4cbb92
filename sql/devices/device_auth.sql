-- purpose: exchange a device key for a token of one hour.
-- caller: a rig, signed in as nobody: POST /api/devices/auth. The parameter has the name of the seed's body, without p_.
-- promise: the row is found by the key's public part, the whole key compared by hash in constant time; an unknown id costs the same.
create or replace function public.device_auth(
    device_api_key text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_row private.credentials;
begin
    select c.* into v_row
    from private.credentials as c
    join public.devices as d on d.company_id = c.company_id and d.device_id = c.device_id
    where
        c.public_id = split_part(device_auth.device_api_key, '_', 2) and c.kind = 'rig'
        and c.revoked_at is null and d.archived_at is null;
    if not private.verify_hash(
        coalesce(left(device_auth.device_api_key, 256), ''),
        coalesce(v_row.password_hash, '$7$101$AAAAAAAAAAAAAAAA$' || repeat('A', 86) || '==')
    ) then
        perform private.fail('invalid_device_key');
    end if;
    return jsonb_build_object(
        'access_token', private.sign_device_token(v_row.company_id, v_row.device_id, interval '1 hour'),
        'token_type', 'bearer', 'expires_in', 3600);
end;
$$;

comment on function public.device_auth(text) is
'Exchanges a device key {device_api_key} for {access_token, token_type, expires_in}. Error: invalid_device_key (401).';
revoke all on function public.device_auth(text) from public;
grant execute on function public.device_auth(text) to anon;
