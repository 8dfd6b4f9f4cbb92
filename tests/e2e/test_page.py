"""The first page against the whole stack: live, for the right company only, and not confused by a broken connection."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Locator, Page, expect

from lics.fleet.rig import Rig
from lics.stack import pids

from .conftest import Api, Stack, open_page, rested

SITE = "Greenhouse"
"""Where the cameras of these tests are."""

WAKES_SHOWN = """(site) => {
    const row = [...document.querySelectorAll("#sessions tbody tr")].find((row) => row.innerText.includes(site));
    const [, ...counts] = row ? row.querySelectorAll("td.number") : [];
    return counts.reduce((sum, cell) => sum + Number(cell.innerText), 0);
}"""
"""Completed, failed and extra wakes of a site, added up; 0 where its day has not begun."""


def trial_rows(page: Page, number: int) -> Locator:
    """The rows that show a trial."""
    cell = page.locator("td:first-child").get_by_text(str(number), exact=True)
    return page.locator("#trials tbody tr").filter(has=cell)


@contextlib.asynccontextmanager
async def running(rig: Rig) -> AsyncIterator[None]:
    task = asyncio.create_task(rig.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_wake_changes_the_counters_and_shows_its_image_without_a_reload(
    stack: Stack, browser: Browser, member: Api
) -> None:
    page = await open_page(browser, stack, "member")
    await expect(page.locator("#company")).not_to_be_empty()
    before = await page.evaluate(WAKES_SHOWN, SITE)
    camera = stack.camera(1)
    await rested(member, camera.mac)
    wake = await camera.wake()
    assert wake.outcome == "complete", wake
    image = page.locator("#images li").filter(has_text=wake.stored[0])
    await expect(image).to_have_count(1)
    await image.scroll_into_view_if_needed()
    await expect(image.locator("img")).to_have_js_property("naturalWidth", 800)
    await page.wait_for_function(f"({WAKES_SHOWN})({SITE!r}) === {before + 1}")
    assert await page.evaluate("window.notReloaded")
    await expect(page.locator("#error")).to_be_hidden()


async def test_each_trial_is_one_row_within_a_second(stack: Stack, browser: Browser) -> None:
    page = await open_page(browser, stack, "member")
    rig = stack.rig()
    seen_after_s = []
    async with running(rig):
        for _ in range(10):
            began = time.monotonic()
            trial = await rig.measure()
            assert trial is not None
            await expect(trial_rows(page, trial["trial_number"])).to_have_count(1)
            seen_after_s.append(time.monotonic() - began)
        await rig.until_confirmed(20)
    # the first one waits for the rig's connection
    assert statistics.median(seen_after_s) < 1.0, seen_after_s
    last = rig.trial_number
    for number in range(last - 9, last + 1):
        await expect(trial_rows(page, number)).to_have_count(1)
    assert await page.evaluate("window.notReloaded")


async def test_the_other_company_sees_nothing_of_it(stack: Stack, browser: Browser, member: Api) -> None:
    mine, theirs = await open_page(browser, stack, "member"), await open_page(browser, stack, "other")
    company = await mine.evaluate("import('./data.js').then(({ company }) => company()).then((row) => row.company_id)")
    # listening on purpose where the page would not
    await theirs.evaluate(
        """async ([company, run]) => {
            const { api } = await import("./data.js");
            window.heard = [];
            window.joins = {};
            for (const topic of [`company:${company}`, `deployment:${run}`]) {
                api.channel(topic, { config: { private: true } })
                    .on("broadcast", { event: "*" }, (message) => window.heard.push(message))
                    .subscribe((status) => { window.joins[topic] ??= status; });
            }
        }""",
        [company, stack.demo_deployment_id],
    )
    await theirs.wait_for_function("Object.keys(window.joins).length === 2", timeout=30_000)
    assert set((await theirs.evaluate("window.joins")).values()) == {"CHANNEL_ERROR"}

    rig, camera = stack.rig(), stack.camera(2)
    await rested(member, camera.mac)
    async with running(rig):
        wake = await camera.wake()
        trial = await rig.measure()
        assert trial is not None
        await rig.until_confirmed(20)
    await expect(mine.locator("#images li").filter(has_text=wake.stored[0])).to_have_count(1)
    await expect(trial_rows(mine, trial["trial_number"])).to_have_count(1)

    assert await theirs.evaluate("window.heard") == []
    await theirs.reload()
    await expect(theirs.locator("#live")).to_have_text("live")
    text = await theirs.locator("body").inner_text()
    assert SITE not in text
    assert wake.stored[0] not in text
    await expect(theirs.locator("#trials tbody tr")).to_have_count(0)
    assert await theirs.locator("#company").inner_text() != await mine.locator("#company").inner_text()


async def test_after_a_restart_of_the_server_every_trial_is_shown_once(stack: Stack, browser: Browser) -> None:
    page = await open_page(browser, stack, "member")
    rig = stack.rig()
    first = rig.trial_number + 1
    async with running(rig):
        await rig.measure()
        await expect(trial_rows(page, first)).to_have_count(1)
        _wrapper, gateway = pids.alive(stack.home / "run" / "gateway.pid")
        gateway.kill()
        for _ in range(20):
            await rig.measure()
        await expect(page.locator("#live")).to_have_text("connecting…")
        await rig.until_confirmed(30)
        await rig.measure()
        await expect(page.locator("#live")).to_have_text("live")
        last = await rig.measure()
        assert last is not None
        await rig.until_confirmed(30)
    for number in range(first, last["trial_number"] + 1):
        await expect(trial_rows(page, number)).to_have_count(1)
    assert await page.evaluate("window.notReloaded")
