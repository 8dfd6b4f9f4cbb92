"""What the stack's tests share."""

import time
from collections.abc import Callable

import pytest

LIMIT_S = 30.0

Until = Callable[[Callable[[], object], str], None]


@pytest.fixture
def until() -> Until:
    """Wait for a condition; fail with the given words when it does not come."""

    def wait(condition: Callable[[], object], words: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline, f"did not happen within {LIMIT_S:.0f} s: {words}"
            time.sleep(0.02)

    return wait
