"""A schedule change beside the opener of its day: whoever is first, what was promised is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

MIDNIGHT = datetime(2026, 6, 10, 22, tzinfo=UTC)
"""In Berlin, of 11 June."""
BEFORE, AFTER = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(seconds=5)


class Lab:
    """One camera of one site; a person who asks, and the opener, each with a connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.device_id, self.site_id, user_id = uuid4(), uuid4(), uuid4()
        with psycopg.connect(url) as connection:
            connection.execute("insert into auth.users (id, email) values (%s, %s)", (user_id, f"{user_id}@lab.test"))
            connection.execute(
                """
                with company as (insert into companies (name) values ('Races') returning company_id),
                person as (
                    insert into users (user_id, company_id, email, role)
                    select %(user)s::text::uuid, company_id, %(user)s::text || '@lab.test', 'member' from company),
                program as (
                    insert into pilot_programs (company_id, program_name, start_date)
                    select company_id, 'study', '2020-01-01' from company returning company_id, program_id),
                site as (
                    insert into sites (company_id, site_id, program_id, name, timezone)
                    select company_id, %(site)s, program_id, 'Lab', 'Europe/Berlin' from program
                    returning company_id, site_id)
                insert into devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron)
                select
                    company_id, %(device)s::text::uuid, 'TEST-' || upper(%(device)s::text), 'cam', 'camera', site_id,
                    '0 8,16 * * *'
                from site
                """,
                {"user": str(user_id), "site": self.site_id, "device": str(self.device_id)},
            )
        claims = f'{{"sub": "{user_id}", "role": "authenticated"}}'
        self.person = self.connect()
        self.person.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
        self.person.commit()
        self.opener = self.connect()

    def connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.url)
        connection.execute("set statement_timeout = '60s'")
        connection.commit()
        return connection

    def ask(self, cron: str) -> dict[str, Any]:
        """Another schedule, a second before midnight; not committed."""
        row = self.person.execute(
            "select request_schedule_change(%s, %s, null, %s)", (self.device_id, cron, BEFORE)
        ).fetchone()
        assert row
        answer: dict[str, Any] = row[0]
        return answer

    def withdraw(self, change_id: str) -> dict[str, Any]:
        row = self.person.execute("select cancel_schedule_change(%s, %s)", (UUID(change_id), BEFORE)).fetchone()
        assert row
        answer: dict[str, Any] = row[0]
        return answer

    def open(self, now: datetime = AFTER) -> dict[str, Any]:
        """The site's day; not committed."""
        row = self.opener.execute("select fn_midnight_session_opener(%s, %s)", (self.site_id, now)).fetchone()
        assert row
        answer: dict[str, Any] = row[0]
        return answer

    def wait_until_it_waits(self, waiting: Future[Any]) -> None:
        """Until a transaction of this database waits for a lock, or has ended without waiting."""
        with psycopg.connect(self.url, autocommit=True) as look:
            while not waiting.done():
                if look.execute(
                    "select 1 from pg_locks as l join pg_stat_activity as a using (pid)"
                    " where not l.granted and a.datname = current_database()"
                ).fetchone():
                    return


@pytest.fixture
def lab(url: str) -> Iterator[Lab]:
    lab = Lab(url)
    yield lab
    lab.person.close()
    lab.opener.close()


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def test_the_opener_waits_for_a_change_that_was_asked_for_before_midnight(lab: Lab, beside: ThreadPoolExecutor) -> None:
    assert lab.ask("0 * * * *")["effective_date"] == "2026-06-11"
    opening = beside.submit(lab.open)
    lab.wait_until_it_waits(opening)
    lab.person.commit()
    opened = opening.result(timeout=60)
    assert (opened["session_date"], opened["expected_wake_count"], opened["config_changed"]) == ("2026-06-11", 24, True)
    lab.opener.commit()


def test_a_change_that_meets_the_opener_counts_from_the_next_day(lab: Lab, beside: ThreadPoolExecutor) -> None:
    assert lab.open()["expected_wake_count"] == 2
    asking = beside.submit(lab.ask, "0 * * * *")
    lab.wait_until_it_waits(asking)
    lab.opener.commit()
    assert asking.result(timeout=60)["effective_date"] == "2026-06-12"
    lab.person.commit()
    assert lab.open(AFTER + timedelta(hours=1))["expected_wake_count"] == 2
    assert lab.open(AFTER + timedelta(days=1))["expected_wake_count"] == 24
    lab.opener.commit()


def test_a_change_after_the_day_was_opened_is_refused_for_that_day(lab: Lab) -> None:
    lab.open()
    lab.opener.commit()
    with pytest.raises(psycopg.Error, match="bad_input"):
        lab.person.execute("select request_schedule_change(%s, '0 * * * *', '2026-06-11', %s)", (lab.device_id, BEFORE))


def test_a_withdrawn_change_is_not_applied_by_the_opener_beside_it(lab: Lab, beside: ThreadPoolExecutor) -> None:
    change_id = lab.ask("0 * * * *")["change_id"]
    lab.person.commit()
    assert lab.withdraw(change_id)["cancelled"]
    opening = beside.submit(lab.open)
    lab.wait_until_it_waits(opening)
    lab.person.commit()
    assert opening.result(timeout=60)["expected_wake_count"] == 2
    lab.opener.commit()


def test_a_change_that_is_being_applied_is_not_withdrawn(lab: Lab, beside: ThreadPoolExecutor) -> None:
    change_id = lab.ask("0 * * * *")["change_id"]
    lab.person.commit()
    assert lab.open()["expected_wake_count"] == 24
    withdrawing = beside.submit(lab.withdraw, change_id)
    lab.wait_until_it_waits(withdrawing)
    lab.opener.commit()
    answer = withdrawing.result(timeout=60)
    assert (answer["cancelled"], answer["applied"]) == (False, True)
    lab.person.commit()


def test_the_locker_takes_sites_before_days_as_the_opener_does(lab: Lab, beside: ThreadPoolExecutor) -> None:
    with psycopg.connect(lab.url) as connection:
        connection.execute(
            "insert into site_device_sessions"
            " (company_id, program_id, site_id, session_date, timezone, starts_at, ends_at)"
            " select company_id, program_id, site_id, '2026-06-10', timezone, %s, %s from sites where site_id = %s",
            (MIDNIGHT - timedelta(days=1), MIDNIGHT, lab.site_id),
        )
    lab.opener.execute(
        "select private.hold_midnight(array[company_id], array[site_id]) from sites where site_id = %s", (lab.site_id,)
    )
    other = lab.connect()
    locking = beside.submit(other.execute, "select fn_end_of_day_locker(%s, %s)", (lab.site_id, AFTER))
    lab.wait_until_it_waits(locking)
    assert lab.opener.execute(
        "select status from site_device_sessions where site_id = %s for no key update nowait", (lab.site_id,)
    ).fetchall() == [("pending",)]
    lab.opener.commit()
    row = locking.result(timeout=60).fetchone()
    assert row
    assert row[0]["locked"] == 1
    other.commit()
    other.close()
