-- purpose: what a finished day tells.
-- caller: fn_end_of_day_locker, after the lock.
-- promise: missed_wake a device (more than 2 not received), high_failure_rate (above 30 % of expected) and low_completeness (band poor) a site,
--   low_battery a device; what is no longer so is resolved. Returns how many were raised.
create or replace function private.raise_day_alerts(
    p_company_id uuid,
    p_session_id uuid,
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
    v_raised int;
    v_more int;
begin
    select * into strict v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.session_id = p_session_id;

    with received as materialized (
        select
            sd.device_id, sd.expected_wake_count as expected,
            (
                select count(*)::int from public.device_wake_payloads as p
                where p.company_id = sd.company_id and p.site_device_session_id = sd.session_id and p.device_id = sd.device_id
                    and not p.overage_flag
            ) as received
        from public.site_session_devices as sd
        where sd.company_id = p_company_id and sd.session_id = p_session_id
    )
    select (count(private.raise_alert(
        p_company_id, 'missed_wake', 'warning', r.device_id, 'a camera missed wakes of its day',
        jsonb_build_object('expected', r.expected, 'received', r.received, 'session_date', v_session.session_date), p_now,
        p_device_id => r.device_id, p_site_id => v_session.site_id, p_session_id => p_session_id)))::int
    into v_raised
    from received as r
    where r.expected - r.received > 2;
    perform private.resolve_alert(p_company_id, 'missed_wake', sd.device_id, p_now)
    from public.site_session_devices as sd
    where sd.company_id = p_company_id and sd.session_id = p_session_id and not exists (
        select from public.device_alerts as a
        where a.company_id = p_company_id and a.alert_type = 'missed_wake' and a.subject_id = sd.device_id and a.session_id = p_session_id
            and a.status <> 'resolved');

    if v_session.failed_wake_count > 0.30 * v_session.expected_wake_count and v_session.expected_wake_count > 0 then
        perform private.raise_alert(
            p_company_id, 'high_failure_rate', 'error', v_session.site_id, 'many wakes of a day failed',
            jsonb_build_object('failed', v_session.failed_wake_count, 'expected', v_session.expected_wake_count), p_now,
            p_site_id => v_session.site_id, p_session_id => p_session_id);
        v_raised := v_raised + 1;
    else
        perform private.resolve_alert(p_company_id, 'high_failure_rate', v_session.site_id, p_now);
    end if;
    if public.completeness_band(v_session.completed_wake_count, v_session.expected_wake_count) = 'poor' then
        perform private.raise_alert(
            p_company_id, 'low_completeness', 'warning', v_session.site_id, 'less than half of a day''s wakes arrived',
            jsonb_build_object('completed', v_session.completed_wake_count, 'expected', v_session.expected_wake_count), p_now,
            p_site_id => v_session.site_id, p_session_id => p_session_id);
        v_raised := v_raised + 1;
    else
        perform private.resolve_alert(p_company_id, 'low_completeness', v_session.site_id, p_now);
    end if;

    select (count(*) filter (where private.check_battery(p_company_id, d.device_id, d.battery_voltage, p_now)))::int into v_more
    from public.site_session_devices as sd
    join public.devices as d on d.company_id = sd.company_id and d.device_id = sd.device_id
    where sd.company_id = p_company_id and sd.session_id = p_session_id;
    return v_raised + v_more;
end;
$$;

comment on function private.raise_day_alerts(uuid, uuid, timestamptz) is 'Raises and resolves the alerts of a finished site day; returns how many were raised.';
revoke all on function private.raise_day_alerts(uuid, uuid, timestamptz) from public;
