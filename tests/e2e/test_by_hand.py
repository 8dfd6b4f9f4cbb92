"""A camera's wake with nothing but mosquitto_pub, mosquitto_sub and curl: the lines of docs/TRY_BY_HAND.md."""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx

from .conftest import Api, Stack, rested

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "TRY_BY_HAND.md"


def blocks(language: str) -> str:
    """All code of one language on the page."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE))


async def run(*command: str, code: str) -> str:
    """What a program prints that reads its code from its input; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=os.environ
    )
    out, err = await asyncio.wait_for(process.communicate(code.encode()), 100)
    assert process.returncode == 0, out.decode() + err.decode()
    return out.decode()


async def test_a_wake_by_hand_is_an_image_an_observation_and_a_counter_for_the_right_person_only(
    stack: Stack, member: Api, other: Api
) -> None:
    await rested(member, stack.demo_camera_mac)
    before = await _wakes(member)
    script = f'set -euo pipefail\n{blocks("bash")}\necho; echo "work=$work name=$name"'
    shown = await run("bash", "-s", code=script)
    assert '"capture_image"' in shown
    assert '"send_image"' in shown
    assert '"next_wake_time"' in shown
    assert "the same bytes" in shown

    found = re.search(r"^work=(\S+) name=(\S+)$", shown, re.MULTILINE)
    assert found, shown
    data = (Path(found[1]) / found[2]).read_bytes()
    shutil.rmtree(found[1])
    by_name = f"device_images?image_name=eq.{found[2]}"
    (image,) = await member.rows(by_name)
    assert image["status"] == "complete"
    assert image["sha256"] == hashlib.sha256(data).hexdigest()
    assert image["image_size"] == len(data)
    by_image = f"image_id=eq.{image['image_id']}"
    (observation,) = await member.rows(f"petri_observations?{by_image}")
    assert observation["is_device_generated"]
    (payload,) = await member.rows(f"device_wake_payloads?{by_image}")
    assert (payload["payload_status"], payload["image_status"]) == ("complete", "complete")
    assert (payload["temperature"], payload["battery_voltage"]) == (21.4, 3.91)
    assert await _wakes(member) == before + 1

    for question in (by_name, f"petri_observations?{by_image}", f"device_wake_payloads?{by_image}"):
        assert await other.rows(question) == []
    mine, theirs = await member.signed_url(image["image_url"]), await other.signed_url(image["image_url"])
    assert theirs.status_code == 400
    async with httpx.AsyncClient() as nobody:
        answer = await nobody.get(f"{stack.api_url}/storage/v1{mine.json()['signedURL']}")
    assert answer.content == data


async def test_the_python_lines_work(member: Api) -> None:
    shown = await run(sys.executable, "-", code=blocks("python"))
    newest = await member.rows("device_images?status=eq.complete&order=captured_at.desc&limit=1")
    assert all(f"{image['image_name']} {image['image_size']} bytes" in shown for image in newest)


async def _wakes(api: Api) -> int:
    """Wakes of the company's site days, completed and extra."""
    days = await api.rows("site_device_sessions?select=completed_wake_count,extra_wake_count")
    return sum(day["completed_wake_count"] + day["extra_wake_count"] for day in days)
