-- purpose: ask a camera for an image that did not arrive.
-- caller: people (member), rpc/request_image_retry.
-- promise: send_image goes out with the camera's next HELLO, not before; one queued request an image. Errors: not_signed_in, role_required,
--   not_found, image_complete.
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
    select * into v_image
    from public.device_images as i
    where i.company_id = v_company_id and i.image_id = p_image_id
    for update;
    if not found then
        perform private.fail('not_found', 'image');
    elsif v_image.status = 'complete' then
        perform private.fail('image_complete');
    end if;

    select c.command_id into v_command_id
    from public.device_commands as c
    where c.company_id = v_company_id and c.device_id = v_image.device_id and c.command = 'send_image' and c.status = 'queued'
        and c.payload ->> 'image_id' = p_image_id::text;
    if not found then
        insert into public.device_commands (company_id, device_id, command, payload, requested_by, created_at)
        values (
            v_company_id, v_image.device_id, 'send_image',
            jsonb_build_object('image_id', p_image_id, 'image_name', v_image.image_name), auth.uid(), p_now)
        returning command_id into v_command_id;
    end if;
    select d.next_wake_at into v_next_wake_at
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = v_image.device_id;
    return jsonb_build_object(
        'command_id', v_command_id, 'image_id', p_image_id, 'status', 'queued', 'next_contact_at', v_next_wake_at);
end;
$$;

comment on function public.request_image_retry(uuid, timestamptz) is
'Queues send_image for the camera''s next wake; answers {command_id, image_id, status, next_contact_at}. Errors: not_found, image_complete, role_required.';
revoke all on function public.request_image_retry(uuid, timestamptz) from public;
grant execute on function public.request_image_retry(uuid, timestamptz) to authenticated;
