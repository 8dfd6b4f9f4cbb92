-- purpose: what finished days tell.
-- caller: the locker, after the lock.
-- promise: missed_wake a device (more than 2 not received), high_failure_rate (above 30 % of expected) and low_completeness (band poor) a site,
--   low_battery a device; what the last of the days does not show any more is resolved. Returns how many were raised.
create or replace function private.raise_day_alerts(
    p_company_ids uuid[],
    p_session_ids uuid[],
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_alerts jsonb;
    v_raised int;
begin
    with day as materialized (
        select s.*
        from unnest(p_company_ids, p_session_ids) as k (company_id, session_id)
        join public.site_device_sessions as s on s.company_id = k.company_id and s.session_id = k.session_id
    ), received as materialized (
        select p.company_id, p.site_device_session_id as session_id, p.device_id, count(*) as received
        from day as s
        join public.device_wake_payloads as p on p.company_id = s.company_id and p.site_device_session_id = s.session_id
        where not p.overage_flag
        group by p.company_id, p.site_device_session_id, p.device_id
    ), finding as (
        select
            s.company_id, 'missed_wake' as alert_type, 'warning' as severity, sd.device_id as subject_id, sd.device_id, s.site_id, s.session_id,
            'a camera missed wakes of its day' as message,
            jsonb_build_object(
                'expected', sd.expected_wake_count, 'received', coalesce(r.received, 0), 'session_date', s.session_date) as details
        from day as s
        join public.site_session_devices as sd on sd.company_id = s.company_id and sd.session_id = s.session_id
        left join received as r on r.company_id = sd.company_id and r.session_id = sd.session_id and r.device_id = sd.device_id
        where sd.expected_wake_count - coalesce(r.received, 0) > 2
        union all
        select
            s.company_id, 'high_failure_rate', 'error', s.site_id, null, s.site_id, s.session_id, 'many wakes of a day failed',
            jsonb_build_object('failed', s.failed_wake_count, 'expected', s.expected_wake_count, 'session_date', s.session_date)
        from day as s
        where s.expected_wake_count > 0 and s.failed_wake_count > 0.30 * s.expected_wake_count
        union all
        select
            s.company_id, 'low_completeness', 'warning', s.site_id, null, s.site_id, s.session_id, 'less than half of a day''s wakes arrived',
            jsonb_build_object('completed', s.completed_wake_count, 'expected', s.expected_wake_count, 'session_date', s.session_date)
        from day as s
        where public.completeness_band(s.completed_wake_count, s.expected_wake_count) = 'poor'
        union all
        select
            s.company_id, 'low_battery', case when d.battery_voltage < 3.4 then 'critical' else 'warning' end, d.device_id, d.device_id, s.site_id,
            s.session_id, 'the battery is low', jsonb_build_object('battery_voltage', d.battery_voltage)
        from day as s
        join public.site_session_devices as sd on sd.company_id = s.company_id and sd.session_id = s.session_id
        join public.devices as d on d.company_id = sd.company_id and d.device_id = sd.device_id
        where d.battery_voltage < 3.6
    )
    select coalesce(jsonb_agg(to_jsonb(f)), '[]') into v_alerts from finding as f;
    v_raised := private.raise_alerts(v_alerts, p_now);

    -- The cause has ended: the newest of a subject's days does not show it.
    update public.device_alerts as a
    set status = 'resolved', resolved_at = p_now
    from (
        select distinct on (k.company_id, k.subject_id) k.company_id, k.subject_id, k.session_id, k.is_site
        from (
            select s.company_id, s.site_id as subject_id, s.session_id, s.session_date, true as is_site
            from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
            join public.site_device_sessions as s on s.company_id = u.company_id and s.session_id = u.session_id
            union all
            select s.company_id, sd.device_id, s.session_id, s.session_date, false
            from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
            join public.site_device_sessions as s on s.company_id = u.company_id and s.session_id = u.session_id
            join public.site_session_devices as sd on sd.company_id = s.company_id and sd.session_id = s.session_id
        ) as k
        order by k.company_id, k.subject_id, k.session_date desc
    ) as newest
    where a.company_id = newest.company_id and a.subject_id = newest.subject_id and a.status <> 'resolved'
        and a.alert_type = any (case
            when newest.is_site then array['high_failure_rate', 'low_completeness'] else array['missed_wake'] end)
        and not exists (
            select
            from jsonb_to_recordset(v_alerts) as f (alert_type text, subject_id uuid, session_id uuid)
            where f.alert_type = a.alert_type and f.subject_id = a.subject_id and f.session_id = newest.session_id);
    return v_raised;
end;
$$;

comment on function private.raise_day_alerts(uuid[], uuid[], timestamptz) is
'Raises and resolves the alerts of finished site days; returns how many were raised.';
revoke all on function private.raise_day_alerts(uuid[], uuid[], timestamptz) from public;
