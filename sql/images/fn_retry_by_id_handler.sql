-- purpose: the seed's name for a file that came again, or is to come again.
-- caller: the edge role.
-- promise: by name: the newest image that is not complete, else the newest. With a url that image is completed in its own rows and session
--   (captured_at stays); without one only the attempt is counted. A complete image is not touched. Errors: not_found.
create or replace function public.fn_retry_by_id_handler(
    p_device_id uuid,
    p_image_name text,
    p_new_image_url text default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_image public.device_images;
    v_result jsonb;
begin
    select i.* into v_image
    from public.devices as d
    join public.device_images as i on i.company_id = d.company_id and i.device_id = d.device_id
    where d.device_id = p_device_id and i.image_name = p_image_name
    order by (i.status = 'complete'), i.captured_at desc, i.created_at desc
    limit 1;
    if not found then
        perform private.fail('not_found', 'image');
    end if;

    if p_new_image_url is not null then
        v_result := private.complete_image(v_image.company_id, v_image.image_id, p_new_image_url, true, p_now);
        perform private.recount_session(v_image.company_id, (v_result ->> 'session_id')::uuid);
        return v_result;
    end if;
    update public.device_images as i
    set retry_count = i.retry_count + 1, updated_at = p_now
    where i.company_id = v_image.company_id and i.image_id = v_image.image_id and i.status <> 'complete';
    select i.* into v_image
    from public.device_images as i
    where i.company_id = v_image.company_id and i.image_id = v_image.image_id;
    return jsonb_build_object(
        'success', true, 'image_id', v_image.image_id, 'session_id', v_image.site_device_session_id,
        'payload_id', (
            select p.payload_id from public.device_wake_payloads as p
            where p.company_id = v_image.company_id and p.image_id = v_image.image_id),
        'was_failed', v_image.status = 'failed', 'is_complete', v_image.status = 'complete', 'retry_count', v_image.retry_count,
        'original_captured_at', v_image.captured_at);
end;
$$;

comment on function public.fn_retry_by_id_handler(uuid, text, text, timestamptz) is
'Retries an image by device and name; answers {was_failed, is_complete, retry_count, original_captured_at, …}. Errors: not_found.';
revoke all on function public.fn_retry_by_id_handler(uuid, text, text, timestamptz) from public;
grant execute on function public.fn_retry_by_id_handler(uuid, text, text, timestamptz) to edge, service_role;
