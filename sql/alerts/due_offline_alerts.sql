-- purpose: devices that fell silent, and those that are heard again.
-- caller: pg_cron, each minute.
-- promise: device_offline for a rig not heard for its limit (5 min) and for a camera whose n slots (2) since it was last heard are past tolerance
--   (states_of_devices); resolved when the device is heard again, or no longer expected. Devices never heard since they were registered (rigs)
--   are not silent. One run at a time. A silence is one occurrence, however long. Returns counts.
create or replace function private.due_offline_alerts(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_over record;
    v_ended int;
    v_silent jsonb;
    v_raised int := 0;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('lics.due_offline_alerts', 0)) then
        return jsonb_build_object('reason', 'already_running');
    end if;
    with over as (
        update public.device_alerts as a
        set status = 'resolved', resolved_at = p_now
        from public.devices as d
        where d.company_id = a.company_id and d.device_id = a.device_id and a.alert_type = 'device_offline' and a.status <> 'resolved' and (
            d.archived_at is not null or not d.is_active or d.last_seen_at > a.last_seen_at
            or (d.kind = 'camera' and (d.site_id is null or nullif(btrim(d.wake_schedule_cron), '') is null or exists (
                select from public.sites as s
                join public.pilot_programs as g on g.company_id = s.company_id and g.program_id = s.program_id
                where s.company_id = d.company_id and s.site_id = d.site_id
                    and (s.archived_at is not null or g.end_date < private.local_date(p_now, s.timezone)))))
            or (d.kind = 'rig' and d.last_seen_at
                > p_now - make_interval(secs => (private.thresholds(d.company_id, d.device_id)).rig_silent_s)))
        returning a.company_id, a.alert_id
    )
    select count(*)::int as n, array_agg(o.company_id) as company_ids, array_agg(o.alert_id) as alert_ids, array_agg('resolved'::text) as events
    into v_over
    from over as o;
    v_ended := v_over.n;
    perform private.notify_alerts(v_over.company_ids, v_over.alert_ids, v_over.events, p_now);

    with watched as materialized (
        select d.company_id, d.device_id, d.kind, d.site_id, d.last_seen_at, d.wake_schedule_cron
        from public.devices as d
        where d.archived_at is null and d.is_active
            and (
                (d.kind = 'rig' and d.last_seen_at <= p_now - interval '60 seconds')
                or (d.kind = 'camera' and d.site_id is not null and d.wake_schedule_cron is not null
                    and coalesce(d.next_wake_at, '-infinity') <= p_now)
            )
            and not exists (
                select from public.device_alerts as a
                where a.company_id = d.company_id and a.alert_type = 'device_offline' and a.subject_id = d.device_id
                    and a.status <> 'resolved'
            )
    ), missed as materialized (
        select g.company_id, m.device_id, m.missed_wake_count
        from (
            select w.company_id, array_agg(w.device_id) as device_ids
            from watched as w
            -- a schedule that no guard saw must not stop the others
            where w.kind = 'camera' and private.cron_is_valid(w.wake_schedule_cron)
            group by w.company_id
        ) as g
        cross join lateral private.states_of_devices(g.company_id, g.device_ids, p_now) as m
    ), silent as materialized (
        select w.company_id, w.device_id, w.site_id, w.kind, w.last_seen_at
        from watched as w
        left join missed as m on m.company_id = w.company_id and m.device_id = w.device_id
        cross join lateral private.thresholds(w.company_id, w.device_id) as t
        where case w.kind
            when 'camera' then m.missed_wake_count >= t.camera_missed_slots
            else
                w.last_seen_at <= p_now - make_interval(secs => t.rig_silent_s)
                -- a rig whose key was taken away is meant to be silent
                and coalesce((
                    select bool_or(c.revoked_at is null) from private.credentials as c
                    where c.company_id = w.company_id and c.device_id = w.device_id), true)
        end
    )
    select jsonb_agg(jsonb_build_object(
        'company_id', x.company_id, 'alert_type', 'device_offline', 'severity', 'warning', 'subject_id', x.device_id, 'device_id', x.device_id,
        'site_id', x.site_id, 'details', jsonb_build_object('last_seen_at', x.last_seen_at),
        'message', case x.kind when 'rig' then 'a rig is silent' else 'a camera has missed several wakes' end))
    into v_silent
    from silent as x;
    if v_silent is not null then
        v_raised := private.raise_alerts(v_silent, p_now);
    end if;
    if v_raised + v_ended > 0 then
        insert into private.job_runs (job, started_at, finished_at, ok, counts)
        values ('offline_alerts', p_now, clock_timestamp(), true, jsonb_build_object('raised', v_raised, 'resolved', v_ended));
    end if;
    return jsonb_build_object('raised', v_raised, 'resolved', v_ended);
exception when others then
    insert into private.job_runs (job, started_at, finished_at, ok, error)
    values ('offline_alerts', p_now, clock_timestamp(), false, sqlerrm);
    return jsonb_build_object('error', sqlerrm);
end;
$$;

comment on function private.due_offline_alerts(timestamptz) is 'Raises and resolves device_offline; answers {raised, resolved}.';
revoke all on function private.due_offline_alerts(timestamptz) from public;
