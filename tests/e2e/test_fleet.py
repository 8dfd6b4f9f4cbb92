"""Cameras with the field's faults, all at once: what the simulator photographed is exactly what people find."""

import asyncio
import collections
import dataclasses
import datetime as dt
import hashlib
import random
import time

import pytest

from lics.fleet import pictures
from lics.fleet.accounts import simulated_mac
from lics.fleet.camera import Broker, Camera
from lics.fleet.faults import Faults
from lics.fleet.sdcard import SdCard

from .conftest import Api, Stack, rested

SEED = 20261121
CAMERAS = range(4, 9)
"""Not those of the other tests."""
FAULTS = Faults(lost=0.02, doubled=0.1, shuffled=0.5, restart=0.5, hello_twice=0.5, metadata_twice=0.5)


@dataclasses.dataclass
class Course:
    """One camera's part of the test."""

    camera: Camera
    taken: dict[str, str]
    """sha256 of every photograph, by name."""


def camera(stack: Stack, number: int) -> Course:
    """A camera whose photographs are noted."""
    mac, taken = simulated_mac(number), dict[str, str]()

    def photograph(seed: int, caption: str, at: dt.datetime) -> bytes:
        data = pictures.draw(seed, caption, at)
        taken[caption.rsplit(maxsplit=1)[-1]] = hashlib.sha256(data).hexdigest()
        return data

    card = SdCard(counter=time.time_ns() // 1_000_000)
    broker = Broker(stack.mqtt_host, stack.mqtt_port, mac, stack.fleet_password)
    return Course(Camera(broker, mac, seed=SEED, faults=FAULTS, card=card, photographer=photograph), taken)


@pytest.mark.timeout(240)
async def test_lost_doubled_shuffled_chunks_restarts_and_backlogs_end_as_one_row_each(
    stack: Stack, member: Api
) -> None:
    rng = random.Random(SEED)
    courses = [camera(stack, number) for number in CAMERAS]
    for course in courses:
        await rested(member, course.camera.mac)
        for _ in range(rng.randint(0, 2)):
            await course.camera.capture()
    started = asyncio.gather(*(course.camera.wake() for course in courses))
    for course, wake in zip(courses, await started, strict=True):
        assert wake.outcome == "complete", (course.camera.dialect, wake)
        assert course.camera.card.names() == [], (course.camera.dialect, wake)
        assert sorted(wake.stored) == sorted(course.taken), (course.camera.dialect, wake)

    columns = (
        "image_name,status,sha256,devices!inner(device_mac),petri_observations(image_id),"
        "device_wake_payloads(payload_status)"
    )
    for course in courses:
        names = ",".join(course.taken)
        question = f"device_images?devices.device_mac=eq.{course.camera.mac}&image_name=in.({names})&select={columns}"
        images = await member.rows(question)
        assert {image["image_name"]: image["sha256"] for image in images} == course.taken
        for image in images:
            assert image["status"] == "complete"
            assert len(image["petri_observations"]) == 1
            assert [payload["payload_status"] for payload in image["device_wake_payloads"]] == ["complete"]
    await _counters_equal_a_recount(member)


async def _counters_equal_a_recount(api: Api) -> None:
    """Of every site day that people see."""
    days = await api.rows(
        "site_device_sessions?select=session_id,completed_wake_count,failed_wake_count,extra_wake_count"
    )
    payloads = await api.rows("device_wake_payloads?select=site_device_session_id,payload_status,overage_flag")
    counted = collections.Counter(
        (row["site_device_session_id"], "extra" if row["overage_flag"] else row["payload_status"]) for row in payloads
    )
    for day in days:
        key = day["session_id"]
        shown = (day["completed_wake_count"], day["failed_wake_count"], day["extra_wake_count"])
        assert shown == (counted[key, "complete"], counted[key, "failed"], counted[key, "extra"])
