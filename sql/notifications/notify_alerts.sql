-- purpose: who is told of alerts.
-- caller: raise_alerts, resolve_alert, raise_day_alerts, change_alert, in their transaction.
-- promise: a row of notifications where a company's people are to see it in the application (everything, unless there is an in_app route), a row
--   of notification_deliveries for each e-mail or webhook route that wants this type and severity. What fails here is a row of job_runs and
--   touches no alert.
create or replace function private.notify_alerts(
    p_company_ids uuid[],
    p_alert_ids uuid[],
    p_events text[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_levels constant text[] := array['warning', 'error', 'critical'];
begin
    if coalesce(cardinality(p_alert_ids), 0) = 0 then
        return;
    end if;
    with told as materialized (
        select
            a.company_id, a.alert_id, a.alert_type, a.severity, k.event,
            left(concat_ws(
                ': ', case k.event when 'resolved' then 'resolved' else a.severity end,
                nullif(concat_ws(', ', d.name, s.name), ''), a.message), 300) as title,
            jsonb_build_object(
                'event', k.event, 'at', p_now, 'alert_id', a.alert_id, 'alert_type', a.alert_type, 'severity', a.severity,
                'message', a.message, 'details', a.details, 'occurrence_count', a.occurrence_count,
                'first_seen_at', a.first_seen_at, 'last_seen_at', a.last_seen_at, 'company_id', a.company_id, 'company', c.name,
                'device_id', a.device_id, 'device', d.name, 'site_id', s.site_id, 'site', s.name) as payload
        from unnest(p_company_ids, p_alert_ids, p_events) as k (company_id, alert_id, event)
        join public.device_alerts as a on a.company_id = k.company_id and a.alert_id = k.alert_id
        join public.companies as c on c.company_id = a.company_id
        left join public.devices as d on d.company_id = a.company_id and d.device_id = a.device_id
        left join public.sites as s on s.company_id = a.company_id and s.site_id = coalesce(a.site_id, d.site_id)
    ), wanted as materialized (
        select
            t.company_id, t.alert_id, r.route_id, r.channel,
            r.is_active and array_position(v_levels, t.severity) >= array_position(v_levels, r.min_severity)
            and (r.alert_types is null or t.alert_type = any (r.alert_types)) as wants
        from told as t
        join public.notification_routes as r on r.company_id = t.company_id
        where r.archived_at is null
    ), shown as (
        insert into public.notifications (company_id, alert_id, event, severity, title, created_at)
        select t.company_id, t.alert_id, t.event, t.severity, t.title, p_now
        from told as t
        left join (
            select w.company_id, w.alert_id, bool_or(w.wants) as wants from wanted as w where w.channel = 'in_app' group by w.company_id, w.alert_id
        ) as i on i.company_id = t.company_id and i.alert_id = t.alert_id
        where coalesce(i.wants, true)
    )
    insert into public.notification_deliveries (company_id, route_id, alert_id, event, channel, payload, not_before, created_at)
    select t.company_id, w.route_id, t.alert_id, t.event, w.channel, t.payload || jsonb_build_object('title', t.title), p_now, p_now
    from told as t
    join wanted as w on w.company_id = t.company_id and w.alert_id = t.alert_id
    where w.channel <> 'in_app' and w.wants;
exception when others then
    insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
    values ('notify_alerts', p_now, clock_timestamp(), false, jsonb_build_object('alerts', cardinality(p_alert_ids)), sqlerrm);
end;
$$;

comment on function private.notify_alerts(uuid[], uuid[], text[], timestamptz) is
'Writes who is to be told that alerts opened, escalated or were resolved; never fails its caller.';
revoke all on function private.notify_alerts(uuid[], uuid[], text[], timestamptz) from public;
