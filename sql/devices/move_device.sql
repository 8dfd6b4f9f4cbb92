-- purpose: a device stands at another site from now on.
-- caller: people (admin, within the company; super admins: to any company), rpc/move_device.
-- promise: a camera keeps its schedule and its queued changes; the remaining slots of the day leave the old site and join the new one. Everything captured
--   keeps the ids of its site. To another company: a new device there, the old one archived. A rig changes its site only.
--   Errors: not_signed_in, role_required, not_found, wrong_kind (a rig to another company).
create or replace function public.move_device(
    p_device_id uuid,
    p_site_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_device public.devices;
    v_site_company_id uuid;
    v_result jsonb;
begin
    select * into v_device
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null;
    if not found then
        perform private.fail('not_found', 'device');
    end if;
    select s.company_id into v_site_company_id
    from public.sites as s
    where s.site_id = p_site_id and s.archived_at is null and (s.company_id = v_company_id or private.is_super_admin());
    if not found then
        perform private.fail('not_found', 'site');
    end if;

    if v_device.kind = 'camera' then
        v_result := private.place_camera(v_device.device_mac, p_site_id, v_device.name, v_device.wake_schedule_cron, p_now);
    elsif v_site_company_id <> v_company_id then
        perform private.fail('wrong_kind', 'a rig is registered anew in the other company');
    else
        update public.devices as d
        set site_id = p_site_id, mapped_at = p_now, updated_at = p_now
        where d.company_id = v_company_id and d.device_id = p_device_id and d.site_id is distinct from p_site_id;
        v_result := jsonb_build_object('device_id', p_device_id, 'company_id', v_company_id, 'site_id', p_site_id);
    end if;
    insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row, new_row)
    values (v_company_id, p_now, auth.uid(), 'admin', 'move_device', 'devices', p_device_id, to_jsonb(v_device), v_result - 'mqtt_password');
    return v_result;
end;
$$;

comment on function public.move_device(uuid, uuid, timestamptz) is
'Moves a device to another site; answers {device_id, company_id, site_id} and for cameras what map_device answers. Errors: not_found, wrong_kind, role_required.';
revoke all on function public.move_device(uuid, uuid, timestamptz) from public;
grant execute on function public.move_device(uuid, uuid, timestamptz) to authenticated;
