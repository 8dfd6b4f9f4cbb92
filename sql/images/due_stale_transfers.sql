-- purpose: no payload stays pending for ever.
-- caller: private.run_due.
-- promise: an image whose transfer was idle for 24 h is failed (it can still be resumed). Returns how many.
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
        select t.company_id, t.image_id
        from private.image_transfers as t
        where t.state = 'open' and t.image_id is not null and t.last_activity_at <= p_now - interval '24 hours'
        order by t.company_id, t.device_id
        limit 500
    loop
        v_company_ids := v_company_ids || v_transfer.company_id;
        v_session_ids := v_session_ids || (private.fail_image(
            v_transfer.company_id, v_transfer.image_id, 'timeout', 'nothing arrived for 24 hours', p_now) ->> 'session_id')::uuid;
    end loop;
    perform private.recount_sessions(v_company_ids, v_session_ids);
    return cardinality(v_session_ids);
end;
$$;

comment on function private.due_stale_transfers(timestamptz) is 'Fails images whose transfer was idle for 24 hours; returns how many.';
revoke all on function private.due_stale_transfers(timestamptz) from public;
