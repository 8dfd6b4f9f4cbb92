"""MQTT packets as they come from the socket, cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_functions.errors import BrokerError
from edge_functions.paho_client import packet_frame, read_publish


def remaining_length(size: int) -> bytes:
    found = bytearray()
    while True:
        size, low = divmod(size, 128)
        found.append(low | (0x80 if size else 0))
        if not size:
            return bytes(found)


def publish(topic: str, payload: bytes, mid: int, note: str) -> bytes:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if note:
        properties.UserProperty = ("note", note)
    body = len(topic.encode()).to_bytes(2, "big") + topic.encode()
    body += (mid.to_bytes(2, "big") if mid else b"") + properties.pack() + payload  # type: ignore[no-untyped-call]
    return bytes([0x32 if mid else 0x30]) + remaining_length(len(body)) + bytes(body)


TOPIC = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@given(
    sent=st.lists(
        st.tuples(TOPIC, st.binary(max_size=300), st.integers(0, 65535), st.text("ab", max_size=200)), max_size=5
    ),
    cut=st.integers(0, 2000),
)
def test_packets_are_read_as_they_were_written(sent: list[tuple[str, bytes, int, str]], cut: int) -> None:
    data = b"".join(publish(*message) for message in sent)[: -cut or None]
    read, start = [], 0
    while (frame := packet_frame(data, start, len(data))) is not None:
        body, stop = frame
        read.append(read_publish(data[body:stop], with_mid=bool(data[start] & 2)))
        start = stop
    assert read == [(topic, payload, mid) for topic, payload, mid, _ in sent][: len(read)]
    assert cut or len(read) == len(sent)


def test_a_length_without_end_is_malformed() -> None:
    data = b"\x30\xff\xff\xff\xff\x01"
    with pytest.raises(BrokerError):
        packet_frame(data, 0, len(data))
