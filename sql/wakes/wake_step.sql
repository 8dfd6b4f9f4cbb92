-- purpose: what an awake camera is told next.
-- caller: after the first HELLO of a wake, after each file is stored or given up, after a stalled backlog.
-- promise: requested retries first, then the backlog by the wake's strategy, then one capture, then the end.
--   Never a wake time while backlog is known or the capture is not settled. Called once an event: it does not look what is under way.
create or replace function private.wake_step(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_wake private.wakes;
    v_image_id uuid;
begin
    select * into v_wake
    from private.wakes as w
    where w.company_id = p_company_id and w.device_id = p_device_id and w.ended_at is null
    for update;
    if not found then
        return;
    end if;

    if cardinality(v_wake.requested) > 0 then
        update private.wakes as w set requested = w.requested[2:]
        where w.company_id = p_company_id and w.device_id = p_device_id;
        perform private.ask_image(p_company_id, p_device_id, v_wake.requested[1], p_now);
        return;
    end if;
    if v_wake.pending_count > cardinality(v_wake.settled) then
        if v_wake.strategy = 'list' then
            if v_wake.backlog_requested_at is null then
                update private.wakes as w set backlog_requested_at = p_now
                where w.company_id = p_company_id and w.device_id = p_device_id;
                perform private.answer_wake(p_company_id, p_device_id, 'cmd', '{"send_all_pending": true}', p_now);
            end if;
            return;
        end if;
        if v_wake.strategy = 'names' then
            select i.image_id into v_image_id
            from public.device_images as i
            where i.company_id = p_company_id and i.device_id = p_device_id and i.status <> 'complete'
                and i.image_id <> all (v_wake.asked) and i.image_id <> all (v_wake.settled)
                and i.image_id is distinct from v_wake.capture_image_id
                and i.created_at > p_now - interval '7 days'
            order by i.captured_at, i.image_id
            limit 1;
            if found then
                perform private.ask_image(p_company_id, p_device_id, v_image_id, p_now);
                return;
            end if;
        end if;
        update private.wakes as w
        set strategy = 'captures', captures_requested = w.captures_requested + 1, backlog_requested_at = p_now
        where w.company_id = p_company_id and w.device_id = p_device_id;
        perform private.answer_wake(p_company_id, p_device_id, 'cmd', '{"capture_image": true}', p_now);
        return;
    end if;

    if v_wake.capture_state is null then
        if v_wake.capture_requested_at is null then
            update private.wakes as w set captures_requested = w.captures_requested + 1, capture_requested_at = p_now
            where w.company_id = p_company_id and w.device_id = p_device_id;
            perform private.answer_wake(p_company_id, p_device_id, 'cmd', '{"capture_image": true}', p_now);
        end if;
    elsif v_wake.capture_state <> 'receiving' then
        perform private.wake_finish(p_company_id, p_device_id, p_now);
    end if;
end;
$$;

comment on function private.wake_step(uuid, uuid, timestamptz) is 'Sends an awake camera the next request of its wake, or ends it.';
revoke all on function private.wake_step(uuid, uuid, timestamptz) from public;
