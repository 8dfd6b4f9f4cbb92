"""One client's connection: reads its messages, keeps its channels, writes what is queued for it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
import psycopg
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.metrics import CLOSED, REFUSED
from gateway.ratelimit import Buckets
from gateway.realtime.authz import may_read, may_write
from gateway.realtime.channel import Broadcast, Channel, JoinConfig
from gateway.realtime.frames import PREFIX, FrameError, Incoming, Vsn, decode, encode
from gateway.tokens import Caller, TokenError

if TYPE_CHECKING:
    from gateway.realtime.hub import Hub

log = structlog.get_logger("gateway.realtime")

RESTART = 1012
"""The one close code on which every client version rejoins by itself."""
MAX_QUEUED = 1000
MAX_QUEUED_BYTES = 4 * 1024 * 1024
MAX_CHANNELS = 100
SYSTEM_REFUSED = "Unauthorized: You do not have permissions to read from this Channel topic: {}"


def _reason(error: TokenError) -> str:
    match error.fault:
        case "expired":
            return f"InvalidJWTToken: Token has expired {error.late_s} seconds ago"
        case "signature":
            return "JwtSignatureError: Failed to validate JWT signature"
        case "claims":
            return "InvalidJWTToken: Fields `role` and `exp` are required in JWT"
    return "MalformedJWT: The token provided is not a valid JWT"


class JoinRefusedError(Exception):
    """Why a join is refused, in hosted's words."""


class Socket:
    """A connection after its API key was accepted."""

    def __init__(self, hub: Hub, websocket: WebSocket, apikey: str, vsn: Vsn) -> None:
        self.vsn: Vsn = vsn
        self.channels: dict[str, Channel] = {}
        self.heard_at = time.monotonic()
        self._hub = hub
        self._websocket = websocket
        self._apikey = apikey
        self._queue: deque[str] = deque()
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._doom = asyncio.Event()
        self._joins = Buckets(100, 0.1)

    # -- life --------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serves the connection to its end."""
        await self._websocket.accept()
        self._hub.add_socket(self)
        tasks = [asyncio.create_task(work) for work in (self._read(), self._write(), self._doom.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.remove_socket(self)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect):
                    log.error("socket failed", error=type(error).__name__, exc_info=error)
            await self._close()

    async def _close(self) -> None:
        if (
            self._websocket.application_state is WebSocketState.CONNECTED
            and self._websocket.client_state is WebSocketState.CONNECTED
        ):
            try:
                async with asyncio.timeout(2):
                    await self._websocket.close(RESTART)
            except (RuntimeError, TimeoutError, WebSocketDisconnect):
                pass  # gone, or too slow to hear it: the connection falls, which clients treat alike

    def doom(self, reason: str) -> None:
        """Closes the connection with 1012: the client rejoins and reads again."""
        if not self._doom.is_set():
            CLOSED.labels(reason).inc()
            self._doom.set()

    def push(self, frame: str) -> None:
        """Queues a frame. A client that cannot follow is closed, never silently starved."""
        if self._doom.is_set():
            return
        if len(self._queue) >= MAX_QUEUED or self._queued_bytes + len(frame) > MAX_QUEUED_BYTES:
            self.doom("overflow")
            return
        self._queue.append(frame)
        self._queued_bytes += len(frame)
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                frame = self._queue.popleft()
                self._queued_bytes -= len(frame)
                await self._websocket.send_text(frame)

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self.heard_at = time.monotonic()
            try:
                incoming = decode(message.get("text"), message.get("bytes"), self.vsn)
            except FrameError:
                continue
            try:
                await self._handle(incoming)
            except psycopg.Error as error:
                log.warning("socket closed, database unavailable", error=type(error).__name__)
                self.doom("database")
                return

    # -- messages ----------------------------------------------------------------------------------------------------

    def _reply(self, to: Incoming, status: str, response: Any) -> None:
        payload = {"status": status, "response": response}
        self.push(encode(self.vsn, to.topic, "phx_reply", payload, ref=to.ref, join_ref=to.join_ref))

    def _system(self, channel: Channel, status: str, extension: str, message: str) -> None:
        payload = {"message": message, "status": status, "extension": extension, "channel": channel.topic}
        self.push(encode(self.vsn, channel.wire_topic, "system", payload, join_ref=channel.join_ref))

    async def _handle(self, incoming: Incoming) -> None:
        if incoming.topic == "phoenix":
            if incoming.event == "heartbeat":
                self._reply(incoming, "ok", {})
            return
        if incoming.event == "phx_join":
            await self._join(incoming)
            return
        channel = self.channels.get(incoming.topic)
        if channel is None:
            self._reply(incoming, "error", {"reason": "unmatched topic"})
            return
        match incoming.event:
            case "phx_leave":
                self._forget(channel)
                self._reply(incoming, "ok", {})
                self._say_closed(channel)
            case "access_token":
                await self._access_token(channel, incoming.payload.get("access_token"))
            case "broadcast":
                await self._broadcast(channel, incoming)
            case "presence":
                self._reply(incoming, "ok", {})
            case _:
                pass

    async def _join(self, incoming: Incoming) -> None:
        topic = incoming.topic.removeprefix(PREFIX)
        token = incoming.payload.get("access_token")
        if not isinstance(token, str) or not token or token.startswith("sb_"):
            token = self._apikey
        former = self.channels.get(incoming.topic)
        if former is not None:  # joined again: the old membership ends first, as Phoenix does it
            self._forget(former)
            self._say_closed(former)
        try:
            caller, config = await self._admit(incoming.topic, token, incoming.payload.get("config"))
        except JoinRefusedError as refusal:
            REFUSED.inc()
            await asyncio.sleep(self._hub.settings.realtime_join_error_delay_s)
            self._reply(incoming, "error", {"reason": str(refusal)})
            return
        channel = Channel(
            self,
            topic,
            incoming.join_ref or incoming.ref,
            caller,
            token,
            config.private,
            config.broadcast.ack,
            config.broadcast.own,
        )
        # no await from here: a message that comes after the reply is queued after the reply
        self.channels[incoming.topic] = channel
        self._hub.add_channel(channel)
        bindings = config.bindings()
        self._reply(incoming, "ok", {"postgres_changes": bindings})
        if config.presence.enabled:
            self.push(encode(self.vsn, incoming.topic, "presence_state", {}, join_ref=channel.join_ref))
        if bindings:
            self._system(channel, "ok", "postgres_changes", "Subscribed to PostgreSQL")

    async def _admit(self, wire_topic: str, token: str, said: object) -> tuple[Caller, JoinConfig]:
        """Who joins, and how. Raises JoinRefusedError."""
        topic = wire_topic.removeprefix(PREFIX)
        if not wire_topic.startswith(PREFIX) or not topic:
            raise JoinRefusedError("TopicNameRequired: You must provide a topic name")
        config = JoinConfig.parse(said)
        if config is None:
            raise JoinRefusedError("InvalidJoinPayload: The join configuration is not valid")
        if len(self.channels) >= MAX_CHANNELS:
            raise JoinRefusedError("ChannelRateLimitReached: Too many channels")
        if self._joins.take(""):
            raise JoinRefusedError("ClientJoinRateLimitReached: Too many joins per second")
        try:
            caller = self._hub.keys.verify(token)
        except TokenError as error:
            raise JoinRefusedError(_reason(error)) from error
        if config.private and not await self._may_read(caller, topic):
            raise JoinRefusedError(SYSTEM_REFUSED.format(topic))
        return caller, config

    async def _may_read(self, caller: Caller, topic: str) -> bool:
        """Asks again when rights changed meanwhile: the answer may be older than the change."""
        while True:
            changes = self._hub.right_changes
            answer = await may_read(self._hub.db, caller, topic)
            if changes == self._hub.right_changes:
                return answer

    async def _access_token(self, channel: Channel, token: object) -> None:
        if not isinstance(token, str) or not token or token == channel.token or token.startswith("sb_"):
            return
        try:
            caller = self._hub.keys.verify(token)
        except TokenError as error:
            self.close_channel(channel, _reason(error).partition(": ")[2])
            return
        channel.caller, channel.token, channel.may_write = caller, token, None
        await self.recheck(channel)

    async def recheck(self, channel: Channel) -> None:
        """Asks again whether a private channel may stay, and closes it if not."""
        if channel.private and not await self._may_read(channel.caller, channel.topic):
            self.close_channel(channel, SYSTEM_REFUSED.format(channel.topic))
        channel.checked_at = time.monotonic()

    async def _broadcast(self, channel: Channel, incoming: Incoming) -> None:
        event = incoming.payload.get("event")
        if not isinstance(event, str):
            return
        if channel.private:
            if channel.may_write is None:
                channel.may_write = await may_write(self._hub.db, channel.caller, channel.topic)
            allowed = channel.may_write
        else:
            allowed = self._hub.settings.realtime_public_broadcast
        if not allowed:
            return  # as hosted: no acknowledgement, the client sees "timed out"
        payload = orjson.dumps(incoming.payload.get("payload") or {})
        self._hub.deliver(Broadcast(channel.topic, channel.private, event, payload, str(uuid4())), sender=channel)
        if channel.ack:
            self._reply(incoming, "ok", {})

    # -- ends of channels --------------------------------------------------------------------------------------------

    def close_channel(self, channel: Channel, message: str) -> None:
        """Ends a channel from our side, saying why."""
        if self.channels.get(channel.wire_topic) is channel:
            self._forget(channel)
            self._system(channel, "error", "system", message)
            self._say_closed(channel)

    def _say_closed(self, channel: Channel) -> None:
        self.push(
            encode(self.vsn, channel.wire_topic, "phx_close", {}, ref=channel.join_ref, join_ref=channel.join_ref)
        )

    def _forget(self, channel: Channel) -> None:
        self.channels.pop(channel.wire_topic, None)
        self._hub.remove_channel(channel)
