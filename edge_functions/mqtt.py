"""The acknowledging MQTT 5 client: PUBACK is ours to send, after the commit.

paho acknowledges a message before the code that handles it has run; here its manual acknowledgement is on. One paho
client a connection: what an ended connection still held (unacknowledged messages, half-sent answers) goes with it, and
the broker and the outbox send it again.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_functions.errors import BrokerError, BrokerUnreliableError
from edge_functions.paho_client import PahoClient
from edge_functions.settings import Settings

log = structlog.get_logger(__name__)

SESSION_NEVER_EXPIRES = 0xFFFFFFFF
SESSION_AT_LEAST_S = 86_400
CONNECT_TIMEOUT_S = 10.0
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 10.0
"""A connection that lasted less (its client id is used twice, say) does not end the backing off."""
_REFUSES_PROTOCOL = 132


@dataclass(slots=True)
class Inbound:
    """A message as it arrived, not yet acknowledged."""

    topic: str
    payload: bytes
    mid: int
    """Packet id of this connection; 0: QoS 0, nothing to acknowledge."""
    connection: int
    """Which connection brought it: an acknowledgement is only good for the same one."""
    received_at: float
    """time.monotonic(), seconds."""


class Connection:
    """One connection to the broker, from CONNECT to its end."""

    def __init__(self, settings: Settings, number: int, on_message: Callable[[Inbound], None]) -> None:
        self._settings = settings
        self.number = number
        self._on_inbound = on_message
        self._loop = asyncio.get_running_loop()
        self.closed = asyncio.Event()
        self._connack: asyncio.Future[tuple[bool, ReasonCode, Properties]] = self._loop.create_future()
        self._suback: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        self._published: dict[int, asyncio.Future[bool]] = {}
        client = PahoClient(settings.client_id, self._message)
        client.username_pw_set(settings.edge_mqtt_user, settings.edge_mqtt_password.get_secret_value())
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_publish = self._on_publish
        client.on_socket_open = self._socket_opened
        client.on_socket_close = self._socket_closed
        client.on_socket_register_write = self._wants_write
        client.on_socket_unregister_write = self._wrote_all
        client.max_inflight_messages_set(0)  # paho cannot learn the broker's window, so publish() keeps to it
        self._window = 65_535
        self._client = client

    async def open(self, *, clean_start: bool = False) -> bool:
        """Connect and check what the broker promises. Answers whether it still had our session."""
        settings = self._settings
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0 if clean_start else SESSION_NEVER_EXPIRES
        properties.ReceiveMaximum = settings.mqtt_receive_maximum
        try:
            address = (settings.mqtt_host, settings.mqtt_port)
            self._client.connected_socket = await asyncio.to_thread(
                socket.create_connection, address, CONNECT_TIMEOUT_S
            )
            self._client.connected_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client.connect(
                *address, keepalive=settings.mqtt_keepalive_s, clean_start=clean_start, properties=properties
            )
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                present, reason, promised = await self._connack
        except (OSError, TimeoutError) as error:
            self.close()
            raise BrokerError(f"no connection: {type(error).__name__}") from error
        if reason.is_failure:
            self.close()
            if reason.value == _REFUSES_PROTOCOL:
                raise BrokerUnreliableError("the broker does not speak MQTT 5")
            raise BrokerError(f"refused: {reason}")
        try:
            if not clean_start:
                _check_promises(promised)
        except BrokerUnreliableError:
            self.close()
            raise
        self._window = getattr(promised, "ReceiveMaximum", self._window)
        return present

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Subscribe at QoS 1 and check that the broker grants it."""
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        self._client.subscribe([(topic, options) for topic in filters])
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                granted = await self._suback
        except TimeoutError as error:
            raise BrokerError("no answer to the subscription") from error
        if any(code.is_failure for code in granted):
            raise BrokerError("a subscription was refused: is the handler's account in the broker's acl?")
        if any(code.value < 1 for code in granted):
            raise BrokerUnreliableError("the broker grants QoS 0 only")

    def ack(self, mids: Iterable[int]) -> None:
        """Acknowledge; nothing happens on an ended connection."""
        if not self.closed.is_set():
            self._client.ack_many(mids)

    async def publish(self, messages: Sequence[tuple[str, bytes]], within_s: float) -> list[bool]:
        """Publish at QoS 1; answers for each whether the broker acknowledged it in time. One caller at a time."""
        done: list[bool] = []
        for start in range(0, len(messages), self._window):
            done += await self._publish(messages[start : start + self._window], within_s)
        return done

    async def _publish(self, messages: Sequence[tuple[str, bytes]], within_s: float) -> list[bool]:
        waits = [self._send(topic, payload) for topic, payload in messages]
        pending = [wait for wait in waits if wait is not None]
        if pending:
            await asyncio.wait(pending, timeout=within_s)
        self._published.clear()
        return [wait is not None and wait.done() and wait.result() for wait in waits]

    def _send(self, topic: str, payload: bytes) -> asyncio.Future[bool] | None:
        if self.closed.is_set():
            return None
        try:
            info = self._client.publish(topic, payload, qos=1)
        except ValueError:
            log.warning("a topic that cannot be published", topic=topic[:200])
            return None
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        wait = self._published[info.mid] = self._loop.create_future()
        return wait

    async def disconnect(self) -> None:
        """End politely; the broker keeps the session."""
        if not self.closed.is_set():
            self._client.disconnect()
            try:
                async with asyncio.timeout(2):
                    await self.closed.wait()
            except TimeoutError:
                self.close()

    def tick(self) -> None:
        """Keep-alive; once a second."""
        if not self.closed.is_set():
            self._client.loop_misc()

    def close(self) -> None:
        """Drop the connection, whatever its state."""
        self._client.drop()
        self._ended()

    def _ended(self) -> None:
        self.closed.set()
        for wait in self._published.values():
            if not wait.done():
                wait.set_result(False)
        for waiter in (self._connack, self._suback):
            if not waiter.done():
                waiter.set_exception(ConnectionError("the connection ended"))
                waiter.exception()  # asked for here, so that nobody needs to

    # What paho calls, all in the event loop's thread.
    def _connected(
        self, _c: Any, _u: Any, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if not self._connack.done():
            promised = properties or Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
            self._connack.set_result((flags.session_present, reason, promised))

    def _disconnected(self, *_: Any) -> None:
        self._ended()

    def _subscribed(self, _c: Any, _u: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        if not self._suback.done():
            self._suback.set_result(codes)

    def _on_publish(self, _c: Any, _u: Any, mid: int, reason: ReasonCode, _p: Any) -> None:
        wait = self._published.get(mid)
        if wait is not None and not wait.done():
            wait.set_result(not reason.is_failure)

    def _message(self, topic: str, payload: bytes, mid: int) -> None:
        self._on_inbound(Inbound(topic, payload, mid, self.number, time.monotonic()))

    def _socket_opened(self, _c: Any, _u: Any, sock: Any) -> None:
        self._loop.add_reader(sock, self._readable)

    def _socket_closed(self, _c: Any, _u: Any, sock: Any) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _wants_write(self, _c: Any, _u: Any, sock: Any) -> None:
        self._loop.add_writer(sock, self._client.loop_write)

    def _wrote_all(self, _c: Any, _u: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _readable(self) -> None:
        try:
            self._client.read_all()
        except Exception as error:
            log.exception("reading from the broker failed", error=type(error).__name__)
            self.close()


def _check_promises(promised: Properties) -> None:
    """Refuse a broker on which a message could be lost between delivery and our commit."""
    if getattr(promised, "MaximumQoS", 2) < 1:
        raise BrokerUnreliableError("the broker allows QoS 0 only")
    if not getattr(promised, "SharedSubscriptionAvailable", 1):
        raise BrokerUnreliableError("the broker has no shared subscriptions")
    if not getattr(promised, "WildcardSubscriptionAvailable", 1):
        raise BrokerUnreliableError("the broker has no wildcard subscriptions")
    if getattr(promised, "SessionExpiryInterval", SESSION_NEVER_EXPIRES) < SESSION_AT_LEAST_S:
        raise BrokerUnreliableError("the broker forgets a session within a day")
    if getattr(promised, "AssignedClientIdentifier", ""):
        raise BrokerUnreliableError("the broker does not accept our client id")


class Broker:
    """Keeps one connection alive for ever; what callers acknowledge or publish goes to the current one."""

    def __init__(self, settings: Settings, filters: Sequence[str], on_message: Callable[[Inbound], None]) -> None:
        self._settings = settings
        self._filters = filters
        self._on_message = on_message
        self._connection: Connection | None = None
        self._number = 0
        self.available = asyncio.Event()

    @property
    def connection_number(self) -> int:
        """Number of the live connection; 0: none."""
        connection = self._connection
        return 0 if connection is None or connection.closed.is_set() else connection.number

    @property
    def connected(self) -> bool:
        """Whether there is a live connection."""
        return self.connection_number != 0

    async def run(self) -> None:
        """Connect, stay connected, connect again. Ends only by cancellation or BrokerUnreliableError."""
        failures = 0
        while True:
            self._number += 1
            connection = Connection(self._settings, self._number, self._on_message)
            try:
                # Announced before CONNECT: a resumed session delivers at once.
                self._connection = connection
                present = await connection.open()
                await connection.subscribe(self._filters)
                log.info("connected to the broker", connection=self._number, session_present=present)
                since = time.monotonic()
                self.available.set()
                while not connection.closed.is_set():
                    connection.tick()
                    try:
                        async with asyncio.timeout(1):
                            await connection.closed.wait()
                    except TimeoutError:
                        continue
                log.warning("the broker's connection ended", connection=self._number)
                if time.monotonic() - since > STEADY_S:
                    failures = 0
            except BrokerError as error:
                log.warning("no broker", error=str(error), attempt=failures)
            finally:
                self.available.clear()
                if self._connection is connection and not connection.closed.is_set():
                    await connection.disconnect()
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    def ack(self, messages: Iterable[Inbound]) -> None:
        """PUBACK what the live connection brought; the rest will be delivered again."""
        number = self.connection_number
        if number and self._connection is not None:
            self._connection.ack(m.mid for m in messages if m.connection == number and m.mid)

    async def publish(self, messages: Sequence[tuple[str, bytes]], within_s: float = 5.0) -> list[bool]:
        """Publish at QoS 1; see Connection.publish."""
        if self._connection is None or not self.available.is_set():
            return [False] * len(messages)
        return await self._connection.publish(messages, within_s)


async def drain(settings: Settings) -> None:
    """Remove this member from the shared subscription: its broker session, with what waits in it, is dropped."""
    connection = Connection(settings, 1, lambda _: None)
    await connection.open(clean_start=True)
    await connection.disconnect()
