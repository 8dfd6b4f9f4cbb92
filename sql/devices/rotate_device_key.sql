-- purpose: replace a rig's key.
-- caller: an admin.
-- promise: the former key stops working within 2 s on the broker (the edge reloads it) and at once for device_auth; a revoked rig works again.
create or replace function public.rotate_device_key(
    p_device_id uuid
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_key text := private.device_key();
    v_device public.devices;
begin
    select * into v_device from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null;
    if not found then
        perform private.fail('not_found', 'device');
    end if;
    if v_device.kind <> 'rig' then
        perform private.fail('wrong_kind');
    end if;
    perform private.put_rig_account(v_company_id, p_device_id, v_key);
    insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, entity_id)
    values (v_company_id, auth.uid(), 'admin', 'rotate_device_key', 'devices', p_device_id);
    return jsonb_build_object('device_id', p_device_id, 'device_api_key', v_key);
end;
$$;

comment on function public.rotate_device_key(uuid) is
'Gives a rig a new key; answers {device_id, device_api_key}, shown once. Admins. Errors: not_found (404), wrong_kind (422).';
revoke all on function public.rotate_device_key(uuid) from public;
grant execute on function public.rotate_device_key(uuid) to authenticated;
