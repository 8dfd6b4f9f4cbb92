"""Opener and locker in one tick: 10,000 sites with 100,000 cameras whose day ends at once; a tenth shows the slope.

All in one transaction that is rolled back. The sites stand in ten zones of one offset: all are due in the same minute.
"""

from __future__ import annotations

import os
import time

import psycopg

from bench.report import Row

LIMIT_S = 60.0
FILL = """
with company as (
    insert into public.companies (name) values ('Bench days ' || clock_timestamp()) returning company_id
), program as (
    insert into public.pilot_programs (company_id, program_name, start_date)
    select company_id, 'Bench', '2020-01-01' from company returning company_id, program_id
), site as (
    insert into public.sites (company_id, program_id, name, timezone)
    select
        p.company_id, p.program_id, 'Bench site ' || n,
        (array['Europe/Berlin', 'Europe/Paris', 'Europe/Rome', 'Europe/Madrid', 'Europe/Vienna', 'Europe/Zurich',
               'Europe/Prague', 'Europe/Oslo', 'Europe/Warsaw', 'Africa/Algiers'])[n %% 10 + 1]
    from program as p, generate_series(1, %(sites)s) as n
    returning company_id, site_id, name
)
insert into public.devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)
select
    s.company_id, 'TEST-' || upper(replace(private.new_id()::text, '-', '')), s.name || ' camera ' || n, 'camera',
    s.site_id,
    (array['0 */3 * * *', '0 8,16 * * *', '*/15 * * * *', '30 6-18 * * *', '0 * * * *'])[n %% 5 + 1]
from site as s, generate_series(1, 10) as n
"""
FIRST, NEXT = "2030-01-15 23:00:00Z", "2030-01-16 23:00:00Z"


def tick(sites: int) -> float:
    """Seconds of the locker and the opener at a midnight at which all ``sites`` (ten cameras each) are due."""
    with psycopg.connect(os.environ["LICS_DB_URL"]) as connection:
        connection.execute("set local client_min_messages = warning")
        # What the database holds besides is not measured.
        connection.execute("update public.sites set archived_at = '2020-01-01'")
        # Ten known zones: the check, which reads the zone files, would take longer than what is measured.
        connection.execute("alter table public.sites disable trigger guard_timezones_insert")
        connection.execute(FILL, {"sites": sites})
        connection.execute("select public.fn_midnight_session_opener_all(%s)", (FIRST,))
        connection.execute(
            "analyze public.sites, public.devices, public.site_device_sessions, public.site_session_devices"
        )
        begin = time.perf_counter()
        locked = connection.execute("select public.fn_end_of_day_locker_all(%s)", (NEXT,)).fetchone()
        opened = connection.execute("select public.fn_midnight_session_opener_all(%s)", (NEXT,)).fetchone()
        elapsed = time.perf_counter() - begin
        assert locked is not None
        assert opened is not None
        if locked[0]["locked"] < sites or opened[0]["success_count"] != sites or locked[0]["error_count"]:
            raise RuntimeError(f"{locked[0]['locked']} locked, {opened[0]['success_count']} opened of {sites}")
        connection.rollback()
    return elapsed


def run(sites: int, rounds: int) -> list[Row]:
    """Sites a second, against the rate that keeps 10,000 sites below a minute, and against a tenth of the sites."""
    many = [sites / tick(sites) for _ in range(rounds)]
    few = [sites // 10 / tick(sites // 10) for _ in range(rounds)]
    what = f"opener + locker, {sites:,} sites, {sites * 10:,} cameras in one tick (sites per s)"
    return [
        Row(what, many, "10,000 sites in 60 s", [10_000 / LIMIT_S] * rounds, bar=1.0),
        Row(what, many, "a tenth of the sites (linear: 1)", few, bar=0.7),
    ]
