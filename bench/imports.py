"""Device import: 10,000 rows in one call, every row answered for; a tenth shows the slope. Rolled back."""

from __future__ import annotations

import json
import os
import time
from uuid import uuid4

import psycopg

from bench.report import Row

LIMIT_S = 10.0
ROWS = 10_000
WORLD = """
with company as (
    insert into public.companies (name) values ('Bench import ' || clock_timestamp()) returning company_id
), program as (
    insert into public.pilot_programs (company_id, program_name, start_date)
    select company_id, 'Bench', '2020-01-01' from company returning company_id, program_id
), site as (
    insert into public.sites (company_id, program_id, name, timezone)
    select p.company_id, p.program_id, 'Bench site ' || n, 'Europe/Berlin'
    from program as p, generate_series(1, 100) as n
    returning company_id
)
insert into public.users (user_id, company_id, email, role)
select %(user)s, company_id, %(user)s::text || '@bench.test', 'admin' from company
"""
CRONS = ("0 */3 * * *", "0 8,16 * * *", "*/15 * * * *", "30 6-18 * * *", "0 * * * *")


def rows_of(count: int) -> list[dict[str, str | None]]:
    """Mostly good rows; one in a hundred has a schedule that nobody can evaluate."""
    return [
        {
            "device_mac": f"0C{number:010X}",
            "name": f"camera {number}",
            "kind": "camera",
            "site": f"Bench site {number % 100 + 1}",
            "wake_schedule_cron": "@daily" if number % 100 == 99 else CRONS[number % len(CRONS)],
        }
        for number in range(count)
    ]


def seconds_of(count: int) -> float:
    """One import."""
    with psycopg.connect(os.environ["LICS_DB_URL"]) as connection:
        user = uuid4()
        connection.execute("insert into auth.users (id, email) values (%s, %s)", (user, f"{user}@bench.test"))
        connection.execute(WORLD, {"user": user})
        claims = json.dumps({"sub": str(user), "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        rows = json.dumps(rows_of(count))
        begin = time.perf_counter()
        answer = connection.execute("select public.import_devices(%s::jsonb)", (rows,)).fetchone()
        elapsed = time.perf_counter() - begin
        connection.rollback()
    assert answer is not None
    result = answer[0]
    if (result["created"], result["errors"], len(result["rows"])) != (count - count // 100, count // 100, count):
        raise RuntimeError(f"{result['created']} created, {result['errors']} errors, {len(result['rows'])} rows")
    return elapsed


def run(rounds: int) -> list[Row]:
    """Rows a second, against the rate that keeps 10,000 rows below 10 s, and against a tenth of the rows."""
    many = [ROWS / seconds_of(ROWS) for _ in range(rounds)]
    few = [ROWS // 10 / seconds_of(ROWS // 10) for _ in range(rounds)]
    what = f"device import, {ROWS:,} rows with per-row results (rows per s)"
    return [
        Row(what, many, "10,000 rows in 10 s", [ROWS / LIMIT_S] * rounds, bar=1.0),
        Row(what, many, "a tenth of the rows (linear: 1)", few, bar=0.7),
    ]
