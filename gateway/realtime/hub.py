"""All sockets, the channels by topic, and the pump that carries rows of realtime.messages to them.

The pump holds one connection and asks every 20 ms (1 s while nobody listens) for what was committed since its last
snapshot. On any doubt (connection lost, too much at once) it closes every socket with 1012 and begins anew: clients
rejoin and read what they missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict

import orjson
import psycopg
import structlog
from psycopg.rows import dict_row

from gateway.db import Database, Row
from gateway.metrics import CHANNELS, DELIVERIES, MESSAGES, POLL_SECONDS, SOCKETS
from gateway.realtime.channel import Broadcast, Channel
from gateway.realtime.frames import PREFIX, Vsn, encode
from gateway.realtime.socket import Socket
from gateway.settings import Settings
from gateway.tokens import Keys

log = structlog.get_logger("gateway.realtime")

CONTROL_TOPIC = "__control"
BUSY_S, SLOWEST_S, IDLE_S = 0.02, 0.1, 1.0
MAX_ROWS = 5000
POLL_TIMEOUT_S = 10.0
SILENT_S = 90.0
"""A client that says nothing for so long (heartbeats come every 25 s) is gone."""
PURGE_S = 3600.0


async def _snapshot(conn: psycopg.AsyncConnection[Row]) -> str:
    async with asyncio.timeout(POLL_TIMEOUT_S):
        row = await (await conn.execute("select pg_current_snapshot()::text as snapshot")).fetchone()
    assert row is not None
    snapshot: str = row["snapshot"]
    return snapshot


class Hub:
    """The registry of sockets and channels, and its three tasks: pump, sweep, purge."""

    def __init__(self, settings: Settings, keys: Keys, db: Database) -> None:
        self.settings = settings
        self.keys = keys
        self.db = db
        self.sockets: set[Socket] = set()
        self.right_changes = 0
        """Counts messages that said someone's rights changed."""
        self._topics: dict[tuple[bool, str], set[Channel]] = defaultdict(set)
        self._someone = asyncio.Event()
        self._read_at: float | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # -- registry ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the tasks."""
        self._tasks = [asyncio.create_task(work) for work in (self._pump(), self._sweep(), self._purge())]

    async def stop(self) -> None:
        """Stops the tasks and lets go of every socket."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._drop_all("shutdown")

    @property
    def ready(self) -> bool:
        """Whether the database is being read."""
        return self._read_at is not None

    def lag_s(self) -> float | None:
        """Seconds since the last successful poll; None while there is no connection."""
        return None if self._read_at is None else time.monotonic() - self._read_at

    def channel_count(self) -> int:
        """Joined channels."""
        return sum(len(channels) for channels in self._topics.values())

    def add_socket(self, socket: Socket) -> None:
        """A socket begins."""
        self.sockets.add(socket)
        self._someone.set()
        SOCKETS.set(len(self.sockets))

    def remove_socket(self, socket: Socket) -> None:
        """A socket ends, and its channels with it."""
        self.sockets.discard(socket)
        for channel in list(socket.channels.values()):
            self.remove_channel(channel)
        socket.channels.clear()
        if not self.sockets:
            self._someone.clear()
        SOCKETS.set(len(self.sockets))

    def add_channel(self, channel: Channel) -> None:
        """A channel begins."""
        self._topics[channel.private, channel.topic].add(channel)
        CHANNELS.inc()

    def remove_channel(self, channel: Channel) -> None:
        """A channel ends."""
        key = (channel.private, channel.topic)
        if channel in self._topics.get(key, ()):
            self._topics[key].discard(channel)
            CHANNELS.dec()
            if not self._topics[key]:
                del self._topics[key]

    def _drop_all(self, reason: str) -> None:
        for socket in list(self.sockets):
            socket.doom(reason)

    # -- delivery ----------------------------------------------------------------------------------------------------

    def deliver(self, message: Broadcast, sender: Channel | None = None) -> None:
        """Queues a message for every channel of its topic; for its sender only if that asked for it."""
        channels = self._topics.get((message.private, message.topic))
        if not channels:
            return
        body = {
            "type": "broadcast",
            "event": message.event,
            "payload": orjson.Fragment(message.payload),
            "meta": {"id": message.message_id},
        }
        frames: dict[Vsn, str] = {}
        for channel in channels:
            if channel is sender and not channel.own:
                continue
            vsn = channel.socket.vsn
            if vsn not in frames:
                frames[vsn] = encode(vsn, PREFIX + message.topic, "broadcast", body)
            channel.socket.push(frames[vsn])
        DELIVERIES.inc(len(channels))

    async def _pump(self) -> None:
        wait_s = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection[Row].connect(
                    self.db.url,
                    autocommit=True,
                    row_factory=dict_row,
                    connect_timeout=5,
                    application_name="gateway-pump",
                ) as conn:
                    log.info("pump connected")
                    await self.db.refresh()
                    wait_s = 0.1
                    await self._tail(conn)
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("pump lost the database", error=type(error).__name__)
            except Exception:  # whatever it is, the cursor is lost: say so, begin anew
                log.exception("pump failed")
            self._read_at = None
            self._drop_all("database")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 2.0)

    async def _tail(self, conn: psycopg.AsyncConnection[Row]) -> None:
        snapshot = await _snapshot(conn)
        while True:
            if not self.sockets:
                # nothing to deliver: the cursor alone moves on, and reading is taken up when the first socket comes
                snapshot = await _snapshot(conn)
                self._read_at = time.monotonic()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S):
                        await self._someone.wait()
                continue
            started = time.monotonic()
            async with asyncio.timeout(POLL_TIMEOUT_S):
                found = await conn.execute("select * from gateway.poll_messages(%s, %s)", (snapshot, MAX_ROWS + 1))
                rows = await found.fetchall()
            took = time.monotonic() - started
            POLL_SECONDS.observe(took)
            if rows:
                snapshot = rows[0]["snapshot"]
            if len(rows) > MAX_ROWS:
                log.warning("too many messages at once, sockets closed")
                self._drop_all("flood")
            else:
                await self._dispatch([row for row in rows if row["topic"] is not None])
            self._read_at = time.monotonic()
            await asyncio.sleep(min(max(BUSY_S, took), SLOWEST_S))

    async def _dispatch(self, rows: list[Row]) -> None:
        # changed rights first: what follows in this batch must not reach whoever lost them
        for row in rows:
            if row["topic"] == CONTROL_TOPIC and row["private"] and row["event"] == "reauthorize":
                await self._reauthorize(orjson.loads(row["payload"] or "{}").get("sub"))
        for row in rows:
            if row["topic"] != CONTROL_TOPIC:
                payload = (row["payload"] or "{}").encode()
                self.deliver(Broadcast(row["topic"], bool(row["private"]), row["event"] or "", payload, str(row["id"])))
        MESSAGES.inc(len(rows))

    async def _reauthorize(self, sub: object) -> None:
        self.right_changes += 1
        for socket in list(self.sockets):
            for channel in list(socket.channels.values()):
                if channel.private and channel.caller.sub == sub:
                    await socket.recheck(channel)

    # -- upkeep ------------------------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1)
            try:
                await self._sweep_once(time.time(), time.monotonic())
            except Exception as error:  # a right that cannot be checked is not kept
                log.warning("recheck failed, sockets closed", error=type(error).__name__, exc_info=error)
                self._drop_all("database")

    async def _sweep_once(self, now: float, clock: float) -> None:
        for socket in list(self.sockets):
            if clock - socket.heard_at > SILENT_S:
                socket.doom("silent")
                continue
            for channel in list(socket.channels.values()):
                if channel.caller.exp <= now:
                    socket.close_channel(channel, f"Token has expired {int(now - channel.caller.exp)} seconds ago")
                elif channel.private and clock - channel.checked_at > self.settings.realtime_recheck_s:
                    await socket.recheck(channel)

    async def _purge(self) -> None:
        while True:
            try:
                await self.db.value("select gateway.purge(now())")
            except (psycopg.Error, OSError) as error:
                log.warning("purge failed", error=type(error).__name__)
                await asyncio.sleep(60)
                continue
            await asyncio.sleep(PURGE_S)
