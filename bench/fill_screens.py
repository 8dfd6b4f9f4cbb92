"""A company with years of site days in seconds: devices that woke every hour, written by SQL, then rolled up by our own function.

It needs the superuser's URL: with triggers and foreign key checks, ten million rows would take an hour. What it writes keeps
the rules all the same: one payload a slot, counters equal to a recount, rollups from ``private.rebuild_rollups``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

DEVICES_A_SITE = 10
WAKES_A_DAY = 24

COMPANY = """
with company as (
    insert into public.companies (name) values ('Screens ' || clock_timestamp()) returning company_id
),
account as (
    insert into auth.users (id, email) select gen_random_uuid(), company_id || '@bench.example' from company returning id, email
)
insert into public.users (user_id, company_id, email, role)
select a.id, c.company_id, a.email, 'admin' from account as a, company as c
returning company_id::text, user_id::text
"""
# The first site days have the newest dates, so that each company has a today.
PLACES: LiteralString = """
with program as (
    insert into public.pilot_programs (company_id, program_name, program_type, start_date)
    select %(company)s, k.kind, k.kind, '2020-01-01' from (values ('control'), ('experimental')) as k (kind)
    returning program_id
),
site as (
    insert into public.sites (company_id, program_id, name, timezone)
    select
        %(company)s, (array(select p.program_id from program as p))[1 + n %% 2], 'Site ' || n,
        (array['UTC', 'Asia/Tokyo', 'America/Bogota'])[1 + n %% 3]
    from generate_series(1, greatest(%(devices)s / %(per_site)s, 1)) as n
    returning site_id, timezone
),
numbered as (
    select s.site_id, row_number() over () as n from site as s
)
insert into public.devices (
    company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at, last_seen_at, next_wake_at, battery_voltage, wifi_rssi
)
select
    %(company)s, 'TEST-' || upper(replace(private.new_id()::text, '-', '')), 'Camera ' || s.n * 100 + k, 'camera', s.site_id, '0 * * * *',
    now() - interval '10 years', last_seen.at, date_trunc('hour', last_seen.at) + interval '1 hour', 3.9, -60
from numbered as s, generate_series(1, %(per_site)s) as k,
    -- Two in a hundred have been silent for hours.
    lateral (select case when (s.n * %(per_site)s + k) %% 50 = 0 then now() - interval '5 hours' else date_trunc('hour', now()) end as at) as last_seen
"""
DAY: LiteralString = """
with day as (
    insert into public.site_device_sessions (
        company_id, program_id, site_id, session_date, timezone, starts_at, ends_at, status, expected_wake_count, opened_at, locked_at
    )
    select
        s.company_id, s.program_id, s.site_id, d.session_date, s.timezone, l.starts_at, l.ends_at,
        case when l.ends_at <= now() then 'locked' else 'in_progress' end, %(per_site)s * 24, l.starts_at, case when l.ends_at <= now() then l.ends_at end
    from public.sites as s
    cross join lateral (select private.local_date(now(), s.timezone) - %(back)s as session_date) as d
    cross join lateral private.local_day(d.session_date, s.timezone) as l
    where s.company_id = %(company)s
    returning company_id, session_id, site_id, program_id, starts_at, ends_at
),
planned as (
    insert into public.site_session_devices (company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until)
    select d.company_id, d.session_id, c.device_id, c.wake_schedule_cron, 24, d.starts_at, d.ends_at
    from day as d
    join public.devices as c on c.company_id = d.company_id and c.site_id = d.site_id
    returning session_id, device_id
)
insert into public.device_wake_payloads (
    company_id, program_id, site_id, site_device_session_id, device_id, capture_key, captured_at, received_at, wake_window_index, slot_at,
    payload_status, temperature, humidity, pressure, battery_voltage, wifi_rssi
)
select
    d.company_id, d.program_id, d.site_id, d.session_id, p.device_id, to_char(w.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), w.at, w.at + interval '20 seconds', h + 1, w.slot_at,
    case when r.x < 0.02 then 'failed' else 'complete' end, 20 + 5 * r.x, 50 + 10 * r.x, 1013, 3.9, -60
from day as d
join planned as p on p.session_id = d.session_id
cross join generate_series(0, 23) as h
cross join lateral (select d.starts_at + make_interval(hours => h) as slot_at, d.starts_at + make_interval(hours => h, secs => 12) as at) as w
cross join lateral (select random() + h * 0 as x) as r
where w.at < now() and r.x < 0.97
"""
COUNTERS: LiteralString = """
update public.site_device_sessions as s
set completed_wake_count = n.completed, failed_wake_count = n.failed
from (
    select
        p.site_device_session_id, count(*) filter (where p.payload_status = 'complete') as completed,
        count(*) filter (where p.payload_status = 'failed') as failed
    from public.device_wake_payloads as p
    where p.company_id = %(company)s
    group by p.site_device_session_id
) as n
where s.company_id = %(company)s and s.session_id = n.site_device_session_id
"""
ALERTS: LiteralString = """
insert into public.device_alerts (company_id, alert_type, severity, subject_id, device_id, site_id, message)
select d.company_id, 'device_offline', 'warning', d.device_id, d.device_id, d.site_id, 'a camera is silent'
from public.devices as d
where d.company_id = %(company)s and d.last_seen_at < now() - interval '4 hours'
"""


@dataclass(frozen=True)
class Company:
    """A filled company: who may look at it, a site and a device of it, and how much it has."""

    company_id: str
    user_id: str
    site_id: str
    device_id: str
    devices: int
    payloads: int


def fill(superuser_url: str, devices: int, payloads: int) -> Company:
    """Make a company with that many devices and about that many payloads, hourly wakes up to now."""
    days = max(1, round(payloads / (devices * WAKES_A_DAY * 0.97)))
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set work_mem = '256MB'")
        made = connection.execute(COMPANY).fetchone()
        assert made is not None
        company = {"company": made[0], "devices": devices, "per_site": DEVICES_A_SITE}
        connection.execute(PLACES, company)
        for back in range(days, -1, -1):
            print(f"  {devices} devices, {back} days ago", file=sys.stderr, end="\r")
            connection.execute(DAY, {**company, "back": back})
        print(file=sys.stderr)
        connection.execute(COUNTERS, company)
        connection.execute(ALERTS, company)
        connection.execute("set session_replication_role = origin")
        for back in range(days, -1, -1):
            print(f"  rollups of {back} days ago", file=sys.stderr, end="\r")
            connection.execute(
                "select private.rebuild_rollups(%s, current_date - %s, current_date - %s)", (made[0], back - 1, back - 2)
            )
        print(file=sys.stderr)
        connection.execute("delete from private.rollup_queue where company_id = %s", (made[0],))
        connection.execute("vacuum (analyze)")
        found = connection.execute(
            """
            select
                (array_agg(s.site_id::text order by s.name))[1],
                (select d.device_id::text from public.devices as d where d.company_id = %(company)s order by d.name limit 1),
                (select count(*) from public.device_wake_payloads as p where p.company_id = %(company)s)
            from public.sites as s where s.company_id = %(company)s
            """,
            company,
        ).fetchone()
        assert found is not None
        return Company(made[0], made[1], found[0], found[1], devices, found[2])


def forget(superuser_url: str, company: Company) -> None:
    """Delete the company with everything it has."""
    tables = (
        "program_day_rollups", "site_day_rollups", "device_day_rollups", "device_alerts", "device_wake_payloads", "site_session_devices",
        "site_device_sessions", "devices", "sites", "pilot_programs", "users", "companies",
    )  # fmt: skip
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        for table in tables:
            connection.execute(
                sql.SQL("delete from public.{} where company_id = %s").format(sql.Identifier(table)),
                (company.company_id,),
            )
        connection.execute("delete from auth.users where id = %s", (company.user_id,))
