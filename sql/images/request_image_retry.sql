-- purpose: ask a camera for an image that did not arrive.
-- caller: people (member), rpc/request_image_retry.
-- promise: send_image goes out with the camera's next HELLO, not before; one queued request an image. What comes goes into the image's own rows and its
--   original session, also when that is locked. Errors: not_signed_in, role_required, not_found, image_complete, bad_input (archived, or without a site).
create or replace function public.request_image_retry(
    p_image_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_image public.device_images;
    v_command_id uuid;
    v_next_wake_at timestamptz;
begin
    select r.command_id into v_command_id from private.queue_retries(v_company_id, array[p_image_id], p_now) as r;
    select * into v_image
    from public.device_images as i
    where i.company_id = v_company_id and i.image_id = p_image_id;
    if not found then
        perform private.fail('not_found', 'image');
    elsif v_image.status = 'complete' then
        perform private.fail('image_complete');
    elsif v_command_id is null then
        perform private.fail('bad_input', 'the camera is archived or has no site');
    end if;
    select d.next_wake_at into v_next_wake_at
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = v_image.device_id;
    return jsonb_build_object(
        'command_id', v_command_id, 'image_id', p_image_id, 'session_id', v_image.site_device_session_id, 'status', 'queued',
        'next_contact_at', v_next_wake_at, 'in_text', private.in_text(v_next_wake_at, p_now));
end;
$$;

comment on function public.request_image_retry(uuid, timestamptz) is
'Queues send_image for the camera''s next wake; answers {command_id, image_id, session_id, status, next_contact_at, in_text}. Errors: not_found, image_complete, bad_input, role_required.';
revoke all on function public.request_image_retry(uuid, timestamptz) from public;
grant execute on function public.request_image_retry(uuid, timestamptz) to authenticated;
