-- purpose: the last message of a wake.
-- caller: private.wake_step.
-- promise: the final ACK where the wake's capture is stored, else the sleep; the wake is ended, its message kept for a repeat.
create or replace function private.wake_finish(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_time text := private.wake_time_text(private.plan_next_wake(p_company_id, p_device_id, p_now));
    v_name text;
    v_channel text := 'cmd';
    v_body jsonb := jsonb_build_object('next_wake', v_time);
begin
    select i.image_name into v_name
    from private.wakes as w
    join public.device_images as i on i.company_id = w.company_id and i.image_id = w.capture_image_id
    where w.company_id = p_company_id and w.device_id = p_device_id and w.capture_state = 'stored';
    if found then
        v_channel := 'ack';
        v_body := jsonb_build_object('image_name', v_name, 'ACK_OK', jsonb_build_object('next_wake_time', v_time));
    end if;

    update private.wakes as w
    set ended_at = p_now, final_channel = v_channel, final_payload = v_body
    where w.company_id = p_company_id and w.device_id = p_device_id;
    perform private.answer_wake(p_company_id, p_device_id, v_channel, v_body, p_now);
end;
$$;

comment on function private.wake_finish(uuid, uuid, timestamptz) is 'Ends a wake with its final ACK or its sleep.';
revoke all on function private.wake_finish(uuid, uuid, timestamptz) from public;
