-- purpose: an image is stored.
-- caller: private.complete_images, fn_image_completion_handler, fn_retry_by_id_handler.
-- promise: image, payload and one observation; capture time and telemetry stay. A repeat changes nothing. p_retry, or a failed image: the same rows,
--   resent_received_at set, retry_count + 1. Then the camera's wake is told. The caller recounts the session.
create or replace function private.complete_image(
    p_company_id uuid,
    p_image_id uuid,
    p_image_url text,
    p_retry boolean,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_image public.device_images;
    v_payload public.device_wake_payloads;
    v_observation_id uuid;
    v_slot_index int;
    v_was_failed boolean;
    v_retry boolean;
begin
    select * into v_image from private.lock_image(p_company_id, p_image_id, p_now);
    if not found then
        perform private.fail('not_found', 'image');
    end if;
    if nullif(trim(p_image_url), '') is null then
        perform private.fail('bad_input', 'image_url');
    end if;
    v_was_failed := v_image.status = 'failed';
    v_retry := v_image.status <> 'complete' and (v_was_failed or p_retry);

    if v_image.status <> 'complete' then
        update public.device_images as i
        set
            status = 'complete',
            image_url = p_image_url,
            sha256 = coalesce(substring(p_image_url from '([0-9a-f]{64})\.jpg$'), i.sha256),
            received_at = p_now,
            resent_received_at = case when v_retry then p_now end,
            retry_count = i.retry_count + v_retry::int,
            error_code = null,
            error_message = null,
            updated_at = p_now
        where i.company_id = p_company_id and i.image_id = p_image_id
        returning * into v_image;
        update public.device_wake_payloads as p
        set
            image_status = 'complete',
            payload_status = 'complete',
            resent_received_at = case when v_retry then p_now else p.resent_received_at end,
            updated_at = p_now
        where p.company_id = p_company_id and p.image_id = p_image_id;
        update private.image_transfers as t
        set state = 'complete', claimed_until = null
        where t.company_id = p_company_id and t.image_id = p_image_id;
        update public.device_commands as c
        set status = 'done', acknowledged_at = coalesce(c.acknowledged_at, p_now), finished_at = p_now
        where c.company_id = p_company_id and c.device_id = v_image.device_id and c.command = 'send_image'
            and c.status in ('queued', 'published', 'acknowledged') and c.payload ->> 'image_id' = p_image_id::text;
        perform private.resolve_alert(p_company_id, 'image_transmission_failed', p_image_id, p_now);
    end if;

    select * into strict v_payload
    from public.device_wake_payloads as p
    where p.company_id = p_company_id and p.image_id = p_image_id;
    v_slot_index := coalesce(v_payload.slot_index, v_payload.wake_window_index);
    insert into public.petri_observations (
        company_id, image_id, payload_id, device_id, site_id, program_id, site_device_session_id, slot_index, observed_at, petri_code, created_at)
    select
        p_company_id, p_image_id, v_payload.payload_id, v_payload.device_id, v_payload.site_id, v_payload.program_id,
        v_payload.site_device_session_id, v_slot_index, v_payload.captured_at, d.name || coalesce('-' || v_slot_index, ''), p_now
    from public.devices as d
    where d.company_id = p_company_id and d.device_id = v_payload.device_id
    on conflict (company_id, image_id) do nothing;
    select o.observation_id into v_observation_id
    from public.petri_observations as o
    where o.company_id = p_company_id and o.image_id = p_image_id;

    perform private.wake_settle(p_company_id, v_image.device_id, p_image_id, true, p_now);
    return jsonb_build_object(
        'success', true, 'image_id', p_image_id, 'observation_id', v_observation_id, 'payload_id', v_payload.payload_id,
        'session_id', v_payload.site_device_session_id, 'slot_index', v_slot_index, 'was_failed', v_was_failed, 'is_complete', true,
        'retry_count', v_image.retry_count, 'original_captured_at', v_image.captured_at);
end;
$$;

comment on function private.complete_image(uuid, uuid, text, boolean, timestamptz) is
'Completes an image with its payload and observation, and acknowledges it to an awake camera.';
revoke all on function private.complete_image(uuid, uuid, text, boolean, timestamptz) from public;
