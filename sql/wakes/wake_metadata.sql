-- purpose: one metadata or telemetry message of a camera with a site.
-- caller: private.ingest_metadata, which holds the camera's lock.
-- promise: a new capture is recorded and its file asked for, once a wake; the same message again does nothing; a complete image is
--   acknowledged again and no row is touched. Returns the session whose counters must be recomputed, or null.
create or replace function private.wake_metadata(
    p_company_id uuid,
    p_device_id uuid,
    p_item jsonb,
    p_now timestamptz default now()
) returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_item jsonb := p_item;
    v_name text := p_item ->> 'image_name';
    v_count int := (p_item ->> 'total_chunk_count')::int;
    v_size int := (p_item ->> 'image_size')::int;
    v_has_image boolean := v_name is not null and v_count is distinct from 0;
    v_image public.device_images;
    v_wake private.wakes;
    v_just_ended boolean;
    v_is_backlog boolean;
    v_record jsonb;
    v_id uuid;
begin
    select * into strict v_wake from private.wakes as w where w.company_id = p_company_id and w.device_id = p_device_id;
    v_just_ended := coalesce(v_wake.ended_at >= p_now - interval '30 seconds' and v_wake.final_payload is not null, false);
    if v_has_image then
        -- No time at all is an unusable time, whose text is empty: its repeat is the same image.
        v_item := jsonb_set(v_item, '{capture_key}', to_jsonb(coalesce(p_item ->> 'capture_key', '')));
        select * into v_image
        from public.device_images as i
        where i.company_id = p_company_id and i.device_id = p_device_id and i.image_name = v_name
            and i.capture_key = v_item ->> 'capture_key';
        if v_image.status = 'complete' and v_image.image_size <> v_size then
            -- A camera without a clock repeats its time and its names; another size is another photograph.
            v_item := v_item || jsonb_build_object('capture_key', (v_item ->> 'capture_key') || '|' || v_size);
            select * into v_image
            from public.device_images as i
            where i.company_id = p_company_id and i.device_id = p_device_id and i.image_name = v_name
                and i.capture_key = v_item ->> 'capture_key';
        end if;
    end if;

    -- What belongs to a wake that has just ended does not begin another one.
    if v_just_ended and (v_image.status = 'complete' or (not v_has_image and exists (
        select from public.device_wake_payloads as p
        where p.company_id = p_company_id and p.device_id = p_device_id and p.image_id is null
            and case
                when p_item ->> 'capture_key' is not null then p.capture_key = p_item ->> 'capture_key'
                else p.received_at >= v_wake.started_at and p.timestamp_source = 'server' and p.captured_at_raw is null
            end
    ))) then
        update private.wakes as w
        set topic_prefix = p_item ->> 'prefix', topic_id = p_item ->> 'topic_id'
        where w.company_id = p_company_id and w.device_id = p_device_id;
        if v_has_image then
            perform private.wake_settle(p_company_id, p_device_id, v_image.image_id, true, p_now);
        else
            perform private.answer_wake(p_company_id, p_device_id, v_wake.final_channel, v_wake.final_payload, p_now);
        end if;
        return null;
    end if;

    perform private.touch_wake(p_company_id, p_device_id, p_item ->> 'prefix', p_item ->> 'topic_id', p_now);
    perform private.acknowledge_commands(p_company_id, p_device_id, v_image.image_id, p_now);
    if v_image.status = 'complete' then
        perform private.wake_settle(p_company_id, p_device_id, v_image.image_id, true, p_now);
        return null;
    end if;

    v_record := private.record_wake(p_company_id, p_device_id, v_item, p_now);
    select * into strict v_wake from private.wakes as w where w.company_id = p_company_id and w.device_id = p_device_id;
    v_id := coalesce((v_record ->> 'image_id')::uuid, (v_record ->> 'payload_id')::uuid);
    v_is_backlog := v_name = any (v_wake.pending_list) or v_id = any (v_wake.asked || v_wake.settled)
        or (v_name is not null and v_wake.pending_count > cardinality(v_wake.settled));

    if v_wake.capture_state is null and v_is_backlog is not true then
        update private.wakes as w
        set
            capture_state = case when v_has_image then 'receiving' else 'telemetry' end,
            capture_image_id = (v_record ->> 'image_id')::uuid
        where w.company_id = p_company_id and w.device_id = p_device_id;
    end if;
    if v_has_image then
        perform private.open_transfer(p_company_id, p_device_id, (v_record ->> 'image_id')::uuid, v_count, v_size, p_now);
    elsif v_is_backlog then
        perform private.wake_settle(p_company_id, p_device_id, v_id, false, p_now);
    elsif v_wake.capture_state is null or v_wake.capture_state = 'telemetry' then
        perform private.wake_step(p_company_id, p_device_id, p_now);
    end if;
    return case when (v_record ->> 'created')::boolean then (v_record ->> 'session_id')::uuid end;
end;
$$;

comment on function private.wake_metadata(uuid, uuid, jsonb, timestamptz) is
'The rows and the answer of one metadata or telemetry message; returns the session to recount, or null.';
revoke all on function private.wake_metadata(uuid, uuid, jsonb, timestamptz) from public;
