-- purpose: a capture becomes a payload, and an image where it has one.
-- caller: private.wake_metadata, fn_wake_ingestion_handler; both hold the camera's lock.
-- promise: lineage stamped from the site the camera had at the capture, session by local time, one payload a capture (the same capture again finds the same rows
--   and changes nothing but telemetry that was missing). The caller recounts the session when "created" is true.
create or replace function private.record_wake(
    p_company_id uuid,
    p_device_id uuid,
    p_item jsonb,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_device record;
    v_wake private.wakes;
    v_count int := (p_item ->> 'total_chunk_count')::int;
    v_name text := case when v_count is distinct from 0 then p_item ->> 'image_name' end;
    v_key text := p_item ->> 'capture_key';
    v_captured_at timestamptz := (p_item ->> 'captured_at')::timestamptz;
    v_raw text := p_item ->> 'captured_at_raw';
    v_source text := coalesce(p_item ->> 'timestamp_source', 'device');
    v_slot record;
    v_session public.site_device_sessions;
    v_image_id uuid;
    v_payload public.device_wake_payloads;
    v_created boolean := true;
begin
    select s.site_id, s.program_id, g.end_date into v_device
    from public.devices as d
    join public.sites as s on s.company_id = d.company_id
        and s.site_id = coalesce(
            -- Captured before the camera came to its site: where it was expected then.
            (
                select t.site_id
                from public.site_session_devices as sd
                join public.site_device_sessions as t on t.company_id = sd.company_id and t.session_id = sd.session_id
                where sd.company_id = d.company_id and sd.device_id = d.device_id and d.site_id is not null and v_captured_at < d.mapped_at
                    and sd.counts_from <= v_captured_at and v_captured_at < sd.counts_until
                order by sd.counts_from desc
                limit 1
            ), d.site_id)
    join public.pilot_programs as g on g.company_id = s.company_id and g.program_id = s.program_id
    where d.company_id = p_company_id and d.device_id = p_device_id;
    if not found then
        perform private.fail('bad_input', 'the device has no site');
    end if;

    if v_name is null then
        select * into v_payload
        from public.device_wake_payloads as p
        where p.company_id = p_company_id and p.device_id = p_device_id and p.capture_key = v_key and p.image_id is null;
    else
        select p.* into v_payload
        from public.device_images as i
        join public.device_wake_payloads as p on p.company_id = i.company_id and p.image_id = i.image_id
        where i.company_id = p_company_id and i.device_id = p_device_id and i.image_name = v_name and i.capture_key = v_key;
    end if;
    if found then
        v_created := false;
        update public.device_wake_payloads as p
        set
            temperature = coalesce(p.temperature, (p_item ->> 'temperature')::double precision),
            humidity = coalesce(p.humidity, (p_item ->> 'humidity')::double precision),
            pressure = coalesce(p.pressure, (p_item ->> 'pressure')::double precision),
            gas_resistance = coalesce(p.gas_resistance, (p_item ->> 'gas_resistance')::double precision),
            updated_at = p_now
        where p.company_id = p_company_id and p.payload_id = v_payload.payload_id
            and (
                (p.temperature is null and p_item ->> 'temperature' is not null)
                or (p.humidity is null and p_item ->> 'humidity' is not null)
                or (p.pressure is null and p_item ->> 'pressure' is not null)
                or (p.gas_resistance is null and p_item ->> 'gas_resistance' is not null));
        if found then
            perform private.mark_rollups(array[p_company_id], array[v_payload.site_device_session_id]);
        end if;
    else
        -- A clock a day ahead would open a site's days before their time: it is as unusable as 1970.
        if v_captured_at is null or v_captured_at > p_now + interval '1 day' then
            v_raw := coalesce(v_raw, p_item ->> 'captured_at');
            v_captured_at := p_now;
            v_source := 'server';
        end if;
        v_key := coalesce(v_key, v_raw, private.capture_key(v_captured_at));

        v_slot := private.slot_of(p_company_id, p_device_id, v_device.site_id, v_captured_at, p_now);
        v_session := private.ensure_session(p_company_id, v_device.site_id, v_slot.session_date, p_now, p_device_id);
        select * into v_wake from private.wakes as w
        where w.company_id = p_company_id and w.device_id = p_device_id and w.ended_at is null
            -- The HELLO's battery is this capture's, not that of a file from the queue.
            and w.pending_count <= cardinality(w.settled);

        if v_name is not null then
            insert into public.device_images (
                company_id, device_id, site_id, program_id, site_device_session_id, image_name, capture_key, captured_at, captured_at_raw,
                timestamp_source, image_size, total_chunk_count, max_chunk_size, location, created_at, updated_at)
            values (
                p_company_id, p_device_id, v_device.site_id, v_session.program_id, v_session.session_id, v_name, v_key, v_captured_at, v_raw,
                v_source, (p_item ->> 'image_size')::int, v_count, (p_item ->> 'max_chunk_size')::int, p_item ->> 'location', p_now, p_now)
            returning image_id into v_image_id;
        end if;

        -- The unique index decides who has the slot; the second one is an overage.
        for v_try in 1..2 loop
            insert into public.device_wake_payloads (
                company_id, program_id, site_id, site_device_session_id, device_id, image_id, capture_key, captured_at, captured_at_raw,
                timestamp_source, received_at, wake_window_index, slot_at, overage_flag, payload_status, image_status,
                temperature, humidity, pressure, gas_resistance, battery_voltage, wifi_rssi, device_error_code, slot_index, telemetry_data,
                created_at, updated_at)
            values (
                p_company_id, v_session.program_id, v_device.site_id, v_session.session_id, p_device_id, v_image_id, v_key, v_captured_at,
                v_raw, v_source, p_now, v_slot.wake_index, v_slot.slot_at,
                v_try = 2 or v_slot.is_overage or coalesce(v_device.end_date < v_slot.session_date, false),
                case when v_image_id is null then 'complete' else 'pending' end,
                case when v_image_id is null then 'none' else 'receiving' end,
                (p_item ->> 'temperature')::double precision, (p_item ->> 'humidity')::double precision,
                (p_item ->> 'pressure')::double precision, (p_item ->> 'gas_resistance')::double precision,
                coalesce((p_item ->> 'battery_voltage')::double precision, v_wake.battery_voltage),
                coalesce((p_item ->> 'wifi_rssi')::double precision, v_wake.wifi_rssi),
                (p_item ->> 'error')::int, (p_item ->> 'slot_index')::int, coalesce(nullif(p_item -> 'raw', 'null'), p_item),
                p_now, p_now)
            on conflict do nothing
            returning * into v_payload;
            exit when found;
        end loop;
        if v_source = 'server' then
            perform private.raise_alert(
                p_company_id, 'clock_invalid', 'warning', p_device_id, 'the camera''s clock is not usable',
                jsonb_build_object('captured_at_raw', v_raw), p_now, p_device_id => p_device_id);
        else
            perform private.resolve_alert(p_company_id, 'clock_invalid', p_device_id, p_now);
        end if;
        perform private.check_climate(p_company_id, v_payload, p_now);
    end if;
    return jsonb_build_object(
        'payload_id', v_payload.payload_id, 'image_id', v_payload.image_id, 'session_id', v_payload.site_device_session_id,
        'wake_index', v_payload.wake_window_index, 'is_overage', v_payload.overage_flag, 'created', v_created);
end;
$$;

comment on function private.record_wake(uuid, uuid, jsonb, timestamptz) is
'Stores a capture: session, payload, image. Answers {payload_id, image_id, session_id, wake_index, is_overage, created}.';
revoke all on function private.record_wake(uuid, uuid, jsonb, timestamptz) from public;
