"""The lab, and cameras that each test has for itself."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from flows.device import Device, connected
from flows.lab import Database, Lab, Person, Stack

CAMERAS = 260

Cameras = Callable[..., contextlib.AbstractAsyncContextManager[Device]]


@pytest.fixture(scope="session")
def stack() -> Stack:
    """Settings of the running stack."""
    return Stack()


@pytest.fixture(scope="session")
def lab(stack: Stack) -> Iterator[Lab]:
    """A company of our own."""
    made = Lab(stack, CAMERAS)
    yield made
    made.remove()


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    """The database as its owner sees it."""
    database = Database(stack.db_url)
    yield database
    await database.close()


@pytest.fixture
def cameras(stack: Stack, lab: Lab, db: Database) -> Cameras:
    """Connects a new camera of the lab; more arguments go to `connected`."""

    def connect(spelling: Callable[[str], str] = str, **more: str) -> contextlib.AbstractAsyncContextManager[Device]:
        mac = lab.new_mac()
        return connected(stack, db, lab.fleet, mac, topic_id=spelling(mac), **more)  # type: ignore[arg-type]

    return connect


@pytest.fixture
async def camera(cameras: Cameras) -> AsyncIterator[Device]:
    """A camera that nobody has heard of today."""
    async with cameras() as device:
        yield device


@pytest.fixture
async def person(stack: Stack, lab: Lab) -> AsyncIterator[Person]:
    """The lab's super admin, signed in."""
    async with httpx.AsyncClient(base_url=stack.api_url, headers={"apikey": stack.anon_key}) as client:
        someone = Person(client)
        await someone.sign_in(lab)
        yield someone
