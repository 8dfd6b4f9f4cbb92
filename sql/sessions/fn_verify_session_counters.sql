-- purpose: a proof that counters equal a recount.
-- caller: pg_cron, nightly; operators; tests.
-- promise: changes no session. Answers how many were compared and which are wrong; a wrong one is a failed row of job_runs.
create or replace function public.fn_verify_session_counters(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_checked int;
    v_wrong int;
    v_sessions jsonb;
begin
    with counted as materialized (
        select
            p.company_id, p.site_device_session_id as session_id,
            count(*) filter (where p.payload_status = 'complete' and not p.overage_flag) as completed,
            count(*) filter (where p.payload_status = 'failed' and not p.overage_flag) as failed,
            count(*) filter (where p.payload_status = 'pending' and not p.overage_flag) as pending,
            count(*) filter (where p.overage_flag) as extra
        from public.device_wake_payloads as p
        group by p.company_id, p.site_device_session_id
    ), compared as (
        select
            s.company_id, s.session_id,
            (s.completed_wake_count, s.failed_wake_count, s.pending_wake_count, s.extra_wake_count) is distinct from
                (coalesce(c.completed, 0), coalesce(c.failed, 0), coalesce(c.pending, 0), coalesce(c.extra, 0)) as is_wrong
        from public.site_device_sessions as s
        left join counted as c on c.company_id = s.company_id and c.session_id = s.session_id
    )
    select
        count(*)::int, (count(*) filter (where c.is_wrong))::int,
        coalesce(jsonb_agg(c.session_id) filter (where c.is_wrong), '[]')
    into v_checked, v_wrong, v_sessions
    from compared as c;

    insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
    values (
        'verify_session_counters', p_now, clock_timestamp(), v_wrong = 0, jsonb_build_object('checked', v_checked, 'wrong', v_wrong),
        case when v_wrong > 0 then 'counters differ from a recount' end);
    return jsonb_build_object('checked', v_checked, 'wrong', v_wrong, 'sessions', v_sessions);
end;
$$;

comment on function public.fn_verify_session_counters(timestamptz) is
'Compares all session counters with a recount; answers {checked, wrong, sessions}.';
revoke all on function public.fn_verify_session_counters(timestamptz) from public;
grant execute on function public.fn_verify_session_counters(timestamptz) to edge, service_role;
