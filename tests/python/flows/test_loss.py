"""Loss: what is missing is asked for, three times; then the whole file, once; then the image has failed."""

from __future__ import annotations

import pytest

from flows.device import CAPTURE, Device, missing, send
from flows.photo import Photo, photo

IDLE_S = 16


async def begun(camera: Device, picture: Photo, indexes: list[int], base: int = 0) -> None:
    """A wake up to a part of the chunks."""
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, indexes, base=base)
    assert await camera.unheard() == []


@pytest.mark.parametrize(
    ("base", "arrived", "asked"),
    [
        (0, [0, 1, 4], [2, 3]),
        (1, [0, 1, 4], [3, 4]),
        (1, [0, 2], [2, 4, 5]),
        (0, [1, 2, 3], [0, 4]),
        (0, [0], [1, 2, 3, 4]),
        (0, [], [0, 1, 2, 3, 4]),
    ],
)
async def test_after_15_idle_seconds_the_missing_chunks_are_asked_for_in_the_cameras_numbering(
    camera: Device, base: int, arrived: list[int], asked: list[int]
) -> None:
    picture = photo(chunks=5)
    await begun(camera, picture, arrived, base)
    await camera.later(IDLE_S)
    await camera.told(missing(picture.name, asked))
    await camera.stream(picture, [number - base for number in asked], base=base)
    await camera.final(picture)
    (image,) = await camera.images()
    assert image["sha256"] == picture.sha256


async def test_nothing_is_asked_before_15_seconds(camera: Device) -> None:
    picture = photo()
    await begun(camera, picture, [0, 1])
    await camera.later(10)
    assert await camera.unheard() == []


async def test_a_chunk_moves_the_15_seconds(camera: Device) -> None:
    picture = photo()
    await begun(camera, picture, [0, 1])
    await camera.later(10)
    await camera.stream(picture, [2])
    assert await camera.unheard() == []
    await camera.later(10)
    assert await camera.unheard() == []
    await camera.later(6)
    await camera.told(missing(picture.name, [3, 4]))


async def test_three_rounds_then_the_whole_file_once_then_failed_with_one_alert_and_a_sleep(camera: Device) -> None:
    picture = photo()
    await begun(camera, picture, [0, 1])
    for _ in range(3):
        await camera.later(IDLE_S)
        await camera.told(missing(picture.name, [2, 3, 4]))
    await camera.later(IDLE_S)
    await camera.told(send(picture.name))
    (image,) = await camera.images()
    assert image["status"] == "receiving"
    await camera.later(IDLE_S)
    await camera.sleep()
    await camera.later(IDLE_S)
    assert await camera.unheard() == []
    (image,) = await camera.images()
    assert image["status"] == "failed"
    assert image["error_code"]
    (payload,) = await camera.payloads()
    assert (payload["payload_status"], payload["image_status"]) == ("failed", "failed")
    (alert,) = await camera.alerts("image_transmission_failed")
    assert (alert["severity"], alert["image_id"], alert["occurrence_count"]) == ("error", image["image_id"], 1)
    assert await camera.observations() == []


async def test_a_failed_image_that_comes_in_a_later_wake_is_completed_and_its_alert_resolved(camera: Device) -> None:
    picture = photo()
    await begun(camera, picture, [0, 1])
    for _ in range(5):
        await camera.later(IDLE_S)
        await camera.next()
    await camera.later(3600)
    await camera.hello(pendingImg=1, pending_list=[picture.name])
    assert (await camera.next()).body == {"send_all_pending": True}
    before = await camera.images()
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture)
    assert (await camera.next()).body == {"image_name": picture.name, "ACK_OK": True}
    (image,) = await camera.images()
    assert image["status"] == "complete"
    assert (image["image_id"], image["captured_at"]) == (before[0]["image_id"], before[0]["captured_at"])
    assert image["retry_count"] == 1
    assert image["resent_received_at"] is not None
    (payload,) = await camera.payloads()
    assert payload["payload_status"] == "complete"
    assert await camera.alerts("image_transmission_failed") == []
    assert len(await camera.observations()) == 1


async def test_the_rounds_start_anew_when_the_file_comes_in_a_later_wake(camera: Device) -> None:
    picture = photo()
    await begun(camera, picture, [0, 1])
    for _ in range(3):
        await camera.later(IDLE_S)
        await camera.told(missing(picture.name, [2, 3, 4]))
    await camera.later(3600)
    await camera.hello(pendingImg=1, pending_list=[picture.name])
    await camera.next()
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.later(IDLE_S)
    await camera.told(missing(picture.name, [2, 3, 4]))


async def test_a_lost_capture_command_is_not_repeated_within_the_wake(camera: Device) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.later(60)
    await camera.hello()
    assert await camera.unheard() == []


async def test_a_sleeping_camera_is_asked_for_nothing(camera: Device) -> None:
    picture = photo()
    await begun(camera, picture, [0, 1])
    await camera.later(301)
    for _ in range(3):
        await camera.later(IDLE_S)
    assert await camera.unheard() == []
    (image,) = await camera.images()
    assert image["status"] == "receiving"
    await camera.later(24 * 3600)
    (image,) = await camera.images()
    assert image["status"] == "failed"
    assert await camera.unheard() == []
