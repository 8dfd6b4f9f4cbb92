-- purpose: site days summed from the rollups of their devices, with the dots of the strip.
-- caller: private.refresh_rollups, private.verify_rollups.
-- promise: a dot is an instant at which devices were expected, with what became of it (private.slots_of_days).
--   The dots' expected counts add up to the session's.
create or replace function private.count_site_days(
    p_company_ids uuid[],
    p_session_ids uuid[]
) returns setof public.site_day_rollups
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    with day as materialized (
        select s.company_id, s.session_id, s.site_id, s.program_id, s.session_date, s.timezone, s.starts_at, s.ends_at
        from unnest(p_company_ids, p_session_ids) as u (company_id, session_id)
        join public.site_device_sessions as s on s.company_id = u.company_id and s.session_id = u.session_id
    ), dot as (
        select
            p.company_id, p.session_id, p.slot_at, p.slot_deadline as deadline, count(*)::int as expected,
            (count(*) filter (where p.payload_status = 'complete'))::int as completed,
            (count(*) filter (where p.payload_status = 'failed'))::int as failed,
            (count(*) filter (where p.payload_status = 'pending'))::int as pending
        from private.slots_of_days(p_company_ids, p_session_ids) as p
        group by p.company_id, p.session_id, p.slot_at, p.slot_deadline
    ), strip as (
        select
            r.company_id, r.session_id, array_agg(r.slot_at order by r.n) as slot_at, array_agg(r.deadline order by r.n) as slot_deadline,
            array_agg(r.expected order by r.n) as expected, array_agg(r.completed order by r.n) as completed,
            array_agg(r.failed order by r.n) as failed, array_agg(r.pending order by r.n) as pending,
            array_agg(r.expected_sum order by r.n) as expected_sum, array_agg(r.received_sum order by r.n) as received_sum
        from (
            select
                t.*, row_number() over k as n, (sum(t.expected) over k)::int as expected_sum,
                (sum(t.completed + t.failed + t.pending) over k)::int as received_sum
            from dot as t
            window k as (partition by t.company_id, t.session_id order by t.deadline, t.slot_at rows unbounded preceding)
        ) as r
        group by r.company_id, r.session_id
    ), summed as (
        select
            d.company_id, d.session_id, count(r.device_id)::int as devices, coalesce(sum(r.expected_wake_count), 0)::int as expected,
            coalesce(sum(r.completed_wake_count), 0)::int as completed, coalesce(sum(r.failed_wake_count), 0)::int as failed,
            coalesce(sum(r.pending_wake_count), 0)::int as pending, coalesce(sum(r.extra_wake_count), 0)::int as extra,
            row(
                coalesce(sum((r.temperature).value_count), 0), sum((r.temperature).value_sum), min((r.temperature).value_min), max((r.temperature).value_max)
            )::public.value_summary as temperature,
            row(
                coalesce(sum((r.humidity).value_count), 0), sum((r.humidity).value_sum), min((r.humidity).value_min), max((r.humidity).value_max)
            )::public.value_summary as humidity,
            row(
                coalesce(sum((r.pressure).value_count), 0), sum((r.pressure).value_sum), min((r.pressure).value_min), max((r.pressure).value_max)
            )::public.value_summary as pressure,
            row(
                coalesce(sum((r.gas_resistance).value_count), 0), sum((r.gas_resistance).value_sum), min((r.gas_resistance).value_min), max((r.gas_resistance).value_max)
            )::public.value_summary as gas_resistance,
            row(
                coalesce(sum((r.battery_voltage).value_count), 0), sum((r.battery_voltage).value_sum), min((r.battery_voltage).value_min), max((r.battery_voltage).value_max)
            )::public.value_summary as battery_voltage,
            row(
                coalesce(sum((r.wifi_rssi).value_count), 0), sum((r.wifi_rssi).value_sum), min((r.wifi_rssi).value_min), max((r.wifi_rssi).value_max)
            )::public.value_summary as wifi_rssi
        from day as d
        left join public.device_day_rollups as r on r.company_id = d.company_id and r.session_id = d.session_id
        group by d.company_id, d.session_id
    )
    select
        d.company_id, d.session_id, d.site_id, d.program_id, d.session_date, d.timezone, d.starts_at, d.ends_at, n.devices, n.expected,
        n.completed, n.failed, n.pending, n.extra,
        n.temperature, n.humidity, n.pressure, n.gas_resistance, n.battery_voltage, n.wifi_rssi,
        coalesce(t.slot_at, '{}'), coalesce(t.slot_deadline, '{}'), coalesce(t.expected, '{}'), coalesce(t.completed, '{}'),
        coalesce(t.failed, '{}'), coalesce(t.pending, '{}'), coalesce(t.expected_sum, '{}'), coalesce(t.received_sum, '{}'), now()
    from day as d
    join summed as n on n.company_id = d.company_id and n.session_id = d.session_id
    left join strip as t on t.company_id = d.company_id and t.session_id = d.session_id;
end;
$$;

comment on function private.count_site_days(uuid[], uuid[]) is 'Site days summed from the rollups of their devices, with the dots of the strip.';
revoke all on function private.count_site_days(uuid[], uuid[]) from public;
