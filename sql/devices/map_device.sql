-- purpose: a person says which site a pending MAC stands at.
-- caller: rpc/map_device: super admins; admins for MACs of their company (imported, or archived there) and their own sites.
-- promise: what private.place_camera says. The answer carries the broker password of a new account, once.
--   Errors: not_signed_in, role_required, invalid_mac, not_found, wrong_kind, invalid_cron, bad_input.
create or replace function public.map_device(
    p_device_mac text,
    p_site_id uuid,
    p_name text,
    p_wake_schedule_cron text default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_super boolean := private.is_super_admin();
    v_company_id uuid;
    v_result jsonb;
begin
    if not v_super then
        v_company_id := private.require_role('admin');
        if not exists (
            select from private.device_directory as y
            where y.device_mac = private.canonical_mac(p_device_mac) and y.company_id = v_company_id
        ) then
            perform private.fail('role_required', 'the MAC is not of your company: import it first, or ask the platform');
        elsif not exists (select from public.sites as s where s.company_id = v_company_id and s.site_id = p_site_id) then
            perform private.fail('not_found', 'site');
        end if;
    end if;
    v_result := private.place_camera(p_device_mac, p_site_id, p_name, p_wake_schedule_cron, p_now);
    insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, new_row)
    values (
        (v_result ->> 'company_id')::uuid, p_now, auth.uid(), case when v_super then 'super_admin' else 'admin' end, 'map_device', 'devices',
        (v_result ->> 'device_id')::uuid, v_result - 'mqtt_password');
    return v_result;
end;
$$;

comment on function public.map_device(text, uuid, text, text, timestamptz) is
'Maps a MAC to a site (super admins; admins for MACs of their company); answers {device_id, company_id, site_id, device_mac, session_id, schedule_change, mqtt_user, mqtt_password}. Errors: invalid_mac, not_found, wrong_kind, invalid_cron, bad_input, role_required.';
revoke all on function public.map_device(text, uuid, text, text, timestamptz) from public;
grant execute on function public.map_device(text, uuid, text, text, timestamptz) to authenticated;
