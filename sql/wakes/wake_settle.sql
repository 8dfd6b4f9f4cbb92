-- purpose: a file of a wake is stored, or given up.
-- caller: private.complete_image, private.fail_image, the metadata of a complete image.
-- promise: the wake's own capture ends the wake (when no backlog is left); any other file is answered by ACK_OK true and makes room for the
--   next request, once a file. A wake that ended at most 30 s ago hears the answer again. A sleeping camera hears nothing.
create or replace function private.wake_settle(
    p_company_id uuid,
    p_device_id uuid,
    p_image_id uuid,
    p_stored boolean,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_wake private.wakes;
    v_name text;
begin
    select * into v_wake
    from private.wakes as w
    where w.company_id = p_company_id and w.device_id = p_device_id
    for update;
    if not found or (v_wake.ended_at is not null and (not p_stored or v_wake.ended_at < p_now - interval '30 seconds')) then
        return;
    end if;
    if v_wake.ended_at is not null and v_wake.capture_image_id = p_image_id and v_wake.final_channel = 'ack' then
        perform private.answer_wake(p_company_id, p_device_id, v_wake.final_channel, v_wake.final_payload, p_now);
        return;
    end if;

    -- Without a HELLO nothing was asked: what comes is the wake's capture.
    if v_wake.ended_at is null and v_wake.capture_state is null and v_wake.captures_requested = 0
        and v_wake.pending_count <= cardinality(v_wake.settled) and p_image_id <> all (v_wake.asked || v_wake.settled) then
        v_wake.capture_image_id := p_image_id;
    end if;

    if v_wake.ended_at is null and v_wake.capture_image_id = p_image_id then
        update private.wakes as w
        set capture_image_id = p_image_id, capture_state = case when p_stored then 'stored' else 'failed' end
        where w.company_id = p_company_id and w.device_id = p_device_id;
        perform private.wake_step(p_company_id, p_device_id, p_now);
        return;
    end if;

    if p_stored then
        select i.image_name into v_name
        from public.device_images as i
        where i.company_id = p_company_id and i.image_id = p_image_id;
        perform private.answer_wake(
            p_company_id, p_device_id, 'ack', jsonb_build_object('image_name', v_name, 'ACK_OK', true), p_now);
    end if;
    if v_wake.ended_at is null and p_image_id <> all (v_wake.settled) then
        update private.wakes as w
        set settled = array_append(w.settled, p_image_id)
        where w.company_id = p_company_id and w.device_id = p_device_id;
        perform private.wake_step(p_company_id, p_device_id, p_now);
    end if;
end;
$$;

comment on function private.wake_settle(uuid, uuid, uuid, boolean, timestamptz) is
'Tells a wake that one of its files is stored or given up: ACK, then the next request or the end.';
revoke all on function private.wake_settle(uuid, uuid, uuid, boolean, timestamptz) from public;
