"""Time: what cameras write as one, what is made of it, and the wake time they are told."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from flows.device import CAPTURE, Device, missing, send
from flows.lab import Database
from flows.photo import photo

WAKE_TIME = re.compile(r"^(1[0-2]|[1-9]):[0-5][0-9](AM|PM)$")


def on_the_wire(at: dt.datetime) -> str:
    """A wake time as the firmware reads it: UTC, no leading zero on the hour."""
    at = at.astimezone(dt.UTC)
    return f"{at.hour % 12 or 12}:{at:%M}{'AM' if at.hour < 12 else 'PM'}"


async def captured(camera: Device, taken: object, **more: object) -> dict[str, object]:
    """The payload of a wake whose capture time was written so."""
    picture = photo(chunks=1)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture, timestamp=taken, **more)
    await camera.told(send(picture.name))
    await camera.stream(picture)
    await camera.final(picture)
    (payload,) = await camera.payloads()
    (image,) = await camera.images()
    for name in ("captured_at", "captured_at_raw", "timestamp_source"):
        assert image[name] == payload[name]
    return payload


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-2-7 4:3:9", "2026-02-07T04:03:09Z"),
        ("2026-02-07T04:03:09", "2026-02-07T04:03:09Z"),
        (" 2026-02-07 04:03:09 ", "2026-02-07T04:03:09Z"),
        ("2026-02-07T04:03:09.250Z", "2026-02-07T04:03:09.250Z"),
        ("2026-02-07T04:03:09+02:00", "2026-02-07T02:03:09Z"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    ],
)
async def test_a_dirty_time_that_can_be_read_is_the_devices(camera: Device, written: str, meant: str) -> None:
    payload = await captured(camera, written)
    assert payload["captured_at"] == dt.datetime.fromisoformat(meant)
    assert (payload["timestamp_source"], payload["captured_at_raw"]) == ("device", None)


@pytest.mark.parametrize(
    ("written", "raw"),
    [
        ("1970-01-01T00:03:12Z", "1970-01-01T00:03:12Z"),
        ("2019-12-31T23:59:59Z", "2019-12-31T23:59:59Z"),
        ("no time", "no time"),
        ("2026-13-45T99:00:00Z", "2026-13-45T99:00:00Z"),
        (0, "0"),
        ("", None),
        (None, None),
    ],
)
async def test_an_unusable_time_is_the_servers_with_the_text_kept_and_an_alert(
    camera: Device, db: Database, written: object, raw: str | None
) -> None:
    before = await db.value("select now()")
    payload = await captured(camera, written)
    assert before <= payload["captured_at"] <= await db.value("select now()")
    assert (payload["timestamp_source"], payload["captured_at_raw"]) == ("server", raw)
    (alert,) = await camera.alerts("clock_invalid")
    assert alert["severity"] == "warning"


@pytest.mark.parametrize("written", ["1970-01-01T00:00:07Z", "no time", None])
async def test_a_repeat_with_the_same_unusable_time_is_the_same_image(camera: Device, written: str | None) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.announce(picture, timestamp=written)
    await camera.told(send(picture.name))
    await camera.stream(picture, [0, 1])
    await camera.announce(picture, timestamp=written)
    assert await camera.unheard() == []
    await camera.later(16)
    await camera.told(missing(picture.name, [2, 3, 4]))
    await camera.stream(picture, [2, 3, 4])
    await camera.final(picture)
    assert len(await camera.images()) == len(await camera.payloads()) == 1


@pytest.mark.parametrize("written", ["1970-01-01T00:00:07Z", None])
async def test_a_camera_without_a_clock_whose_counter_starts_again_loses_no_photograph(
    camera: Device, written: str | None
) -> None:
    pictures = [photo(name="image_1.jpg", chunks=chunks) for chunks in (2, 3)]
    for picture in pictures:
        await camera.hello()
        await camera.told(CAPTURE)
        await camera.announce(picture, timestamp=written)
        await camera.told(send(picture.name))
        await camera.stream(picture)
        await camera.final(picture)
        await camera.later(3600)
    assert [image["sha256"] for image in await camera.images()] == [picture.sha256 for picture in pictures]


async def test_telemetry_without_a_time_repeated_at_once_is_one_payload(camera: Device) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    for _ in range(2):
        await camera.say("data", temperature=21.0, humidity=50)
        await camera.sleep()
    await camera.later(3600)
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.say("data", temperature=21.0, humidity=50)
    await camera.sleep()
    assert len(await camera.payloads()) == 2


async def test_a_right_clock_ends_the_alert(camera: Device) -> None:
    await captured(camera, "1970-01-01T00:00:07Z")
    assert len(await camera.alerts("clock_invalid")) == 1
    await camera.later(3600)
    await camera.wake(photo())
    assert await camera.alerts("clock_invalid") == []


async def test_curly_quotes_and_blanks_in_metadata(camera: Device) -> None:
    picture = photo()
    await camera.hello()
    await camera.told(CAPTURE)
    text = (
        f"{{ “timestamp”: “{picture.taken}”,\u00a0“image_name”: “{picture.name}”, “image_size”: {len(picture.data)},\n"
        f"  “max_chunks_size”: 1024, “total_chunk_count”: {picture.chunk_count}, “location”: “bay 3” }}\n"
    )
    await camera.publish("data", text.encode())
    await camera.told(send(picture.name))
    await camera.stream(picture)
    await camera.final(picture)


async def test_the_wake_time_sent_is_the_one_stored_and_has_the_firmwares_form(camera: Device) -> None:
    told = await camera.wake(photo())
    assert WAKE_TIME.match(told)
    device = await camera.device()
    assert on_the_wire(device["next_wake_at"]) == told
    assert device["next_wake_at"] > device["last_seen_at"]


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("0 0 * * *", "12:00AM"), ("0 12 * * *", "12:00PM"), ("5 8 * * *", "8:05AM"), ("0 21 * * *", "9:00PM"),
        ("59 23 * * *", "11:59PM"), ("30 10 * * *", "10:30AM"), ("7 13 * * *", "1:07PM"),
    ],
)  # fmt: skip
async def test_wake_times_are_utc_without_a_leading_zero(camera: Device, db: Database, cron: str, told: str) -> None:
    await db.rows("update public.devices set wake_schedule_cron = %s where device_mac = %s", cron, camera.mac)
    assert await camera.wake(photo(chunks=1)) == told
    assert on_the_wire((await camera.device())["next_wake_at"]) == told


async def test_the_sleep_of_a_telemetry_wake_is_the_stored_time_too(camera: Device) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    await camera.say("data", temperature=21.0)
    told = await camera.sleep()
    assert WAKE_TIME.match(told)
    assert on_the_wire((await camera.device())["next_wake_at"]) == told


async def test_without_a_schedule_it_is_the_next_full_hour_at_least_half_an_hour_away(
    camera: Device, db: Database
) -> None:
    await db.rows("update public.devices set wake_schedule_cron = null where device_mac = %s", camera.mac)
    before = await db.value("select now()")
    told = await camera.wake(photo())
    at = (await camera.device())["next_wake_at"]
    assert told == on_the_wire(at)
    assert (at.minute, at.second) == (0, 0)
    assert dt.timedelta(minutes=30) <= at - before <= dt.timedelta(minutes=91)


async def test_a_wake_at_a_site_in_another_zone_is_told_utc(camera: Device, db: Database) -> None:
    await db.rows(
        """
        with site as (
            insert into public.sites (company_id, program_id, name, timezone)
            select s.company_id, s.program_id, 'Kathmandu ' || %s, 'Asia/Kathmandu'
            from public.devices as d join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
            where d.device_mac = %s
            returning site_id)
        update public.devices set site_id = (select site_id from site), wake_schedule_cron = '0 8 * * *'
        where device_mac = %s
        """,
        camera.mac, camera.mac, camera.mac,
    )  # fmt: skip
    assert await camera.wake(photo()) == "2:15AM"
