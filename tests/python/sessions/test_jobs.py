"""Opener and locker beside each other and beside themselves: real transactions on real connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

JOBS = ("fn_midnight_session_opener_all", "fn_end_of_day_locker_all")
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(url: str) -> str:
    """A site with one camera."""
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            with company as (insert into companies (name) values ('Jobs') returning company_id),
            program as (
                insert into pilot_programs (company_id, program_name, start_date)
                select company_id, 'study', '2020-01-01' from company returning company_id, program_id),
            site as (
                insert into sites (company_id, program_id, name, timezone)
                select company_id, program_id, 'Lab', 'Europe/Berlin' from program returning company_id, site_id)
            insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)
            select company_id, 'TEST-JOBS', 'cam', 'camera', site_id, '0 8,16 * * *' from site
            """
        )
    return url


def test_a_second_run_beside_the_first_leaves_at_once(site: str) -> None:
    """While one is at work the other says so and waits for nothing."""
    with psycopg.connect(site) as first, psycopg.connect(site) as second:
        second.execute("set lock_timeout = '2s'")
        for job in JOBS:
            done = first.execute(f"select {job}(%s)".encode(), (NOW,)).fetchone()
            beside = second.execute(f"select {job}(%s)".encode(), (NOW,)).fetchone()
            assert done
            assert beside
            assert done[0].get("reason") != "already_running"
            assert beside[0]["reason"] == "already_running"


def test_a_wake_and_the_opener_make_one_day(site: str) -> None:
    """A camera that wakes in the minute of its midnight waits for the opener that is at work, and finds its day."""
    midnight = datetime(2026, 6, 11, 22, tzinfo=UTC)
    item = (
        '[{"prefix": "device", "topic_id": "TEST-JOBS", "mac": "TEST-JOBS", "capture_key": "k", "temperature": 20,'
        ' "captured_at": "2026-06-11T22:00:01Z", "timestamp_source": "device"}]'
    )
    query = "select * from private.ingest_metadata(%s::jsonb, %s)"
    with psycopg.connect(site) as opener, psycopg.connect(site) as edge, ThreadPoolExecutor() as other:
        opener.execute("select fn_midnight_session_opener_all(%s)", (midnight,))
        edge.execute("set statement_timeout = '20s'")
        refused = other.submit(lambda: edge.execute(query, (item, midnight)).fetchall())
        while not opener.execute("select from pg_locks where not granted").fetchall():
            assert not refused.done()
        opener.commit()
        assert refused.result(timeout=20) == []
        edge.commit()
        days = edge.execute(
            "select status, expected_wake_count, extra_wake_count from site_device_sessions"
            " where session_date = '2026-06-12'"
        ).fetchall()
    assert days == [("in_progress", 2, 1)]
