-- One site day of every site, back days ago: hourly wakes of every camera up to now; three in a hundred are missing, two failed.
with day as (
    insert into public.site_device_sessions (
        company_id, program_id, site_id, session_date, timezone, starts_at, ends_at, status,
        expected_wake_count, opened_at, locked_at
    )
    select
        s.company_id, s.program_id, s.site_id, d.session_date, s.timezone, l.starts_at, l.ends_at,
        case when l.ends_at <= now() then 'locked' else 'in_progress' end, %(per_site)s * 24, l.starts_at,
        case when l.ends_at <= now() then l.ends_at end
    from public.sites as s
    cross join lateral (select private.local_date(now(), s.timezone) - %(back)s as session_date) as d
    cross join lateral private.local_day(d.session_date, s.timezone) as l
    where s.company_id = %(company)s
    returning company_id, session_id, site_id, program_id, starts_at, ends_at
),
planned as (
    insert into public.site_session_devices (
        company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until
    )
    select d.company_id, d.session_id, c.device_id, c.wake_schedule_cron, 24, d.starts_at, d.ends_at
    from day as d
    join public.devices as c on c.company_id = d.company_id and c.site_id = d.site_id
    returning session_id, device_id
)
insert into public.device_wake_payloads (
    company_id, program_id, site_id, site_device_session_id, device_id, capture_key, captured_at, received_at,
    wake_window_index, slot_at, payload_status, temperature, humidity, pressure, battery_voltage, wifi_rssi
)
select
    d.company_id, d.program_id, d.site_id, d.session_id, p.device_id,
    to_char(w.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), w.at, w.at + interval '20 seconds',
    h + 1, w.slot_at,
    case when r.x < 0.02 then 'failed' else 'complete' end, 20 + 5 * r.x, 50 + 10 * r.x, 1013, 3.9, -60
from day as d
join planned as p on p.session_id = d.session_id
cross join generate_series(0, 23) as h
cross join lateral (
    select d.starts_at + make_interval(hours => h) as slot_at, d.starts_at + make_interval(hours => h, secs => 12) as at
) as w
cross join lateral (select random() + h * 0 as x) as r
where w.at < now() and r.x < 0.97
