"""The MQTT session: persistent, with a last will, acknowledged by hand; its callbacks only pass on."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from agent.config import Config, Credentials

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
SHORTEST_RECONNECT_S, LONGEST_RECONNECT_S = 1, 30
IN_FLIGHT = 100
_MID_BITS = 16

Received = Callable[[str, bytes, int], None]
"""(last part of the topic, payload, ticket to acknowledge it with; 0: nothing to acknowledge)"""


class Link:
    """Connects, connects again for ever, publishes; nothing here waits for anything but the network."""

    def __init__(self, config: Config, credentials: Credentials, received: Received, wake: threading.Event) -> None:
        self._base = f"devices/{credentials.device_id}/"
        self._received, self._wake = received, wake
        self._host, self._port = config.broker_host, config.mqtt_port
        self.connected = threading.Event()
        self.connections = 0
        """How often the broker took us."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=credentials.device_id, clean_session=False,
            protocol=paho.MQTTv311, manual_ack=True,
        )  # fmt: skip
        client.username_pw_set(credentials.device_id, credentials.device_api_key)
        if config.mqtt_tls:
            client.tls_set(ca_certs=config.mqtt_ca_file or None, cert_reqs=ssl.CERT_REQUIRED)
        client.will_set(self._base + "status", b'{"status":"offline"}', qos=1)
        client.reconnect_delay_set(SHORTEST_RECONNECT_S, LONGEST_RECONNECT_S)
        client.max_inflight_messages_set(IN_FLIGHT)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = lambda *_: wake.set()
        self._client = client

    def start(self) -> None:
        """Connect in the background; an absent broker is asked again and again."""
        self._client.connect_async(self._host, self._port, KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, leaf: str, message: object) -> paho.MQTTMessageInfo | None:
        """QoS 1; None without a connection. `is_published()` of the answer: the broker has acknowledged it."""
        if not self.connected.is_set():
            return None
        payload = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        info = self._client.publish(self._base + leaf, payload.encode("utf-8", "replace"), qos=1)
        return info if info.rc == paho.MQTT_ERR_SUCCESS else None

    def acknowledge(self, ticket: int) -> None:
        """PUBACK of a message of this connection. One of an ended connection is delivered again, and its number may by
        then belong to another message."""
        if ticket and ticket >> _MID_BITS == self.connections:
            self._client.ack(ticket & (1 << _MID_BITS) - 1, 1)

    def stop(self) -> None:
        """Say offline (the will is not sent after a polite end) and disconnect."""
        info = self.publish("status", {"status": "offline"})
        if info is not None:
            try:
                info.wait_for_publish(2)
            except (RuntimeError, ValueError):
                log.info("the broker did not hear the goodbye")
        self.connected.clear()
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refuses this rig: %s", reason)
            return
        self.connections += 1
        client.subscribe([(self._base + "command", 1), (self._base + "data/ack", 1)])

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.warning("the broker refuses the subscriptions of this rig")
            return
        self.connected.set()
        self._received("connected", b"", 0)
        self._wake.set()
        log.info("connected to the broker")

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if self.connected.is_set():
            log.info("the connection to the broker ended: %s", reason)
        self.connected.clear()

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        ticket = self.connections << _MID_BITS | message.mid
        self._received(message.topic.removeprefix(self._base), bytes(message.payload), ticket)
