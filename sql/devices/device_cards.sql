-- purpose: what a list shows of devices: one object each.
-- caller: public.devices_page, public.device_page.
-- promise: in the order of the ids; only devices of the company that the caller may read. The state is private.states_of_devices'. today: the
--   site day that contains p_now, counts of the rollups, which follow within seconds; null without a session or a part in it. A device costs a few look-ups by key.
create or replace function private.device_cards(
    p_company_id uuid,
    p_device_ids uuid[],
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'device_id', d.device_id, 'device_mac', d.device_mac, 'name', d.name, 'kind', d.kind, 'site_id', d.site_id, 'site_name', s.name,
            'timezone', s.timezone, 'program_id', s.program_id, 'state', n.state, 'missed_wake_count', n.missed_wake_count,
            'slot_at', n.slot_at, 'late_at', n.late_at, 'wake_schedule_cron', d.wake_schedule_cron, 'last_seen_at', d.last_seen_at,
            'next_wake_at', d.next_wake_at, 'battery_voltage', d.battery_voltage, 'wifi_rssi', d.wifi_rssi,
            'firmware_version', d.firmware_version, 'agent_version', d.agent_version, 'archived_at', d.archived_at,
            'today', t.today, 'run', r.run, 'open_alerts', a.open_alerts) order by k.ordinality), '[]')
        from unnest(p_device_ids) with ordinality as k (device_id, ordinality)
        join public.devices as d on d.company_id = p_company_id and d.device_id = k.device_id
        left join private.states_of_devices(p_company_id, p_device_ids, p_now) as n on n.device_id = d.device_id
        left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
        left join lateral (
            select jsonb_build_object(
                'session_id', e.session_id, 'session_date', e.session_date, 'expected', c.expected_wake_count,
                'received', c.completed_wake_count + c.failed_wake_count + c.pending_wake_count, 'completed', c.completed_wake_count,
                'failed', c.failed_wake_count, 'pending', c.pending_wake_count, 'extra', c.extra_wake_count) as today
            from public.site_device_sessions as e
            join public.device_day_rollups as c on c.company_id = e.company_id and c.session_id = e.session_id and c.device_id = d.device_id
            where e.company_id = d.company_id and e.site_id = d.site_id
                -- the dates that some zone may have now, so that the key is enough
                and e.session_date between (p_now at time zone 'UTC')::date - 1 and (p_now at time zone 'UTC')::date + 1
                and e.starts_at <= p_now and e.ends_at > p_now
            order by e.starts_at desc
            limit 1
        ) as t on true
        left join lateral (
            select jsonb_build_object(
                'deployment_id', x.deployment_id, 'experiment_id', x.experiment_id, 'experiment_name', g.name, 'status', x.status,
                'deployed_at', x.deployed_at, 'started_at', x.started_at) as run
            from public.experiment_deployments as x
            join public.experiments as g on g.company_id = x.company_id and g.experiment_id = x.experiment_id
            where x.company_id = d.company_id and x.device_id = d.device_id and x.status in ('pending', 'acked', 'running')
            limit 1
        ) as r on true
        cross join lateral (
            select count(*) as open_alerts
            from public.device_alerts as b
            where b.company_id = d.company_id and b.device_id = d.device_id and b.status <> 'resolved'
        ) as a
    );
end;
$$;

comment on function private.device_cards(uuid, uuid[], timestamptz) is
'Devices as a list shows them: a JSON array in the order of the ids, with state, today''s counts, current run and open alerts.';
revoke all on function private.device_cards(uuid, uuid[], timestamptz) from public;
grant execute on function private.device_cards(uuid, uuid[], timestamptz) to authenticated, service_role;
