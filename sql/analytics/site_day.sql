-- purpose: screen 2 in one answer: a site's local day.
-- caller: REST.
-- promise: site, day (its hours: 23, 24 or 25), session row (null: none was opened), per device its counts and slots with their state at p_now, payloads and
--   images of the day. p_date null: the site's today. not_found when the site is not visible. A slot is complete, failed or pending by its payload;
--   unanswered it is upcoming, due (until its tolerance ends) or missing.
create or replace function public.site_day(
    p_site_id uuid,
    p_date date default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_site public.sites;
    v_session public.site_device_sessions;
    v_date date;
    v_day record;
    v_received int;
    v_devices jsonb;
    v_payloads jsonb;
    v_images jsonb;
begin
    select * into v_site from public.sites as t where t.site_id = p_site_id;
    if not found then
        perform private.fail('not_found', 'site');
    end if;
    v_date := coalesce(p_date, private.local_date(p_now, v_site.timezone));
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = v_site.company_id and s.site_id = p_site_id and s.session_date = v_date;
    select coalesce(v_session.starts_at, l.starts_at) as starts_at, coalesce(v_session.ends_at, l.ends_at) as ends_at into v_day
    from private.local_day(v_date, v_site.timezone) as l;
    v_received := v_session.completed_wake_count + v_session.failed_wake_count + v_session.pending_wake_count;

    with slot as materialized (
        select
            n.*,
            case
                when n.payload_status is not null then n.payload_status
                when n.slot_at > p_now then 'upcoming'
                when n.slot_deadline > p_now then 'due'
                else 'missing'
            end as state
        from private.slots_of_days(array[v_session.company_id], array[v_session.session_id]) as n
        where v_session.session_id is not null
    ), strip as (
        select
            s.device_id, (count(*) filter (where s.slot_deadline <= p_now))::int as so_far,
            (count(*) filter (where s.state = 'missing'))::int as missing,
            jsonb_agg(
                jsonb_build_object('slot_index', s.slot_index, 'slot_at', s.slot_at, 'state', s.state, 'payload_id', s.payload_id) order by s.slot_at) as slots
        from slot as s
        group by s.device_id
    ), counted as (
        select
            p.device_id, max(p.received_at) as last_received_at, (count(*) filter (where not p.overage_flag))::int as received,
            (count(*) filter (where not p.overage_flag and p.payload_status = 'complete'))::int as completed,
            (count(*) filter (where not p.overage_flag and p.payload_status = 'failed'))::int as failed,
            (count(*) filter (where not p.overage_flag and p.payload_status = 'pending'))::int as pending,
            (count(*) filter (where p.overage_flag))::int as extra
        from public.device_wake_payloads as p
        where p.company_id = v_session.company_id and p.site_device_session_id = v_session.session_id
        group by p.device_id
    ), member as (
        select sd.device_id from public.site_session_devices as sd
        where sd.company_id = v_session.company_id and sd.session_id = v_session.session_id
        union
        select c.device_id from counted as c
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'device_id', m.device_id, 'name', d.name, 'device_mac', d.device_mac, 'wake_schedule_cron', sd.wake_schedule_cron,
        'expected', coalesce(sd.expected_wake_count, 0), 'expected_so_far', coalesce(k.so_far, 0), 'received', coalesce(c.received, 0),
        'completed', coalesce(c.completed, 0), 'failed', coalesce(c.failed, 0), 'pending', coalesce(c.pending, 0), 'extra', coalesce(c.extra, 0),
        'missed', coalesce(k.missing, 0), 'added_mid_day', coalesce(sd.added_mid_day, false), 'counts_from', sd.counts_from,
        'counts_until', sd.counts_until, 'last_received_at', c.last_received_at, 'last_seen_at', d.last_seen_at,
        'next_wake_at', d.next_wake_at, 'slots', coalesce(k.slots, '[]')) order by d.name, m.device_id), '[]')
    into v_devices
    from member as m
    join public.devices as d on d.company_id = v_session.company_id and d.device_id = m.device_id
    left join public.site_session_devices as sd
        on sd.company_id = v_session.company_id and sd.session_id = v_session.session_id and sd.device_id = m.device_id
    left join strip as k on k.device_id = m.device_id
    left join counted as c on c.device_id = m.device_id;

    select coalesce(jsonb_agg(jsonb_build_object(
        'payload_id', p.payload_id, 'device_id', p.device_id, 'image_id', p.image_id, 'captured_at', p.captured_at,
        'received_at', p.received_at, 'resent_received_at', p.resent_received_at, 'wake_window_index', p.wake_window_index,
        'slot_at', p.slot_at, 'overage_flag', p.overage_flag, 'payload_status', p.payload_status, 'image_status', p.image_status,
        'temperature', p.temperature, 'humidity', p.humidity, 'pressure', p.pressure, 'gas_resistance', p.gas_resistance,
        'battery_voltage', p.battery_voltage, 'wifi_rssi', p.wifi_rssi, 'device_error_code', p.device_error_code)
        order by p.captured_at, p.payload_id), '[]')
    into v_payloads
    from public.device_wake_payloads as p
    where p.company_id = v_session.company_id and p.site_device_session_id = v_session.session_id;

    -- From the images, so that one without a payload is listed too.
    select coalesce(jsonb_agg(jsonb_build_object(
        'image_id', i.image_id, 'device_id', i.device_id, 'payload_id', p.payload_id, 'wake_window_index', p.wake_window_index,
        'image_name', i.image_name, 'captured_at', i.captured_at, 'status', i.status, 'image_url', i.image_url, 'image_size', i.image_size,
        'received_at', i.received_at, 'resent_received_at', i.resent_received_at, 'retry_count', i.retry_count,
        'error_code', i.error_code, 'error_message', i.error_message)
        order by p.slot_at nulls last, i.captured_at, i.image_id), '[]')
    into v_images
    from public.device_images as i
    left join public.device_wake_payloads as p on p.company_id = i.company_id and p.image_id = i.image_id
    where i.company_id = v_session.company_id and i.site_device_session_id = v_session.session_id;

    return jsonb_build_object(
        'as_of', p_now, 'site', jsonb_build_object('site_id', v_site.site_id, 'name', v_site.name, 'timezone', v_site.timezone, 'program_id', v_site.program_id),
        'date', v_date, 'starts_at', v_day.starts_at, 'ends_at', v_day.ends_at,
        'hours', round(extract(epoch from v_day.ends_at - v_day.starts_at) / 3600, 2),
        'is_dst_day', v_day.ends_at - v_day.starts_at <> interval '24 hours',
        'session', case when v_session.session_id is not null then to_jsonb(v_session) end,
        'received', v_received, 'missing', greatest(v_session.expected_wake_count - v_received, 0),
        'completeness_pct', round(100.0 * least(v_session.completed_wake_count, v_session.expected_wake_count) / nullif(v_session.expected_wake_count, 0), 2),
        'completeness_band', public.completeness_band(v_session.completed_wake_count, v_session.expected_wake_count),
        'devices', v_devices, 'payloads', v_payloads, 'images', v_images);
end;
$$;

comment on function public.site_day(uuid, date, timestamptz) is
'A site''s local day: session, devices with counts and slots, payloads, images.';
revoke all on function public.site_day(uuid, date, timestamptz) from public;
grant execute on function public.site_day(uuid, date, timestamptz) to authenticated, service_role;
