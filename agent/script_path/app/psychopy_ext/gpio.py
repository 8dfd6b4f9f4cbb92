"""The pins of a Raspberry Pi, by the names of RPi.GPIO; where there are none, pins that only remember.

The stand-in prints each change of an output, so that the run's log shows what would have happened.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any

BCM, BOARD = 11, 10
OUT, IN = 0, 1
LOW, HIGH = 0, 1
PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22


class Pins:
    """Pins without hardware."""

    def __init__(self) -> None:
        self.modes: dict[int, int] = {}
        self.levels: dict[int, int] = {}
        self.history: list[tuple[float, int, int]] = []
        """(seconds since 1970, pin, level) of every output."""

    def setup(self, pin: int, mode: int, initial: int | None = None, pull_up_down: int = PUD_OFF) -> None:
        """Make a pin an output or an input."""
        self.modes[pin] = mode
        self.levels.setdefault(pin, HIGH if mode == IN and pull_up_down == PUD_UP else LOW)
        if initial is not None:
            self.output(pin, initial)

    def output(self, pin: int, level: Any) -> None:
        """Set an output."""
        if self.modes.get(pin) != OUT:
            raise RuntimeError(f"pin {pin} is not set up as an output")
        self.levels[pin] = HIGH if level else LOW
        self.history.append((time.time(), pin, self.levels[pin]))
        sys.stdout.write(f"gpio (no hardware): pin {pin} = {self.levels[pin]}\n")

    def input(self, pin: int) -> int:
        """Read a pin; a test sets `levels`."""
        if pin not in self.modes:
            raise RuntimeError(f"pin {pin} is not set up")
        return self.levels[pin]

    def cleanup(self, pin: int | None = None) -> None:
        """Forget one pin, or all."""
        for one in [pin] if pin is not None else list(self.modes):
            self.modes.pop(one, None)
            self.levels.pop(one, None)


def _hardware() -> Any:
    try:
        real = importlib.import_module("RPi.GPIO")
    except (ImportError, RuntimeError):
        return None
    real.setwarnings(False)
    real.setmode(real.BCM)
    return real


_real = _hardware()
is_mock = _real is None
pins: Any = Pins() if _real is None else _real


def setmode(mode: int) -> None:
    """How pins are numbered; the stand-in takes any number."""
    if _real is not None:
        _real.setmode(mode)


def setwarnings(_on: bool) -> None:
    """Kept for scripts; warnings are off."""


setup = pins.setup
output = pins.output
input = pins.input  # noqa: A001 - RPi.GPIO's name
cleanup = pins.cleanup
