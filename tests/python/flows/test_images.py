"""Images: every form in which metadata and chunks come is the same row and the same bytes."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import random
from typing import Any

import httpx
import orjson
import pytest

from flows.conftest import Cameras
from flows.device import CAPTURE, Device, send, stored
from flows.lab import Lab, Person, Stack
from flows.photo import Photo, photo, stamp


async def complete(camera: Device, picture: Photo) -> dict[str, Any]:
    """The camera's only image, which must be this photograph, with one payload and one observation."""
    (image,) = await camera.images()
    assert image["status"] == "complete"
    assert (image["image_name"], image["sha256"]) == (picture.name, picture.sha256)
    assert image["image_size"] == len(picture.data)
    (payload,) = await camera.payloads()
    assert (payload["payload_status"], payload["image_status"]) == ("complete", "complete")
    assert payload["image_id"] == image["image_id"]
    (observation,) = await camera.observations()
    assert observation["image_id"] == image["image_id"]
    return image


@pytest.mark.parametrize("as_array", [False, True], ids=["base64", "bytes"])
@pytest.mark.parametrize("base", [0, 1])
async def test_base_and_encoding_of_chunks_do_not_matter(camera: Device, base: int, as_array: bool) -> None:
    picture = photo(seed=7)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.deliver(picture, base=base, as_array=as_array)
    await complete(camera, picture)


@pytest.mark.parametrize("chunks", [1, 2, 89])
@pytest.mark.parametrize("base", [0, 1])
async def test_short_and_long_images_in_both_numberings(camera: Device, base: int, chunks: int) -> None:
    picture = photo(chunks=chunks)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.deliver(picture, base=base)
    await complete(camera, picture)


@pytest.mark.parametrize("time_field", ["timestamp", "capture_timestamp", "capture_timeStamp", "captured_at"])
@pytest.mark.parametrize("style", ["vendor", "singular", "flat"])
async def test_every_style_of_metadata_is_the_same_row(camera: Device, time_field: str, style: str) -> None:
    picture = photo(taken="2026-11-20T13:00:12Z", chunks=2)
    said = picture.metadata(location="bay_3", slot_index=0, image_id=213)
    said[time_field] = said.pop("timestamp")
    if style != "vendor":
        said["total_chunks_count"] = said.pop("total_chunk_count")
        said["max_chunk_size"] = said.pop("max_chunks_size")
    if style == "flat":
        said |= said.pop("sensor_data")
    else:
        said["temperature"] = 99.0
    await camera.hello(battery_voltage=3.87, wifi_rssi=-70)
    await camera.told(CAPTURE)
    await camera.say("data", **said)
    await camera.told(send(picture.name))
    await camera.stream(picture)
    await camera.final(picture)
    image = await complete(camera, picture)
    assert image["captured_at"] == dt.datetime(2026, 11, 20, 13, 0, 12, tzinfo=dt.UTC)
    assert (image["total_chunk_count"], image["max_chunk_size"], image["location"]) == (2, 1024, "bay_3")
    (payload,) = await camera.payloads()
    assert payload["captured_at"] == image["captured_at"]
    assert [payload[name] for name in ("temperature", "humidity", "pressure", "gas_resistance")] == [
        21.47, 58.2, 1014.9, 12.06
    ]  # fmt: skip
    assert (payload["battery_voltage"], payload["wifi_rssi"]) == (3.87, -70)
    assert (payload["device_error_code"], payload["slot_index"], payload["timestamp_source"]) == (0, 0, "device")
    for name in ("site_id", "program_id", "site_device_session_id"):
        assert payload[name] is not None
        assert payload[name] == image[name]


async def test_zero_is_a_value(camera: Device) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    zeros = dict.fromkeys(("temperature", "humidity", "pressure", "gas_resistance"), 0)
    await camera.announce(picture, sensor_data=zeros, temperature=21.0, humidity=50.0)
    await camera.told(send(picture.name))
    (payload,) = await camera.payloads()
    assert {name: payload[name] for name in zeros} == zeros


async def test_chunks_in_any_order_with_duplicates(camera: Device) -> None:
    picture = photo(chunks=12)
    order = [*range(12), *range(6)]
    random.Random(3).shuffle(order)
    last = order.index(next(index for index in reversed(order) if order.count(index) == 1))
    order.append(order.pop(last))
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, order)
    await camera.final(picture)
    await complete(camera, picture)


@pytest.mark.parametrize("base", [0, 1])
async def test_chunks_before_their_metadata(camera: Device, base: int) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.stream(picture, base=base)
    assert await camera.unheard() == []
    await camera.announce(picture, total_chunks_count=picture.chunk_count)
    await camera.final(picture)
    await complete(camera, picture)


async def test_metadata_between_the_chunks_asks_for_nothing_while_they_stream(camera: Device) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.stream(picture, [0, 1, 2])
    await camera.announce(picture)
    await camera.stream(picture, [3, 4])
    await camera.final(picture)
    await complete(camera, picture)


async def test_a_chunk_of_another_file_does_not_complete_an_image(camera: Device) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, [0, 1, 2, 3])
    await camera.say("data", **picture.chunk(4) | {"chunk_id": 99})
    await camera.stream(photo(), [4])
    assert await camera.unheard() == []
    await camera.stream(picture, [4])
    await camera.final(picture)


async def test_chunks_after_the_end_do_nothing(camera: Device) -> None:
    picture = photo()
    await camera.wake(picture)
    (before,) = await camera.images()
    await camera.stream(picture)
    assert await camera.unheard() == []
    assert await camera.images() == [before]


@pytest.mark.parametrize("repeats", [1, 3])
async def test_the_same_metadata_in_mid_transfer_changes_nothing(camera: Device, repeats: int) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, [0, 1])
    for _ in range(repeats):
        await camera.announce(picture)
    await camera.stream(picture, [2, 3, 4])
    await camera.final(picture)
    assert await camera.unheard() == []
    await complete(camera, picture)


async def test_the_same_metadata_before_the_first_chunk_asks_once(camera: Device) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    for _ in range(3):
        await camera.announce(picture)
    await camera.told(send(picture.name))
    assert await camera.unheard() == []
    await camera.stream(picture)
    await camera.final(picture)
    await complete(camera, picture)


async def test_a_complete_image_offered_again_is_acknowledged_and_no_row_is_touched(camera: Device) -> None:
    picture = photo()
    await camera.wake(picture)
    await camera.later(600)
    images, payloads, observations = await camera.images(), await camera.payloads(), await camera.observations()
    # its ACK was lost: it is in the queue of the next wake
    await camera.hello(pendingImg=1, pending_list=[picture.name])
    assert (await camera.next()).body == {"send_all_pending": True}
    assert await camera.unheard() == []
    await camera.announce(picture)
    await camera.told(stored(picture.name), CAPTURE)
    assert await camera.unheard() == []
    assert await camera.images() == images
    assert await camera.payloads() == payloads
    assert await camera.observations() == observations
    second = photo()
    await camera.deliver(second)
    assert [image["status"] for image in await camera.images()] == ["complete", "complete"]


async def test_a_complete_image_offered_again_at_once_hears_the_final_message_again(camera: Device) -> None:
    picture = photo()
    wake_time = await camera.wake(picture)
    images = await camera.images()
    await camera.announce(picture)
    assert await camera.final(picture) == wake_time
    assert await camera.unheard() == []
    assert await camera.images() == images


async def test_half_of_one_and_all_of_another_under_the_same_name(camera: Device) -> None:
    now = dt.datetime.now(dt.UTC)
    first = photo(name="image_1.jpg", taken=now - dt.timedelta(days=1))
    second = photo(name="image_1.jpg", taken=now)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(first)
    await camera.told(send(first.name))
    await camera.stream(first, [0, 1, 2])
    await camera.later(3600)
    await camera.wake(second)
    old, new = await camera.images()
    assert (old["status"], old["captured_at"]) == ("receiving", dt.datetime.fromisoformat(first.taken))
    assert (new["status"], new["sha256"]) == ("complete", second.sha256)
    assert old["site_device_session_id"] != new["site_device_session_id"]


@pytest.mark.parametrize("apart", [False, True], ids=["at once", "chunk by chunk"])
async def test_half_of_one_and_another_of_the_same_name_whose_chunks_come_before_its_metadata(
    camera: Device, *, apart: bool
) -> None:
    now = dt.datetime.now(dt.UTC)
    first = photo(name="image_1.jpg", taken=now - dt.timedelta(days=1))
    second = photo(name="image_1.jpg", taken=now)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(first)
    await camera.told(send(first.name))
    await camera.stream(first, [0, 1, 2])
    await camera.later(3600)
    await camera.hello()
    await camera.told(CAPTURE)
    for index in range(5):
        await camera.stream(second, [index])
        if apart:
            assert await camera.unheard() == []
    await camera.announce(second)
    await camera.final(second)
    old, new = await camera.images()
    assert (old["status"], old["sha256"]) == ("receiving", None)
    assert (new["status"], new["sha256"]) == ("complete", second.sha256)


async def test_chunks_that_never_got_metadata_do_not_end_in_a_later_photograph_of_that_name(camera: Device) -> None:
    nameless, announced = photo(name="image_1.jpg"), photo(name="image_1.jpg")
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.stream(nameless)
    await camera.later(3600)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.stream(announced)
    await camera.announce(announced)
    await camera.final(announced)
    await complete(camera, announced)


async def test_the_rest_of_a_file_hours_later_without_metadata_completes_it(camera: Device) -> None:
    picture = photo(chunks=61)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, range(30))
    await camera.later(3 * 3600)
    await camera.stream(picture, range(30, 61))
    await camera.next()
    await complete(camera, picture)


async def test_a_wake_that_begins_with_metadata_is_a_wake(camera: Device) -> None:
    picture = photo()
    await camera.deliver(picture)
    assert await camera.unheard() == []
    await complete(camera, picture)


async def test_a_camera_that_publishes_at_qos_0(camera: Device) -> None:
    picture = photo()
    said = [("status", {"status": "Alive"}), ("data", picture.metadata())]
    said += [("data", picture.chunk(index)) for index in range(picture.chunk_count)]
    for leaf, message in said:
        await camera.publish(leaf, orjson.dumps(message), qos=0)
    await camera.told(CAPTURE, send(picture.name))
    await camera.final(picture)
    await complete(camera, picture)


async def test_one_name_on_two_days_is_two_images_two_files_two_observations(
    camera: Device, person: Person, stack: Stack, lab: Lab
) -> None:
    now = dt.datetime.now(dt.UTC)
    pictures = [photo(name="image_1.jpg", taken=now - dt.timedelta(days=days)) for days in (1, 0)]
    for picture in pictures:
        await camera.wake(picture)
        await camera.later(3600)
    device = (await camera.device())["device_id"]
    shown = await person.rows(f"device_images?device_id=eq.{device}&order=captured_at")
    assert [row["sha256"] for row in shown] == [picture.sha256 for picture in pictures]
    assert [row["image_url"] for row in shown] == [f"{lab.company_id}/{picture.sha256}.jpg" for picture in pictures]
    assert len(await person.rows(f"petri_observations?device_id=eq.{device}")) == 2
    answer = await person.post("/storage/v1/object/sign/images/" + shown[0]["image_url"], {"expiresIn": 60})
    async with httpx.AsyncClient() as nobody:
        file = await nobody.get(f"{stack.api_url}/storage/v1{answer['signedURL']}")
    assert file.content == pictures[0].data


@pytest.mark.parametrize("hours", [3, 6 * 24])
async def test_half_an_image_is_resumed_within_seven_days(camera: Device, hours: int) -> None:
    picture = photo(chunks=61, taken=dt.datetime.now(dt.UTC) - dt.timedelta(hours=3))
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, range(30))
    await camera.unheard()
    await camera.later(hours * 3600)
    await camera.hello(pendingImg=1, pending_list=[picture.name])
    assert (await camera.next()).body == {"send_all_pending": True}
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, range(30, 61))
    await camera.told(stored(picture.name), CAPTURE)
    await complete(camera, picture)


@pytest.mark.parametrize("error", [0, 12, 99])
async def test_the_cameras_error_number_is_stored_as_sent(camera: Device, error: int) -> None:
    picture = photo(chunks=1)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture, error=error)
    await camera.told(send(picture.name))
    assert [payload["device_error_code"] for payload in await camera.payloads()] == [error]


async def test_a_telemetry_only_wake_counts_and_ends_with_a_sleep(camera: Device) -> None:
    await camera.hello(battery_voltage=3.95)
    await camera.told(CAPTURE)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    await camera.say("data", captured_at=stamp(now), temperature=0, humidity=58.1)
    await camera.sleep()
    (payload,) = await camera.payloads()
    assert (payload["payload_status"], payload["image_status"], payload["image_id"]) == ("complete", "none", None)
    assert (payload["temperature"], payload["humidity"], payload["captured_at"]) == (0, 58.1, now)
    assert payload["battery_voltage"] == 3.95
    assert await camera.images() == []


async def test_metadata_with_no_chunks_is_telemetry_with_an_error(camera: Device) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture, total_chunk_count=0, image_size=0, error=4)
    await camera.sleep()
    (payload,) = await camera.payloads()
    assert (payload["payload_status"], payload["image_status"], payload["device_error_code"]) == ("complete", "none", 4)
    assert payload["temperature"] == 21.47
    assert await camera.images() == []
    assert await camera.observations() == []


async def test_bytes_that_are_no_jpeg_are_asked_for_again(camera: Device) -> None:
    picture = photo()
    broken = dataclasses.replace(picture, data=b"\x00\x00\x00" + picture.data[3:])
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(broken)
    await camera.told(send(picture.name))
    await camera.stream(picture)
    await camera.final(picture)
    await complete(camera, picture)


async def test_ten_cameras_at_once_do_not_disturb_each_other(cameras: Cameras) -> None:
    async def one(number: int) -> None:
        async with cameras(prefix=("device", "ESP32CAM")[number % 2]) as camera:
            picture = photo(name="image_1.jpg", chunks=20)
            await camera.wake(picture)
            await complete(camera, picture)

    await asyncio.gather(*(one(number) for number in range(10)))
