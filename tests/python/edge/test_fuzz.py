"""Hostile payloads, through the parsers and into the real SQL functions: each makes rows or has its reason."""

import base64
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from db.scratch import Cluster

from bench.load import Rig
from edge.conftest import Database, trial
from edge_functions import calls, routes
from edge_functions.calls import Unit
from edge_functions.models.items import Item

MESSAGES = 4_000
TOGETHER = 200
TIME = "2026-02-10T13:00:12Z"
WEIRD: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 10**40, 1e308, -1e-308, 1.5, "", "x", "0", " ", "\u0000",
    "\ud800", "1e400", "NaN", float("nan"), float("inf"), [], {}, [[]], [None], {"a": {}}, {"": ""}, [1, 2, 300],
    ["a", None, 3],
    "é" * 3000, "2026-02-10T13:00:12", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-2-7 4:3:9",
    "1970-01-01T00:00:00Z", "00000000-0000-0000-0000-000000000000", "\U0001f600", "'", "$$", "\\", "%s", "\u2028",
]  # fmt: skip


def good_messages(rig: Rig, mac: str) -> list[tuple[str, dict[str, Any]]]:
    """One of each kind, with every field it may have."""
    run = {"deployment_id": rig.deployment_id, "at": TIME, "boot_id": "b"}
    rest = {
        "kind": "trial",
        "response": {"a": [1]},
        "reaction_time": 1.5,
        "correct": 1,
        "custom_data": {},
        "partial": False,
    }
    line = {"level": "INFO", "message": "m", "line_no": 3, "stream": "stdout", "context": {"a": 1}}
    report = {"status": "running", "error": "e", "exit_code": 1, "reason_code": "operator", "end": {"entries": 3}}
    presence = {
        "status": "online",
        "running": [rig.deployment_id],
        "agent_version": "1",
        "spool_depth": 3,
        "temp_c": 3.5,
    }
    hello = {"status": "Alive", "pendingImg": 2, "pending_list": ["a.jpg"], "battery_voltage": 3.9, "wifi_rssi": -63}
    picture = {
        "timestamp": TIME,
        "image_name": "a.jpg",
        "image_size": 7,
        "max_chunks_size": 1024,
        "total_chunk_count": 1,
    }
    sensors = {"sensor_data": {"temperature": 21.47, "humidity": 58.2, "pressure": 1014.9, "gas_resistance": 12.06}}
    chunk = {"image_name": "a.jpg", "chunk_id": 0, "payload": base64.b64encode(b"\xff\xd8\xff1234").decode()}
    rig_topic = f"devices/{rig.device_id}"
    return [
        (f"{rig_topic}/data", {**trial(rig, 1), **rest, "rev": 1, "boot_id": "b", "partial": False}),
        (f"{rig_topic}/logs", {**run, **line}),
        (f"{rig_topic}/status", {**run, **report}),
        (f"{rig_topic}/status", presence),
        (f"{rig_topic}/heartbeat", presence),
        (f"{rig_topic}/ack", {**run, "accepted": False, "reason": "x"}),
        (f"device/{mac}/status", {**hello, "device_id": mac, "firmware_version": "3"}),
        (f"enrol/device/{mac}/status", hello),
        (
            f"ESP32CAM/{mac}/data",
            {**picture, **sensors, "location": "bay_3", "error": 0, "slot_index": 1},
        ),
        (f"ESP32CAM/{mac}/data", chunk),
        (f"device/{mac}/data", {"captured_at": TIME, "temperature": 21.5}),
    ]


def spoil(dice: random.Random, body: dict[str, Any]) -> bytes:
    """Fields changed, added, removed; arrays; bytes flipped; the end cut off."""
    changed: Any = dict(body)
    for _ in range(dice.randrange(4)):
        field = dice.choice([*changed, "payload", "chunk_id", "seq", "device_id", "deployment_id", "status"])
        if dice.random() < 0.8:
            changed[field] = dice.choice(WEIRD)
        else:
            changed.pop(field, None)
    if dice.random() < 0.1:
        changed = [changed] * dice.choice([0, 1, 2, 60])
    data = bytearray(json.dumps(changed, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass"))
    if dice.random() < 0.15:
        data[dice.randrange(len(data))] = dice.randrange(256)
    if dice.random() < 0.05:
        del data[dice.randrange(len(data)) :]
    return bytes(data)


@pytest.fixture
async def edge(cluster: tuple[Cluster, str]) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """A session of the role that handlers have."""
    async with await psycopg.AsyncConnection.connect(cluster[0].url("edge", "edge_handler")) as connection:
        yield connection


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_hostile_payload_makes_rows_or_has_a_reason(
    seed: int, database: Database, edge: psycopg.AsyncConnection[tuple[object, ...]]
) -> None:
    dice = random.Random(seed)
    messages = good_messages(database.rigs(1)[0], database.camera())
    reasons: set[str] = set()
    for _ in range(MESSAGES // TOGETHER):
        units: list[Unit] = []
        for _ in range(TOGETHER):
            topic, body = dice.choice(messages)
            units += [Unit(topic, part) for part in routes.parse(topic, spoil(dice, body))[1]]
        internal = [unit for unit in units if not isinstance(unit.part, Item) and unit.part.reason == "internal"]
        assert internal == []
        reasons |= {letter.reason for letter in await calls.execute(edge, calls.plan(units))}
        await edge.rollback()
    assert "internal" not in reasons
    assert {"not_json", "not_finite", "bad_unicode", "bad_type", "bad_time", "missing_field", "empty_batch"} <= reasons
