"""Load for the benchmarks: full wakes of many cameras, each with its connection, cheap enough to share two cores.

MQTT 3.1.1 by hand: what a wake sends is encoded before the clock starts, and of what comes back only the topic and the
kind of the answer are looked at.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from bench.load import Broker

CHUNK_BYTES = 1024
CHUNKS = 64
MESSAGES = CHUNKS + 2
"""What a camera publishes in a wake: HELLO, metadata, chunks."""


def _length(size: int) -> bytes:
    encoded = bytearray()
    while True:
        size, digit = divmod(size, 128)
        encoded.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(encoded)


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2) + text.encode()


def _packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _length(len(body)) + body


def _connect(at: Broker, client_id: str) -> bytes:
    flags = 0b11000010  # user, password, clean session
    head = _text("MQTT") + bytes([4, flags]) + (300).to_bytes(2)
    return _packet(0x10, head + _text(client_id) + _text(at.username) + _text(at.password))


def _publish(topic: str, payload: bytes, mid: int) -> bytes:
    return _packet(0x32, _text(topic) + mid.to_bytes(2) + payload)


@dataclass
class Wake:
    """One camera's wake, encoded, and how far it is."""

    mac: str
    hello: bytes
    metadata: bytes
    chunks: bytes
    state: str = "asleep"


def _encode(mac: str, number: int, mids: count[int]) -> Wake:
    dice = random.Random(f"{mac}{number}")  # noqa: S311 - load, not secrets
    picture = b"\xff\xd8\xff\xe0" + dice.randbytes(CHUNKS * CHUNK_BYTES - 6 - 100) + b"\xff\xd9"
    name = f"image_{number}.jpg"

    def publish(channel: str, **fields: object) -> bytes:
        body = json.dumps({"device_id": mac, **fields}, separators=(",", ":")).encode()
        return _publish(f"ESP32CAM/{mac}/{channel}", body, next(mids) % 65535 + 1)

    return Wake(
        mac,
        publish("status", status="Alive", pendingImg=0, battery_voltage=3.91, wifi_rssi=-63, firmware_version="3.5.0"),
        publish(
            "data", timestamp=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", image_name=name, image_id=number,
            image_size=len(picture), max_chunks_size=CHUNK_BYTES, total_chunk_count=CHUNKS, error=0,
            sensor_data={"temperature": 21.47, "humidity": 58.2, "pressure": 1014.9, "gas_resistance": 12.06},
        ),
        b"".join(
            publish(
                "data", image_name=name, chunk_id=part, max_chunk_size=CHUNK_BYTES,
                payload=base64.b64encode(picture[part * CHUNK_BYTES : (part + 1) * CHUNK_BYTES]).decode(),
            )
            for part in range(CHUNKS)
        ),
    )  # fmt: skip


@dataclass
class Line:
    """One connection: of one camera, or of several whose messages are only passed through."""

    at: Broker
    name: str
    waiting: deque[Wake]
    awake: asyncio.Semaphore
    answers: bool
    """Whether a camera waits for the server; without, its messages follow each other at once."""
    by_mac: dict[str, Wake] = field(default_factory=dict)
    acknowledged: int = 0

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.at.host, self.at.port, limit=2**22)
        self.writer.write(_connect(self.at, self.name))
        kind, body = await self._packet()
        if kind != 0x20 or body[1]:
            raise ConnectionError(f"CONNACK {body!r}")
        if self.answers:
            for channel in ("cmd", "ack"):
                for wake in self.waiting:
                    self.writer.write(
                        _packet(0x82, (1).to_bytes(2) + _text(f"ESP32CAM/{wake.mac}/{channel}") + b"\x00")
                    )
            for _ in range(2 * len(self.waiting)):
                kind, body = await self._packet()
                if kind != 0x90 or body[2] == 0x80:
                    raise ConnectionError(f"SUBACK {body!r}")

    async def _packet(self) -> tuple[int, bytes]:
        kind = (await self.reader.readexactly(1))[0]
        size = shift = 0
        while True:
            digit = (await self.reader.readexactly(1))[0]
            size |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return kind & 0xF0, await self.reader.readexactly(size)

    async def run(self) -> None:
        """All wakes, one after the other."""
        try:
            if not self.answers:
                await self._pour()
                return
            while self.waiting:
                async with self.awake:
                    self._begin()
                    while self.by_mac:
                        kind, body = await self._packet()
                        if kind == 0x30:
                            size = int.from_bytes(body[:2])
                            self._heard(body[2 : size + 2].decode(), body[size + 2 :])
                        await self.writer.drain()
        finally:
            self.writer.close()

    def _begin(self) -> None:
        wake = self.waiting.popleft()
        self.by_mac[wake.mac] = wake
        wake.state = "hello"
        self.writer.write(wake.hello)

    def _heard(self, topic: str, body: bytes) -> None:
        wake = self.by_mac.get(topic.split("/")[1])
        if wake is None:
            return
        if b"capture_image" in body and wake.state == "hello":
            wake.state = "metadata"
            self.writer.write(wake.metadata)
        elif b"send_image" in body and wake.state == "metadata":
            wake.state = "chunks"
            self.writer.write(wake.chunks)
        elif b"next_wake_time" in body and wake.state == "chunks":
            wake.state = "stored"
            del self.by_mac[wake.mac]
        else:
            raise RuntimeError(f"a camera that has sent its {wake.state} was told {body!r}")

    async def _pour(self) -> None:
        total = len(self.waiting) * MESSAGES
        reading = asyncio.create_task(self._count(total))
        while self.waiting:
            wake = self.waiting.popleft()
            self.writer.write(wake.hello + wake.metadata + wake.chunks)
            await self.writer.drain()
        await reading

    async def _count(self, total: int) -> None:
        while self.acknowledged < total:
            kind, _ = await self._packet()
            self.acknowledged += kind == 0x40


def cameras(at: Broker, macs: Sequence[str], number: int, awake: int) -> list[Line]:
    """One wake of each MAC on a connection and account of its own, ``awake`` at a time; its photograph's number."""
    at_once = asyncio.Semaphore(awake)
    return [
        Line(dataclasses.replace(at, username=mac), mac, deque([_encode(mac, number, count())]), at_once, answers=True)
        for mac in macs
    ]


def pourers(at: Broker, macs: Sequence[str], number: int, connections: int) -> list[Line]:
    """The same messages, nobody waiting, spread over a few connections."""
    mids = [count() for _ in range(connections)]
    wakes: list[deque[Wake]] = [deque() for _ in range(connections)]
    for index, mac in enumerate(macs):
        wakes[index % connections].append(_encode(mac, number, mids[index % connections]))
    at_once = asyncio.Semaphore(connections)
    return [Line(at, f"bench-pourer-{index}", waiting, at_once, answers=False) for index, waiting in enumerate(wakes)]


async def connect(those: Sequence[Line]) -> None:
    """Open all connections, before the clock starts."""
    await asyncio.gather(*(line.open() for line in those))


async def play(those: Sequence[Line], limit_s: float) -> None:
    """Run them to their end."""
    async with asyncio.timeout(limit_s), asyncio.TaskGroup() as group:
        for line in those:
            group.create_task(line.run())
