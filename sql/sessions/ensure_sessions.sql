-- purpose: the one creator of site days, for many at a time.
-- caller: private.ensure_session, the opener and the locker.
-- promise: each session exists afterwards: pending before its day, in_progress (expected count frozen, queued schedule changes applied) during it,
--   locked from the start when it is over. A device mapped later than the day counts only when it is the one that sent data.
create or replace function private.ensure_sessions(
    p_company_ids uuid[],
    p_site_ids uuid[],
    p_dates date[],
    p_now timestamptz default now(),
    p_evidence_device_id uuid default null
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_changed uuid[];
    v_session_ids uuid[];
begin
    perform private.hold_midnight(p_company_ids, p_site_ids);
    -- Queued changes of sites whose day it is. Materialized: applying must not be tried before the date is known to be today's.
    with due as materialized (
        select s.company_id, s.site_id, k.session_date
        from unnest(p_company_ids, p_site_ids, p_dates) as k (company_id, site_id, session_date)
        join public.sites as s on s.company_id = k.company_id and s.site_id = k.site_id
        where k.session_date = private.local_date(p_now, s.timezone)
            and exists (
                select
                from public.device_schedule_changes as c
                join public.devices as d on d.company_id = c.company_id and d.device_id = c.device_id
                where d.company_id = s.company_id and d.site_id = s.site_id and c.applied_at is null and c.superseded_at is null
                    and c.effective_date <= k.session_date)
    )
    select array_agg(d.site_id) into v_changed
    from due as d
    where private.apply_schedule_changes(d.company_id, d.site_id, d.session_date, p_now) > 0;

    with day as materialized (
        select k.timezone, k.session_date, l.starts_at, l.ends_at
        from (
            select distinct s.timezone, u.session_date
            from unnest(p_company_ids, p_site_ids, p_dates) as u (company_id, site_id, session_date)
            join public.sites as s on s.company_id = u.company_id and s.site_id = u.site_id
        ) as k
        cross join lateral private.local_day(k.session_date, k.timezone) as l
    ), made as (
        insert into public.site_device_sessions as s (
            company_id, program_id, site_id, session_date, timezone, starts_at, ends_at, created_at, updated_at)
        select t.company_id, t.program_id, t.site_id, d.session_date, t.timezone, d.starts_at, d.ends_at, p_now, p_now
        from unnest(p_company_ids, p_site_ids, p_dates) as u (company_id, site_id, session_date)
        join public.sites as t on t.company_id = u.company_id and t.site_id = u.site_id
        join day as d on d.timezone = t.timezone and d.session_date = u.session_date
        on conflict (company_id, site_id, session_date) do nothing
        returning s.session_id
    )
    select array_agg(m.session_id) into v_session_ids from made as m;
    -- Whoever made them: one transaction at a time gives them their devices and their status.
    v_session_ids := array(
        select s.session_id
        from public.site_device_sessions as s
        join unnest(p_company_ids, p_site_ids, p_dates) as u (company_id, site_id, session_date)
            on u.company_id = s.company_id and u.site_id = s.site_id and u.session_date = s.session_date
        where s.status = 'pending' and (s.starts_at <= p_now or s.session_id = any (v_session_ids))
        order by s.company_id, s.session_id
        for no key update of s);
    if cardinality(v_session_ids) = 0 then
        return;
    end if;

    delete from public.site_session_devices as sd
    where sd.company_id = any (p_company_ids) and sd.session_id = any (v_session_ids);
    with zone as materialized (
        select z.timezone, private.local_date(p_now, z.timezone) as today
        from (select distinct s.timezone from public.site_device_sessions as s where s.session_id = any (v_session_ids)) as z
    ), device as materialized (
        select
            s.company_id, s.session_id, s.session_date, s.timezone, s.starts_at, s.ends_at, p.device_id, p.wake_schedule_cron,
            case
                when p.device_id = p_evidence_device_id then s.starts_at else greatest(s.starts_at, p.mapped_at)
            end as counts_from,
            coalesce(g.end_date < s.session_date, false) as has_ended
        from public.site_device_sessions as s
        join zone as z on z.timezone = s.timezone
        join public.pilot_programs as g on g.company_id = s.company_id and g.program_id = s.program_id
        cross join lateral private.schedules_on(s.company_id, s.site_id, s.session_date, z.today) as p
        where s.session_id = any (v_session_ids)
            and (p.mapped_at is null or p.mapped_at < s.ends_at or p.device_id = p_evidence_device_id)
    ), slot as materialized (
        select c.wake_schedule_cron, c.session_date, c.timezone, array_agg(o.slot_at) as slots
        from (
            select distinct d.wake_schedule_cron, d.session_date, d.timezone
            from device as d
            where d.wake_schedule_cron is not null and not d.has_ended
        ) as c
        cross join lateral private.day_slots(c.wake_schedule_cron, c.session_date, c.timezone) as o
        group by c.wake_schedule_cron, c.session_date, c.timezone
    )
    insert into public.site_session_devices
        (company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until, added_mid_day)
    select
        d.company_id, d.session_id, d.device_id, d.wake_schedule_cron,
        case
            when o.slots is null or d.has_ended then 0
            when d.counts_from <= d.starts_at then cardinality(o.slots)
            else (select count(*) from unnest(o.slots) as a (slot_at) where a.slot_at >= d.counts_from)
        end,
        d.counts_from, d.ends_at, d.counts_from > d.starts_at
    from device as d
    left join slot as o
        on o.wake_schedule_cron = d.wake_schedule_cron and o.session_date = d.session_date and o.timezone = d.timezone;

    -- A wake that came before its day keeps its slot, also where the camera or the slot is gone since.
    insert into public.site_session_devices as sd
        (company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until, kept_slots)
    select s.company_id, s.session_id, p.device_id, null, count(*), s.starts_at, s.starts_at, array_agg(p.slot_at)
    from public.site_device_sessions as s
    cross join lateral (
        select w.device_id, w.slot_at
        from public.device_wake_payloads as w
        where w.company_id = s.company_id and w.site_device_session_id = s.session_id and not w.overage_flag
        offset 0
    ) as p
    where s.session_id = any (v_session_ids) and not exists (
        select
        from public.site_session_devices as e
        cross join lateral private.day_slots(e.wake_schedule_cron, s.session_date, s.timezone) as o
        where e.company_id = s.company_id and e.session_id = s.session_id and e.device_id = p.device_id
            and o.slot_at = p.slot_at and o.slot_at >= e.counts_from)
    group by s.company_id, s.session_id, p.device_id, s.starts_at
    on conflict (company_id, session_id, device_id) do update
    set expected_wake_count = sd.expected_wake_count + excluded.expected_wake_count, kept_slots = excluded.kept_slots;

    update public.site_device_sessions as s
    set
        expected_wake_count = (
            select coalesce(sum(sd.expected_wake_count), 0)
            from public.site_session_devices as sd
            where sd.company_id = s.company_id and sd.session_id = s.session_id),
        status = case when s.starts_at <= p_now then 'in_progress' else 'pending' end,
        opened_at = case when s.starts_at <= p_now then p_now end,
        config_changed_flag = s.config_changed_flag or s.site_id = any (coalesce(v_changed, '{}'))
            or exists (
                select from public.site_session_devices as sd
                where sd.company_id = s.company_id and sd.session_id = s.session_id and sd.added_mid_day),
        updated_at = p_now
    where s.session_id = any (v_session_ids);
    update public.site_device_sessions as s
    set status = 'locked', locked_at = p_now
    where s.session_id = any (v_session_ids) and s.status = 'in_progress' and s.ends_at <= p_now;
    perform private.mark_rollups(array_agg(s.company_id), array_agg(s.session_id))
    from public.site_device_sessions as s
    where s.session_id = any (v_session_ids);
end;
$$;

comment on function private.ensure_sessions(uuid[], uuid[], date[], timestamptz, uuid) is
'Makes or opens the sessions of sites and local dates, with their expected counts from the schedules.';
revoke all on function private.ensure_sessions(uuid[], uuid[], date[], timestamptz, uuid) from public;
