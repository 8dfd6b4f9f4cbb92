-- purpose: what the counters of a session mean.
-- caller: private.recount_session, fn_verify_session_counters.
-- promise: completed, failed and pending without overages; extra is the overages, whatever became of them.
create or replace function private.count_payloads(
    p_company_id uuid,
    p_session_id uuid,
    out completed int,
    out failed int,
    out pending int,
    out extra int
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    select
        count(*) filter (where p.payload_status = 'complete' and not p.overage_flag)::int,
        count(*) filter (where p.payload_status = 'failed' and not p.overage_flag)::int,
        count(*) filter (where p.payload_status = 'pending' and not p.overage_flag)::int,
        count(*) filter (where p.overage_flag)::int
    into completed, failed, pending, extra
    from public.device_wake_payloads as p
    where p.company_id = p_company_id and p.site_device_session_id = p_session_id;
end;
$$;

comment on function private.count_payloads(uuid, uuid) is 'Counts the payloads of a session: completed, failed, pending, extra.';
revoke all on function private.count_payloads(uuid, uuid) from public;
