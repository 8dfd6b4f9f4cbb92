-- purpose: the one writer of a session's counters.
-- caller: every function that changes a payload, in the same transaction, at its end; several sessions in key order.
-- promise: completed, failed, pending and extra equal a count of the payloads, also with others writing at the same time: the session is locked
--   first and counted by a later statement, which sees all that was committed meanwhile. The day's rollups are queued.
create or replace function private.recount_session(
    p_company_id uuid,
    p_session_id uuid
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform from public.site_device_sessions as s
    where s.company_id = p_company_id and s.session_id = p_session_id
    for no key update;

    update public.site_device_sessions as s
    set
        completed_wake_count = n.completed,
        failed_wake_count = n.failed,
        pending_wake_count = n.pending,
        extra_wake_count = n.extra,
        updated_at = now()
    from private.count_payloads(p_company_id, p_session_id) as n
    where s.company_id = p_company_id and s.session_id = p_session_id
        and (s.completed_wake_count, s.failed_wake_count, s.pending_wake_count, s.extra_wake_count)
            is distinct from (n.completed, n.failed, n.pending, n.extra);
    -- Also when no counter moved: a telemetry value may have.
    insert into private.rollup_queue (company_id, session_id) values (p_company_id, p_session_id);
end;
$$;

comment on function private.recount_session(uuid, uuid) is 'Recomputes the counters of a session from its payloads.';
revoke all on function private.recount_session(uuid, uuid) from public;
