-- purpose: an image is given up for now.
-- caller: private.due_transfers, private.claim_assembled_images, fn_image_failure_handler.
-- promise: a complete image stays complete, a failed one is not failed twice; else image and payload failed, one alert. The camera's wake goes on.
--   The chunks stay for a later resume. The caller recounts the session.
create or replace function private.fail_image(
    p_company_id uuid,
    p_image_id uuid,
    p_error_code text,
    p_error_message text,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_image public.device_images;
    v_payload public.device_wake_payloads;
    v_changed boolean;
begin
    select * into v_image from private.lock_image(p_company_id, p_image_id, p_now);
    if not found then
        perform private.fail('not_found', 'image');
    end if;
    v_changed := v_image.status = 'receiving';

    if v_image.status <> 'complete' then
        update private.image_transfers as t
        set state = 'failed', claimed_until = null
        where t.company_id = p_company_id and t.image_id = p_image_id;
    end if;
    if v_changed then
        update public.device_images as i
        set status = 'failed', error_code = p_error_code, error_message = p_error_message, updated_at = p_now
        where i.company_id = p_company_id and i.image_id = p_image_id;
        update public.device_wake_payloads as p
        set image_status = 'failed', payload_status = 'failed', updated_at = p_now
        where p.company_id = p_company_id and p.image_id = p_image_id;
        perform private.raise_alert(
            p_company_id, 'image_transmission_failed', 'error', p_image_id, 'an image did not arrive',
            jsonb_build_object('image_name', v_image.image_name, 'error_code', p_error_code, 'error_message', p_error_message), p_now,
            p_device_id => v_image.device_id, p_site_id => v_image.site_id, p_session_id => v_image.site_device_session_id,
            p_image_id => p_image_id);
    end if;
    if v_image.status <> 'complete' then
        update public.device_commands as c
        set status = 'failed', finished_at = p_now
        where c.company_id = p_company_id and c.device_id = v_image.device_id and c.command = 'send_image'
            and c.status in ('published', 'acknowledged')
            and c.payload ->> 'image_id' = p_image_id::text;
        perform private.wake_settle(p_company_id, v_image.device_id, p_image_id, false, p_now);
    end if;

    select * into v_payload
    from public.device_wake_payloads as p
    where p.company_id = p_company_id and p.image_id = p_image_id;
    return jsonb_build_object(
        'success', true, 'image_id', p_image_id, 'device_id', v_image.device_id, 'payload_id', v_payload.payload_id,
        'session_id', v_image.site_device_session_id, 'error_code', p_error_code, 'alert_created', v_changed);
end;
$$;

comment on function private.fail_image(uuid, uuid, text, text, timestamptz) is
'Marks an incomplete image failed, with its payload and an alert, and lets the wake go on.';
revoke all on function private.fail_image(uuid, uuid, text, text, timestamptz) from public;
