"""paho's client with a fast way in, and with many PUBACKs in one write."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edge_functions.errors import BrokerError

_READ_BYTES = 262_144
_PUBLISH = 0x30
_PUBACK = 0x40
_QOS_1 = 0x02
_QOS_2 = 0x04


class PahoClient(paho.Client):
    """paho, with the hot path our own: it asks the socket for single bytes and builds five objects a message.

    A PUBLISH is read here from a large buffer; every other packet is handed to paho as if it had read it. Many PUBACKs
    are one write. (paho is pinned; what is overridden or called here is its protected interface.)
    """

    def __init__(self, client_id: str, on_publish_packet: Callable[[str, bytes, int], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        self._on_publish_packet = on_publish_packet
        self._unread = b""
        self.connected_socket: socket.socket | None = None

    def _create_socket_connection(self) -> socket.socket:
        if self.connected_socket is None:
            raise ConnectionError("no socket")
        return self.connected_socket

    def read_all(self) -> None:
        """Handle every packet of one read from the socket."""
        try:
            data = self._sock_recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
            return
        self._last_bytes_received = time.monotonic()
        if self._unread:
            data = self._unread + data
        start, end = 0, len(data)
        while (frame := packet_frame(data, start, end)) is not None and self._sock is not None:
            body, stop = frame
            self._packet(data[start], data[body:stop])
            start = stop
        self._unread = data[start:]

    def _packet(self, command: int, body: bytes) -> None:
        if command & 0xF0 == _PUBLISH:
            if command & _QOS_2:
                raise BrokerError("QoS 2 was delivered, though only QoS 1 was asked for")
            self._on_publish_packet(*read_publish(body, with_mid=bool(command & _QOS_1)))
            return
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        result = self._packet_handle()
        if result > 0:
            self._loop_rc_handle(result)

    def drop(self) -> None:
        """Close the socket, whether paho has it yet or not."""
        self._sock_close()
        if self.connected_socket is not None:
            self.connected_socket.close()

    def ack_many(self, mids: Iterable[int]) -> None:
        """Queue a PUBACK for each packet id, in the order of arrival as MQTT demands."""
        packets = b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids])
        if packets:
            self._packet_queue(_PUBACK, packets, 0, 1)


def packet_frame(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Where the body of the packet at ``start`` begins and ends; None: it has not all arrived."""
    length = shift = 0
    for at in range(start + 1, min(start + 5, end)):
        byte = data[at]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            stop = at + 1 + length
            return (at + 1, stop) if stop <= end else None
        shift += 7
    if end - start >= 5:
        raise BrokerError("a malformed packet")
    return None


def read_publish(body: bytes, *, with_mid: bool) -> tuple[str, bytes, int]:
    """Topic, payload and packet id (0: QoS 0) of an MQTT 5 PUBLISH; its properties say nothing to us."""
    at = 2 + (body[0] << 8 | body[1])
    topic = body[2:at].decode()
    mid = 0
    if with_mid:
        mid = body[at] << 8 | body[at + 1]
        at += 2
    properties = shift = 0
    while True:
        byte = body[at]
        at += 1
        properties |= (byte & 0x7F) << shift
        if byte < 0x80:
            return topic, body[at + properties :], mid
        shift += 7
