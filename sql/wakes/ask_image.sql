-- purpose: ask an awake camera for a file.
-- caller: private.wake_metadata, private.wake_step.
-- promise: the image's transfer is open with fresh rounds, the file is named in the wake, send_image is sent unless all bytes are here; a person's request for it is
--   published with it.
create or replace function private.ask_image(
    p_company_id uuid,
    p_device_id uuid,
    p_image_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_image public.device_images;
    v_transfer_id uuid;
begin
    select * into strict v_image
    from public.device_images as i
    where i.company_id = p_company_id and i.image_id = p_image_id;

    insert into private.image_transfers as t (
        company_id, device_id, image_name, image_id, total_chunk_count, image_size, metadata_at, send_image_at, asked_at, last_activity_at, created_at)
    values (
        p_company_id, p_device_id, v_image.image_name, p_image_id, v_image.total_chunk_count, v_image.image_size, v_image.created_at,
        p_now, p_now, p_now, p_now)
    on conflict (company_id, image_id) where image_id is not null do update
    set state = 'open', rounds = 0, resends = 0, send_image_at = p_now, asked_at = p_now, claim_attempts = 0
    returning t.transfer_id into v_transfer_id;
    -- Given up although everything was here: nothing to ask for.
    perform private.check_transfers(array[p_company_id], array[v_transfer_id], p_now);

    update private.wakes as w
    set asked = array_append(array_remove(w.asked, p_image_id), p_image_id)
    where w.company_id = p_company_id and w.device_id = p_device_id;
    update public.device_commands as c
    set status = 'published', attempts = c.attempts + 1, published_at = p_now, acknowledged_at = null
    where c.company_id = p_company_id and c.device_id = p_device_id and c.command = 'send_image' and c.status = 'queued'
        and c.payload ->> 'image_id' = p_image_id::text;
    if exists (
        select from private.image_transfers as t where t.company_id = p_company_id and t.transfer_id = v_transfer_id and t.state = 'open'
    ) then
        perform private.answer_wake(
            p_company_id, p_device_id, 'cmd', jsonb_build_object('send_image', v_image.image_name), p_now);
    end if;
end;
$$;

comment on function private.ask_image(uuid, uuid, uuid, timestamptz) is 'Sends send_image for an image and opens its transfer.';
revoke all on function private.ask_image(uuid, uuid, uuid, timestamptz) from public;
