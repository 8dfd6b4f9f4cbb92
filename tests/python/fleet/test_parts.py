"""Parts of the simulator that need no broker."""

import asyncio
import datetime as dt
import io
import random
from pathlib import Path

import pytest
from PIL import Image

from lics.fleet import pictures, wire
from lics.fleet.faults import Faults
from lics.fleet.sdcard import SdCard
from lics.fleet.spool import Spool
from lics.fleet.wire import Answer, Dialect, Picture, Sensors

AT = dt.datetime(2026, 2, 7, 4, 3, 9, tzinfo=dt.UTC)


def test_pictures_are_jpeg_files_of_the_fields_size_and_differ() -> None:
    drawn = [pictures.draw(seed, "here", AT) for seed in range(4)]
    for data in drawn:
        assert pictures.SMALLEST <= len(data) <= pictures.LARGEST
        assert data[:3] == b"\xff\xd8\xff"
        assert data[-2:] == b"\xff\xd9"
        assert Image.open(io.BytesIO(data)).size == (pictures.WIDTH, pictures.HEIGHT)
    assert len(set(drawn)) == 4
    assert pictures.draw(1, "here", AT) == drawn[1]


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b'{"capture_image":true}', Answer("capture")),
        (b'{"send_image":"a.jpg"}', Answer("send", "a.jpg")),
        (b'{"send_all_pending":true}', Answer("send_all")),
        (b'{"image_name":"a.jpg","missing_chunks":[7,8]}', Answer("missing", "a.jpg", (7, 8))),
        (b'{"image_name":"a.jpg","ACK_OK":true}', Answer("stored", "a.jpg")),
        (b'{"image_name":"a.jpg","ACK_OK":{"next_wake_time":"9:00PM"}}', Answer("final", "a.jpg", next_wake="9:00PM")),
        (b'{"next_wake":"9:00PM"}', Answer("sleep", next_wake="9:00PM")),
        (b"[]", Answer("unknown")),
        (b"nonsense", Answer("unknown")),
    ],
)
def test_answers_of_the_server_are_understood(payload: bytes, answer: Answer) -> None:
    assert wire.parse(payload) == answer


def test_times_are_written_as_cameras_write_them() -> None:
    assert Dialect().time_text(AT) == "2026-02-07T04:03:09Z"
    assert Dialect(loose_time=True).time_text(AT) == "2026-2-7 4:3:9"


def test_ids_that_are_no_mac_are_left_alone() -> None:
    assert Dialect(mac_form="colons").topic_id("TEST-CAMERA1") == "TEST-CAMERA1"
    assert Dialect(mac_form="lower").topic_id("A4CF12D0E39B") == "a4:cf:12:d0:e3:9b"


def test_faults_follow_from_the_seed_and_send_at_least_one_chunk() -> None:
    faults = Faults(lost=0.5, doubled=0.3, shuffled=1.0)
    assert faults.order(list(range(60)), random.Random(5)) == faults.order(list(range(60)), random.Random(5))
    assert len(Faults(lost=1.0).order([3, 4], random.Random(1))) == 1


def test_a_card_survives_its_camera(tmp_path: Path) -> None:
    card = SdCard(tmp_path)
    first, second = card.next_name(), card.next_name()
    card.put(Picture(first, "2026-02-07T04:03:09Z", b"one", Sensors(21.5, 58.0, 1014.0, 12.0)))
    card.put(Picture(second, "2026-02-07T05:03:09Z", b"two", Sensors(0.0, 58.0, 1014.0, 12.0)))
    again = SdCard(tmp_path)
    assert again.names() == [first, second]
    assert again.get(second) == card.get(second)
    assert again.next_name() == "image_3.jpg"
    assert again.delete(first)
    assert not again.delete(first)
    assert SdCard(tmp_path).names() == [second]


async def test_two_cameras_with_one_card_use_it_one_after_the_other(tmp_path: Path) -> None:
    first, second = SdCard(tmp_path), SdCard(tmp_path)
    seen: list[list[str]] = []

    async def look() -> None:
        async with second.in_use():
            seen.append(second.names())

    async with first.in_use():
        looking = asyncio.create_task(look())
        first.put(Picture(first.next_name(), "2026-02-07T04:03:09Z", b"one", Sensors(21.5, 58.0, 1014.0, 12.0)))
        await asyncio.sleep(0)
        assert not seen
    await looking
    assert seen == [["image_1.jpg"]]


def test_a_spool_keeps_what_is_not_confirmed_and_never_repeats_a_number(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    spool = Spool(path)
    for number in range(1, 7):
        spool.add("run", {"trial_number": number})
    spool.add("other", {"trial_number": 1})
    spool.cover("run", 2, [(4, 5)])
    spool.close()
    again = Spool(path)
    assert [trial["seq"] for trial in again.waiting("run")] == [3, 6]
    again.cover("run", 6, [])
    assert [trial["deployment_id"] for trial in again.waiting()] == ["other"]
    assert again.add("run", {})["seq"] == 7
    again.skip_to("run", 20)
    assert again.add("run", {})["seq"] == 21
