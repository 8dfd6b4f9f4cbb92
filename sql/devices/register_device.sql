-- purpose: make a rig known and give it its key.
-- caller: an admin, or a rig that holds a single-use enrolment token (then nobody is signed in): POST /api/devices/register.
-- promise: the row in devices and in the directory, the broker account, one audit entry; the key is in this answer and nowhere else.
create or replace function public.register_device(
    p_device_mac text,
    p_name text,
    p_site_id uuid default null,
    p_enrolment_token text default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_mac text := private.canonical_mac(p_device_mac);
    v_key text := private.device_key();
    v_token private.enrolment_tokens;
    v_company_id uuid;
    v_device public.devices;
begin
    if p_enrolment_token is null then
        v_company_id := private.require_role('admin');
    else
        update private.enrolment_tokens as t set used_at = now()
        where t.token_sha256 = sha256(convert_to(p_enrolment_token, 'UTF8')) and t.used_at is null and t.expires_at > now()
        returning * into v_token;
        if not found then
            perform private.fail('invalid_enrolment_token');
        end if;
        v_company_id := v_token.company_id;
    end if;
    if v_mac is null then
        perform private.fail('invalid_mac');
    end if;
    if p_name is null or length(trim(p_name)) not between 1 and 200 then
        perform private.fail('bad_input', 'p_name');
    end if;
    if p_site_id is not null
        and not exists (select from public.sites as s where s.company_id = v_company_id and s.site_id = p_site_id) then
        perform private.fail('not_found', 'site');
    end if;

    -- The directory's key decides between two registrations of one MAC at the same time; a pending row is taken over.
    insert into private.device_directory (device_mac) values (v_mac) on conflict (device_mac) do nothing;
    perform from private.device_directory as r where r.device_mac = v_mac and r.device_id is null for update;
    if not found or exists (select from public.devices as d where d.company_id = v_company_id and d.device_mac = v_mac) then
        perform private.fail('device_known');
    end if;

    insert into public.devices (company_id, device_mac, name, kind, site_id, mapped_at, created_by)
    values (v_company_id, v_mac, trim(p_name), 'rig', p_site_id, case when p_site_id is not null then now() end, auth.uid())
    returning * into v_device;
    update private.device_directory as r set company_id = v_company_id, device_id = v_device.device_id where r.device_mac = v_mac;
    perform private.put_rig_account(v_company_id, v_device.device_id, v_key);

    if v_token.token_id is not null then
        update private.enrolment_tokens as t set used_by_device_id = v_device.device_id
        where t.company_id = v_company_id and t.token_id = v_token.token_id;
    end if;
    insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, entity_id, new_row)
    values (
        v_company_id, auth.uid(), case when v_token.token_id is null then 'admin' else 'enrolment_token' end,
        'register_device', 'devices', v_device.device_id, to_jsonb(v_device)
    );
    return to_jsonb(v_device) || jsonb_build_object('status', 'offline', 'device_api_key', v_key);
end;
$$;

comment on function public.register_device(text, text, uuid, text) is
'Registers a rig; answers the device with status and device_api_key, shown once. Admins, or anybody with a single-use enrolment token. Errors: device_known (409), invalid_mac (422), bad_input (422), not_found (404), invalid_enrolment_token (401).';
revoke all on function public.register_device(text, text, uuid, text) from public;
grant execute on function public.register_device(text, text, uuid, text) to anon, authenticated;
