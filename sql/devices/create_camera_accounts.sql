-- purpose: cameras that hold an account of their own.
-- caller: people (admin), rpc/create_camera_accounts, after an import or when a password was lost.
-- promise: a new password for each camera, at most 100 a call (a hash that resists guessing takes time); in this answer and nowhere else. The former
--   one stops working within 2 s. Errors: not_signed_in, role_required, limit_too_large, not_found (one of them is no camera of the company).
create or replace function public.create_camera_accounts(
    p_device_ids uuid[]
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_accounts jsonb;
begin
    if cardinality(p_device_ids) > 100 then
        perform private.fail('limit_too_large', 'p_device_ids: at most 100');
    end if;
    select jsonb_agg(jsonb_build_object(
        'device_id', d.device_id, 'device_mac', d.device_mac, 'mqtt_user', private.camera_username(d.device_mac),
        'mqtt_password', private.create_camera_account(v_company_id, d.device_id, d.device_mac)))
    into v_accounts
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = any (p_device_ids) and d.kind = 'camera' and d.archived_at is null;
    if jsonb_array_length(coalesce(v_accounts, '[]')) <> cardinality(array(select distinct i.id from unnest(p_device_ids) as i (id))) then
        perform private.fail('not_found', 'a camera of the list');
    end if;
    insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, new_row)
    values (v_company_id, auth.uid(), 'admin', 'create_camera_accounts', 'devices', jsonb_build_object('device_ids', p_device_ids));
    return coalesce(v_accounts, '[]');
end;
$$;

comment on function public.create_camera_accounts(uuid[]) is
'New broker passwords for up to 100 cameras (admins), shown once; answers [{device_id, device_mac, mqtt_user, mqtt_password}]. Errors: not_found, limit_too_large, role_required.';
revoke all on function public.create_camera_accounts(uuid[]) from public;
grant execute on function public.create_camera_accounts(uuid[]) to authenticated;
