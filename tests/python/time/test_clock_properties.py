"""Days, slots, windows and next wakes: what must hold for every schedule, zone and instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from cron_oracle import DAY, HOUR, MINUTE, connect, cronsim_occurrences, daily_expressions, windows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Connection = psycopg.Connection[tuple[object, ...]]

# Hundreds of examples on a busy machine: what hangs is still ended, but much later.
pytestmark = pytest.mark.timeout(900)

thorough = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A connection as the owner."""
    with connect() as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def one(db: Connection, query: str, *values: object) -> tuple[object, ...]:
    """The only row of a query."""
    rows = db.execute(query, values).fetchall()
    assert len(rows) == 1
    return rows[0]


@thorough
@given(expr=daily_expressions, window=windows(), seconds=st.integers(0, 59))
def test_a_wake_snaps_to_the_nearest_slot_within_its_tolerance(
    db: Connection, expr: str, window: tuple[str, datetime, datetime], seconds: int
) -> None:
    zone, start, _ = window
    captured = start + timedelta(seconds=seconds)
    around = cronsim_occurrences(expr, zone, captured - 2 * HOUR, captured + 2 * HOUR)
    near = [at for at in around if abs(at - captured) <= HOUR]
    nearest = min(near, key=lambda at: (abs(at - captured), captured - at), default=None)
    day, index, slot_at, is_overage = one(
        db, "select * from public.fn_infer_wake_window_index(%s, %s, %s)", captured, expr, zone
    )
    assert (slot_at, is_overage) == (nearest, nearest is None)
    (expected_day,) = one(db, "select (%s at time zone %s)::date", nearest or captured, zone)
    assert day == expected_day
    if nearest is None:
        assert index is None
    else:
        assert (nearest,) == one(
            db, "select slot_at from private.day_slots(%s, %s, %s) where slot_index = %s", expr, day, zone, index
        )


@settings(thorough, max_examples=100)
@given(expr=daily_expressions, window=windows(), seconds=st.integers(0, 59))
def test_the_next_wake_is_the_first_slot_beyond_the_guard(
    db: Connection, expr: str, window: tuple[str, datetime, datetime], seconds: int
) -> None:
    zone, start, _ = window
    after = start + timedelta(seconds=seconds)
    around = cronsim_occurrences(expr, zone, after - 2 * DAY, after + 3 * DAY)
    expected = next(
        at for before, at in pairwise(around) if at > after and at - after > min(30 * MINUTE, (at - before) / 2)
    )
    (answer,) = one(db, "select private.next_wake(%s, %s, %s)", expr, zone, after)
    assert answer == expected
    assert expected > after


@thorough
@given(window=windows())
def test_days_meet_and_hold_their_own_instants(db: Connection, window: tuple[str, datetime, datetime]) -> None:
    zone, at, _ = window
    day, starts_at, ends_at, next_starts_at = one(
        db,
        """select d.day, l.starts_at, l.ends_at, n.starts_at
             from private.local_date(%s, %s) as d (day),
                  private.local_day(d.day, %s) as l, private.local_day(d.day + 1, %s) as n""",
        at,
        zone,
        zone,
        zone,
    )
    assert isinstance(starts_at, datetime)
    assert isinstance(ends_at, datetime)
    assert isinstance(day, date)
    assert ends_at == next_starts_at
    assert 22 * HOUR <= ends_at - starts_at <= 26 * HOUR  # Troll changes by two hours
    if zone != "America/St_Johns":  # until 2011 its clock fell back at 00:01, so one minute of each day came twice
        assert starts_at <= at < ends_at


@thorough
@given(expr=daily_expressions, window=windows())
def test_the_slots_of_the_days_are_all_the_occurrences(
    db: Connection, expr: str, window: tuple[str, datetime, datetime]
) -> None:
    zone, at, _ = window
    (same,) = one(
        db,
        """with day as (
             select d.day, l.* from generate_series(-1, 2) as i (i),
               lateral (select private.local_date(%s, %s) + i.i) as d (day), lateral private.local_day(d.day, %s) as l
           )
           select array(select s.slot_at from day, lateral private.day_slots(%s, day.day, %s) as s
                        order by day.day, s.slot_index)
                = array(select public.fn_cron_occurrences(%s, min(day.starts_at), max(day.ends_at), %s) from day)""",
        at,
        zone,
        zone,
        expr,
        zone,
        expr,
        zone,
    )
    assert same is True


def test_without_a_schedule_a_device_wakes_at_a_full_utc_hour(db: Connection) -> None:
    start = datetime(2026, 7, 1, 10, tzinfo=UTC)
    for minutes in range(180):
        after = start + minutes * MINUTE
        (answer,) = one(db, "select private.next_wake(null, 'Asia/Kathmandu', %s)", after)
        assert isinstance(answer, datetime)
        assert (answer.minute, answer.second) == (0, 0)
        assert timedelta(minutes=30) <= answer - after < timedelta(minutes=90)
