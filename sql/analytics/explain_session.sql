-- purpose: every counter of a site day explained: the rows behind it and the rule by which each counts.
-- caller: REST, screen 2 ("every number opens the rows behind it").
-- promise: the listed rows add up to the session's counters ("adds_up" says so); row level security decides what is seen, not_found otherwise. missing =
--   max(expected - received, 0): unanswered slots less payloads in slots that are not expected any more ("surplus").
create or replace function public.explain_session(
    p_session_id uuid
) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
    v_expected jsonb;
    v_slots jsonb;
    v_groups jsonb;
    v_surplus jsonb;
    v_received int;
begin
    select * into v_session from public.site_device_sessions as s where s.session_id = p_session_id;
    if not found then
        perform private.fail('not_found', 'session');
    end if;
    v_received := v_session.completed_wake_count + v_session.failed_wake_count + v_session.pending_wake_count;

    with slot as materialized (
        select n.* from private.slots_of_days(array[v_session.company_id], array[p_session_id]) as n
    )
    select
        coalesce((
            select jsonb_agg(jsonb_build_object(
                'device_id', sd.device_id, 'name', d.name, 'wake_schedule_cron', sd.wake_schedule_cron, 'counts_from', sd.counts_from,
                'counts_until', sd.counts_until, 'added_mid_day', sd.added_mid_day, 'expected', sd.expected_wake_count,
                'slots', coalesce(n.slots, '[]')) order by d.name, sd.device_id)
            from public.site_session_devices as sd
            join public.devices as d on d.company_id = sd.company_id and d.device_id = sd.device_id
            left join (
                select k.device_id, jsonb_agg(k.slot_at order by k.slot_at) as slots from slot as k group by k.device_id
            ) as n on n.device_id = sd.device_id
            where sd.company_id = v_session.company_id and sd.session_id = p_session_id), '[]'),
        coalesce((
            select jsonb_agg(jsonb_build_object('device_id', k.device_id, 'slot_index', k.slot_index, 'slot_at', k.slot_at) order by k.slot_at, k.device_id)
            from slot as k
            where k.payload_id is null), '[]'),
        coalesce((
            select jsonb_agg(p.payload_id order by p.captured_at, p.payload_id)
            from public.device_wake_payloads as p
            where p.company_id = v_session.company_id and p.site_device_session_id = p_session_id and not p.overage_flag
                and not exists (select from slot as k where k.payload_id = p.payload_id)), '[]')
    into v_expected, v_slots, v_surplus;

    select coalesce(jsonb_object_agg(g.counts_as, g.payloads), '{}') into v_groups
    from (
        select r.counts_as, jsonb_agg(r.payload order by r.captured_at, r.payload_id) as payloads
        from (
            select
                p.payload_id, p.captured_at,
                case
                    when p.overage_flag then 'extra' when p.payload_status = 'complete' then 'completed' else p.payload_status
                end as counts_as,
                jsonb_build_object(
                    'payload_id', p.payload_id, 'device_id', p.device_id, 'image_id', p.image_id, 'captured_at', p.captured_at,
                    'received_at', p.received_at, 'wake_window_index', p.wake_window_index, 'slot_at', p.slot_at,
                    'reason', case
                        when not p.overage_flag and p.payload_status = 'complete' and p.image_id is null
                            then format('slot %s: telemetry only, complete at once', p.wake_window_index)
                        when not p.overage_flag and p.payload_status = 'complete' and p.resent_received_at is not null
                            then format('slot %s: its image is stored, by a retry', p.wake_window_index)
                        when not p.overage_flag and p.payload_status = 'complete'
                            then format('slot %s: its image is stored', p.wake_window_index)
                        when not p.overage_flag and p.payload_status = 'failed'
                            then format('slot %s: its image failed (%s)', p.wake_window_index, coalesce(i.error_code, 'no code'))
                        when not p.overage_flag
                            then format('slot %s: its image is still arriving', p.wake_window_index)
                        when first.payload_id is not null
                            then format('slot %s is taken by payload %s: one wake a slot', p.wake_window_index, first.payload_id)
                        when p.wake_window_index is null
                            then 'outside the tolerance of every slot that the device was expected in'
                        else 'the program had ended'
                    end) as payload
            from public.device_wake_payloads as p
            left join public.device_images as i on i.company_id = p.company_id and i.image_id = p.image_id
            left join public.device_wake_payloads as first
                on p.overage_flag and first.company_id = p.company_id and first.device_id = p.device_id
                and first.site_device_session_id = p.site_device_session_id and first.slot_at = p.slot_at
                and not first.overage_flag
            where p.company_id = v_session.company_id and p.site_device_session_id = p_session_id
        ) as r
        group by r.counts_as
    ) as g;
    v_groups := '{"completed": [], "failed": [], "pending": [], "extra": []}'::jsonb || v_groups;

    return jsonb_build_object(
        'session', to_jsonb(v_session),
        'expected', jsonb_build_object(
            'count', v_session.expected_wake_count, 'devices', v_expected,
            'rule', 'slots of each device''s schedule in the site''s zone with counts_from <= slot < counts_until; frozen when the day began, final at the lock'),
        'completed', jsonb_build_object(
            'count', v_session.completed_wake_count, 'payloads', v_groups -> 'completed', 'rule', 'payloads complete and not overage'),
        'failed', jsonb_build_object(
            'count', v_session.failed_wake_count, 'payloads', v_groups -> 'failed', 'rule', 'payloads failed and not overage'),
        'pending', jsonb_build_object(
            'count', v_session.pending_wake_count, 'payloads', v_groups -> 'pending', 'rule', 'payloads still pending and not overage'),
        'extra', jsonb_build_object(
            'count', v_session.extra_wake_count, 'payloads', v_groups -> 'extra',
            'rule', 'overages: a second wake in a slot, or one outside every slot; never completed'),
        'received', jsonb_build_object('count', v_received, 'rule', 'completed + failed + pending'),
        'missing', jsonb_build_object(
            'count', greatest(v_session.expected_wake_count - v_received, 0), 'slots', v_slots, 'surplus', v_surplus,
            'rule', 'max(expected - received, 0) = unanswered slots - payloads in slots that are not expected any more (surplus)'),
        'completeness', jsonb_build_object(
            'pct', round(100.0 * least(v_session.completed_wake_count, v_session.expected_wake_count) / nullif(v_session.expected_wake_count, 0), 2),
            'band', public.completeness_band(v_session.completed_wake_count, v_session.expected_wake_count),
            'rule', 'completed / expected; null when nothing was expected'),
        'adds_up',
        (select coalesce(sum((e ->> 'expected')::int), 0) = v_session.expected_wake_count
            and coalesce(sum(jsonb_array_length(e -> 'slots')), 0) = v_session.expected_wake_count
        from jsonb_array_elements(v_expected) as e)
        and jsonb_array_length(v_groups -> 'completed') = v_session.completed_wake_count
        and jsonb_array_length(v_groups -> 'failed') = v_session.failed_wake_count
        and jsonb_array_length(v_groups -> 'pending') = v_session.pending_wake_count
        and jsonb_array_length(v_groups -> 'extra') = v_session.extra_wake_count
        and jsonb_array_length(v_slots) - jsonb_array_length(v_surplus) = v_session.expected_wake_count - v_received);
end;
$$;

comment on function public.explain_session(uuid) is
'The rows and the rule behind every counter of a site day; adds_up: the rows equal the counters.';
revoke all on function public.explain_session(uuid) from public;
grant execute on function public.explain_session(uuid) to authenticated, service_role;
