"""A sceptical device: says exactly what a test tells it to say, remembers every answer, forgives nothing."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

import aiomqtt
import orjson

from flows.lab import LIMIT_S, Account, Database, Row, Stack, until
from flows.photo import Photo

HEARS = ("cmd", "ack")


class Answer(NamedTuple):
    """A message of the server, without the device's own id."""

    leaf: str
    body: dict[str, Any]


CAPTURE = Answer("cmd", {"capture_image": True})
SEND_ALL = Answer("cmd", {"send_all_pending": True})


def send(name: str) -> Answer:
    """The server asks for a file."""
    return Answer("cmd", {"send_image": name})


def stored(name: str) -> Answer:
    """The server has a file of the backlog."""
    return Answer("ack", {"image_name": name, "ACK_OK": True})


def missing(name: str, ids: Sequence[int]) -> Answer:
    """The server lacks chunks."""
    return Answer("ack", {"image_name": name, "missing_chunks": list(ids)})


class Device:
    """One camera, connected. `topic_id`: the id as this device writes it."""

    def __init__(self, client: aiomqtt.Client, db: Database, mac: str, prefix: str, topic_id: str) -> None:
        self.client, self.db, self.mac = client, db, mac
        self.prefix, self.topic_id = prefix, topic_id
        self.heard: list[Answer] = []
        """Everything, in order."""
        self.read = 0
        """How many of them a test has looked at."""
        self._news = asyncio.Condition()
        self._listening: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear the answers for as long as the block lasts; an answer that is not for this device fails it."""
        self._listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            self._listening.cancel()
            (ended,) = await asyncio.gather(self._listening, return_exceptions=True)
        if isinstance(ended, AssertionError):
            raise ended

    async def _listen(self) -> None:
        async for message in self.client.messages:
            body = orjson.loads(bytes(message.payload))
            topic = str(message.topic)
            assert topic.startswith(f"{self.prefix}/{self.topic_id}/"), topic
            assert body.pop("device_id") == self.topic_id
            async with self._news:
                self.heard.append(Answer(topic.rsplit("/", 1)[-1], body))
                self._news.notify_all()

    async def dropped(self) -> None:
        """Wait until the broker ends the connection; raises `MqttError` then."""
        assert self._listening is not None
        await asyncio.shield(self._listening)

    # What the device says.
    async def publish(self, leaf: str, payload: bytes, qos: int = 1) -> None:
        """Bytes as they are."""
        await self.client.publish(f"{self.prefix}/{self.topic_id}/{leaf}", payload, qos=qos)

    async def say(self, leaf: str, **message: Any) -> None:
        """One message that names the device as the firmware does."""
        await self.publish(leaf, orjson.dumps({"device_id": self.topic_id, **message}))

    async def hello(self, **fields: Any) -> None:
        """Awake, with an empty queue unless said otherwise."""
        said = {"status": "Alive", "battery_voltage": 3.91, "wifi_rssi": -63, "firmware_version": "3.5.0"}
        await self.say("status", **said | fields)

    async def announce(self, photo: Photo, **more: Any) -> None:
        """Metadata."""
        await self.say("data", **photo.metadata(**more))

    async def stream(
        self, photo: Photo, indexes: Iterable[int] | None = None, *, base: int = 0, as_array: bool = False
    ) -> None:
        """Chunks, all of them unless said otherwise."""
        for index in range(photo.chunk_count) if indexes is None else indexes:
            await self.say("data", **photo.chunk(index, base=base, as_array=as_array))

    # What the device hears.
    async def next(self, limit_s: float = LIMIT_S) -> Answer:
        """The next answer that no test has looked at."""
        try:
            async with asyncio.timeout(limit_s), self._news:
                await self._news.wait_for(lambda: len(self.heard) > self.read)
        except TimeoutError:
            raise AssertionError(f"no answer within {limit_s:.0f} s; heard so far: {self.heard}") from None
        self.read += 1
        return self.heard[self.read - 1]

    async def told(self, *expected: Answer) -> None:
        """The next answers are these, in this order."""
        for answer in expected:
            assert await self.next() == answer

    async def final(self, photo: Photo) -> str:
        """The next answer ends the wake with a stored image; its time of day."""
        answer = await self.next()
        assert answer.leaf == "ack", answer
        assert answer.body["image_name"] == photo.name
        assert set(answer.body["ACK_OK"]) == {"next_wake_time"}
        return str(answer.body["ACK_OK"]["next_wake_time"])

    async def sleep(self) -> str:
        """The next answer is the sleep without an image; its time of day."""
        answer = await self.next()
        assert answer.leaf == "cmd", answer
        assert set(answer.body) == {"next_wake"}, answer
        return str(answer.body["next_wake"])

    async def unheard(self) -> list[Answer]:
        """What the server has decided to say up to now, beyond what the test has looked at.

        No waiting for silence: a message that ends as a dead letter is a fence behind everything said before it, and
        the outbox then holds every answer.
        """
        mark = secrets.token_hex(8)
        await self.publish("data", f"fence {mark}".encode())
        fence = "select dead_letter_id from private.mqtt_dead_letters where payload = %s"
        await until(lambda: self.db.rows(fence, f"fence {mark}".encode()), "the fence is stored")
        await self.heard_all()
        return self.heard[self.read :]

    async def heard_all(self) -> None:
        """Wait until every answer in the outbox has been heard (at least once is the promise; here: once)."""

        async def complete() -> bool:
            said = await self.db.value(
                "select count(*) from private.mqtt_outbox where topic like %s",
                f"%/{self.topic_id}/%",
            )
            return int(said) <= len(self.heard)

        await until(complete, "every answer arrives")

    # A whole wake, where the test is about something else.
    async def wake(self, photo: Photo, **hello: Any) -> str:
        """Online, nothing queued: from HELLO to sleep; answers the wake time."""
        await self.hello(**hello)
        await self.told(CAPTURE)
        return await self.deliver(photo)

    async def deliver(self, photo: Photo, **stream: Any) -> str:
        """From metadata to the final ACK."""
        await self.announce(photo)
        await self.told(send(photo.name))
        await self.stream(photo, **stream)
        return await self.final(photo)

    # Its rows.
    async def device(self) -> Row:
        """Its row of devices."""
        return await self.db.one("select * from public.devices where device_mac = %s and archived_at is null", self.mac)

    async def images(self) -> list[Row]:
        """Its images, by time of arrival."""
        return await self.db.rows(_IMAGES, self.mac)

    async def payloads(self) -> list[Row]:
        """Its payloads, by time of arrival."""
        return await self.db.rows(_PAYLOADS, self.mac)

    async def observations(self) -> list[Row]:
        """Its observations."""
        return await self.db.rows(_OBSERVATIONS, self.mac)

    async def alerts(self, alert_type: str) -> list[Row]:
        """Its alerts of one type that are not resolved."""
        return await self.db.rows(_ALERTS, self.mac, alert_type)

    async def dead_letters(self) -> list[Row]:
        """What it said and the server could not use; fences apart."""
        return await self.db.rows(_LETTERS, f"%/{self.topic_id}/%")

    async def later(self, seconds: float) -> None:
        """Time passes for this camera and for nobody else, then what is due happens."""
        for statement in _LATER:
            await self.db.rows(statement, seconds, self.mac)
        await self.db.rows("select private.run_due()")


@contextlib.asynccontextmanager
async def connected(
    stack: Stack,
    db: Database,
    account: Account,
    mac: str,
    *,
    prefix: str = "ESP32CAM",
    topic_id: str | None = None,
    port: int | None = None,
    client_id: str | None = None,
) -> AsyncIterator[Device]:
    """A camera on the broker that hears its answers. Without `topic_id` it writes its MAC in the canonical form."""
    topic_id = topic_id or mac
    client_id = client_id or f"{topic_id}-{secrets.token_hex(3)}"
    async with contextlib.AsyncExitStack() as opened:
        client = await until(lambda: _opened(opened, stack, account, client_id, port), "the broker knows the account")
        device = Device(client, db, mac, prefix, topic_id)
        await client.subscribe([(f"{prefix}/{topic_id}/{leaf}", 1) for leaf in HEARS])
        async with device.listening():
            yield device


async def _opened(
    opened: contextlib.AsyncExitStack, stack: Stack, account: Account, client_id: str, port: int | None
) -> aiomqtt.Client | None:
    with contextlib.suppress(aiomqtt.MqttError):
        return await opened.enter_async_context(broker_client(stack, account, client_id, port))
    return None


def broker_client(stack: Stack, account: Account, client_id: str, port: int | None = None) -> aiomqtt.Client:
    """A connection as devices make it."""
    return aiomqtt.Client(
        stack.mqtt_host,
        port or stack.mqtt_port,
        username=account.user,
        password=account.password,
        identifier=client_id,
        protocol=aiomqtt.ProtocolVersion.V311,
        keepalive=60,
    )


_OF = "in (select d.device_id from public.devices as d where d.device_mac = %s)"
_IMAGES = f"select * from public.device_images where device_id {_OF} order by created_at, image_id"  # noqa: S608
_PAYLOADS = f"select * from public.device_wake_payloads where device_id {_OF} order by created_at, payload_id"  # noqa: S608
_OBSERVATIONS = f"select * from public.petri_observations where device_id {_OF} order by created_at"  # noqa: S608
_ALERTS = f"select * from public.device_alerts where device_id {_OF} and alert_type = %s and status <> 'resolved'"  # noqa: S608
_LETTERS = """
select l.* from private.mqtt_dead_letters as l
where l.topic like %s and l.payload not like 'fence %%'::bytea order by l.received_at, l.dead_letter_id
"""
_LATER = [
    f"""
    update private.{table} set {", ".join(f"{column} = {column} - s.passed" for column in columns)}
    from (select make_interval(secs => %s) as passed) as s where device_id {_OF}
    """  # noqa: S608
    for table, columns in {
        "wakes": (
            "started_at", "last_message_at", "ended_at", "hello_at", "backlog_requested_at", "capture_requested_at",
        ),
        "image_transfers": (
            "metadata_at", "send_image_at", "asked_at", "last_activity_at", "assembled_at", "created_at",
        ),
    }.items()
]  # fmt: skip
