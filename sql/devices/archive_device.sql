-- purpose: a device is taken out of service.
-- caller: people (admin), rpc/archive_device.
-- promise: its account is revoked (the broker drops it within 2 s), nothing is expected of it from now on, its history stays. The MAC stays reserved for the
--   company: map_device puts a camera back into service. Again is allowed. Errors: not_signed_in, role_required, not_found, device_busy (a rig with a run).
create or replace function public.archive_device(
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
    perform private.lock_cameras(array[v_company_id], array[p_device_id], p_now)
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id and d.kind = 'camera';
    select * into v_device
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id
    for no key update;
    if not found then
        perform private.fail('not_found', 'device');
    elsif v_device.archived_at is null then
        if exists (
            select from public.experiment_deployments as r
            where r.company_id = v_company_id and r.device_id = p_device_id and r.status = 'running'
        ) then
            perform private.fail('device_busy');
        end if;
        perform private.retire_device(v_company_id, p_device_id, p_now);
        insert into private.device_directory as y (device_mac, company_id, first_seen_at, last_seen_at)
        values (v_device.device_mac, v_company_id, p_now, coalesce(v_device.last_seen_at, p_now))
        on conflict (device_mac) do update
        set device_id = null
        where y.company_id = v_company_id and y.device_id = p_device_id;
        perform private.bump_broker_generation();
        insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row)
        values (v_company_id, p_now, auth.uid(), 'admin', 'archive_device', 'devices', p_device_id, to_jsonb(v_device));
        v_device.archived_at := p_now;
    end if;
    return jsonb_build_object('device_id', p_device_id, 'archived_at', v_device.archived_at);
end;
$$;

comment on function public.archive_device(uuid, timestamptz) is
'Takes a device out of service; answers {device_id, archived_at}. Errors: not_found, device_busy, role_required.';
revoke all on function public.archive_device(uuid, timestamptz) from public;
grant execute on function public.archive_device(uuid, timestamptz) to authenticated;
