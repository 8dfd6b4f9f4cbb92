-- purpose: the one creator of site days.
-- caller: the opener, the wake ingest, map_device.
-- promise: the session of that local date exists afterwards: pending before its day, in_progress (expected count frozen, queued schedule changes
--   applied) during it, locked from the start when it is over. A device mapped later than the day counts only when it is the one that sent data.
create or replace function private.ensure_session(
    p_company_id uuid,
    p_site_id uuid,
    p_date date,
    p_now timestamptz default now(),
    p_evidence_device_id uuid default null
) returns public.site_device_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
    v_site record;
    v_day record;
    v_changed int := 0;
begin
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.site_id = p_site_id and s.session_date = p_date;
    if found and (v_session.status <> 'pending' or v_session.starts_at > p_now) then
        return v_session;
    end if;

    select s.timezone, s.program_id, coalesce(g.end_date < p_date, false) as ended into v_site
    from public.sites as s
    join public.pilot_programs as g on g.company_id = s.company_id and g.program_id = s.program_id
    where s.company_id = p_company_id and s.site_id = p_site_id;
    if not found then
        perform private.fail('not_found', 'site');
    end if;
    v_day := private.local_day(p_date, v_site.timezone);
    if v_day.starts_at <= p_now and p_now < v_day.ends_at then
        v_changed := private.apply_schedule_changes(p_company_id, p_site_id, p_date, p_now);
    end if;

    insert into public.site_device_sessions as s (
        company_id, program_id, site_id, session_date, timezone, starts_at, ends_at, config_changed_flag, created_at, updated_at)
    values (
        p_company_id, v_site.program_id, p_site_id, p_date, v_site.timezone, v_day.starts_at, v_day.ends_at, v_changed > 0, p_now, p_now)
    on conflict (company_id, site_id, session_date) do nothing;
    -- Whoever made it: one transaction at a time gives it its devices and its status.
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.site_id = p_site_id and s.session_date = p_date
    for no key update;
    if v_session.status <> 'pending' then
        return v_session;
    end if;

    delete from public.site_session_devices as sd where sd.company_id = p_company_id and sd.session_id = v_session.session_id;
    with device as materialized (
        select
            p.device_id, p.wake_schedule_cron,
            case when p.device_id = p_evidence_device_id then v_day.starts_at else greatest(v_day.starts_at, p.mapped_at) end as counts_from
        from private.schedules_on(p_company_id, p_site_id, p_date, private.local_date(p_now, v_site.timezone)) as p
        where p.mapped_at is null or p.mapped_at < v_day.ends_at or p.device_id = p_evidence_device_id
    ), slot as materialized (
        select c.wake_schedule_cron, o.slot_at
        from (select distinct d.wake_schedule_cron from device as d where d.wake_schedule_cron is not null and not v_site.ended) as c
        cross join lateral private.day_slots(c.wake_schedule_cron, p_date, v_site.timezone) as o
    )
    insert into public.site_session_devices
        (company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until, added_mid_day)
    select
        p_company_id, v_session.session_id, d.device_id, d.wake_schedule_cron,
        (select count(*) from slot as o where o.wake_schedule_cron = d.wake_schedule_cron and o.slot_at >= d.counts_from),
        d.counts_from, v_day.ends_at, d.counts_from > v_day.starts_at
    from device as d;

    update public.site_device_sessions as s
    set
        expected_wake_count = (
            select coalesce(sum(sd.expected_wake_count), 0) from public.site_session_devices as sd
            where sd.company_id = p_company_id and sd.session_id = s.session_id),
        status = case when v_day.starts_at <= p_now then 'in_progress' else 'pending' end,
        opened_at = case when v_day.starts_at <= p_now then p_now end,
        config_changed_flag = s.config_changed_flag or v_changed > 0,
        updated_at = p_now
    where s.company_id = p_company_id and s.session_id = v_session.session_id
    returning * into v_session;
    if v_session.ends_at <= p_now then
        update public.site_device_sessions as s
        set status = 'locked', locked_at = p_now
        where s.company_id = p_company_id and s.session_id = v_session.session_id
        returning * into v_session;
    end if;
    return v_session;
end;
$$;

comment on function private.ensure_session(uuid, uuid, date, timestamptz, uuid) is
'The session of a site and local date, made or opened where needed, with its expected count from the schedules.';
revoke all on function private.ensure_session(uuid, uuid, date, timestamptz, uuid) from public;
