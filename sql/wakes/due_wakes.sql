-- purpose: wakes that nobody ends.
-- caller: private.run_due.
-- promise: 5 minutes after the last message a wake is over; nothing is sent, since the camera sleeps and the broker would keep the message for its next
--   wake. A backlog that stays silent for 60 s with nothing under way is given up for this wake, so that the capture is still asked for.
create or replace function private.due_wakes(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_wake record;
    v_ended int;
    v_stalled int := 0;
begin
    with quiet as (
        select w.company_id, w.device_id
        from private.wakes as w
        where w.ended_at is null and w.last_message_at <= p_now - interval '5 minutes'
        order by w.company_id, w.device_id
        for update skip locked
    ), ended as (
        update private.wakes as w
        set ended_at = p_now
        from quiet as q
        where w.company_id = q.company_id and w.device_id = q.device_id
        returning w.device_id
    )
    select count(*)::int into v_ended from ended;

    for v_wake in
        update private.wakes as w
        set pending_count = cardinality(w.settled)
        where (w.company_id, w.device_id) in (
            select k.company_id, k.device_id
            from private.wakes as k
            where k.ended_at is null and k.last_message_at <= p_now - interval '60 seconds'
                and greatest(k.backlog_requested_at, k.hello_at) <= p_now - interval '60 seconds'
                and k.pending_count > cardinality(k.settled)
                and not exists (
                    select from private.image_transfers as t
                    where t.company_id = k.company_id and t.device_id = k.device_id and t.image_id is not null
                        and t.state in ('open', 'assembled') and t.total_chunk_count > 0
                        and greatest(t.last_activity_at, t.send_image_at) >= k.started_at)
            for update skip locked)
        returning w.company_id, w.device_id
    loop
        perform private.wake_step(v_wake.company_id, v_wake.device_id, p_now);
        v_stalled := v_stalled + 1;
    end loop;
    return jsonb_build_object('ended', v_ended, 'stalled', v_stalled);
end;
$$;

comment on function private.due_wakes(timestamptz) is 'Ends wakes that are silent for 5 minutes and gives up stalled backlogs; counts.';
revoke all on function private.due_wakes(timestamptz) from public;
