"""What the clock's tests share: cron expressions to try, zones and their clock changes, and cronsim's answers."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import psycopg
from cronsim import CronSim
from hypothesis import strategies as st

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# Whole hours, half hours, changes at midnight and at odd minutes, no change at all, a skipped day.
ZONES = (
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Chatham",
)
FIELD_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTH_NAMES = ("jan", "FEB", "Mar", "apr", "may", "JUN", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "MON", "Tue", "wed", "thu", "fri", "sat")


def connect() -> psycopg.Connection[tuple[object, ...]]:
    """A connection as the owner; fails when the environment names no database."""
    url = os.environ.get("LICS_DB_URL")
    if not url:
        raise RuntimeError("LICS_DB_URL is not set: these tests need the database")
    return psycopg.connect(url, autocommit=True)


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The instants (UTC) between 2005 and 2037 at which the zone's offset changes."""
    tz = ZoneInfo(zone)

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(tz).utcoffset()

    changes = []
    at = datetime(2005, 1, 1, tzinfo=UTC)
    while at.year < 2037:
        if offset(at) != offset(at + DAY):
            low, high = at, at + DAY
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            changes.append(high)
        at += DAY
    return tuple(changes)


def _value(field: int) -> st.SearchStrategy[str]:
    low, high = FIELD_RANGES[field]
    numbers = st.integers(low, high).map(str) | st.integers(low, min(high, low + 3)).map(str)
    names = {3: MONTH_NAMES, 4: DAY_NAMES}.get(field)
    return numbers | st.sampled_from(names) if names else numbers


def _range(field: int) -> st.SearchStrategy[str]:
    low, high = FIELD_RANGES[field]
    return st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda p: f"{min(p)}-{max(p)}")


def _term(field: int) -> st.SearchStrategy[str]:
    step = st.integers(1, 40).map(str)
    plain = st.just("*") | _value(field) | _range(field)
    return plain | st.tuples(plain, step).map("/".join)


def _field(field: int) -> st.SearchStrategy[str]:
    return _term(field) | st.just("*") | st.lists(_term(field), min_size=2, max_size=4).map(",".join)


expressions = st.tuples(*(_field(field) for field in range(5))).map(" ".join)
daily_expressions = st.tuples(_field(0), _field(1)).map(lambda p: f"{p[0]} {p[1]} * * *")


@st.composite
def windows(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone and [from, until), mostly around one of its clock changes."""
    zone = draw(st.sampled_from(ZONES))
    changes = clock_changes(zone)
    if draw(st.integers(0, 5)) and changes:
        start = draw(st.sampled_from(changes)) + draw(st.integers(-1600, 200)) * MINUTE
    else:
        start = datetime(2024, 1, 1, tzinfo=UTC) + draw(st.integers(0, 1_500_000)) * MINUTE
    start += timedelta(seconds=draw(st.sampled_from((0, 0, 1, 59))))
    return zone, start, start + draw(st.integers(0, 1800)) * MINUTE


class OracleLostError(Exception):
    """Cronsim steps back and forth over a clock change and would never answer."""


class GuardedCronSim(CronSim):
    """Cronsim that gives up: one that loops would hang the whole suite."""

    # Even the rarest expression, once in fifty years, takes a few thousand.
    STEPS = 20_000
    steps = 0

    def advance(self) -> None:
        self.steps = 0
        super().advance()

    def advance_month(self) -> None:
        self.steps += 1
        if self.steps > self.STEPS:
            raise OracleLostError(str(self.dt))
        super().advance_month()


def _cronsim_misses(zone: str, change: datetime) -> bool:
    """Whether cronsim itself errs after this change.

    For expressions that follow the wall it jumps in whole hours and to local midnights: where the change is not by
    whole hours at a whole hour, or midnight does not exist, it can return times that no clock shows, step over real
    ones, or turn back and never end.
    """
    tz = ZoneInfo(zone)
    before = (change - MINUTE).astimezone(tz).replace(tzinfo=None) + MINUTE
    after = change.astimezone(tz).replace(tzinfo=None)
    skips_midnight = before <= after.replace(hour=0, minute=0) < after
    return bool(before.minute or after.minute or skips_midnight)


def cronsim_occurrences(expr: str, zone: str, start: datetime, until: datetime) -> list[datetime]:
    """Cronsim's instants (UTC) in [start, until).

    Close after the changes it is known to err at, and where it is lost, its own parsed sets are asked minute by minute
    instead.
    """
    tz = ZoneInfo(zone)
    matcher = CronSim(expr, start.astimezone(tz))
    found: list[datetime] = []

    def run(low: datetime, high: datetime) -> None:
        for at in GuardedCronSim(expr, low.astimezone(tz)):
            at_utc = at.astimezone(UTC)
            if at_utc >= high or (found and at_utc <= found[-1]):
                return  # Turned back, after a change at which it errs.
            found.append(at_utc)

    def ask(low: datetime, high: datetime) -> None:
        at = low
        while at < high:
            wall = at.astimezone(tz)
            if (
                wall.minute in matcher.minutes
                and wall.hour in matcher.hours
                and wall.month in matcher.months
                and matcher.match_day(wall.date())
            ):
                found.append(at)
            at += MINUTE

    # Started before the window, because a fixed time may be moved into it by a change before.
    low = start - DAY
    follows_wall = matcher.fixup_tz is None
    try:
        for change in clock_changes(zone) if follows_wall else ():
            if low <= change < until and _cronsim_misses(zone, change):
                run(low - timedelta(seconds=1), change)
                ask(change, change + 4 * HOUR)
                low = change + 4 * HOUR
        run(low - timedelta(seconds=1), until)
    except OracleLostError:
        # Fixed times run on a clock without changes, where it cannot be lost.
        assert follows_wall
        found.clear()
        ask(start.replace(second=0) + (MINUTE if start.second else 0 * MINUTE), until)
    return [at for at in found if start <= at < until]
