-- purpose: a MAC becomes a camera of a site.
-- caller: super admins, rpc/map_device.
-- promise: the site decides the company; a MAC that moves to another company becomes a new device there and the old one is archived, its history
--   kept. Today's sessions gain and lose the remaining slots. The answer carries the broker password of a new account, once.
--   Errors: not_signed_in, role_required, invalid_mac, not_found, wrong_kind, invalid_cron.
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
    v_mac text := private.canonical_mac(p_device_mac);
    v_site public.sites;
    v_old public.devices;
    v_device public.devices;
    v_session public.site_device_sessions;
    v_password text;
begin
    if not private.is_super_admin() then
        perform private.require_role('viewer');
        perform private.fail('role_required', 'needed: super admin');
    end if;
    if v_mac is null then
        perform private.fail('invalid_mac');
    end if;
    if coalesce(length(trim(p_name)), 0) not between 1 and 200 then
        perform private.fail('bad_input', 'name');
    end if;
    select * into v_site from public.sites as s where s.site_id = p_site_id and s.archived_at is null;
    if not found then
        perform private.fail('not_found', 'site');
    end if;
    perform private.cron_check(p_wake_schedule_cron);

    insert into private.device_directory (device_mac, first_seen_at, last_seen_at) values (v_mac, p_now, p_now)
    on conflict (device_mac) do nothing;
    perform private.resolve_macs(array[v_mac]);
    select d.* into v_old
    from private.device_directory as y
    left join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
    where y.device_mac = v_mac
    for update of y;
    if v_old.kind = 'rig' then
        perform private.fail('wrong_kind', 'the MAC is a rig''s');
    end if;

    if v_old.device_id is not null and (v_old.company_id, v_old.site_id) is distinct from (v_site.company_id, p_site_id) then
        perform private.set_session_device(v_old.company_id, s.session_id, v_old.device_id, null, false, p_now)
        from public.site_device_sessions as s
        where s.company_id = v_old.company_id and s.site_id = v_old.site_id and s.starts_at <= p_now and s.ends_at > p_now;
        if v_old.company_id <> v_site.company_id then
            update public.devices as d
            set site_id = null, is_active = false, archived_at = p_now, updated_at = p_now
            where d.company_id = v_old.company_id and d.device_id = v_old.device_id;
        end if;
    end if;

    insert into public.devices as d (
        company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at, created_by, created_at, updated_at)
    values (v_site.company_id, v_mac, trim(p_name), 'camera', p_site_id, p_wake_schedule_cron, p_now, auth.uid(), p_now, p_now)
    on conflict (company_id, device_mac) do update
    set
        name = excluded.name, site_id = excluded.site_id, wake_schedule_cron = excluded.wake_schedule_cron,
        mapped_at = case when d.site_id = excluded.site_id and d.archived_at is null then d.mapped_at else excluded.mapped_at end,
        is_active = true, archived_at = null, updated_at = p_now
    where d.kind = 'camera'
    returning * into v_device;
    if not found then
        perform private.fail('wrong_kind', 'the MAC is a rig''s');
    end if;
    update private.device_directory as y
    set company_id = v_device.company_id, device_id = v_device.device_id
    where y.device_mac = v_mac;

    v_session := private.ensure_session(
        v_device.company_id, p_site_id, private.local_date(p_now, v_site.timezone), p_now);
    if not exists (
        select from public.site_session_devices as sd
        where sd.company_id = v_session.company_id and sd.session_id = v_session.session_id and sd.device_id = v_device.device_id
            and sd.counts_until = v_session.ends_at
    ) then
        perform private.set_session_device(
            v_device.company_id, v_session.session_id, v_device.device_id, p_wake_schedule_cron, true, p_now);
    end if;
    perform private.plan_next_wake(v_device.company_id, v_device.device_id, p_now);

    if not exists (
        select from private.credentials as c
        where c.company_id = v_device.company_id and c.device_id = v_device.device_id and c.revoked_at is null
    ) then
        v_password := private.create_camera_account(v_device.company_id, v_device.device_id, v_mac);
    end if;
    perform private.bump_broker_generation();
    insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, new_row)
    values (v_device.company_id, p_now, auth.uid(), 'super_admin', 'map_device', 'devices', v_device.device_id, to_jsonb(v_device));
    return jsonb_build_object(
        'device_id', v_device.device_id, 'company_id', v_device.company_id, 'site_id', p_site_id, 'device_mac', v_mac,
        'session_id', v_session.session_id, 'mqtt_user', private.camera_username(v_mac), 'mqtt_password', v_password);
end;
$$;

comment on function public.map_device(text, uuid, text, text, timestamptz) is
'Maps a MAC to a site (super admins); answers {device_id, company_id, site_id, device_mac, session_id, mqtt_user, mqtt_password}. Errors: invalid_mac, not_found, wrong_kind, invalid_cron, role_required.';
revoke all on function public.map_device(text, uuid, text, text, timestamptz) from public;
grant execute on function public.map_device(text, uuid, text, text, timestamptz) to authenticated;
