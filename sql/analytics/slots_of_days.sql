-- purpose: what was expected on site days, slot by slot and device by device, and what answered each slot.
-- caller: private.count_site_days; explain_session, site_day (there row level security decides).
-- promise: one row a device and slot, from the schedules, times and kept slots frozen in site_session_devices: as many as expected_wake_count. slot_index is the
--   number in the whole day; from slot_deadline on (slot + min(60 min, half the gap to the next slot)) an unanswered slot is missing. payload_* null:
--   unanswered. Schedules that devices share are enumerated once.
create or replace function private.slots_of_days(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns table (
    company_id uuid,
    session_id uuid,
    device_id uuid,
    slot_index int,
    slot_at timestamptz,
    slot_deadline timestamptz,
    payload_id uuid,
    payload_status text
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    return query
    with planned as materialized (
        select
            s.company_id, s.session_id, sd.device_id, sd.wake_schedule_cron, s.timezone, s.starts_at, s.ends_at, sd.counts_from, sd.counts_until,
            sd.kept_slots
        from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
        join public.site_device_sessions as s on s.company_id = u.company_id and s.session_id = u.session_id
        join public.site_session_devices as sd on sd.company_id = s.company_id and sd.session_id = s.session_id
        where sd.expected_wake_count > 0
    ), schedule as materialized (
        select
            o.wake_schedule_cron, o.timezone, o.starts_at, array_agg(o.at order by o.at) as slots,
            array_agg(o.at + least(interval '60 minutes', (o.next_at - o.at) / 2) order by o.at) as deadlines
        from (
            select c.*, n.at, lead(n.at) over (partition by c.wake_schedule_cron, c.timezone, c.starts_at order by n.at) as next_at
            from (
                select distinct p.wake_schedule_cron, p.timezone, p.starts_at, p.ends_at from planned as p
            ) as c
            -- Two hours more: the next day's first slot bounds the last one's tolerance.
            cross join lateral public.fn_cron_occurrences(
                c.wake_schedule_cron, c.starts_at, c.ends_at + interval '2 hours', c.timezone) as n (at)
        ) as o
        where o.at < o.ends_at
        group by o.wake_schedule_cron, o.timezone, o.starts_at
    )
    select p.company_id, p.session_id, p.device_id, k.slot_index::int, k.slot_at, k.slot_deadline, a.payload_id, a.payload_status
    from planned as p
    join schedule as c on c.wake_schedule_cron = p.wake_schedule_cron and c.timezone = p.timezone and c.starts_at = p.starts_at
    cross join lateral unnest(c.slots, c.deadlines) with ordinality as k (slot_at, slot_deadline, slot_index)
    -- By the index that decides who has a slot, so that no statistics are needed to find it.
    left join public.device_wake_payloads as a
        on a.company_id = p.company_id and a.device_id = p.device_id and a.site_device_session_id = p.session_id
        and a.slot_at = k.slot_at and not a.overage_flag
    where (k.slot_at >= p.counts_from and k.slot_at < p.counts_until) or k.slot_at = any (p.kept_slots)
    union all
    -- Kept from another schedule than the camera's last one of the day.
    select
        p.company_id, p.session_id, p.device_id, a.wake_window_index, k.slot_at, k.slot_at + interval '60 minutes', a.payload_id, a.payload_status
    from planned as p
    cross join lateral unnest(p.kept_slots) as k (slot_at)
    left join schedule as c on c.wake_schedule_cron = p.wake_schedule_cron and c.timezone = p.timezone and c.starts_at = p.starts_at
    left join public.device_wake_payloads as a
        on a.company_id = p.company_id and a.device_id = p.device_id and a.site_device_session_id = p.session_id
        and a.slot_at = k.slot_at and not a.overage_flag
    where k.slot_at <> all (coalesce(c.slots, '{}'));
end;
$$;

comment on function private.slots_of_days(uuid[], uuid[]) is 'The expected slots of site days by device, with the payload that answered each.';
revoke all on function private.slots_of_days(uuid[], uuid[]) from public;
grant execute on function private.slots_of_days(uuid[], uuid[]) to authenticated, service_role;
