"""Three kinds of listener: supabase-py, supabase-js in a process of its own, and a bare socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import websockets
from realtime import RealtimeSubscribeStates

from gateway_api.world import PASSWORD, Person, World
from supabase import AsyncClient, acreate_client

JS = Path(__file__).parent / "js"
Line = dict[str, Any]


class Heard:
    """What a listener heard, and waiting for it."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._news = asyncio.Condition()

    async def add(self, line: Line) -> None:
        async with self._news:
            self.lines.append(line)
            self._news.notify_all()

    async def until(self, fits: Callable[[Line], bool], times: int = 1, within_s: float = 15) -> list[Line]:
        """The lines that fit, once there are as many. Fails after within_s, saying what there was."""

        def found() -> list[Line]:
            return [line for line in self.lines if fits(line)]

        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: len(found()) >= times)
        except TimeoutError:
            raise AssertionError(f"waited {within_s} s in vain; heard: {self.lines[-20:]}") from None
        return found()

    async def state(self, state: str, topic: str | None = None, times: int = 1) -> list[Line]:
        """Until a channel said this state."""
        return await self.until(lambda line: line.get("state") == state and topic in (None, line.get("topic")), times)

    async def event(self, event: str, times: int = 1, within_s: float = 15) -> list[Line]:
        """Until this broadcast came."""
        return await self.until(lambda line: line.get("event") == event, times, within_s)

    def events(self) -> list[str]:
        """All broadcasts, in order."""
        return [str(line["event"]) for line in self.lines if "event" in line]


def js_environment(world: World, person: Person, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "URL": world.url,
        "KEY": world.anon_key,
        "EMAIL": person.email,
        "PASSWORD": PASSWORD,
        **more,
    }


def run_js(script: str, environment: dict[str, str]) -> None:
    """Runs a script to its end; it must succeed."""
    done = subprocess.run(
        ["node", JS / script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


@contextlib.asynccontextmanager
async def js_listener(world: World, person: Person, **more: str) -> AsyncIterator[Heard]:
    """supabase-js on topics."""
    process = await asyncio.create_subprocess_exec(
        "node",
        JS / "live.mjs",
        env=js_environment(world, person, **more),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    heard = Heard()

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            await heard.add(json.loads(line))

    reading = asyncio.create_task(read())
    try:
        yield heard
    finally:
        process.kill()
        await process.wait()
        reading.cancel()


@contextlib.asynccontextmanager
async def py_listener(world: World, person: Person, *topics: str) -> AsyncIterator[tuple[Heard, AsyncClient]]:
    """supabase-py on topics."""
    heard = Heard()
    supabase = await acreate_client(world.url, world.anon_key)
    await supabase.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
    tasks: set[asyncio.Task[None]] = set()

    def note(line: Line) -> None:
        task = asyncio.ensure_future(heard.add(line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def listen(topic: str) -> None:
        channel = supabase.channel(topic, {"config": {"private": True, "broadcast": None, "presence": None}})

        def on_broadcast(message: Any) -> None:
            note({"topic": topic, "event": message["event"], "payload": message["payload"]})

        def on_state(state: RealtimeSubscribeStates, error: Exception | None) -> None:
            note({"topic": topic, "state": state.value, "error": str(error) if error else None})

        channel.on_broadcast("*", on_broadcast)
        await channel.subscribe(on_state)

    for topic in topics:
        await listen(topic)
    try:
        yield heard, supabase
    finally:
        await supabase.remove_all_channels()
        await supabase.realtime.close()


class Raw:
    """A socket that speaks version 2.0.0 by hand."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Any] = []
        self._ref = 0

    async def send(self, topic: str, event: str, payload: Any, join_ref: str | None = None) -> str:
        """Sends a message; its ref."""
        self._ref += 1
        await self.socket.send(json.dumps([join_ref, str(self._ref), topic, event, payload]))
        return str(self._ref)

    async def receive(self, within_s: float = 10) -> Any:
        """The next frame."""
        async with asyncio.timeout(within_s):
            frame = json.loads(await self.socket.recv())
        self.frames.append(frame)
        return frame

    async def until(self, event: str, within_s: float = 10) -> Any:
        """The next frame of this event; those before it are kept in `frames`."""
        async with asyncio.timeout(within_s):
            while (frame := await self.receive(within_s))[3] != event:
                pass
        return frame

    async def join(self, topic: str, token: str | None, *, private: bool = True, **config: Any) -> Any:
        """Joins; the reply's payload."""
        payload: dict[str, Any] = {"config": {"private": private, **config}}
        if token:
            payload["access_token"] = token
        ref = str(self._ref + 1)
        await self.send("realtime:" + topic, "phx_join", payload, join_ref=ref)
        while (frame := await self.until("phx_reply"))[1] != ref:
            pass
        return frame[4]


@contextlib.asynccontextmanager
async def raw(world: World, apikey: str | None = None, url: str | None = None) -> AsyncIterator[Raw]:
    """A bare socket."""
    base = (url or world.url).replace("http", "ws")
    async with websockets.connect(
        f"{base}/realtime/v1/websocket?apikey={apikey or world.anon_key}&vsn=2.0.0", max_size=2**24, max_queue=None
    ) as socket:
        yield Raw(socket)
