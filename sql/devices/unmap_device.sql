-- purpose: a camera leaves its site.
-- caller: people (admin), rpc/unmap_device.
-- promise: today's remaining slots are no longer expected, queued schedule changes are superseded; what was captured keeps its site; the camera then only gets
--   a sleep. Again is allowed. Errors: not_signed_in, role_required, not_found, wrong_kind.
create or replace function public.unmap_device(
    p_device_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_camera('admin', p_device_id);
begin
    if v_device.site_id is not null then
        perform private.leave_site(v_device.company_id, p_device_id, p_now);
        update public.devices as d
        set site_id = null, mapped_at = null, updated_at = p_now
        where d.company_id = v_device.company_id and d.device_id = p_device_id;
        update public.device_schedule_changes as c
        set superseded_at = p_now
        where c.company_id = v_device.company_id and c.device_id = p_device_id and c.applied_at is null and c.superseded_at is null;
        insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row)
        values (v_device.company_id, p_now, auth.uid(), 'admin', 'unmap_device', 'devices', p_device_id, to_jsonb(v_device));
    end if;
    return jsonb_build_object('device_id', p_device_id, 'site_id', null);
end;
$$;

comment on function public.unmap_device(uuid, timestamptz) is
'Takes a camera from its site; answers {device_id, site_id: null}. Errors: not_found, wrong_kind, role_required.';
revoke all on function public.unmap_device(uuid, timestamptz) from public;
grant execute on function public.unmap_device(uuid, timestamptz) to authenticated;
