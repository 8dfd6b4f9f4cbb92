"""HELLO: who a camera is, how it may say it, and what it is answered."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from flows.conftest import Cameras
from flows.device import CAPTURE, Device, send
from flows.lab import Database
from flows.photo import photo


def pairs(mac: str, separator: str) -> str:
    """A MAC with a separator after each byte."""
    return separator.join(mac[start : start + 2] for start in range(0, 12, 2))


SPELLINGS = {
    "plain": str,
    "lower": str.lower,
    "colons": lambda mac: pairs(mac, ":"),
    "colons, lower": lambda mac: pairs(mac, ":").lower(),
    "hyphens": lambda mac: pairs(mac, "-"),
    "hyphens, lower": lambda mac: pairs(mac, "-").lower(),
}


@pytest.mark.parametrize("prefix", ["device", "ESP32CAM"])
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
async def test_a_camera_is_answered_under_its_prefix_and_its_own_spelling(
    cameras: Cameras, prefix: str, spelling: object
) -> None:
    async with cameras(spelling, prefix=prefix) as camera:
        picture = photo()
        await camera.wake(picture)
        (image,) = await camera.images()
        assert (image["status"], image["sha256"]) == ("complete", picture.sha256)
        assert await camera.db.value("select count(*) from public.devices where device_mac = %s", camera.mac) == 1


async def test_the_answer_goes_to_the_prefix_and_id_of_the_last_message(camera: Device) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    picture = photo()
    colons = pairs(camera.mac, ":").lower()
    await camera.client.subscribe(f"device/{colons}/cmd", qos=1)
    camera.prefix, camera.topic_id = "device", colons
    await camera.announce(picture)
    await camera.told(send(picture.name))


@pytest.mark.parametrize(
    "said",
    [
        {"status": "Alive", "pendingImg": 0},
        {"status": "alive"},
        {"alive": True},
        {"alive": 1, "pending_count": 0},
        {"status": "Alive", "pendingImg": 0, "pending_count": 4},
        {"status": "Alive", "pendingImg": 0, "pending_list": []},
        {},
        {"status": "Alive", "battery_voltage": "3.9", "wifi_rssi": "weak", "temperature": None},
    ],
)
async def test_any_form_of_hello_with_an_empty_queue_asks_for_one_capture(
    camera: Device, said: dict[str, object]
) -> None:
    await camera.say("status", **said)
    await camera.told(CAPTURE)
    assert await camera.unheard() == []


async def test_a_hello_need_not_name_the_device(camera: Device) -> None:
    await camera.publish("status", b'{"status":"Alive"}')
    await camera.told(CAPTURE)


async def test_a_hello_in_curly_quotes_and_blanks_is_understood(camera: Device) -> None:
    text = f"\ufeff {{ “device_id” : “{camera.topic_id}”,\u00a0“status”:“Alive”, “pendingImg”: 0 }} \r\n"
    await camera.publish("status", text.encode())
    await camera.told(CAPTURE)


async def test_a_hello_is_presence_battery_signal_and_firmware(camera: Device) -> None:
    await camera.hello(battery_voltage=3.87, wifi_rssi=-71, firmware_version="3.5.1", hardware_version="B")
    await camera.told(CAPTURE)
    row = await camera.device()
    assert (row["battery_voltage"], row["wifi_rssi"]) == (3.87, -71)
    assert (row["firmware_version"], row["hardware_version"]) == ("3.5.1", "B")
    assert row["last_seen_at"] is not None


async def test_three_hellos_in_a_wake_are_one_capture_and_no_payload(camera: Device) -> None:
    for _ in range(3):
        await camera.hello()
    await camera.told(CAPTURE)
    picture = photo()
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, [0, 1])
    await camera.hello()
    await camera.stream(picture, [2, 3, 4])
    await camera.final(picture)
    assert await camera.unheard() == []
    assert len(await camera.payloads()) == 1


async def test_ten_hellos_in_one_batch_are_one_capture(camera: Device) -> None:
    await asyncio.gather(*(camera.hello() for _ in range(10)))
    await camera.told(CAPTURE)
    assert await camera.unheard() == []


async def test_a_hello_just_after_the_end_hears_the_same_last_message_again(camera: Device) -> None:
    picture = photo()
    wake_time = await camera.wake(picture)
    for _ in range(2):
        await camera.hello()
        assert await camera.final(picture) == wake_time
    await camera.later(29 - 5)
    await camera.hello()
    assert await camera.final(picture) == wake_time
    assert await camera.unheard() == []
    assert len(await camera.payloads()) == 1


async def test_a_hello_later_than_thirty_seconds_is_a_new_wake(camera: Device) -> None:
    await camera.wake(photo())
    await camera.later(31)
    await camera.wake(photo())
    assert len(await camera.payloads()) == 2


async def test_a_sleep_is_repeated_as_the_final_ack_is(camera: Device) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.say("data", captured_at="2026-11-20T10:00:00Z", temperature=21.5)
    wake_time = await camera.sleep()
    await camera.hello()
    assert await camera.sleep() == wake_time
    assert await camera.unheard() == []


async def test_a_silent_wake_is_over_after_five_minutes(camera: Device) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.later(301)
    assert await camera.unheard() == []
    await camera.hello()
    await camera.told(CAPTURE)


async def test_a_camera_without_a_site_is_only_sent_to_sleep(camera: Device, db: Database) -> None:
    await db.rows("update public.devices set site_id = null where device_mac = %s", camera.mac)
    await camera.hello()
    await camera.sleep()
    await camera.announce(photo())
    await camera.sleep()
    assert await camera.unheard() == []
    assert await camera.payloads() == []
    assert [letter["reason"] for letter in await camera.dead_letters()] == ["unknown_device"]


@pytest.mark.parametrize("field", ["device_id", "device_mac"])
@pytest.mark.parametrize("leaf", ["status", "data"])
async def test_a_payload_that_names_another_device_is_refused(camera: Device, field: str, leaf: str) -> None:
    said = photo().metadata() if leaf == "data" else {"status": "Alive"}
    await camera.publish(leaf, orjson.dumps(said | {field: "A4CF12D0E39B"}))
    assert await camera.unheard() == []
    (letter,) = await camera.dead_letters()
    assert letter["reason"] == "device_mismatch"
    assert str(letter["device_id"]) == str((await camera.device())["device_id"])
    assert await camera.payloads() == []
