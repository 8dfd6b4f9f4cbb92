-- purpose: take a device's key away.
-- caller: an admin.
-- promise: the broker drops it within 2 s (the generation is raised), device_auth refuses it at once; its history stays.
create or replace function public.revoke_device(
    p_device_id uuid
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_revoked int;
begin
    if not exists (select from public.devices as d where d.company_id = v_company_id and d.device_id = p_device_id) then
        perform private.fail('not_found', 'device');
    end if;
    update private.credentials as c set revoked_at = now()
    where c.company_id = v_company_id and c.device_id = p_device_id and c.revoked_at is null;
    get diagnostics v_revoked = row_count;
    if v_revoked > 0 then
        perform private.bump_broker_generation();
        insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, entity_id)
        values (v_company_id, auth.uid(), 'admin', 'revoke_device', 'devices', p_device_id);
    end if;
    return jsonb_build_object('device_id', p_device_id, 'revoked', true);
end;
$$;

comment on function public.revoke_device(uuid) is
'Revokes a device''s key and broker account; answers {device_id, revoked}. Again is allowed. Admins. Error: not_found (404).';
revoke all on function public.revoke_device(uuid) from public;
grant execute on function public.revoke_device(uuid) to authenticated;
