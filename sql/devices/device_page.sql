-- purpose: screen 3 in one answer: a device, what it does now, and what came of it.
-- caller: people (viewer), rpc/device_page (GET).
-- promise: of the active company only. Lists are short (limits below) and read by key; older rows are read from the tables by key. days: 30 site days, the newest last,
--   from the rollups, which follow within seconds. transfers: photographs on their way or not arrived, with the chunks that are here as ranges of ids, numbered as the device
--   numbers them. Errors: not_signed_in, role_required, not_found.
create or replace function public.device_page(
    p_device_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('viewer');
    v_device public.devices;
    v_timezone text;
begin
    select * into v_device from public.devices as d where d.company_id = v_company_id and d.device_id = p_device_id;
    if not found then
        perform private.fail('not_found', 'device');
    end if;
    select s.timezone into v_timezone from public.sites as s where s.company_id = v_company_id and s.site_id = v_device.site_id;

    return jsonb_build_object(
        'as_of', p_now,
        'device', private.device_cards(v_company_id, array[p_device_id], p_now) -> 0 || jsonb_build_object(
            'hardware_version', v_device.hardware_version, 'backlog_strategy', v_device.backlog_strategy, 'is_active', v_device.is_active,
            'boot_id', v_device.boot_id, 'mapped_at', v_device.mapped_at, 'created_at', v_device.created_at),
        'last_image', (
            select jsonb_build_object(
                'image_id', i.image_id, 'image_name', i.image_name, 'captured_at', i.captured_at, 'received_at', i.received_at,
                'image_url', i.image_url, 'image_size', i.image_size, 'session_id', i.site_device_session_id, 'site_id', i.site_id)
            from public.device_images as i
            where i.company_id = v_company_id and i.device_id = p_device_id and i.status = 'complete'
            order by i.captured_at desc
            limit 1
        ),
        'last_run', (
            select jsonb_build_object(
                'deployment_id', r.deployment_id, 'experiment_id', r.experiment_id, 'experiment_name', e.name, 'status', r.status,
                'deployed_at', r.deployed_at, 'started_at', r.started_at, 'completed_at', r.completed_at)
            from public.experiment_deployments as r
            join public.experiments as e on e.company_id = r.company_id and e.experiment_id = r.experiment_id
            where r.company_id = v_company_id and r.device_id = p_device_id
            order by r.deployed_at desc
            limit 1
        ),
        'schedule', jsonb_build_object(
            'wake_schedule_cron', v_device.wake_schedule_cron, 'timezone', v_timezone,
            'next_slots', (
                select coalesce(jsonb_agg(n.at order by n.at), '[]')
                from private.next_slots(nullif(btrim(v_device.wake_schedule_cron), ''), v_timezone, p_now, 5) as n (at)
            ),
            'pending_changes', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'change_id', c.change_id, 'new_wake_schedule_cron', c.new_wake_schedule_cron, 'effective_date', c.effective_date,
                    'effective_at', l.starts_at, 'in_text', private.in_text(l.starts_at, p_now), 'requested_at', c.requested_at,
                    'requested_by', c.requested_by) order by c.effective_date, c.requested_at desc), '[]')
                from public.device_schedule_changes as c
                cross join lateral private.local_day(c.effective_date, v_timezone) as l
                where c.company_id = v_company_id and c.device_id = p_device_id and c.applied_at is null and c.superseded_at is null
            )
        ),
        'days', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'session_id', c.session_id, 'site_id', c.site_id, 'date', c.rollup_date, 'expected', c.expected_wake_count,
                'received', c.completed_wake_count + c.failed_wake_count + c.pending_wake_count, 'completed', c.completed_wake_count,
                'failed', c.failed_wake_count, 'pending', c.pending_wake_count, 'extra', c.extra_wake_count,
                'battery_avg_v', round((c.battery_voltage).value_sum / nullif((c.battery_voltage).value_count, 0), 3),
                'battery_min_v', (c.battery_voltage).value_min,
                'rssi_avg_dbm', round((c.wifi_rssi).value_sum / nullif((c.wifi_rssi).value_count, 0), 1),
                'rssi_min_dbm', (c.wifi_rssi).value_min) order by c.rollup_date, c.session_id), '[]')
            from public.device_day_rollups as c
            where c.company_id = v_company_id and c.device_id = p_device_id
                and c.rollup_date between (p_now at time zone coalesce(v_timezone, 'UTC'))::date - 29
                and (p_now at time zone coalesce(v_timezone, 'UTC'))::date
        ),
        'transfers', private.device_transfers(v_company_id, p_device_id),
        'commands', (
            select coalesce(jsonb_agg(to_jsonb(n) order by n.created_at desc), '[]')
            from (
                select
                    c.command_id, c.command, c.payload, c.status, c.attempts, c.requested_by, c.created_at, c.published_at,
                    c.acknowledged_at, c.finished_at, c.expires_at
                from public.device_commands as c
                where c.company_id = v_company_id and c.device_id = p_device_id
                order by c.created_at desc
                limit 20
            ) as n
        ),
        'alerts', (
            select coalesce(jsonb_agg(to_jsonb(n) order by n.last_seen_at desc), '[]')
            from (
                select
                    a.alert_id, a.alert_type, a.severity, a.status, a.message, a.occurrence_count, a.first_seen_at, a.last_seen_at
                from public.device_alerts as a
                where a.company_id = v_company_id and a.device_id = p_device_id and a.status <> 'resolved'
                order by a.last_seen_at desc, a.alert_id
                limit 20
            ) as n
        ),
        'logs', (
            select coalesce(jsonb_agg(to_jsonb(n) order by n.created_at desc, n.line_no desc), '[]')
            from (
                select l.log_id, l.deployment_id, l.level, l.message, l.stream, l.line_no, l.created_at
                from public.device_logs as l
                where l.company_id = v_company_id and l.device_id = p_device_id
                order by l.created_at desc
                limit 50
            ) as n
        ),
        'last_contact', (
            select jsonb_build_object(
                'started_at', w.started_at, 'hello_at', w.hello_at, 'last_message_at', w.last_message_at, 'ended_at', w.ended_at,
                'topic_prefix', w.topic_prefix, 'topic_id', w.topic_id, 'battery_voltage', w.battery_voltage, 'wifi_rssi', w.wifi_rssi,
                'strategy', w.strategy, 'pending_count', w.pending_count, 'pending_list', w.pending_list,
                'capture_state', w.capture_state, 'final_channel', w.final_channel, 'final_payload', w.final_payload)
            from private.wakes as w
            where w.company_id = v_company_id and w.device_id = p_device_id
        ),
        'wakes', (
            select coalesce(jsonb_agg(to_jsonb(n) order by n.captured_at desc, n.payload_id), '[]')
            from (
                select
                    p.payload_id, p.site_device_session_id as session_id, p.image_id, p.captured_at, p.received_at, p.resent_received_at,
                    p.wake_window_index, p.slot_at, p.overage_flag, p.payload_status, p.image_status, p.temperature, p.humidity,
                    p.pressure, p.gas_resistance, p.battery_voltage, p.wifi_rssi, p.device_error_code, p.telemetry_data as message
                from public.device_wake_payloads as p
                where p.company_id = v_company_id and p.device_id = p_device_id
                order by p.captured_at desc
                limit 20
            ) as n
        )
    );
end;
$$;

comment on function public.device_page(uuid, timestamptz) is
'A device: {as_of, device (as in devices_page, and hardware_version, backlog_strategy, is_active, boot_id, mapped_at, created_at), last_image, last_run, schedule: {wake_schedule_cron, timezone, next_slots, pending_changes: [{change_id, new_wake_schedule_cron, effective_date, effective_at, in_text…}]}, days: [{date, session_id, site_id, expected, received, completed, failed, pending, extra, battery_avg_v, battery_min_v (V), rssi_avg_dbm, rssi_min_dbm (dBm)}] of 30 days, transfers: [{image_id, image_name, captured_at, status, state, total_chunk_count, received_chunk_count, first_chunk_id, have: [[first, last]]…}], commands (20), alerts (open, 20), logs (50), last_contact (state of the newest wake: ended_at null while awake), wakes (20, with the message as sent)}. Viewers. Errors: not_signed_in (401), role_required (403), not_found (404).';
revoke all on function public.device_page(uuid, timestamptz) from public;
grant execute on function public.device_page(uuid, timestamptz) to authenticated;
