"""A camera as the firmware behaves: it says HELLO, does what it is told, and sleeps when it is told to."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import aiomqtt
import orjson

from lics.fleet import pictures, wire
from lics.fleet.faults import Faults
from lics.fleet.sdcard import SdCard
from lics.fleet.wire import Answer, Dialect, Picture, Sensors

FIRMWARE = "3.5.0"
KEEPALIVE_S = 60
RECONNECT_AFTER_S, RECONNECTS = 1.0, 30

Outcome = Literal["complete", "slept", "silent", "unreachable"]
"""complete: the final ACK_OK came. slept: told to sleep without an image. silent: the server's answers stopped.
unreachable: no broker."""

Photographer = Callable[[int, str, dt.datetime], bytes]
"""Makes a JPEG from a seed, a caption and a time."""


def utc_now() -> dt.datetime:
    """A camera's clock that is right."""
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass(frozen=True)
class Broker:
    """Where to connect, and as whom."""

    host: str
    port: int
    user: str
    password: str


@dataclasses.dataclass
class Wake:
    """What one wake was."""

    outcome: Outcome = "silent"
    captured: list[str] = dataclasses.field(default_factory=list)
    stored: list[str] = dataclasses.field(default_factory=list)
    """Files that an ACK_OK named, in order."""
    next_wake: str | None = None
    chunks_sent: int = 0
    missing_asked: int = 0
    restarts: int = 0
    heard: list[Answer] = dataclasses.field(default_factory=list)
    """Every answer of the server, in order of arrival."""


class RestartError(Exception):
    """The camera lost its memory, but not its card."""


class Camera:
    """One camera. Deterministic by `seed` and MAC, apart from the clock."""

    def __init__(
        self,
        broker: Broker,
        mac: str,
        *,
        seed: int = 0,
        dialect: Dialect | None = None,
        faults: Faults | None = None,
        card: SdCard | None = None,
        photographer: Photographer = pictures.draw,
        clock: Callable[[], dt.datetime] = utc_now,
        patience_s: float = 75.0,
        puback_s: float = 10.0,
        before_publish: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`patience_s`, `puback_s`: how long it waits for the server's next word, and for the broker.
        `before_publish`: called before every message; tests of faults stand between any two of them."""
        self.broker, self.mac = broker, mac
        self.rng = random.Random(f"{seed}:{mac}")
        self.dialect = dialect or Dialect.drawn(self.rng)
        self.faults = faults or Faults()
        self.card = card or SdCard()
        self.clock, self.patience_s, self.puback_s = clock, patience_s, puback_s
        self.before_publish = before_publish
        self._photographer = photographer
        self.battery = 4.05 - self.rng.random() * 0.2
        self.rssi = -55 - self.rng.random() * 20

    @property
    def topic_id(self) -> str:
        """The id in this camera's topics."""
        return self.dialect.topic_id(self.mac)

    async def capture(self, at: dt.datetime | None = None) -> Picture:
        """Take a photograph and keep it on the card; also what a camera does that finds no network."""
        at = at or self.clock()
        name = self.card.next_name()
        data = await asyncio.to_thread(self._photographer, self.rng.getrandbits(32), f"{self.mac} {name}", at)
        picture = Picture(name, self.dialect.time_text(at), data, Sensors.drawn(self.rng))
        self.card.put(picture)
        return picture

    async def wake(self) -> Wake:
        """One wake, from HELLO to sleep; a lost connection or a restart is part of it. One at a time."""
        async with self.card.in_use():
            wake = Wake()
            course = _Course(self, wake)
            for attempt in range(RECONNECTS):
                try:
                    async with self._client() as client:
                        await course.run(client)
                        return wake
                except RestartError:
                    wake.restarts += 1
                except aiomqtt.MqttError:
                    wake.outcome = "unreachable"
                    if attempt + 1 < RECONNECTS:
                        await asyncio.sleep(RECONNECT_AFTER_S)
            return wake

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.broker.host,
            self.broker.port,
            username=self.broker.user,
            password=self.broker.password,
            identifier=self.topic_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            keepalive=KEEPALIVE_S,
            timeout=self.puback_s,
            max_queued_incoming_messages=1000,
        )


class _Course:
    """The state of one wake. What a restart forgets is in `run`, what the card and the flash keep is here."""

    def __init__(self, camera: Camera, wake: Wake) -> None:
        faults, rng = camera.faults, camera.rng
        self.camera, self.wake = camera, wake
        self.broken = rng.random() < faults.camera_broken
        self.restart_pending = rng.random() < faults.restart
        self.restart_at = rng.random()
        self.metadata_twice = rng.random() < faults.metadata_twice
        self.hello_twice = rng.random() < faults.hello_twice
        self.sending_all = False

    async def run(self, client: aiomqtt.Client) -> None:
        """Until sleep. Raises `RestartError` or `MqttError`."""
        self.client = client
        self.offered: set[str] = set()
        self.sent_until: dict[str, float] = {}
        inbox: asyncio.Queue[tuple[float, Answer] | Exception] = asyncio.Queue()
        base = f"{self.camera.dialect.prefix}/{self.camera.topic_id}"
        await client.subscribe([(f"{base}/cmd", 1), (f"{base}/ack", 1)])
        reader = asyncio.create_task(self._read(inbox))
        try:
            for _ in range(2 if self.hello_twice else 1):
                await self._hello()
            self.hello_twice = False
            while True:
                try:
                    got = await asyncio.wait_for(inbox.get(), self.camera.patience_s)
                except TimeoutError:
                    self.wake.outcome = "silent"
                    return
                if isinstance(got, Exception):
                    raise got
                if await self._obey(*got):
                    return
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _read(self, inbox: asyncio.Queue[tuple[float, Answer] | Exception]) -> None:
        try:
            async for message in self.client.messages:
                answer = wire.parse(bytes(message.payload))
                self.wake.heard.append(answer)
                inbox.put_nowait((asyncio.get_running_loop().time(), answer))
        except aiomqtt.MqttError as error:
            inbox.put_nowait(error)

    async def _obey(self, arrived: float, answer: Answer) -> bool:  # noqa: PLR0912
        """Do what one answer asks; true when it sends the camera to sleep."""
        wake, card = self.wake, self.camera.card
        match answer.kind:
            case "capture":
                await self._capture()
            case "send_all":
                self.sending_all = True
                await self._offer_next()
            case "send" if answer.name is not None and (picture := card.get(answer.name)):
                # asked for while it was on its way: that was the answer
                if arrived >= self.sent_until.get(picture.name, 0.0):
                    if picture.name not in self.offered:
                        await self._offer(picture)
                    await self._send(picture, list(range(picture.chunk_count)))
            case "missing" if answer.name is not None and (picture := card.get(answer.name)):
                wake.missing_asked += 1
                wanted = (chunk_id - self.camera.dialect.first_chunk_id for chunk_id in answer.chunk_ids)
                await self._send(picture, [index for index in wanted if 0 <= index < picture.chunk_count])
            case "stored" | "final":
                if answer.name is not None and card.delete(answer.name):
                    wake.stored.append(answer.name)
                if answer.kind == "final":
                    wake.outcome, wake.next_wake = "complete", answer.next_wake
                    return True
                if self.sending_all:
                    await self._offer_next()
            case "sleep":
                wake.outcome, wake.next_wake = "slept", answer.next_wake
                return True
            case "ping":
                await self._hello()
            case "reboot":
                raise RestartError
            case _:
                pass
        return False

    async def _capture(self) -> None:
        if not self.camera.dialect.lists_names and await self._offer_next():
            return
        if self.broken:
            camera = self.camera
            text, readings = camera.dialect.time_text(camera.clock()), Sensors.drawn(camera.rng)
            await self._publish("data", wire.telemetry(camera.dialect, camera.mac, text, readings, camera.battery))
            return
        picture = await self.camera.capture()
        self.wake.captured.append(picture.name)
        await self._offer(picture)

    async def _offer_next(self) -> bool:
        """Offer the oldest file not yet offered; false when there is none."""
        for name in self.camera.card.names():
            picture = self.camera.card.get(name)
            if picture is not None and name not in self.offered:
                await self._offer(picture)
                return True
        return False

    async def _offer(self, picture: Picture) -> None:
        self.offered.add(picture.name)
        for _ in range(2 if self.metadata_twice else 1):
            await self._publish("data", wire.metadata(self.camera.dialect, self.camera.mac, picture))
        self.metadata_twice = False

    async def _send(self, picture: Picture, indexes: list[int]) -> None:
        leaving = self.camera.faults.order(indexes, self.camera.rng)
        stop_at = int(len(leaving) * self.restart_at) if self.restart_pending else None
        for position, index in enumerate(leaving):
            if position == stop_at:
                self.restart_pending = False
                raise RestartError
            await self._publish("data", wire.chunk(self.camera.dialect, self.camera.mac, picture, index))
            self.wake.chunks_sent += 1
        self.sent_until[picture.name] = asyncio.get_running_loop().time()

    async def _hello(self) -> None:
        camera = self.camera
        camera.battery = max(3.62, camera.battery - camera.rng.random() * 0.002)
        rssi = camera.rssi + camera.rng.uniform(-4, 4)
        pending = camera.card.names()
        message = wire.hello(camera.dialect, camera.mac, pending, battery=camera.battery, rssi=rssi, firmware=FIRMWARE)
        await self._publish("status", message)

    async def _publish(self, leaf: str, message: dict[str, Any]) -> None:
        if self.camera.before_publish is not None:
            await self.camera.before_publish()
        topic = f"{self.camera.dialect.prefix}/{self.camera.topic_id}/{leaf}"
        await self.client.publish(topic, orjson.dumps(message), qos=self.camera.dialect.qos)
