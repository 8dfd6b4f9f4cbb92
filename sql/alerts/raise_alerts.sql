-- purpose: the one writer of alerts.
-- caller: private.raise_alert, the alerts of finished days.
-- promise: one open alert a (company, type, subject): a repeat raises its count, its last time and, if worse, its severity; repeats inside the batch
--   count too. Who is to be told is written in the same transaction when one opens or gets worse. Returns how many were raised.
create or replace function private.raise_alerts(
    p_alerts jsonb,
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_before jsonb;
    v_told record;
begin
    -- Locked in the order of the key: two batches wait for each other instead of deadlocking.
    select jsonb_object_agg(o.alert_id, o.severity) into v_before
    from (
        select a.alert_id, a.severity
        from jsonb_to_recordset(p_alerts) as r (company_id uuid, alert_type text, subject_id uuid)
        join public.device_alerts as a
            on a.company_id = r.company_id and a.alert_type = r.alert_type and a.subject_id = r.subject_id and a.status <> 'resolved'
        order by a.company_id, a.alert_type, a.subject_id
        for no key update of a
    ) as o;

    with written as (
        insert into public.device_alerts as a (
            company_id, alert_type, severity, subject_id, device_id, site_id, session_id, image_id, deployment_id, message, details,
            occurrence_count, first_seen_at, last_seen_at)
        select distinct on (r.company_id, r.alert_type, r.subject_id)
            r.company_id, r.alert_type, r.severity, r.subject_id, r.device_id, r.site_id, r.session_id, r.image_id, r.deployment_id, r.message,
            coalesce(r.details, '{}'), count(*) over (partition by r.company_id, r.alert_type, r.subject_id), p_now, p_now
        from jsonb_to_recordset(p_alerts) as r (
            company_id uuid, alert_type text, severity text, subject_id uuid, device_id uuid, site_id uuid, session_id uuid, image_id uuid,
            deployment_id uuid, message text, details jsonb)
        order by r.company_id, r.alert_type, r.subject_id, array_position(array['warning', 'error', 'critical'], r.severity) desc
        on conflict (company_id, alert_type, subject_id) where status <> 'resolved' do update
        set
            occurrence_count = a.occurrence_count + excluded.occurrence_count,
            last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
            severity = case
                when array_position(array['warning', 'error', 'critical'], excluded.severity)
                    > array_position(array['warning', 'error', 'critical'], a.severity) then excluded.severity
                else a.severity
            end,
            message = excluded.message,
            details = excluded.details,
            session_id = coalesce(excluded.session_id, a.session_id),
            deployment_id = coalesce(excluded.deployment_id, a.deployment_id)
        returning a.company_id, a.alert_id, a.severity
    ), news as (
        select
            w.company_id, w.alert_id,
            case
                when v_before ->> w.alert_id::text is null then 'opened'
                when v_before ->> w.alert_id::text <> w.severity then 'escalated'
            end as event
        from written as w
    )
    select
        count(*)::int as raised, array_agg(n.company_id) filter (where n.event is not null) as company_ids,
        array_agg(n.alert_id) filter (where n.event is not null) as alert_ids, array_agg(n.event) filter (where n.event is not null) as events
    into v_told
    from news as n;
    perform private.notify_alerts(v_told.company_ids, v_told.alert_ids, v_told.events, p_now);
    return v_told.raised;
end;
$$;

comment on function private.raise_alerts(jsonb, timestamptz) is
'Opens alerts, or repeats the open ones of the same company, type and subject. Returns how many.';
revoke all on function private.raise_alerts(jsonb, timestamptz) from public;
