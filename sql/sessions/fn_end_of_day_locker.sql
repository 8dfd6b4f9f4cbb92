-- purpose: lock a site's days that are over.
-- caller: fn_end_of_day_locker_all; the edge role.
-- promise: every unlocked session of the site whose local end has passed is locked; then its alerts, whose errors never touch the lock. Nothing due
--   is an answer. The counts are those of the last day locked. Errors: not_found.
create or replace function public.fn_end_of_day_locker(
    p_site_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid;
    v_due uuid[];
    v_session public.site_device_sessions;
    v_locked int := 0;
    v_alerts int := 0;
    v_alert_error text;
    v_result jsonb := '{}'::jsonb;
begin
    select s.company_id into v_company_id from public.sites as s where s.site_id = p_site_id;
    if not found then
        perform private.fail('not_found', 'site');
    end if;

    v_due := array(
        select s.session_id from public.site_device_sessions as s
        where s.company_id = v_company_id and s.site_id = p_site_id and s.status <> 'locked' and s.ends_at <= p_now);
    -- A day nobody opened (the server was down) is opened first: its expected count is frozen then.
    perform private.ensure_session(v_company_id, p_site_id, s.session_date, p_now)
    from public.site_device_sessions as s
    where s.company_id = v_company_id and s.session_id = any (v_due) and s.status = 'pending';
    update public.site_device_sessions as s
    set status = 'locked', locked_at = p_now, updated_at = p_now
    where s.company_id = v_company_id and s.session_id = any (v_due) and s.status = 'in_progress';

    for v_session in
        select s.* from public.site_device_sessions as s
        where s.company_id = v_company_id and s.session_id = any (v_due)
        order by s.session_date
    loop
        v_locked := v_locked + 1;
        begin
            v_alerts := v_alerts + private.raise_day_alerts(v_company_id, v_session.session_id, p_now);
        exception when others then
            v_alert_error := sqlerrm;
            insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
            values (
                'day_alerts', p_now, clock_timestamp(), false, jsonb_build_object('session_id', v_session.session_id), v_alert_error);
        end;
        v_result := jsonb_build_object(
            'session_id', v_session.session_id, 'session_date', v_session.session_date,
            'expected_count', v_session.expected_wake_count, 'completed_count', v_session.completed_wake_count,
            'failed_count', v_session.failed_wake_count, 'extra_count', v_session.extra_wake_count);
    end loop;

    if v_locked = 0 then
        return jsonb_build_object('success', true, 'site_id', p_site_id, 'locked', 0, 'alerts_created', 0, 'reason', 'nothing_due');
    end if;
    return jsonb_build_object('success', true, 'site_id', p_site_id, 'locked', v_locked, 'alerts_created', v_alerts)
        || v_result || case when v_alert_error is not null then jsonb_build_object('alert_error', v_alert_error) else '{}' end;
end;
$$;

comment on function public.fn_end_of_day_locker(uuid, timestamptz) is
'Locks the finished days of a site; answers {locked, alerts_created, expected_count, completed_count, failed_count, …}. Errors: not_found.';
revoke all on function public.fn_end_of_day_locker(uuid, timestamptz) from public;
grant execute on function public.fn_end_of_day_locker(uuid, timestamptz) to edge, service_role;
