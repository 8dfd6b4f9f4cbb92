"""Backlog: what waits on the card is fetched before the wake's own capture, and no wake time is sent before both."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.device import CAPTURE, SEND_ALL, Answer, Device, missing, send, stored
from flows.lab import Database
from flows.photo import Photo, photo


def queue(count: int) -> list[Photo]:
    """Photographs of the last hours, oldest first."""
    now = dt.datetime.now(dt.UTC)
    return [photo(taken=now - dt.timedelta(hours=count - number), chunks=2) for number in range(count)]


def wake_times(camera: Device) -> list[Answer]:
    """Every answer that sends the camera to sleep."""
    return [
        answer for answer in camera.heard if "next_wake" in answer.body or isinstance(answer.body.get("ACK_OK"), dict)
    ]


async def everything_complete(camera: Device, pictures: list[Photo]) -> None:
    """Each photograph once, with its own bytes, time, payload and observation."""
    images = await camera.images()
    assert [(image["image_name"], image["sha256"], image["status"]) for image in images] == [
        (picture.name, picture.sha256, "complete") for picture in pictures
    ]
    times = [dt.datetime.fromisoformat(picture.taken) for picture in pictures]
    assert [image["captured_at"] for image in images] == times
    assert [payload["payload_status"] for payload in await camera.payloads()] == ["complete"] * len(pictures)
    assert len(await camera.observations()) == len(pictures)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_listed_backlog_is_sent_at_once_and_acknowledged_file_by_file(camera: Device, count: int) -> None:
    waiting, own = queue(count), photo()
    await camera.hello(pendingImg=count, pending_list=[picture.name for picture in waiting])
    await camera.told(SEND_ALL)
    for picture in waiting:
        await camera.announce(picture)
        await camera.told(send(picture.name))
        await camera.stream(picture)
        await camera.told(stored(picture.name))
        assert wake_times(camera) == []
    await camera.told(CAPTURE)
    assert wake_times(camera) == []
    await camera.deliver(own)
    assert await camera.unheard() == []
    assert len(wake_times(camera)) == 1
    await everything_complete(camera, [*waiting, own])


async def test_a_firmware_that_streams_without_waiting_for_send_image(camera: Device) -> None:
    waiting = queue(2)
    await camera.hello(pendingImg=2, pending_list=[picture.name for picture in waiting])
    await camera.told(SEND_ALL)
    for picture in waiting:
        await camera.announce(picture)
        await camera.stream(picture)
    heard = [await camera.next() for _ in range(5)]
    assert sorted(answer.body["send_image"] for answer in heard if "send_image" in answer.body) == sorted(
        picture.name for picture in waiting
    )
    assert sorted(answer.body["image_name"] for answer in heard if answer.leaf == "ack") == sorted(
        picture.name for picture in waiting
    )
    assert heard[-1] == CAPTURE
    assert await camera.unheard() == []


async def test_a_count_beyond_the_ten_names_of_the_list(camera: Device) -> None:
    waiting, own = queue(12), photo()
    await camera.hello(pendingImg=12, pending_list=[picture.name for picture in waiting[:10]])
    await camera.told(SEND_ALL)
    for picture in waiting:
        await camera.announce(picture)
        await camera.told(send(picture.name))
        await camera.stream(picture)
        await camera.told(stored(picture.name))
    await camera.told(CAPTURE)
    await camera.deliver(own)
    await everything_complete(camera, [*waiting, own])


async def test_names_in_a_list_alone_make_no_row_no_failure_and_no_acknowledgement(camera: Device) -> None:
    await camera.hello(pendingImg=3, pending_list=["image_1.jpg", "image_2.jpg", "image_3.jpg"])
    await camera.told(SEND_ALL)
    await camera.later(2 * 3600)
    assert await camera.unheard() == []
    assert await camera.images() == []
    assert await camera.payloads() == []
    assert await camera.alerts("image_transmission_failed") == []


async def test_a_backlog_that_never_comes_is_given_up_after_a_minute_for_the_capture(camera: Device) -> None:
    await camera.hello(pendingImg=2, pending_list=["image_1.jpg", "image_2.jpg"])
    await camera.told(SEND_ALL)
    await camera.later(61)
    await camera.told(CAPTURE)
    await camera.deliver(photo())


async def test_a_lost_chunk_of_a_backlog_file_is_asked_for_and_the_queue_goes_on(camera: Device) -> None:
    waiting, own = queue(2), photo()
    await camera.hello(pendingImg=2, pending_list=[picture.name for picture in waiting])
    await camera.told(SEND_ALL)
    await camera.announce(waiting[0])
    await camera.told(send(waiting[0].name))
    await camera.stream(waiting[0], [0])
    assert await camera.unheard() == []
    await camera.later(16)
    await camera.told(missing(waiting[0].name, [1]))
    await camera.stream(waiting[0], [1])
    await camera.told(stored(waiting[0].name))
    await camera.announce(waiting[1])
    await camera.told(send(waiting[1].name))
    await camera.stream(waiting[1])
    await camera.told(stored(waiting[1].name), CAPTURE)
    await camera.deliver(own)
    await everything_complete(camera, [*waiting, own])


async def test_a_hello_again_in_the_middle_of_a_backlog_changes_nothing(camera: Device) -> None:
    waiting, own = queue(2), photo()
    names = [picture.name for picture in waiting]
    await camera.hello(pendingImg=2, pending_list=names)
    await camera.told(SEND_ALL)
    await camera.announce(waiting[0])
    await camera.told(send(names[0]))
    await camera.hello(pendingImg=2, pending_list=names)
    await camera.stream(waiting[0])
    await camera.told(stored(names[0]))
    await camera.hello(pendingImg=1, pending_list=names[1:])
    await camera.announce(waiting[1])
    await camera.told(send(names[1]))
    await camera.stream(waiting[1])
    await camera.told(stored(names[1]), CAPTURE)
    await camera.deliver(own)
    assert await camera.unheard() == []
    await everything_complete(camera, [*waiting, own])


async def known_incomplete(camera: Device, pictures: list[Photo]) -> None:
    """The server knows these names from a wake in which nothing but metadata arrived."""
    await camera.hello()
    await camera.told(CAPTURE)
    for picture in pictures:
        await camera.announce(picture)
        await camera.told(send(picture.name))
    await camera.later(3600)


async def test_without_a_list_the_known_incomplete_files_are_asked_for_one_by_one(camera: Device) -> None:
    waiting, own = queue(2), photo()
    await known_incomplete(camera, waiting)
    await camera.hello(pendingImg=2)
    for picture in waiting:
        await camera.told(send(picture.name))
        await camera.stream(picture)
        await camera.told(stored(picture.name))
    await camera.told(CAPTURE)
    assert wake_times(camera) == []
    await camera.deliver(own)
    assert await camera.unheard() == []
    await everything_complete(camera, [*waiting, own])


async def test_without_a_list_and_without_known_names_there_is_a_capture_for_each_and_one_more(camera: Device) -> None:
    waiting, own = queue(2), photo()
    await camera.hello(pending_count=2)
    for picture in waiting:
        await camera.told(CAPTURE)
        await camera.announce(picture)
        await camera.told(send(picture.name))
        await camera.stream(picture)
        await camera.told(stored(picture.name))
    await camera.told(CAPTURE)
    assert wake_times(camera) == []
    await camera.deliver(own)
    assert await camera.unheard() == []
    await everything_complete(camera, [*waiting, own])


async def test_more_files_than_known_names_go_on_with_captures(camera: Device) -> None:
    waiting, own = queue(2), photo()
    await known_incomplete(camera, waiting[:1])
    await camera.hello(pendingImg=2)
    await camera.told(send(waiting[0].name))
    await camera.stream(waiting[0])
    await camera.told(stored(waiting[0].name), CAPTURE)
    await camera.announce(waiting[1])
    await camera.told(send(waiting[1].name))
    await camera.stream(waiting[1])
    await camera.told(stored(waiting[1].name), CAPTURE)
    await camera.deliver(own)
    await everything_complete(camera, [*waiting, own])


@pytest.mark.parametrize(("strategy", "first"), [("captures", CAPTURE), ("names", CAPTURE), ("list", SEND_ALL)])
async def test_the_devices_own_strategy_wins(camera: Device, db: Database, strategy: str, first: Answer) -> None:
    await db.rows("update public.devices set backlog_strategy = %s where device_mac = %s", strategy, camera.mac)
    await camera.hello(pendingImg=1, pending_list=["image_1.jpg"])
    await camera.told(first)
    assert await camera.unheard() == []


async def test_a_lost_ack_of_a_backlog_file_is_given_again_in_the_same_wake(camera: Device) -> None:
    waiting, own = queue(2), photo()
    await camera.hello(pendingImg=2, pending_list=[picture.name for picture in waiting])
    await camera.told(SEND_ALL)
    await camera.announce(waiting[0])
    await camera.told(send(waiting[0].name))
    await camera.stream(waiting[0])
    await camera.told(stored(waiting[0].name))
    images = await camera.images()
    await camera.announce(waiting[0])
    await camera.told(stored(waiting[0].name))
    assert await camera.unheard() == []
    assert await camera.images() == images
    await camera.announce(waiting[1])
    await camera.told(send(waiting[1].name))
    await camera.stream(waiting[1])
    await camera.told(stored(waiting[1].name), CAPTURE)
    await camera.deliver(own)
    await everything_complete(camera, [*waiting, own])


async def test_a_new_photograph_under_the_name_of_a_stored_one_is_not_acknowledged_unseen(camera: Device) -> None:
    await camera.wake(photo(name="image_1.jpg", taken=dt.datetime.now(dt.UTC) - dt.timedelta(days=1)))
    await camera.later(3600)
    # the card was swapped: the counter begins at 1 again
    other = photo(name="image_1.jpg")
    await camera.hello(pendingImg=1, pending_list=["image_1.jpg"])
    await camera.told(SEND_ALL)
    assert await camera.unheard() == []
    await camera.announce(other)
    await camera.told(send(other.name))
    await camera.stream(other)
    await camera.told(stored(other.name), CAPTURE)
    assert [image["sha256"] for image in await camera.images()][1] == other.sha256
