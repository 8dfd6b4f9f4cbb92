-- purpose: cameras join or leave a site's running day.
-- caller: place_camera, unmap_device, archive_device, import_devices.
-- promise: their slots from (or until) that instant count, the rest does not, and a slot that has its wake stays; who comes back keeps what was expected
--   before. The expected count follows and config_changed_flag is set. Who joins has the schedule of its row; who counts already stays as it is, and so
--   does a day that is not in progress. Set-based.
create or replace function private.set_session_devices(
    p_company_id uuid,
    p_session_id uuid,
    p_device_ids uuid[],
    p_joins boolean,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
    v_ended boolean;
    v_at timestamptz;
    v_changed int;
begin
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.session_id = p_session_id and s.status = 'in_progress'
    for no key update;
    if not found then
        return;
    end if;
    select coalesce(g.end_date < v_session.session_date, false) into strict v_ended
    from public.pilot_programs as g
    where g.company_id = p_company_id and g.program_id = v_session.program_id;

    v_at := greatest(p_now, v_session.starts_at);

    with part as materialized (
        select d.device_id, d.wake_schedule_cron, sd.wake_schedule_cron as old_cron, sd.counts_from, sd.counts_until, sd.kept_slots
        from public.devices as d
        left join public.site_session_devices as sd
            on sd.company_id = d.company_id and sd.session_id = p_session_id and sd.device_id = d.device_id
        where d.company_id = p_company_id and d.device_id = any (p_device_ids)
            and p_joins is distinct from coalesce(sd.counts_until >= v_session.ends_at, false)
    ), slot as materialized (
        select c.cron, o.slot_at
        from (select p.wake_schedule_cron as cron from part as p union select p.old_cron from part as p) as c
        cross join lateral private.day_slots(c.cron, v_session.session_date, v_session.timezone) as o
        where not v_ended
    ), planned as (
        -- What the schedule says within the new bounds.
        select p.device_id, o.slot_at
        from part as p
        join slot as o on o.cron = case when p_joins then p.wake_schedule_cron else p.old_cron end
        where case when p_joins then o.slot_at >= v_at else o.slot_at >= p.counts_from and o.slot_at < v_at end
    ), kept as (
        select p.device_id, k.slot_at
        from part as p
        cross join lateral unnest(p.kept_slots) as k (slot_at)
        union
        select p.device_id, o.slot_at
        from part as p
        join slot as o on o.cron = p.old_cron
        where o.slot_at >= p.counts_from and o.slot_at < least(p.counts_until, v_at)
        union
        select p.device_id, w.slot_at
        from part as p
        join public.device_wake_payloads as w
            on w.company_id = p_company_id and w.site_device_session_id = p_session_id and w.device_id = p.device_id and not w.overage_flag
        except
        select n.device_id, n.slot_at from planned as n
    ), counted as (
        select p.device_id, coalesce(k.slots, '{}') as kept_slots, (select count(*) from planned as n where n.device_id = p.device_id)::int as planned
        from part as p
        left join (
            select e.device_id, array_agg(e.slot_at order by e.slot_at) as slots from kept as e group by e.device_id
        ) as k on k.device_id = p.device_id
    )
    insert into public.site_session_devices as sd (
        company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until, added_mid_day, kept_slots)
    select
        p_company_id, p_session_id, p.device_id, case when p_joins then p.wake_schedule_cron else p.old_cron end,
        n.planned + cardinality(n.kept_slots), case when p_joins then v_at else p.counts_from end,
        case when p_joins then v_session.ends_at else greatest(v_at, p.counts_from) end, true, n.kept_slots
    from part as p
    join counted as n on n.device_id = p.device_id
    on conflict (company_id, session_id, device_id) do update
    set
        expected_wake_count = excluded.expected_wake_count,
        counts_from = excluded.counts_from,
        counts_until = excluded.counts_until,
        wake_schedule_cron = excluded.wake_schedule_cron,
        kept_slots = excluded.kept_slots;
    get diagnostics v_changed = row_count;
    if v_changed = 0 then
        return;
    end if;

    update public.site_device_sessions as s
    set
        expected_wake_count = (
            select coalesce(sum(sd.expected_wake_count), 0) from public.site_session_devices as sd
            where sd.company_id = p_company_id and sd.session_id = p_session_id),
        config_changed_flag = true,
        updated_at = p_now
    where s.company_id = p_company_id and s.session_id = p_session_id;
    perform private.mark_rollups(array[p_company_id], array[p_session_id]);
end;
$$;

comment on function private.set_session_devices(uuid, uuid, uuid[], boolean, timestamptz) is
'Adds the remaining slots of cameras to a running site day, or removes them.';
revoke all on function private.set_session_devices(uuid, uuid, uuid[], boolean, timestamptz) from public;
