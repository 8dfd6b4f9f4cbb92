-- purpose: what finished days tell.
-- caller: the locker, after the lock.
-- promise: only a site's newest finished day tells, and only until the next one is over: what downtime has left behind says nothing about today, so it neither raises
--   nor resolves. missed_wake a device (more than 2 not received), high_failure_rate (above 30 % of expected) and low_completeness (below 50 %, the band
--   poor) a site, low_battery a device, each by the limits in force; what none of the days shows any more is resolved. Returns how many were raised.
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
    v_site_ids uuid[];
    v_device_ids uuid[];
    v_default public.alert_thresholds := private.thresholds(null);
    v_ended record;
    v_session_ids uuid[] := array(
        select s.session_id
        from public.site_device_sessions as s
        -- The longest next day has 25 hours.
        where s.session_id = any (p_session_ids) and s.ends_at > p_now - interval '25 hours' and not exists (
            select from public.site_device_sessions as n
            where n.company_id = s.company_id and n.site_id = s.site_id and n.session_date > s.session_date and n.status = 'locked'));
begin
    if cardinality(v_session_ids) = 0 then
        return 0;
    end if;
    v_site_ids := array(select distinct s.site_id from public.site_device_sessions as s where s.session_id = any (v_session_ids));
    v_device_ids := array(
        select distinct sd.device_id from public.site_session_devices as sd
        where sd.company_id = any (p_company_ids) and sd.session_id = any (v_session_ids));

    with day as materialized (
        select
            s.*, coalesce(c.failure_max_ratio, v_default.failure_max_ratio) as failure_max_ratio,
            coalesce(c.completeness_min_ratio, v_default.completeness_min_ratio) as completeness_min_ratio
        from public.site_device_sessions as s
        left join public.alert_thresholds as c on c.company_id = s.company_id and c.device_id is null
        where s.session_id = any (v_session_ids)
    ), day_device as (
        select
            s.company_id, s.session_id, s.site_id, s.session_date, sd.device_id, sd.expected_wake_count,
            coalesce(t.missed_wake_max_count, c.missed_wake_max_count, v_default.missed_wake_max_count) as missed_wake_max_count,
            coalesce(t.battery_warning_v, c.battery_warning_v, v_default.battery_warning_v) as battery_warning_v,
            coalesce(t.battery_critical_v, c.battery_critical_v, v_default.battery_critical_v) as battery_critical_v
        from day as s
        join public.site_session_devices as sd on sd.company_id = s.company_id and sd.session_id = s.session_id
        left join public.alert_thresholds as c on c.company_id = s.company_id and c.device_id is null
        left join public.alert_thresholds as t on t.company_id = sd.company_id and t.device_id = sd.device_id
    ), received as materialized (
        select p.company_id, p.site_device_session_id as session_id, p.device_id, count(*) as received
        from day as s
        join public.device_wake_payloads as p on p.company_id = s.company_id and p.site_device_session_id = s.session_id
        where not p.overage_flag
        group by p.company_id, p.site_device_session_id, p.device_id
    ), finding as (
        select
            sd.company_id, 'missed_wake' as alert_type, 'warning' as severity, sd.device_id as subject_id, sd.device_id, sd.site_id, sd.session_id,
            'a camera missed wakes of its day' as message,
            jsonb_build_object(
                'expected', sd.expected_wake_count, 'received', coalesce(r.received, 0), 'limit', sd.missed_wake_max_count,
                'session_date', sd.session_date) as details
        from day_device as sd
        left join received as r on r.company_id = sd.company_id and r.session_id = sd.session_id and r.device_id = sd.device_id
        where sd.expected_wake_count - coalesce(r.received, 0) > sd.missed_wake_max_count
        union all
        select
            s.company_id, 'high_failure_rate', 'error', s.site_id, null, s.site_id, s.session_id, 'many wakes of a day failed',
            jsonb_build_object(
                'failed', s.failed_wake_count, 'expected', s.expected_wake_count, 'limit', s.failure_max_ratio, 'session_date', s.session_date)
        from day as s
        where s.expected_wake_count > 0 and s.failed_wake_count > s.failure_max_ratio * s.expected_wake_count
        union all
        select
            s.company_id, 'low_completeness', 'warning', s.site_id, null, s.site_id, s.session_id, 'too few of a day''s wakes are complete',
            jsonb_build_object(
                'completed', s.completed_wake_count, 'expected', s.expected_wake_count, 'limit', s.completeness_min_ratio,
                'session_date', s.session_date)
        from day as s
        where s.completed_wake_count < s.completeness_min_ratio * s.expected_wake_count
        union all
        select
            sd.company_id, 'low_battery', case when d.battery_voltage < sd.battery_critical_v then 'critical' else 'warning' end, d.device_id,
            d.device_id, sd.site_id, sd.session_id, 'the battery is low',
            jsonb_build_object(
                'battery_voltage', d.battery_voltage, 'warning_v', sd.battery_warning_v, 'critical_v', sd.battery_critical_v)
        from day_device as sd
        join public.devices as d on d.company_id = sd.company_id and d.device_id = sd.device_id
        where d.battery_voltage < greatest(sd.battery_warning_v, sd.battery_critical_v)
    )
    select coalesce(jsonb_agg(to_jsonb(f)), '[]') into v_alerts from finding as f;
    v_raised := private.raise_alerts(v_alerts, p_now);

    -- The cause has ended: none of these days has raised it again.
    with ended as (
        update public.device_alerts as a
        set status = 'resolved', resolved_at = p_now
        where a.company_id = any (p_company_ids) and a.status <> 'resolved' and a.last_seen_at < p_now
            and (
                (a.alert_type in ('high_failure_rate', 'low_completeness') and a.subject_id = any (v_site_ids))
                or (a.alert_type in ('missed_wake', 'low_battery') and a.subject_id = any (v_device_ids)))
        returning a.company_id, a.alert_id
    )
    select array_agg(e.company_id) as company_ids, array_agg(e.alert_id) as alert_ids, array_agg('resolved'::text) as events into v_ended
    from ended as e;
    perform private.notify_alerts(v_ended.company_ids, v_ended.alert_ids, v_ended.events, p_now);
    return v_raised;
end;
$$;

comment on function private.raise_day_alerts(uuid[], uuid[], timestamptz) is
'Raises and resolves the alerts of finished site days; returns how many were raised.';
revoke all on function private.raise_day_alerts(uuid[], uuid[], timestamptz) from public;
