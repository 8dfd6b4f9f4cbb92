"""A company with site days and payloads by the million, written by SQL and rolled up by our own function.

It needs the superuser's URL: with triggers and foreign key checks, ten million rows would take an hour. What it
writes keeps the rules all the same: one payload a slot, counters equal to a recount, rollups by ``rebuild_rollups``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

DEVICES_A_SITE = 10
WAKES_A_DAY = 24
STATEMENTS = Path(__file__).with_name("fill")


@dataclass(frozen=True)
class Company:
    """A filled company: who may look at it, a site and a device of it, and how much it has."""

    company_id: str
    user_id: str
    site_id: str
    device_id: str
    devices: int
    payloads: int


def statement(name: str) -> bytes:
    """The SQL of a step, with named parameters."""
    return (STATEMENTS / f"{name}.sql").read_bytes()


def fill(superuser_url: str, devices: int, payloads: int) -> Company:
    """Make a company with that many devices and about that many payloads, hourly wakes up to now."""
    days = max(1, round(payloads / (devices * WAKES_A_DAY * 0.97)))
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set work_mem = '256MB'")
        made = connection.execute(statement("company")).fetchone()
        assert made is not None
        company = {"company": made[0], "devices": devices, "per_site": DEVICES_A_SITE}
        connection.execute(statement("places"), company)
        for back in range(days, -1, -1):
            print(f"  {devices} devices, {back} days ago", file=sys.stderr, end="\r")
            connection.execute(statement("day"), {**company, "back": back})
        print(file=sys.stderr)
        # Statistics first: without them each day would look through all payloads.
        connection.execute(
            "analyze public.device_wake_payloads, public.site_device_sessions, public.site_session_devices"
        )
        connection.execute(statement("counters"), company)
        connection.execute(statement("alerts"), company)
        connection.execute("set session_replication_role = origin")
        for back in range(days + 1, -2, -1):
            print(f"  rollups of {back} days ago", file=sys.stderr, end="\r")
            connection.execute(
                "select private.rebuild_rollups(%s, current_date - %s, current_date - %s)",
                (made[0], back, back - 1),
            )
        print(file=sys.stderr)
        connection.execute("delete from private.rollup_queue where company_id = %s", (made[0],))
        connection.execute("vacuum (analyze)")
        found = connection.execute(
            """
            select
                (array_agg(s.site_id::text order by s.name))[1],
                (
                    select d.device_id::text from public.devices as d
                    where d.company_id = %(company)s order by d.name limit 1
                ),
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
        "program_day_rollups",
        "site_day_rollups",
        "device_day_rollups",
        "device_alerts",
        "device_wake_payloads",
        "site_session_devices",
        "site_device_sessions",
        "devices",
        "sites",
        "pilot_programs",
        "users",
        "companies",
    )
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        for table in tables:
            connection.execute(
                sql.SQL("delete from public.{} where company_id = %s").format(sql.Identifier(table)),
                (company.company_id,),
            )
        connection.execute("delete from auth.users where id = %s", (company.user_id,))
