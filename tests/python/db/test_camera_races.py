"""Cameras' functions called by several handlers at the same time: the database alone keeps one wake one wake."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import errors

from db.scratch import Cluster, apply_code, run_ddl

NOW = datetime(2026, 2, 10, 13, 0, tzinfo=UTC)
COMPANY = "a0000000-0000-4000-8000-000000000001"
SITE = "a0000000-0000-4000-8000-000000000010"
PHOTOGRAPH = [b"\xff\xd8\xff\xe0" + bytes([n]) * 60 for n in range(9)] + [b"\x01\x02\xff\xd9"]


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    """A database with one site and twelve cameras, with slots at 8 and 16 in New York."""
    owner = cluster.create("camera_races")
    run_ddl(owner)
    apply_code(owner)
    with psycopg.connect(owner) as connection:
        connection.execute(
            """
            insert into companies (company_id, name) values (%(company)s, 'Alpha');
            insert into pilot_programs (company_id, program_id, program_name, start_date)
            values (%(company)s, 'a0000000-0000-4000-8000-000000000002', 'study', '2020-01-01');
            insert into sites (company_id, site_id, program_id, name, timezone)
            values (%(company)s, %(site)s, 'a0000000-0000-4000-8000-000000000002', 'New York', 'America/New_York');
            insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)
            select %(company)s, 'TEST-' || n, 'cam ' || n, 'camera', %(site)s, '0 8,16 * * *'
            from generate_series(1, 12) as n;
            """.replace("%(company)s", f"'{COMPANY}'").replace("%(site)s", f"'{SITE}'")
        )
    return owner


@pytest.fixture
def day(url: str) -> datetime:
    """A day of its own for each test, so that they share the site."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from site_device_sessions").fetchone()
    assert row
    return NOW + timedelta(days=row[0])


def at_once(url: str, *calls: Callable[[psycopg.Connection], Any]) -> list[Any]:
    """Run each call in a transaction of its own, all released together; a deadlock's victim tries again."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        with psycopg.connect(url) as connection:
            gate.wait(timeout=20)
            while True:
                try:
                    results[index] = calls[index](connection)
                    connection.commit()
                except errors.DeadlockDetected:
                    connection.rollback()
                    continue
                except psycopg.Error as error:
                    results[index] = error
                return

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def metadata(*macs: str, name: str, at: datetime, late: int = 0) -> Callable[[psycopg.Connection], Any]:
    """Metadata of one image of each camera; `late` seconds between capture and capture time."""
    taken = (at + timedelta(seconds=late)).strftime("%Y-%m-%dT%H:%M:%SZ")
    items = [
        {
            "prefix": "device",
            "topic_id": mac,
            "mac": mac,
            "image_name": name,
            "capture_key": taken,
            "captured_at": taken,
            "timestamp_source": "device",
            "total_chunk_count": len(PHOTOGRAPH),
            "image_size": sum(map(len, PHOTOGRAPH)),
        }
        for mac in macs
    ]
    query = "select * from private.ingest_metadata(%s::jsonb, %s)"
    return lambda c: c.execute(query, (json.dumps(items), at)).fetchall()


def chunks(mac: str, name: str, at: datetime, ids: range) -> Callable[[psycopg.Connection], Any]:
    """Some chunks of the photograph."""
    same = len(ids)
    return lambda c: c.execute(
        "select * from private.ingest_chunks("
        "%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::bytea[], %s)",
        ([mac] * same, ["device"] * same, [mac] * same, [name] * same, list(ids), [PHOTOGRAPH[i] for i in ids], at),
    ).fetchall()


def store(connection: psycopg.Connection, at: datetime) -> int:
    """What an edge handler does with whole images."""
    query = "select image_id::text, object_path from private.claim_assembled_images(100, '1 minute', %s)"
    rows = connection.execute(query, (at,)).fetchall()
    items = json.dumps([{"image_id": image_id, "image_url": path} for image_id, path in rows])
    assert connection.execute("select * from private.complete_images(%s::jsonb, %s)", (items, at)).fetchall() == []
    return len(rows)


def one(url: str, query: str, *parameters: Any) -> Any:
    """The first column of the first row."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None


def counters(url: str, at: datetime) -> tuple[int, ...]:
    """completed, failed, pending, extra of the day."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select completed_wake_count, failed_wake_count, pending_wake_count, extra_wake_count"
            " from site_device_sessions where session_date = %s",
            (at.date(),),
        ).fetchone()
    assert row
    return tuple(row)


def test_the_same_metadata_by_six_handlers_is_one_payload(url: str, day: datetime) -> None:
    """Also one session, made by whoever came first, and one send_image."""
    before = one(url, "select count(*) from private.mqtt_outbox")
    at_once(url, *[metadata("TEST-1", name="same.jpg", at=day) for _ in range(6)])
    assert one(url, "select count(*) from device_images where image_name = 'same.jpg'") == 1
    assert counters(url, day) == (0, 0, 1, 0)
    assert one(url, "select count(*) from private.mqtt_outbox") == before + 1


def test_chunks_split_over_handlers_make_one_image(url: str, day: datetime) -> None:
    """Each handler sees only its own half while it works; whoever commits last sees the whole. Metadata among them."""
    for round_number in range(10):
        mac, name = f"TEST-{round_number % 3 + 1}", f"split-{round_number}.jpg"
        at_once(
            url,
            chunks(mac, name, day, range(5)),
            chunks(mac, name, day, range(5, 10)),
            chunks(mac, name, day, range(2, 8)),
            metadata(mac, name=name, at=day, late=round_number),
        )
        assert one(url, "select state from private.image_transfers where image_name = %s", name) == "assembled"
    stored = at_once(url, *[lambda c: store(c, day) for _ in range(4)])
    assert sum(stored) == 10
    assert one(url, "select count(*) from device_images where image_name like 'split-%%' and status = 'complete'") == 10
    assert sum(counters(url, day)) == 10


def test_completing_five_times_at_once_is_one_observation(url: str, day: datetime) -> None:
    """And the failure that runs beside it neither undoes nor doubles it."""
    at_once(url, metadata("TEST-4", name="five.jpg", at=day))
    image_id = one(url, "select image_id::text from device_images where image_name = 'five.jpg'")
    complete = "select fn_image_completion_handler(%s, 'x.jpg', %s) ->> 'observation_id'"
    fail = "select fn_image_failure_handler(%s, '9', 'late', %s)"
    seen = at_once(
        url,
        *[lambda c: c.execute(complete, (image_id, day)).fetchone() for _ in range(5)],
        lambda c: c.execute(fail, (image_id, day)).fetchone(),
    )
    assert len({row[0] for row in seen[:5]}) == 1
    assert one(url, "select status from device_images where image_id = %s", image_id) == "complete"
    assert counters(url, day) == (1, 0, 0, 0)


def test_two_wakes_for_one_slot_are_one_completed_and_one_extra(url: str, day: datetime) -> None:
    """Neither is lost, and no error leaks."""
    at_once(url, *[metadata("TEST-5", name=f"slot-{n}.jpg", at=day, late=n) for n in range(5)])
    assert counters(url, day) == (0, 0, 1, 4)


def test_counters_of_a_day_that_all_handlers_write_are_a_recount(url: str, day: datetime) -> None:
    """Cameras in opposite order in two batches: a deadlock may cost a retry, never a count."""
    macs = [f"TEST-{n}" for n in range(1, 13)]
    at_once(
        url,
        metadata(*macs[:6], name="many.jpg", at=day),
        metadata(*macs[6:], name="many.jpg", at=day),
        metadata(*reversed(macs), name="many.jpg", at=day),
        *[metadata(mac, name="more.jpg", at=day, late=1) for mac in macs[:5]],
    )
    assert sum(counters(url, day)) == 17
    assert one(url, "select (fn_verify_session_counters() ->> 'wrong')::int") == 0


def test_openers_and_lockers_at_once_do_their_work_once(url: str, day: datetime) -> None:
    """Twenty ticks at the same time: one session, one lock."""
    opener, locker = "select fn_midnight_session_opener_all(%s)", "select fn_end_of_day_locker_all(%s)"
    at_once(url, *[lambda c: c.execute(opener, (day,)).fetchone() for _ in range(10)])
    assert one(url, "select count(*) from site_device_sessions where session_date = %s", day.date()) == 1
    end = day + timedelta(days=1)
    at_once(url, *[lambda c: c.execute(locker, (end,)).fetchone() for _ in range(10)])
    assert one(url, "select status from site_device_sessions where session_date = %s", day.date()) == "locked"
    worst = one(url, "select max(occurrence_count) from device_alerts where alert_type = 'low_completeness'")
    assert worst <= one(url, "select count(*) from site_device_sessions where status = 'locked'")
