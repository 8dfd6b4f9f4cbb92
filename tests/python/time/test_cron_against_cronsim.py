"""The SQL clock against cronsim, which copies Debian's cron: the same instants for any expression, zone and change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from cron_oracle import (
    GuardedCronSim,
    OracleLostError,
    connect,
    cronsim_occurrences,
    daily_expressions,
    expressions,
    windows,
)
from cronsim import CronSim, CronSimError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

Connection = psycopg.Connection[tuple[object, ...]]

# Hundreds of examples on a busy machine: what hangs is still ended, but much later.
pytestmark = pytest.mark.timeout(900)

thorough = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A connection as the owner."""
    with connect() as connection:
        yield connection


def occurrences(db: Connection, expr: str, zone: str, start: datetime, until: datetime) -> list[datetime]:
    """Our instants, in UTC."""
    rows = db.execute("select public.fn_cron_occurrences(%s, %s, %s, %s)", (expr, start, until, zone)).fetchall()
    return [at.astimezone(UTC) for (at,) in rows if isinstance(at, datetime)]


def refusal(db: Connection, expr: str) -> str | None:
    """The SQLSTATE the expression is refused with; none when it is accepted."""
    try:
        db.execute("select private.cron_check(%s)", (expr,))
    except psycopg.Error as error:
        return error.sqlstate
    return None


def impossible(expr: str) -> bool:
    """Whether cronsim refuses the expression."""
    try:
        CronSim(expr, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        return True
    return False


@thorough
@given(expr=daily_expressions, window=windows())
@example(
    expr="30 2 * * *", window=("America/New_York", datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
)
@example(
    expr="*/30 * * * *",
    window=("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 4, 5, 12, tzinfo=UTC)),
)
def test_daily_schedules_agree_around_clock_changes(
    db: Connection, expr: str, window: tuple[str, datetime, datetime]
) -> None:
    zone, start, until = window
    assert occurrences(db, expr, zone, start, until) == cronsim_occurrences(expr, zone, start, until)


def test_an_oracle_that_is_lost_says_so() -> None:
    start = datetime(2008, 11, 1, 23, tzinfo=UTC).astimezone(ZoneInfo("America/St_Johns"))
    with pytest.raises(OracleLostError):
        list(zip(GuardedCronSim("51-52 */15 * * *", start), range(10), strict=False))


@thorough
@example(
    # Here cronsim would step back and forth for ever.
    expr="51-52 */15 * * *",
    window=("America/St_Johns", datetime(2008, 11, 1, 23, tzinfo=UTC), datetime(2008, 11, 3, tzinfo=UTC)),
    days=0,
)
@given(expr=expressions, window=windows(), days=st.sampled_from((0,) * 7 + (30,)))
def test_any_expression_agrees(db: Connection, expr: str, window: tuple[str, datetime, datetime], days: int) -> None:
    zone, start, until = window
    until += timedelta(days=days)
    if impossible(expr):
        assert refusal(db, expr) == "L0101"
    else:
        assert occurrences(db, expr, zone, start, until) == cronsim_occurrences(expr, zone, start, until)


@thorough
@given(expr=expressions)
def test_the_lists_of_values_agree(db: Connection, expr: str) -> None:
    if impossible(expr):
        return
    sim = CronSim(expr, datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")))
    row = db.execute("select (private.cron_parse(%s)).*", (expr,)).fetchone()
    weekdays = sorted({day % 7 for day in sim.weekdays if isinstance(day, int)})
    assert row == (
        sorted(sim.minutes),
        sorted(sim.hours),
        sorted(sim.days),
        sorted(sim.months),
        weekdays,
        sim.day_and,
        sim.fixup_tz is not None,
    )


def cronsim_accepts_as_five_plain_fields(expr: str) -> bool:
    """Cronsim's verdict, less what we refuse on purpose: a sixth field (seconds), L, W and #."""
    try:
        sim = CronSim(expr, datetime(2026, 1, 1, tzinfo=UTC))
    except (CronSimError, AssertionError):
        return False
    plain = all(isinstance(day, int) and day > 0 for day in sim.days) and all(isinstance(d, int) for d in sim.weekdays)
    return plain and len(expr.split()) == 5


mangled = st.tuples(
    expressions,
    st.integers(0, 40),
    st.integers(0, 2),
    st.text("0123456789*/,-LW#@?~% \tMONJAnfri", max_size=3),
).map(lambda p: p[0][: p[1]] + p[3] + p[0][p[1] + p[2] :])


@thorough
@given(expr=mangled)
@example(expr="0 0 31 2 *")
@example(expr="0 0 30 feb */2")
@example(expr="0 0 31 2 1")
@example(expr="@daily")
@example(expr="0 0 L * *")
@example(expr="0 0 15W * *")
@example(expr="0 0 * * 1#2")
@example(expr="0 0 0 * * *")
@example(expr="*/0 * * * *")
@example(expr="99999999999999999999 * * * *")
@example(expr="*/99999999999999999999 0005 * * *")
@example(expr="")
def test_the_same_expressions_are_refused(db: Connection, expr: str) -> None:
    assert (refusal(db, expr) is None) == cronsim_accepts_as_five_plain_fields(expr)
    assert refusal(db, expr) in {None, "L0101"}


def test_other_white_space_is_refused(db: Connection) -> None:
    """Cronsim splits at any white space; a crontab line only at blanks and tabs."""
    assert refusal(db, "0 8 * * *\n") == "L0101"
    assert refusal(db, "0\u00a08 * * *") == "L0101"
    assert refusal(db, " \t0  8\t* * * ") is None
