-- purpose: ask cameras for images that did not arrive.
-- caller: request_image_retry, retry_missing.
-- promise: one queued send_image an image, whatever the state of its session; images that are complete or whose camera is archived or has no site are left
--   out. It goes out with the camera's next HELLO. Returns the images with a queued command.
create or replace function private.queue_retries(
    p_company_id uuid,
    p_image_ids uuid[],
    p_now timestamptz default now()
) returns table (
    image_id uuid,
    command_id uuid,
    is_new boolean
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform private.lock_cameras(array_agg(k.company_id), array_agg(k.device_id), p_now)
    from (
        select distinct i.company_id, i.device_id
        from public.device_images as i
        where i.company_id = p_company_id and i.image_id = any (p_image_ids)
    ) as k;

    return query
    with wanted as materialized (
        select i.image_id, i.device_id, i.image_name, i.captured_at, d.next_wake_at, c.command_id
        from public.device_images as i
        join public.devices as d on d.company_id = i.company_id and d.device_id = i.device_id
        left join public.device_commands as c
            on c.company_id = i.company_id and c.device_id = i.device_id and c.command = 'send_image' and c.status = 'queued'
            and c.payload ->> 'image_id' = i.image_id::text
        where i.company_id = p_company_id and i.image_id = any (p_image_ids) and i.status <> 'complete'
            and d.archived_at is null and d.site_id is not null
    ), made as (
        insert into public.device_commands (company_id, device_id, command, payload, requested_by, created_at, expires_at)
        select
            p_company_id, w.device_id, 'send_image', jsonb_build_object('image_id', w.image_id, 'image_name', w.image_name), auth.uid(), p_now,
            private.command_expiry(w.next_wake_at, p_now)
        from wanted as w
        where w.command_id is null
        order by w.captured_at, w.image_id
        returning (payload ->> 'image_id')::uuid as image_id, command_id
    )
    select m.image_id, m.command_id, true from made as m
    union all
    select w.image_id, w.command_id, false from wanted as w where w.command_id is not null;
end;
$$;

comment on function private.queue_retries(uuid, uuid[], timestamptz) is 'Queues send_image for incomplete images, once each.';
revoke all on function private.queue_retries(uuid, uuid[], timestamptz) from public;
