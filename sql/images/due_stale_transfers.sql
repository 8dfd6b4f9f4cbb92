-- purpose: no payload stays pending for ever.
-- caller: private.run_due.
-- promise: an image whose transfer was idle for 24 h is failed (it can still be resumed), unless the present wake has asked for it. Returns how many.
create or replace function private.due_stale_transfers(
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_transfer record;
    v_company_ids uuid[] := '{}'::uuid[];
    v_session_ids uuid[] := '{}'::uuid[];
begin
    for v_transfer in
        select t.company_id, t.device_id, t.image_id
        from private.image_transfers as t
        where t.state = 'open' and t.image_id is not null and t.last_activity_at <= p_now - interval '24 hours'
        order by t.company_id, t.device_id
        limit 500
    loop
        -- Under the camera's lock, looked at again: it may have woken meanwhile and have been asked for the file.
        perform private.lock_cameras(array[v_transfer.company_id], array[v_transfer.device_id], p_now);
        if exists (
            select
            from private.image_transfers as t
            join private.wakes as w on w.company_id = t.company_id and w.device_id = t.device_id
            where t.company_id = v_transfer.company_id and t.image_id = v_transfer.image_id
                and t.state = 'open' and t.last_activity_at <= p_now - interval '24 hours'
                and (w.ended_at is not null or greatest(t.metadata_at, t.send_image_at, t.asked_at) < w.started_at)
        ) then
            v_company_ids := v_company_ids || v_transfer.company_id;
            v_session_ids := v_session_ids || (private.fail_image(
                v_transfer.company_id, v_transfer.image_id, 'timeout', 'nothing arrived for 24 hours', p_now) ->> 'session_id')::uuid;
        end if;
    end loop;
    perform private.recount_sessions(v_company_ids, v_session_ids);
    return cardinality(v_session_ids);
end;
$$;

comment on function private.due_stale_transfers(timestamptz) is 'Fails images whose transfer was idle for 24 hours; returns how many.';
revoke all on function private.due_stale_transfers(timestamptz) from public;
