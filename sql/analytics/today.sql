-- purpose: screen 1 in one answer: how the day goes at this moment, worst sites first.
-- caller: REST.
-- promise: site days that contain p_now. A slot is expected so far once its tolerance has ended; what has not come by then is missing now. Sites by missing
--   now, most first, then by id, p_limit of them (at most 200) after the given pair ("next" has it); totals are of all. A site's strip: one dot an
--   instant at which devices are expected, with its state (missing, failed, due, upcoming, pending or complete, the first that holds for
--   one of them). Reads rollups, which follow within seconds; row level security decides what is seen.
create or replace function public.today(
    p_limit int default 20,
    p_after_missing int default null,
    p_after_site_id uuid default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_totals jsonb;
    v_sites jsonb;
    v_next jsonb;
    v_late jsonb;
begin
    if p_limit is null or p_limit < 1 then
        perform private.fail('bad_input', 'p_limit: at least 1');
    end if;
    if p_limit > 200 then
        perform private.fail('limit_too_large', 'p_limit: at most 200');
    end if;

    with day as materialized (
        -- width_bucket(x, sorted array): how many of its elements are <= x. The 0th element is null: nothing expected so far.
        select
            r.company_id, r.session_id, r.site_id, r.expected_wake_count as expected, r.completed_wake_count as completed,
            r.failed_wake_count as failed, r.pending_wake_count as pending, r.extra_wake_count as extra,
            coalesce(r.expected_by_deadline[k.n], 0) as so_far,
            coalesce(r.expected_by_deadline[k.n] - r.received_by_deadline[k.n], 0) as missing
        from public.site_day_rollups as r
        cross join lateral (select width_bucket(p_now, r.slot_deadline) as n) as k
        where r.ends_at > p_now and r.starts_at <= p_now
    ), page as materialized (
        select d.*
        from day as d
        where p_after_missing is null or d.missing < p_after_missing or (d.missing = p_after_missing and d.site_id > p_after_site_id)
        order by d.missing desc, d.site_id
        limit p_limit
    )
    select
        (select jsonb_build_object(
            'sites', count(*), 'expected', coalesce(sum(d.expected), 0), 'expected_so_far', coalesce(sum(d.so_far), 0),
            'received', coalesce(sum(d.completed + d.failed + d.pending), 0), 'missing_now', coalesce(sum(d.missing), 0),
            'completed', coalesce(sum(d.completed), 0), 'failed', coalesce(sum(d.failed), 0), 'extra', coalesce(sum(d.extra), 0))
        from day as d),
        (select jsonb_agg(jsonb_build_object(
            'site_id', d.site_id, 'name', t.name, 'timezone', r.timezone, 'program_id', r.program_id, 'session_id', d.session_id,
            'session_date', r.rollup_date, 'starts_at', r.starts_at, 'ends_at', r.ends_at, 'device_count', r.device_count,
            'expected', d.expected, 'expected_so_far', d.so_far, 'received', d.completed + d.failed + d.pending, 'missing_now', d.missing,
            'completed', d.completed, 'failed', d.failed, 'pending', d.pending, 'extra', d.extra, 'strip', s.strip) order by d.missing desc, d.site_id)
        from page as d
        join public.site_day_rollups as r on r.company_id = d.company_id and r.session_id = d.session_id
        join public.sites as t on t.company_id = d.company_id and t.site_id = d.site_id
        cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object(
                'slot_at', a.slot_at, 'expected', a.expected, 'received', a.completed + a.failed + a.pending,
                'state', case
                    when a.deadline <= p_now and a.expected > a.completed + a.failed + a.pending then 'missing'
                    when a.failed > 0 then 'failed'
                    when a.expected > a.completed + a.failed + a.pending and a.slot_at <= p_now then 'due'
                    when a.expected > a.completed + a.failed + a.pending then 'upcoming'
                    when a.pending > 0 then 'pending'
                    else 'complete'
                end) order by a.slot_at), '[]') as strip
            from unnest(r.slot_at, r.slot_deadline, r.slot_expected, r.slot_completed, r.slot_failed, r.slot_pending)
                as a (slot_at, deadline, expected, completed, failed, pending)
        ) as s),
        (select jsonb_build_object('p_after_missing', (array_agg(d.missing order by d.missing, d.site_id desc))[1],
            'p_after_site_id', (array_agg(d.site_id order by d.missing, d.site_id desc))[1])
        from page as d
        having count(*) = p_limit and count(*) < (select count(*) from day))
    into v_totals, v_sites, v_next;

    -- Late and silent as everywhere (states_of_devices), asked of the 50 whose wake passed longest ago; "more": there are others.
    with candidate as materialized (
        select d.company_id, d.device_id, d.name, d.site_id, d.next_wake_at, d.last_seen_at, d.battery_voltage
        from public.devices as d
        where d.kind = 'camera' and d.archived_at is null and d.next_wake_at <= p_now
        order by d.next_wake_at, d.device_id
        limit 51
    ), late as materialized (
        select c.device_id, c.name, c.site_id, n.state, n.missed_wake_count, c.next_wake_at, c.last_seen_at, c.battery_voltage
        from private.states_of_devices(
            (select c.company_id from candidate as c limit 1), array(select c.device_id from candidate as c limit 50), p_now) as n
        join candidate as c on c.device_id = n.device_id
        where n.state in ('late', 'silent')
    )
    select jsonb_build_object(
        'count', (select count(*) from late), 'more', (select count(*) > 50 from candidate),
        'longest', coalesce((
            select jsonb_agg(to_jsonb(l))
            from (select * from late as l order by l.next_wake_at, l.device_id limit 20) as l), '[]'))
    into v_late;

    return jsonb_build_object(
        'as_of', p_now, 'totals', v_totals, 'sites', coalesce(v_sites, '[]'), 'next', v_next,
        'open_alerts', (
            select jsonb_build_object(
                'count', count(*), 'critical', count(*) filter (where a.severity = 'critical'),
                'error', count(*) filter (where a.severity = 'error'), 'warning', count(*) filter (where a.severity = 'warning'),
                'newest', coalesce((
                    select jsonb_agg(to_jsonb(n))
                    from (
                        select
                            b.alert_id, b.alert_type, b.severity, b.status, b.device_id, b.site_id, b.session_id, b.image_id, b.deployment_id, b.message,
                            b.occurrence_count, b.first_seen_at, b.last_seen_at
                        from public.device_alerts as b
                        where b.status <> 'resolved'
                        order by b.last_seen_at desc, b.alert_id
                        limit 20
                    ) as n), '[]'))
            from public.device_alerts as a
            where a.status <> 'resolved'),
        'late_devices', v_late,
        'running', coalesce((
            select jsonb_agg(to_jsonb(n))
            from (
                select
                    r.deployment_id, r.experiment_id, e.name as experiment_name, r.device_id, d.name as device_name, r.status, r.deployed_at, r.started_at
                from public.experiment_deployments as r
                join public.experiments as e on e.company_id = r.company_id and e.experiment_id = r.experiment_id
                join public.devices as d on d.company_id = r.company_id and d.device_id = r.device_id
                where r.status in ('pending', 'acked', 'running')
                order by r.deployed_at desc, r.deployment_id
                limit 50
            ) as n), '[]'));
end;
$$;

comment on function public.today(int, int, uuid, timestamptz) is
'The day at this moment: totals, sites worst first with their strips, open alerts, late devices, runs.';
revoke all on function public.today(int, int, uuid, timestamptz) from public;
grant execute on function public.today(int, int, uuid, timestamptz) to authenticated, service_role;
