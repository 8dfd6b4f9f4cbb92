-- purpose: how devices are, in a word: the one place that says late or silent.
-- caller: the view device_states, devices?select=*,state, the jobs that raise alerts.
-- promise: set-based; one row a device of the company. Cameras, from the schedule in force: a slot is missed when its tolerance has passed and the
--   camera was not heard since its window began. none missed: asleep, or due between a slot and the end of its tolerance; 1: late; 2 or more: silent.
--   unscheduled: nothing is expected (no site or an archived one, no schedule, not active, program over). Rigs: offline, online, running. Or archived. Counts at most 7 days back
--   (sparse schedules: 800). slot_at: the newest slot that was due; late_at: when its tolerance ends.
create or replace function private.states_of_devices(
    p_company_id uuid,
    p_device_ids uuid[],
    p_now timestamptz default now()
) returns table (
    device_id uuid,
    state text,
    missed_wake_count int,
    slot_at timestamptz,
    late_at timestamptz
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    return query
    with device as materialized (
        select
            d.device_id, d.kind, d.archived_at, d.last_seen_at, d.last_will_at, d.wake_schedule_cron as cron, s.timezone,
            coalesce(d.mapped_at, d.created_at) as mapped_at, changed.at as changed_at,
            d.is_active and btrim(d.wake_schedule_cron) <> '' and g.program_id is not null and s.archived_at is null
            and coalesce(g.end_date >= private.local_date(p_now, s.timezone), true) as is_scheduled
        from unnest(p_device_ids) as k (device_id)
        join public.devices as d on d.company_id = p_company_id and d.device_id = k.device_id
        left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
        left join public.pilot_programs as g on g.company_id = s.company_id and g.program_id = s.program_id
        left join lateral (
            select (private.local_day(private.local_date(max(c.applied_at), s.timezone), s.timezone)).starts_at as at
            from public.device_schedule_changes as c
            where c.company_id = d.company_id and c.device_id = d.device_id and c.applied_at > d.last_seen_at
        ) as changed on true
    ), segment as materialized (
        -- The present schedule, and where it changed while the camera was away, what the days before had frozen.
        select d.device_id, d.cron, d.timezone, d.last_seen_at, greatest(d.mapped_at, d.changed_at) as lo, 'infinity'::timestamptz as hi
        from device as d
        where d.kind = 'camera' and d.archived_at is null and d.is_scheduled
        union all
        select d.device_id, sd.wake_schedule_cron, s.timezone, d.last_seen_at, greatest(d.mapped_at, sd.counts_from, s.starts_at),
            least(sd.counts_until, s.ends_at, d.changed_at)
        from device as d
        join public.site_session_devices as sd
            on sd.company_id = p_company_id and sd.device_id = d.device_id and sd.wake_schedule_cron is not null
        join public.site_device_sessions as s
            on s.company_id = sd.company_id and s.session_id = sd.session_id and s.starts_at < d.changed_at and s.ends_at > d.last_seen_at
            and s.ends_at > p_now - interval '7 days'
        where d.kind = 'camera' and d.archived_at is null and d.is_scheduled and d.changed_at is not null
    ), pair as materialized (
        -- Cameras share schedules: each is enumerated once, from the contact that was longest ago.
        select g.cron, g.timezone, greatest(min(greatest(g.lo, g.last_seen_at)), p_now - interval '7 days') as since,
            bool_or(greatest(g.lo, g.last_seen_at) < p_now - interval '7 days') as reaches_back
        from segment as g
        group by g.cron, g.timezone
    ), near as materialized (
        select p.*, o.at
        from pair as p
        cross join lateral public.fn_cron_occurrences(
            p.cron, p.since - interval '2 hours', p_now + interval '2 hours', p.timezone) as o (at)
    ), far as materialized (
        select p.cron, p.timezone, o.at
        from pair as p
        cross join lateral public.fn_cron_occurrences(
            p.cron, p_now - interval '800 days', p.since - interval '2 hours', p.timezone) as o (at)
        where p.reaches_back
            and (select count(*) from near as n where n.cron = p.cron and n.timezone = p.timezone) < 3
    ), slot as materialized (
        select n.cron, n.timezone, n.at, n.at >= n.since as counts from near as n
        union all
        select f.cron, f.timezone, f.at, true from far as f
    ), schedule as materialized (
        -- A slot's window: min(60 min, half the gap) on both sides.
        select
            w.cron, w.timezone, array_agg(w.at order by w.at) as slots,
            array_agg(w.at - least(interval '60 minutes', (w.at - w.before) / 2) order by w.at) as opens,
            array_agg(w.at + least(interval '60 minutes', (w.after - w.at) / 2) order by w.at) as closes
        from (
            select
                o.cron, o.timezone, o.at, o.counts, lag(o.at) over k as before, lead(o.at) over k as after
            from slot as o
            window k as (partition by o.cron, o.timezone order by o.at)
        ) as w
        where w.counts
        group by w.cron, w.timezone
    ), counted as materialized (
        -- width_bucket(x, sorted array) is how many of its elements are <= x.
        select
            g.device_id, sum(greatest(least(c.closed, c.before_hi) - c.heard, 0))::int as missed,
            bool_or(c.begun > greatest(c.closed, c.heard) and c.begun <= c.before_hi) as is_due,
            max(case when least(c.begun, c.before_hi) > c.heard then a.slots[least(c.begun, c.before_hi)] end) as slot_at,
            max(case when least(c.begun, c.before_hi) > c.heard then a.closes[least(c.begun, c.before_hi)] end) as late_at
        from segment as g
        join schedule as a on a.cron = g.cron and a.timezone = g.timezone
        cross join lateral (
            select
                width_bucket(p_now, a.closes) as closed, width_bucket(p_now, a.slots) as begun,
                width_bucket(g.hi - interval '1 microsecond', a.slots) as before_hi,
                greatest(
                    width_bucket(coalesce(g.last_seen_at, '-infinity'), a.opens),
                    width_bucket(g.lo - interval '1 microsecond', a.slots)) as heard
        ) as c
        group by g.device_id
    )
    select
        d.device_id,
        case
            when d.archived_at is not null then 'archived'
            when d.kind = 'rig' then
                case
                    when not private.is_online(d.last_seen_at, d.last_will_at, p_now) then 'offline'
                    when exists (
                        select from public.experiment_deployments as r
                        where r.company_id = p_company_id and r.device_id = d.device_id and r.status = 'running'
                    ) then 'running'
                    else 'online'
                end
            when d.is_scheduled is not true then 'unscheduled'
            when n.missed >= 2 then 'silent'
            when n.missed = 1 then 'late'
            when n.is_due then 'due'
            else 'asleep'
        end,
        case when d.kind = 'camera' and d.archived_at is null and d.is_scheduled then coalesce(n.missed, 0) end,
        n.slot_at, n.late_at
    from device as d
    left join counted as n on n.device_id = d.device_id;
end;
$$;

comment on function private.states_of_devices(uuid, uuid[], timestamptz) is
'The state of devices of a company: cameras asleep, due, late, silent, unscheduled; rigs offline, online, running; archived; with the count of missed slots.';
revoke all on function private.states_of_devices(uuid, uuid[], timestamptz) from public;
grant execute on function private.states_of_devices(uuid, uuid[], timestamptz) to authenticated, service_role;
