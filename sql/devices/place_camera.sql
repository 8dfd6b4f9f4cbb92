-- purpose: a MAC becomes a camera of a site.
-- caller: map_device, move_device, which know who may.
-- promise: the site decides the company; in another company than before the MAC is a new device and the old one is archived. Today's sessions lose and gain
--   the remaining slots; what was captured keeps its ids. At its own site a camera keeps its running schedule: another one is queued for midnight.
--   Errors: invalid_mac, bad_input, not_found, invalid_cron, wrong_kind.
create or replace function private.place_camera(
    p_device_mac text,
    p_site_id uuid,
    p_name text,
    p_wake_schedule_cron text,
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
    v_stays boolean;
    v_change jsonb;
    v_password text;
begin
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

    -- The camera's lock first, as the ingest takes it; then the directory's row, which decides between two people.
    insert into private.device_directory (device_mac, first_seen_at, last_seen_at) values (v_mac, p_now, p_now)
    on conflict (device_mac) do nothing;
    perform private.lock_cameras(array_agg(r.company_id), array_agg(r.device_id), p_now) from private.resolve_macs(array[v_mac]) as r;
    select d.* into v_old
    from private.device_directory as y
    left join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
    where y.device_mac = v_mac
    for update of y;
    if v_old.kind = 'rig' then
        perform private.fail('wrong_kind', 'the MAC is a rig''s');
    end if;

    v_stays := coalesce((v_old.company_id, v_old.site_id) = (v_site.company_id, p_site_id), false);
    if v_old.company_id <> v_site.company_id then
        perform private.retire_device(v_old.company_id, v_old.device_id, p_now);
    elsif v_old.site_id <> p_site_id then
        perform private.leave_site(v_old.company_id, v_old.device_id, p_now);
    end if;
    insert into public.devices as d (
        company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at, created_by, created_at, updated_at)
    values (v_site.company_id, v_mac, trim(p_name), 'camera', p_site_id, p_wake_schedule_cron, p_now, auth.uid(), p_now, p_now)
    on conflict (company_id, device_mac) do update
    set
        name = excluded.name, site_id = excluded.site_id, is_active = true, archived_at = null, updated_at = p_now,
        wake_schedule_cron = case when v_stays then d.wake_schedule_cron else excluded.wake_schedule_cron end,
        mapped_at = case when v_stays then d.mapped_at else excluded.mapped_at end
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
    if not v_stays then
        perform private.set_session_devices(v_device.company_id, v_session.session_id, array[v_device.device_id], true, p_now);
        update public.devices as d
        set next_wake_at = private.scheduled_wake(d.company_id, d.device_id, p_now)
        where d.company_id = v_device.company_id and d.device_id = v_device.device_id;
    elsif exists (
        -- Opening the day may have put a queued schedule into force.
        select from public.devices as d
        where d.company_id = v_device.company_id and d.device_id = v_device.device_id
            and d.wake_schedule_cron is distinct from p_wake_schedule_cron
    ) then
        v_change := private.queue_schedule_change(
            v_device.company_id, v_device.device_id, p_wake_schedule_cron, p_site_id, null, p_now);
    end if;

    if not exists (
        select from private.credentials as c
        where c.company_id = v_device.company_id and c.device_id = v_device.device_id and c.revoked_at is null
    ) then
        v_password := private.create_camera_account(v_device.company_id, v_device.device_id, v_mac);
    end if;
    perform private.bump_broker_generation();
    return jsonb_build_object(
        'device_id', v_device.device_id, 'company_id', v_device.company_id, 'site_id', p_site_id, 'device_mac', v_mac,
        'session_id', v_session.session_id, 'schedule_change', v_change,
        'mqtt_user', private.camera_username(v_mac), 'mqtt_password', v_password);
end;
$$;

comment on function private.place_camera(text, uuid, text, text, timestamptz) is
'Makes a MAC a camera of a site, with its directory entry, sessions and broker account.';
revoke all on function private.place_camera(text, uuid, text, text, timestamptz) from public;
