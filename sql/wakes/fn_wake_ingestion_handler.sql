-- purpose: the seed's name for a capture that becomes a payload.
-- caller: the edge role.
-- promise: as private.record_wake, with the counters; the same capture twice is one payload. Errors: not_found, bad_input (no site).
create or replace function public.fn_wake_ingestion_handler(
    p_device_id uuid,
    p_captured_at timestamptz,
    p_image_name text,
    p_telemetry_data jsonb default '{}',
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid;
    v_telemetry jsonb := coalesce(nullif(p_telemetry_data, 'null'), '{}');
    v_record jsonb;
begin
    select d.company_id into v_company_id
    from public.devices as d
    where d.device_id = p_device_id and d.kind = 'camera';
    if not found then
        perform private.fail('not_found', 'device');
    end if;
    if jsonb_typeof(v_telemetry) <> 'object' then
        perform private.fail('bad_input', 'telemetry_data');
    end if;

    perform private.lock_cameras(array[v_company_id], array[p_device_id], p_now);
    v_record := private.record_wake(
        v_company_id, p_device_id,
        v_telemetry || coalesce(nullif(v_telemetry -> 'sensor_data', 'null'), '{}') || jsonb_build_object(
            'captured_at', p_captured_at,
            'capture_key', coalesce(private.capture_key(p_captured_at), v_telemetry ->> 'captured_at_raw'),
            'timestamp_source', case when p_captured_at is null then 'server' else 'device' end,
            'image_name', p_image_name,
            'raw', p_telemetry_data),
        p_now);
    if (v_record ->> 'image_id') is not null then
        insert into private.image_transfers (
            company_id, device_id, image_name, image_id, total_chunk_count, image_size, metadata_at, last_activity_at, created_at)
        select i.company_id, i.device_id, i.image_name, i.image_id, i.total_chunk_count, i.image_size, p_now, p_now, p_now
        from public.device_images as i
        where i.company_id = v_company_id and i.image_id = (v_record ->> 'image_id')::uuid and i.status <> 'complete'
        on conflict (company_id, image_id) where image_id is not null do nothing;
    end if;
    perform private.recount_session(v_company_id, (v_record ->> 'session_id')::uuid);
    return jsonb_build_object('success', true) || v_record;
end;
$$;

comment on function public.fn_wake_ingestion_handler(uuid, timestamptz, text, jsonb, timestamptz) is
'Records a capture; answers {payload_id, image_id, session_id, wake_index, is_overage, created}. Errors: not_found, bad_input.';
revoke all on function public.fn_wake_ingestion_handler(uuid, timestamptz, text, jsonb, timestamptz) from public;
grant execute on function public.fn_wake_ingestion_handler(uuid, timestamptz, text, jsonb, timestamptz) to edge, service_role;
