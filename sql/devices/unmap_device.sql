-- purpose: a camera leaves its site.
-- caller: people (admin), rpc/unmap_device.
-- promise: today's remaining slots are no longer expected; what was captured keeps its site; the camera then only gets a sleep.
--   Errors: not_signed_in, role_required, not_found, wrong_kind.
create or replace function public.unmap_device(
    p_device_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_device public.devices;
begin
    select * into v_device
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id
    for update;
    if not found then
        perform private.fail('not_found', 'device');
    elsif v_device.kind <> 'camera' then
        perform private.fail('wrong_kind');
    end if;

    perform private.set_session_device(v_company_id, s.session_id, p_device_id, null, false, p_now)
    from public.site_device_sessions as s
    where s.company_id = v_company_id and s.site_id = v_device.site_id and s.starts_at <= p_now and s.ends_at > p_now;
    update public.devices as d
    set site_id = null, mapped_at = null, updated_at = p_now
    where d.company_id = v_company_id and d.device_id = p_device_id;
    insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row)
    values (v_company_id, p_now, auth.uid(), 'admin', 'unmap_device', 'devices', p_device_id, to_jsonb(v_device));
    return jsonb_build_object('device_id', p_device_id, 'site_id', null);
end;
$$;

comment on function public.unmap_device(uuid, timestamptz) is
'Takes a camera from its site; answers {device_id, site_id: null}. Errors: not_found, wrong_kind, role_required.';
revoke all on function public.unmap_device(uuid, timestamptz) from public;
grant execute on function public.unmap_device(uuid, timestamptz) to authenticated;
