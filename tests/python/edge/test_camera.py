"""Every form of camera-wire that devices send."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_functions.errors import REASONS
from edge_functions.models.identity import canonical_mac
from edge_functions.models.instants import capture_time
from edge_functions.models.items import Item, Kind, Refusal
from edge_functions.routes import parse

MAC = "A4CF12D0E39B"


def item(topic: str, body: Any) -> Item:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    _, (part,) = parse(topic, payload)
    assert isinstance(part, Item), part
    return part


def refused(topic: str, body: Any) -> str:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    _, (part,) = parse(topic, payload)
    assert isinstance(part, Refusal), part
    return part.reason


def hello(body: Any, topic: str = f"device/{MAC}/status") -> dict[str, Any]:
    found = item(topic, body)
    assert found.kind is Kind.HELLO
    return found.value


def metadata(**fields: Any) -> dict[str, Any]:
    found = item(f"device/{MAC}/data", {"image_name": "image_1.jpg", "total_chunk_count": 61, **fields})
    assert found.kind is Kind.METADATA
    return found.value


@pytest.mark.parametrize(
    "spelling", [MAC, MAC.lower(), "a4:cf:12:d0:e3:9b", "A4-CF-12-D0-E3-9B", " a4 cf 12 d0 e3 9b "]
)
@pytest.mark.parametrize("prefix", ["device", "ESP32CAM"])
def test_one_camera_in_every_spelling_keeps_the_spelling_for_answers(spelling: str, prefix: str) -> None:
    value = hello({"status": "alive"}, f"{prefix}/{spelling}/status")
    assert (value["mac"], value["prefix"], value["topic_id"]) == (MAC, prefix, spelling)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("test-cam 1", None),
        ("test-cam1", "TEST-CAM1"),
        ("system:site:9", "SYSTEM:SITE:9"),
        ("Virtual:a", "VIRTUAL:A"),
        ("TEST-", None),
        ("A4CF12D0E39", None),
        ("A4CF12D0E39B0", None),
        ("G4CF12D0E39B", None),
        ("A4CF12D0E39\u0665", None),
        ("cam1", None),
        ("", None),
    ],
)
def test_ids(text: str, expected: str | None) -> None:
    assert canonical_mac(text) == expected


@pytest.mark.parametrize(
    "topic", ["device/cam1/status", "ESP32CAM//data", "device/+/status", "other/A4CF12D0E39B/status", "x"]
)
def test_an_impossible_topic_is_a_bad_topic(topic: str) -> None:
    assert refused(topic, {"status": "alive"}) == "bad_topic"


def test_the_enrolment_listener_is_told_apart() -> None:
    value = hello({"status": "alive"}, f"enrol/ESP32CAM/{MAC}/status")
    assert (value["enrolment"], value["prefix"]) == (True, "ESP32CAM")
    assert hello({"status": "alive"})["enrolment"] is False
    assert refused(f"enrol/other/{MAC}/status", {}) == "bad_topic"
    assert refused(f"enrol/device/{MAC}/data", {}) == "bad_topic"


@pytest.mark.parametrize(
    "body",
    [{"status": "Alive"}, {"status": "alive"}, {"alive": True}, {"alive": 1}, {}, {"status": "whatever", "x": [1]}],
)
def test_any_object_on_status_is_a_hello(body: dict[str, Any]) -> None:
    value = hello(body)
    assert value["pending_count"] == 0
    assert value["raw"] == body


@pytest.mark.parametrize(
    ("body", "backlog"),
    [
        ({}, 0),
        ({"pendingImg": 2}, 2),
        ({"pending_count": 3}, 3),
        ({"pendingImg": 0, "pending_count": 3}, 0),
        ({"pendingImg": None, "pending_count": 3}, 3),
        ({"pendingImg": "2"}, 2),
        ({"pendingImg": "many", "pending_count": 4}, 4),
        ({"pendingImg": -1}, 0),
        ({"pendingImg": 14, "pending_list": ["a.jpg"]}, 14),
    ],
)
def test_backlog(body: dict[str, Any], backlog: int) -> None:
    assert hello(body)["pending_count"] == backlog


def test_optional_fields_of_a_hello_never_cost_the_hello() -> None:
    value = hello(
        {"battery_voltage": "3.91", "wifi_rssi": -63.0, "temperature": "warm", "firmware_version": 3.5,
         "hardware_version": [1], "pending_list": ["a.jpg", 7, "", None, " b.jpg "]}
    )  # fmt: skip
    assert value["battery_voltage"] == 3.91
    assert value["wifi_rssi"] == -63
    assert value["temperature"] is None
    assert value["firmware_version"] == "3.5"
    assert value["hardware_version"] is None
    assert value["pending_list"] == ["a.jpg", "7", "b.jpg"]


@pytest.mark.parametrize("key", ["timestamp", "capture_timestamp", "capture_timeStamp", "captured_at"])
@pytest.mark.parametrize("size", ["max_chunks_size", "max_chunk_size"])
@pytest.mark.parametrize("count", ["total_chunk_count", "total_chunks_count"])
def test_every_name_of_a_field_gives_the_same_row(key: str, size: str, count: str) -> None:
    found = item(
        f"device/{MAC}/data",
        {"image_name": "image_213.jpg", key: "2026-02-10T13:00:12Z", size: 1024, count: 61, "image_size": 61987},
    )
    value = found.value
    assert value["captured_at"] == value["capture_key"] == "2026-02-10T13:00:12Z"
    assert (value["max_chunk_size"], value["total_chunk_count"], value["image_size"]) == (1024, 61, 61987)
    assert (value["timestamp_source"], value["captured_at_raw"]) == ("device", None)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-02-10T13:00:12Z", "2026-02-10T13:00:12Z"),
        ("2026-02-10T13:00:12", "2026-02-10T13:00:12Z"),
        ("2026-2-7 4:3:9", "2026-02-07T04:03:09Z"),
        ("2026-2-7T4:3:9Z", "2026-02-07T04:03:09Z"),
        (" 2026-02-10  13:00 ", "2026-02-10T13:00:00Z"),
        ("2026-02-10T13:00:12.5Z", "2026-02-10T13:00:12.500000Z"),
        ("2026-02-10T13:00:12+02:00", "2026-02-10T11:00:12Z"),
        ("2026-02-10T13:00:12-0530", "2026-02-10T18:30:12Z"),
        ("2026/02/10 13:00:12", "2026-02-10T13:00:12Z"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    ],
)
def test_usable_times(text: str, utc: str) -> None:
    found = capture_time(text)
    assert found == (utc, None, "device", utc)


@pytest.mark.parametrize(
    "value", ["1970-01-01T00:00:12Z", "2019-12-31T23:59:59Z", "2020-01-01T01:00:00+02:00", "2026-02-30T00:00:00Z",
              "2026-02-10", "yesterday", "2026-02-10T25:00:00Z", 1770728412, "0000-00-00 00:00:00",
              "9999-12-31T23:59:59-12:00"]
)  # fmt: skip
def test_an_unusable_time_is_the_servers_with_the_raw_text_kept(value: Any) -> None:
    assert capture_time(value) == (None, str(value), "server", str(value))


@pytest.mark.parametrize("value", [None, "", "  "])
def test_no_time_at_all(value: Any) -> None:
    assert capture_time(value) == (None, None, "server", None)


@given(st.text(max_size=40) | st.integers() | st.floats() | st.lists(st.integers(), max_size=3))
def test_no_time_refuses_a_picture(value: Any) -> None:
    found = capture_time(value)
    assert found.source in {"device", "server"}
    assert (found.captured_at is None) == (found.source == "server")


def test_a_picture_without_any_time_is_the_same_when_it_is_repeated_but_telemetry_is_not() -> None:
    assert metadata()["capture_key"] == ""
    assert item(f"device/{MAC}/data", {"temperature": 1}).value["capture_key"] is None


def test_nested_sensor_values_win_and_zero_is_a_value() -> None:
    value = metadata(
        sensor_data={"temperature": 0, "humidity": None, "pressure": "1014.9"}, temperature=99, humidity=58.2
    )
    assert (value["temperature"], value["humidity"], value["pressure"]) == (0, 58.2, 1014.9)
    assert value["gas_resistance"] is None


def test_telemetry_only_has_no_image_name() -> None:
    found = item(
        f"device/{MAC}/data", {"captured_at": "2026-02-10T13:00:12Z", "temperature": 0, "battery_voltage": 3.9}
    )
    assert found.kind is Kind.METADATA
    assert (found.value["image_name"], found.value["temperature"], found.value["battery_voltage"]) == (None, 0, 3.9)


def test_a_chunk_count_of_zero_is_a_message() -> None:
    value = item(f"device/{MAC}/data", {"total_chunk_count": 0, "error": 4}).value
    assert (value["image_name"], value["total_chunk_count"], value["error"]) == (None, 0, 4)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "missing_field"),
        ({"location": "bay_3"}, "missing_field"),
        ({"image_name": "a.jpg"}, "missing_field"),
        ({"total_chunk_count": 3}, "missing_field"),
        ({"image_name": "a.jpg", "total_chunk_count": "many"}, "bad_type"),
        ({"image_name": "a.jpg", "total_chunk_count": -1}, "bad_type"),
        ({"image_name": "a.jpg", "total_chunk_count": True}, "bad_type"),
        ({"image_name": "a.jpg", "total_chunk_count": 2**40}, "bad_type"),
        ({"image_name": "x" * 300, "total_chunk_count": 1}, "bad_type"),
        ({"image_name": "a.jpg", "total_chunk_count": 1, "sensor_data": 3}, "bad_type"),
        ({"temperature": "hot"}, "bad_type"),
        ({"temperature": "NaN"}, "not_finite"),
        ({"device_id": "A4CF12D0E39C", "temperature": 1}, "device_mismatch"),
        ({"device_mac": "A4:CF:12:D0:E3:9C", "temperature": 1}, "device_mismatch"),
        ({"device_id": 5, "temperature": 1}, "device_mismatch"),
        ({"chunk_id": 0, "payload": "AA=="}, "missing_field"),
        ({"chunk_id": 0, "image_name": "a.jpg"}, "missing_field"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": ""}, "missing_field"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": []}, "missing_field"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": "===="}, "missing_field"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": "not base64!"}, "bad_type"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": [256]}, "bad_type"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": [1.5]}, "bad_type"),
        ({"chunk_id": 0, "image_name": "a.jpg", "payload": {"0": 1}}, "bad_type"),
        ({"chunk_id": -1, "image_name": "a.jpg", "payload": "AA=="}, "bad_type"),
        ({"chunk_id": "x", "image_name": "a.jpg", "payload": "AA=="}, "bad_type"),
    ],
)
def test_refused_data(body: dict[str, Any], expected: str) -> None:
    assert refused(f"device/{MAC}/data", body) == expected


@pytest.mark.parametrize("named", ["a4:cf:12:d0:e3:9b", MAC, None, "", " "])
def test_a_payload_that_names_the_same_device_passes(named: Any) -> None:
    assert metadata(device_id=named)["mac"] == MAC


@given(data=st.binary(min_size=1, max_size=1100), chunk_id=st.integers(0, 2**31 - 1))
def test_both_encodings_of_a_chunk_give_the_same_bytes(data: bytes, chunk_id: int) -> None:
    forms = [base64.b64encode(data).decode(), base64.b64encode(data).decode().rstrip("="), list(data)]
    for form in forms:
        found = item(f"ESP32CAM/{MAC}/data", {"image_name": "a.jpg", "chunk_id": chunk_id, "payload": form})
        assert found.kind is Kind.CHUNK
        assert (found.value["data"], found.value["chunk_id"]) == (data, chunk_id)


def test_pasted_quotes_and_blanks_around_names() -> None:
    found = item(f"device/{MAC}/data", '{ “image_name ” : “image_9.jpg ”, "total_chunk_count": 2 }'.encode())
    assert (found.value["image_name"], found.value["total_chunk_count"]) == ("image_9.jpg", 2)


FIELDS = st.sampled_from(
    ["image_name", "chunk_id", "payload", "total_chunk_count", "timestamp", "captured_at", "sensor_data", "temperature",
     "image_size", "error", "pendingImg", "pending_list", "status", "device_id", "max_chunk_size", "location"]
)  # fmt: skip
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(0, 300), max_size=4)


@given(body=st.dictionaries(FIELDS, VALUES, max_size=8), leaf=st.sampled_from(["status", "data"]))
def test_any_mix_of_fields_is_an_item_or_a_reason_of_the_list(body: dict[str, Any], leaf: str) -> None:
    _, parts = parse(f"device/{MAC}/{leaf}", json.dumps(body).encode())
    for part in parts:
        assert isinstance(part, Item) or (part.reason in REASONS and part.reason != "internal")
