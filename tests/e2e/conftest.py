"""The running stack as its users see it: a real browser, the public API, the broker. LICS_* variables say where."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from pydantic_settings import BaseSettings, SettingsConfigDict

from lics.fleet.accounts import simulated_mac
from lics.fleet.camera import Broker, Camera
from lics.fleet.fleet import SAME_WAKE_S
from lics.fleet.rig import Rig
from lics.fleet.sdcard import SdCard
from lics.fleet.spool import Spool
from lics.fleet.wire import Dialect

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
APPEARS_MS = 30_000
"""How long a test waits for something to be shown, on a busy machine."""


class Stack(BaseSettings):
    """The stack under test; `lics test` and `lics run -- pytest tests/e2e` set the variables."""

    model_config = SettingsConfigDict(env_prefix="LICS_", extra="ignore")

    home: Path
    api_url: str
    anon_key: str
    mqtt_host: str
    mqtt_port: int
    demo_member_email: str
    demo_member_password: str
    demo_other_email: str
    demo_other_password: str
    demo_camera_mac: str
    fleet_password: str
    demo_rig_id: str
    demo_rig_key: str
    demo_deployment_id: str

    def person(self, who: str) -> tuple[str, str]:
        """Email and password of `member` (first company) or `other` (second company)."""
        return getattr(self, f"demo_{who}_email"), getattr(self, f"demo_{who}_password")

    def camera(self, number: int) -> Camera:
        """A simulated camera of the site Greenhouse (1 to 3). Its file names were never used before."""
        mac = simulated_mac(number)
        broker = Broker(self.mqtt_host, self.mqtt_port, mac, self.fleet_password)
        card = SdCard(counter=time.time_ns() // 1_000_000)
        return Camera(broker, mac, dialect=Dialect(mac_form="colons"), card=card)

    def rig(self) -> Rig:
        """The rig for trying by hand, played by the simulator, with numbers that no earlier test gave."""
        broker = Broker(self.mqtt_host, self.mqtt_port, self.demo_rig_id, self.demo_rig_key)
        spool = Spool()
        spool.skip_to(self.demo_deployment_id, time.time_ns() // 1_000_000)
        rig = Rig(broker, self.demo_rig_id, deployment_id=self.demo_deployment_id, spool=spool)
        rig.trial_number = int(time.time()) % 1_000_000 * 100
        return rig


class Api:
    """The public API as one signed-in person."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """What PostgREST answers."""
        answer = await self.client.get(f"/rest/v1/{query}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def signed_url(self, path: str) -> httpx.Response:
        """The storage's answer to a wish for an address that needs no sign-in."""
        return await self.client.post(f"/storage/v1/object/sign/images/{path}", json={"expiresIn": 60})


async def rested(api: Api, mac: str) -> None:
    """Wait until a HELLO of the camera begins a new wake, and is no repeat within the last one."""
    async with asyncio.timeout(2 * SAME_WAKE_S):
        while True:
            (device,) = await api.rows(f"devices?device_mac=eq.{mac}&select=last_seen_at")
            seen = device["last_seen_at"]
            if seen is None or time.time() - dt.datetime.fromisoformat(seen).timestamp() > SAME_WAKE_S:
                return
            await asyncio.sleep(0.5)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """Settings of the running stack."""
    return Stack()


async def _signed_in(stack: Stack, who: str) -> AsyncIterator[Api]:
    email, password = stack.person(who)
    async with httpx.AsyncClient(base_url=stack.api_url, headers={"apikey": stack.anon_key}) as client:
        answer = await client.post(
            "/auth/v1/token", params={"grant_type": "password"}, json={"email": email, "password": password}
        )
        assert answer.status_code == 200, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Api(client)


@pytest.fixture
async def member(stack: Stack) -> AsyncIterator[Api]:
    """Of the first company, which owns the devices for trying by hand."""
    async for api in _signed_in(stack, "member"):
        yield api


@pytest.fixture
async def other(stack: Stack) -> AsyncIterator[Api]:
    """Of the second company."""
    async for api in _signed_in(stack, "other"):
        yield api


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium with a fresh profile."""
    expect.set_options(timeout=APPEARS_MS)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        await chromium.close()


async def open_page(browser: Browser, stack: Stack, who: str) -> Page:
    """The page, in a context of its own, signed in and live, with the run for trying by hand chosen."""
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{stack.api_url}/?run={stack.demo_deployment_id}")
    email, password = stack.person(who)
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("#live")).to_have_text("live")
    # a reload would lose it
    await page.evaluate("window.notReloaded = true")
    return page
