"""A real Mosquitto, and a peer that answers as a test tells it to."""

import asyncio
import contextlib
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import orjson
import pytest

from lics.fleet.camera import Broker

Heard = tuple[str, dict[str, Any]]
Behaviour = Callable[["Peer", str, dict[str, Any]], Awaitable[None]]


class Peer:
    """The server's side: remembers every message of a device and hands it to the test's behaviour."""

    def __init__(self, client: aiomqtt.Client, behaviour: Behaviour) -> None:
        self.client, self.behaviour = client, behaviour
        self.heard: list[Heard] = []
        self.news = asyncio.Condition()

    async def listen(self) -> None:
        async for message in self.client.messages:
            body = orjson.loads(bytes(message.payload))
            for item in body if isinstance(body, list) else [body]:
                self.heard.append((str(message.topic), item))
            await self.behaviour(self, str(message.topic), body)
            async with self.news:
                self.news.notify_all()

    async def say(self, topic: str, **message: Any) -> None:
        await self.client.publish(topic, orjson.dumps(message), qos=1)

    async def until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s), self.news:
            await self.news.wait_for(condition)

    def messages(self, leaf: str, field: str | None = None) -> list[dict[str, Any]]:
        """What was heard on a topic's last level, perhaps only where a field is present."""
        return [body for topic, body in self.heard if topic.endswith(f"/{leaf}") and (field is None or field in body)]


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A broker without accounts on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("mosquitto")
    (folder / "conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["mosquitto", "-c", str(folder / "conf")], stdout=log, stderr=log, env={"PATH": "/usr/sbin:/usr/bin"}
        )
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, "the broker accepts no connection"
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


@pytest.fixture
def broker(mosquitto: int) -> Broker:
    """What a device needs to connect."""
    return Broker("127.0.0.1", mosquitto, "nobody", "nothing")


Peers = Callable[[str, Behaviour], contextlib.AbstractAsyncContextManager[Peer]]


@pytest.fixture
def peer(mosquitto: int) -> Peers:
    """Opens a peer on a topic filter."""

    @contextlib.asynccontextmanager
    async def opened(topics: str, behaviour: Behaviour) -> AsyncIterator[Peer]:
        async with aiomqtt.Client("127.0.0.1", mosquitto) as client:
            # Mosquitto would hand our own answers back
            for leaf in ("status", "data", "logs", "heartbeat", "ack"):
                if leaf != "ack" or topics.startswith("devices/"):
                    await client.subscribe(f"{topics}/{leaf}", qos=1)
            one = Peer(client, behaviour)
            listening = asyncio.create_task(one.listen())
            yield one
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    return opened
