"""Dead letters said again once their cause is mended."""

from __future__ import annotations

import os
import uuid

import orjson

from flows.device import Device
from flows.lab import Database
from lics import dead_letters

INSERT = """
insert into private.mqtt_dead_letters (topic, payload, payload_bytes, reason)
values (%s, %s, %s, 'internal') returning dead_letter_id
"""


async def test_a_replayed_dead_letter_makes_its_row_once(db: Database, camera: Device) -> None:
    """Twice replayed by mistake or not: one row. A cut one stays where it is."""
    name = f"replayed-{uuid.uuid4()}.jpg"
    body = orjson.dumps(
        {"image_name": name, "total_chunk_count": 2, "capture_timestamp": "2026-03-01T10:00:00Z", "temperature": 20.5}
    )
    topic = f"{camera.prefix}/{camera.topic_id}/data"
    whole = await db.value(INSERT, topic, body, len(body))
    cut = await db.value(INSERT, topic, body, len(body) + 70_000)
    settings = dict(os.environ)
    count = "select count(*) from public.device_images where image_name = %s"
    letters = "select count(*) from private.mqtt_dead_letters where topic = %s"

    async def replay(which: object) -> dead_letters.Replayed:
        return await dead_letters.replay(settings, dead_letter_id=str(which))

    assert await replay(whole) == dead_letters.Replayed(taken=1)
    assert await db.value(count, name) == 1
    assert await replay(whole) == dead_letters.Replayed(), "it is noted as replayed"
    await db.rows("update private.mqtt_dead_letters set replayed_at = null where dead_letter_id = %s", whole)
    assert await replay(whole) == dead_letters.Replayed(taken=1)
    assert await db.value(count, name) == 1
    assert await replay(cut) == dead_letters.Replayed(cut=1)
    assert await db.value(letters, topic) == 2, "the cut one stays, no new one"

    broken = await db.value(INSERT, topic, b"{", 1)
    assert await replay(broken) == dead_letters.Replayed(refused=1)
    assert await db.value(letters, topic) == 4, "refused again: a new one says why"
