"""The site day's counters: derived from the payloads, equal to a recount after everything that happens to a wake."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.conftest import Cameras
from flows.device import Device
from flows.lab import Database, Lab, Person, Row
from flows.photo import photo

RECOUNT = """
select
    count(*) filter (where payload_status = 'complete' and not overage_flag) as completed_wake_count,
    count(*) filter (where payload_status = 'failed' and not overage_flag) as failed_wake_count,
    count(*) filter (where payload_status = 'pending' and not overage_flag) as pending_wake_count,
    count(*) filter (where overage_flag) as extra_wake_count
from public.device_wake_payloads where site_device_session_id = %s
"""


@pytest.fixture
async def site(db: Database, camera: Device) -> str:
    """A site for this test's camera alone, in UTC, with a slot every hour."""
    made = await db.one(
        """
        with site as (
            insert into public.sites (company_id, program_id, name, timezone)
            select s.company_id, s.program_id, 'Counted ' || d.device_mac, 'Etc/UTC'
            from public.devices as d join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
            where d.device_mac = %s
            returning site_id)
        update public.devices set site_id = (select site_id from site) where device_mac = %s
        returning site_id
        """,
        camera.mac, camera.mac,
    )  # fmt: skip
    return str(made["site_id"])


async def counted(db: Database, site_id: str) -> list[Row]:
    """The site's days that had a wake, each equal to its recount; today's is opened by its job, and may have none."""
    days = await db.rows(
        """
        select * from public.site_device_sessions as s
        where s.site_id = %s
            and exists (select from public.device_wake_payloads as p where p.site_device_session_id = s.session_id)
        """,
        site_id,
    )
    for day in days:
        recount = await db.one(RECOUNT, day["session_id"])
        assert {name: day[name] for name in recount} == recount
    return days


def counts(day: Row) -> tuple[int, int, int, int]:
    """Completed, failed, pending, extra."""
    return (
        day["completed_wake_count"],
        day["failed_wake_count"],
        day["pending_wake_count"],
        day["extra_wake_count"],
    )


def yesterday(hour: int, minute: int = 0) -> dt.datetime:
    """A time of yesterday, in UTC."""
    day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


async def test_one_wake_is_one_completed_and_nothing_else(camera: Device, db: Database, site: str) -> None:
    await camera.wake(photo(taken=yesterday(12)))
    (day,) = await counted(db, site)
    assert counts(day) == (1, 0, 0, 0)
    assert day["expected_wake_count"] == 24
    assert day["session_date"] == yesterday(12).date()


async def test_a_second_wake_in_a_slot_is_extra(camera: Device, db: Database, site: str) -> None:
    for minute in (0, 2):
        await camera.wake(photo(taken=yesterday(12, minute)))
        await camera.later(3600)
    (day,) = await counted(db, site)
    assert counts(day) == (1, 0, 0, 1)


async def test_a_wake_after_the_end_of_the_sites_program_is_accepted_and_extra(
    camera: Device, db: Database, site: str
) -> None:
    made = await db.one(
        """
        with program as (
            insert into public.pilot_programs (company_id, program_name, program_type, start_date, end_date)
            select company_id, 'Ended ' || name, 'experimental', '2026-01-01', '2026-01-31'
            from public.sites where site_id = %s
            returning company_id, program_id)
        update public.sites as s set program_id = p.program_id from program as p where s.site_id = %s
        returning s.program_id
        """,
        site, site,
    )  # fmt: skip
    await camera.wake(photo(taken=yesterday(12)))
    (payload,) = await camera.payloads()
    assert (payload["overage_flag"], payload["program_id"]) == (True, made["program_id"])
    (day,) = await counted(db, site)
    assert counts(day) == (0, 0, 0, 1)


async def test_everything_that_can_happen_to_a_wake_is_counted_once(
    camera: Device, db: Database, site: str, person: Person
) -> None:
    done, again, lost, cut = (photo(taken=yesterday(hour)) for hour in (8, 9, 10, 11))
    for picture in (done, again):
        await camera.wake(picture)
        await camera.announce(picture)
        await camera.final(picture)
        await camera.hello()
        await camera.final(picture)
        await camera.later(3600)
    # telemetry only, twice the same
    await camera.hello()
    await camera.next()
    for _ in range(2):
        await camera.say("data", captured_at=f"{yesterday(7):%Y-%m-%dT%H:%M:%SZ}", temperature=20.0)
        await camera.sleep()
    await camera.later(3600)
    # one that fails after all rounds, one that is cut off
    await camera.hello()
    await camera.next()
    await camera.announce(lost)
    await camera.next()
    await camera.stream(lost, [0])
    await camera.unheard()
    for _ in range(5):
        await camera.later(16)
        await camera.next()
    await camera.later(3600)
    await camera.hello()
    await camera.next()
    await camera.announce(cut)
    await camera.next()
    await camera.stream(cut, [0, 1])
    assert await camera.unheard() == []
    (day,) = await counted(db, site)
    assert counts(day) == (3, 1, 1, 0)
    # the failed one comes after all: completed + 1, failed - 1
    await camera.later(3600)
    await camera.hello(pendingImg=1, pending_list=[lost.name])
    await camera.next()
    await camera.announce(lost)
    await camera.next()
    await camera.stream(lost)
    await camera.next()
    (day,) = await counted(db, site)
    assert counts(day) == (4, 0, 1, 0)
    columns = "completed_wake_count,pending_wake_count"
    (shown,) = await person.rows(f"site_device_sessions?session_id=eq.{day['session_id']}&select={columns}")
    assert shown == {"completed_wake_count": 4, "pending_wake_count": 1}


async def test_after_many_wakes_at_once_every_day_of_the_company_equals_its_recount(
    cameras: Cameras, db: Database, lab: Lab
) -> None:
    async with cameras() as first, cameras() as second:
        for camera in (first, second):
            for hour in (1, 2, 3):
                await camera.wake(photo(taken=yesterday(hour), chunks=1))
                await camera.later(3600)
    wrong = []
    for day in await db.rows("select * from public.site_device_sessions where company_id = %s", lab.company_id):
        recount = await db.one(RECOUNT, day["session_id"])
        if {name: day[name] for name in recount} != recount:
            wrong.append((day, recount))
    assert wrong == []
