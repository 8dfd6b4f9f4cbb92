-- purpose: to which site day and slot a capture belongs.
-- caller: private.record_wake.
-- promise: the slot of the schedule in force on that day, in the zone the day was opened with; near midnight also the next day's first slot under the next day's schedule. Outside every
--   tolerance, outside the time the device counts for, or without a schedule: an overage of the capture's own local date.
create or replace function private.slot_of(
    p_company_id uuid,
    p_device_id uuid,
    p_site_id uuid,
    p_captured_at timestamptz,
    p_now timestamptz,
    out session_date date,
    out wake_index int,
    out slot_at timestamptz,
    out is_overage boolean
)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_timezone text;
    v_today date;
    v_date date;
    v_day record;
    v_plan record;
begin
    select s.timezone into strict v_timezone
    from public.sites as s
    where s.company_id = p_company_id and s.site_id = p_site_id;
    -- A day that was opened keeps its zone, whatever the site's is now.
    v_timezone := coalesce((
        select s.timezone
        from public.site_device_sessions as s
        where s.company_id = p_company_id and s.site_id = p_site_id and s.status <> 'pending'
            -- the dates that some zone may have then, so that the key is enough
            and s.session_date between (p_captured_at at time zone 'UTC')::date - 1 and (p_captured_at at time zone 'UTC')::date + 1
            and s.starts_at <= p_captured_at and s.ends_at > p_captured_at
        order by s.starts_at desc
        limit 1), v_timezone);
    v_today := private.local_date(p_now, v_timezone);
    v_date := private.local_date(p_captured_at, v_timezone);

    -- The capture's own date first; the next one only where its first slot can reach this far.
    foreach session_date in array case
        when private.local_date(p_captured_at + interval '60 minutes', v_timezone) > v_date then array[v_date + 1, v_date]
        else array[v_date]
    end loop
        -- An open or locked day has its cameras on record; one that is not among them is not expected there.
        select sd.wake_schedule_cron, sd.counts_from, sd.counts_until, sd.kept_slots into v_plan
        from public.site_device_sessions as s
        left join public.site_session_devices as sd
            on sd.company_id = s.company_id and sd.session_id = s.session_id and sd.device_id = p_device_id
        where s.company_id = p_company_id and s.site_id = p_site_id and s.session_date = slot_of.session_date and s.status <> 'pending';
        if not found then
            select
                p.wake_schedule_cron, null::timestamptz as counts_from, null::timestamptz as counts_until, null::timestamptz[] as kept_slots into v_plan
            from private.schedules_on(p_company_id, p_site_id, session_date, v_today) as p
            where p.device_id = p_device_id;
        end if;
        v_day := public.fn_infer_wake_window_index(p_captured_at, v_plan.wake_schedule_cron, v_timezone);
        if not v_day.is_overage and v_day.session_date = session_date
            and (
                (v_day.slot_at >= coalesce(v_plan.counts_from, '-infinity') and v_day.slot_at < coalesce(v_plan.counts_until, 'infinity'))
                or v_day.slot_at = any (v_plan.kept_slots)) then
            wake_index := v_day.wake_index;
            slot_at := v_day.slot_at;
            is_overage := false;
            return;
        end if;
    end loop;
    session_date := v_date;
    is_overage := true;
end;
$$;

comment on function private.slot_of(uuid, uuid, uuid, timestamptz, timestamptz) is
'Session date, slot number and slot time of a capture, or is_overage.';
revoke all on function private.slot_of(uuid, uuid, uuid, timestamptz, timestamptz) from public;
