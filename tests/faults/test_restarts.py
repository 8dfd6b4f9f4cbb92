"""A part of the stack dies between two messages of a wake: every photograph is stored once, and acknowledged."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

import psycopg
import pytest
from flows.lab import Database, Lab, Row, Stack, until

from lics.fleet.camera import Broker, Camera
from lics.fleet.sdcard import SdCard
from lics.fleet.wire import Dialect

from .victims import VICTIMS

SEED = 33
CHUNKS = 3
BACKLOG = 1
MESSAGES = 1 + (BACKLOG + 1) * (1 + CHUNKS)
"""HELLO, and of each photograph its metadata and chunks."""

PATIENCE_S = 25.0
"""Longer than any lease: a wake that loses no message at the broker must end within it."""

PATIENCE_AFTER_BROKER_S = 3.0
PUBACK_S = 2.0
WAKES = 6
"""A killed broker may take a message with it that it had not saved: then a later wake delivers."""


@dataclass
class Ledger:
    """Every photograph that the camera took: sha256 by (name, capture time)."""

    taken: dict[tuple[str, dt.datetime], str] = field(default_factory=dict)

    def photograph(self, seed: int, caption: str, at: dt.datetime) -> bytes:
        """What the camera's lens gives; written down at once."""
        data = b"\xff\xd8\xff" + hashlib.sha256(f"{seed} {caption}".encode()).digest() * 80 + b"\xff\xd9"
        self.taken[caption.split()[1], at.replace(microsecond=0)] = hashlib.sha256(data).hexdigest()
        return data


async def rows(db: Database, query: str, *args: object) -> list[Row]:
    """As `db.rows`, but PostgreSQL may be on its way back."""

    async def ask() -> list[list[Row]]:
        try:
            return [await db.rows(query, *args)]
        except psycopg.OperationalError:
            await db.close()
            return []

    return (await until(ask, "PostgreSQL is back"))[0]


STORED = """
select i.image_name, i.captured_at, i.sha256, i.status, p.payload_status, count(o.observation_id) as observations
from public.device_images as i
join public.devices as d on d.company_id = i.company_id and d.device_id = i.device_id
left join public.device_wake_payloads as p on p.company_id = i.company_id and p.image_id = i.image_id
left join public.petri_observations as o on o.company_id = i.company_id and o.image_id = i.image_id
where d.device_mac = %s
group by i.company_id, i.image_id, p.company_id, p.payload_id
"""
WRONG_DAYS = """
select s.session_id
from public.site_device_sessions as s
cross join lateral (
    select
        count(*) filter (where p.payload_status = 'complete' and not p.overage_flag) as completed,
        count(*) filter (where p.overage_flag) as extra
    from public.device_wake_payloads as p where p.site_device_session_id = s.session_id
) as c
where s.company_id = %s and (s.completed_wake_count, s.extra_wake_count) is distinct from (c.completed, c.extra)
"""
LATER = """
update private.wakes as w
set started_at = w.started_at - interval '1 hour', last_message_at = w.last_message_at - interval '1 hour',
    ended_at = w.ended_at - interval '1 hour', hello_at = w.hello_at - interval '1 hour'
from public.devices as d
where d.device_mac = %s and w.company_id = d.company_id and w.device_id = d.device_id
"""


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("before", [2, 3, 5, 6, 7, MESSAGES])
async def test_a_wake_completes_exactly_once_whatever_dies_between_two_of_its_messages(
    stack: Stack, lab: Lab, db: Database, victim: str, before: int
) -> None:
    sent = 0

    async def die() -> None:
        nonlocal sent
        sent += 1
        if sent == before:
            VICTIMS[victim](stack)

    ledger, mac = Ledger(), lab.new_mac()
    camera = Camera(
        Broker(stack.mqtt_host, stack.mqtt_port, lab.fleet.user, lab.fleet.password),
        mac,
        seed=SEED,
        dialect=Dialect(),
        card=SdCard(),
        photographer=ledger.photograph,
        patience_s=PATIENCE_AFTER_BROKER_S if victim == "broker" else PATIENCE_S,
        puback_s=PUBACK_S,
        before_publish=die,
    )
    for hours in range(BACKLOG, 0, -1):
        await camera.capture(dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours))
    for _ in range(WAKES if victim == "broker" else 1):
        wake = await camera.wake()
        if wake.outcome == "complete" and not camera.card.names():
            break
        await rows(db, LATER, mac)
    assert wake.outcome == "complete", wake
    assert camera.card.names() == [], "acknowledged: nothing is left on the card"
    if victim != "broker":
        assert len(ledger.taken) == BACKLOG + 1, "one capture a wake"

    found = await rows(db, STORED, mac)
    assert {(row["image_name"], row["captured_at"]): row["sha256"] for row in found} == ledger.taken
    assert len(found) == len(ledger.taken)
    states = {(row["status"], row["payload_status"], row["observations"]) for row in found}
    assert states == {("complete", "complete", 1)}
    assert await rows(db, WRONG_DAYS, lab.company_id) == []
