-- purpose: write one account of the broker.
-- caller: register_device, rotate_device_key, create_camera_account, create_fleet_account, put_service_account, the seed.
-- promise: the account exists, is not revoked and has this password; the generation is raised only if something changed
--   (a repeat with the same password keeps the stored hash, so that a repeated seed does not drop clients).
create or replace function private.put_account(
    p_company_id uuid,
    p_device_id uuid,
    p_username text,
    p_kind text,
    p_password text,
    p_public_id text default null
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_row private.credentials;
begin
    -- A line break or a colon would be another line, or another field, of the broker's files.
    if p_username is null or p_username !~ '^[A-Za-z0-9_.-]{1,128}$' then
        perform private.fail('bad_input', 'username');
    end if;
    if coalesce(length(p_password), 0) < 8 then
        perform private.fail('bad_input', 'password');
    end if;
    select * into v_row from private.credentials as c where c.username = p_username for update;
    if found
        and v_row.company_id is not distinct from p_company_id and v_row.device_id is not distinct from p_device_id
        and v_row.kind = p_kind and v_row.public_id is not distinct from p_public_id and v_row.revoked_at is null
        and private.verify_hash(p_password, v_row.password_hash) then
        return;
    end if;

    insert into private.credentials as c (username, company_id, device_id, kind, public_id, password_hash)
    values (p_username, p_company_id, p_device_id, p_kind, p_public_id, private.mosquitto_hash(p_password))
    on conflict (username) do update
    set company_id = excluded.company_id, device_id = excluded.device_id, kind = excluded.kind, public_id = excluded.public_id,
        password_hash = excluded.password_hash, created_at = now(), revoked_at = null;
    perform private.bump_broker_generation();
end;
$$;

comment on function private.put_account(uuid, uuid, text, text, text, text) is
'Makes or renews an account of the broker with this password; raises the generation if anything changed. Error: bad_input.';
revoke all on function private.put_account(uuid, uuid, text, text, text, text) from public;
