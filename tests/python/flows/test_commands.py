"""What people ask of a sleeping camera waits for its next HELLO, and is done once."""

from __future__ import annotations

import datetime as dt

from flows.device import CAPTURE, Answer, Device, missing, send, stored
from flows.lab import Database, Person, Row
from flows.photo import Photo, photo
from flows.test_times import on_the_wire


async def failed(camera: Device, picture: Photo) -> Row:
    """An image of which only the first two chunks arrived, after all rounds; the camera sleeps."""
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    await camera.stream(picture, [0, 1])
    await camera.unheard()
    for _ in range(5):
        await camera.later(16)
        await camera.next()
    await camera.later(3600)
    (image,) = await camera.images()
    assert image["status"] == "failed"
    return image


async def test_a_retry_waits_for_the_next_hello_and_completes_the_same_rows(camera: Device, person: Person) -> None:
    picture = photo()
    image = await failed(camera, picture)
    for _ in range(2):
        await person.call("request_image_retry", p_image_id=str(image["image_id"]))
    assert await camera.unheard() == [], "the camera sleeps"
    queue = f"device_commands?device_id=eq.{image['device_id']}&select=status"
    assert await person.rows(queue) == [{"status": "queued"}]
    await camera.hello()
    await camera.told(send(picture.name))
    assert await camera.unheard() == []
    assert await person.rows(queue) == [{"status": "published"}]
    await camera.stream(picture)
    await camera.told(stored(picture.name), CAPTURE)
    await camera.deliver(photo())
    assert await person.rows(queue) == [{"status": "done"}]
    first = (await camera.images())[0]
    assert (first["image_id"], first["status"], first["sha256"]) == (image["image_id"], "complete", picture.sha256)
    assert (first["captured_at"], first["retry_count"]) == (image["captured_at"], 1)
    assert len(await camera.payloads()) == len(await camera.observations()) == 2


async def test_a_retry_of_a_file_that_is_gone_does_not_cost_the_capture(camera: Device, person: Person) -> None:
    picture = photo()
    image = await failed(camera, picture)
    await person.call("request_image_retry", p_image_id=str(image["image_id"]))
    await camera.hello()
    await camera.told(send(picture.name))
    for _ in range(3):
        await camera.later(16)
        await camera.told(missing(picture.name, [2, 3, 4]))
    await camera.later(16)
    await camera.told(send(picture.name))
    await camera.later(16)
    await camera.told(CAPTURE)
    await camera.deliver(photo())
    assert await camera.unheard() == []
    assert [row["status"] for row in await camera.images()] == ["failed", "complete"]
    assert len(await camera.alerts("image_transmission_failed")) == 1


async def test_a_wake_once_is_told_at_the_next_contact_and_only_once(
    camera: Device, db: Database, person: Person
) -> None:
    now = dt.datetime.now(dt.UTC)
    cron = f"0 {(now.hour + 12) % 24} * * *"
    await db.rows("update public.devices set wake_schedule_cron = %s where device_mac = %s", cron, camera.mac)
    planned = await camera.wake(photo())
    once = (now + dt.timedelta(hours=2)).replace(second=0, microsecond=0)
    device = await camera.device()
    await person.call("wake_once", p_device_id=str(device["device_id"]), p_at=once.isoformat())
    await camera.later(3600)
    assert await camera.unheard() == [], "the camera sleeps"
    assert await camera.wake(photo()) == on_the_wire(once)
    assert (await camera.device())["next_wake_at"] == once
    await camera.later(3600)
    assert await camera.wake(photo()) == planned


async def test_a_ping_is_queued_published_and_done(camera: Device, person: Person) -> None:
    await camera.wake(photo())
    device_id = (await camera.device())["device_id"]
    queue = f"device_commands?device_id=eq.{device_id}&select=command,status,attempts"
    await camera.later(3600)
    await person.call("send_device_command", p_device_id=str(device_id), p_command="ping")
    assert await camera.unheard() == [], "the camera sleeps"
    assert await person.rows(queue) == [{"command": "ping", "status": "queued", "attempts": 0}]
    picture = photo()
    await camera.hello()
    await camera.told(Answer("cmd", {"ping": True}), CAPTURE)
    assert await person.rows(queue) == [{"command": "ping", "status": "published", "attempts": 1}]
    await camera.deliver(picture)
    assert await person.rows(queue) == [{"command": "ping", "status": "done", "attempts": 1}]
    assert await camera.unheard() == []


async def test_a_restart_goes_alone_and_the_hello_after_it_begins_the_wake(camera: Device, person: Person) -> None:
    await camera.wake(photo())
    device_id = (await camera.device())["device_id"]
    await camera.later(3600)
    await person.call("send_device_command", p_device_id=str(device_id), p_command="reboot")
    await camera.hello()
    await camera.told(Answer("cmd", {"reboot": True}))
    assert await camera.unheard() == []
    await camera.wake(photo())
    assert await person.rows(f"device_commands?device_id=eq.{device_id}&select=status") == [{"status": "done"}]


async def test_an_archived_camera_is_heard_no_more(camera: Device, person: Person) -> None:
    await camera.wake(photo())
    device_id = str((await camera.device())["device_id"])
    assert await person.rows(f"devices?device_id=eq.{device_id}&select=state") == [{"state": "asleep"}]
    await person.call("archive_device", p_device_id=device_id)
    shown = await person.rows(f"device_states?device_id=eq.{device_id}&select=state,missed_wake_count")
    assert shown == [{"state": "archived", "missed_wake_count": None}]
    assert len(await person.rows(f"device_images?device_id=eq.{device_id}&select=status")) == 1
