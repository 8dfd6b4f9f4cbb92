"""Screens and keyboards that are not as PsychoPy expects them.

- Software drawing (Xvfb) knows no vertical blank: frames would come as fast as the processor can, and durations counted
  in frames would collapse. Each frame is then held until its sixtieth of a second is over.
- psychtoolbox's key queue ends a process that may not use real-time priority (a crash in its C code). There, and where
  its library is missing, key presses come from the window instead, at the accuracy of a frame.
Runs in the experiment's interpreter: Python 3.10, standard library.
"""

from __future__ import annotations

import functools
import importlib
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

KEYBOARD_VARIABLE, RATE_VARIABLE = "LICS_KEYBOARD", "LICS_FRAME_RATE"
FRAMES_A_SECOND = 60.0
_SOFTWARE = ("llvmpipe", "softpipe", "swrast")
_CAP_SYS_NICE = 23


def patch_swap(module: Any) -> None:
    """Pace a window that is drawn by software."""
    backend = module.PygletBackend
    swap = backend.swapBuffers
    pace = _Pace()

    @functools.wraps(swap)
    def swap_buffers(this: Any, flipThisFrame: bool = True) -> Any:  # noqa: N803 - PsychoPy's name
        found = swap(this, flipThisFrame)
        if flipThisFrame:
            pace.hold(module)
        return found

    backend.swapBuffers = swap_buffers


class _Pace:
    def __init__(self) -> None:
        self._period: float | None = None
        self._next = 0.0

    def hold(self, module: Any) -> None:
        """Until the frame is over."""
        if self._period is None:
            self._period = _period(module)
        if not self._period:
            return
        now = time.perf_counter()
        if self._next <= now:
            # late, or the first: the next frame begins here
            self._next = now + (self._period if now - self._next > self._period else self._period - (now - self._next))
            return
        # sleep is late by a little; the rest is waited for
        if self._next - now > 0.002:
            time.sleep(self._next - now - 0.001)
        while time.perf_counter() < self._next:
            pass
        self._next += self._period


def _period(module: Any) -> float:
    told = os.environ.get(RATE_VARIABLE)
    if told:
        return 1 / float(told) if float(told) > 0 else 0.0
    renderer = str(module.pyglet.gl.gl_info.get_renderer()).lower()
    if not any(name in renderer for name in _SOFTWARE):
        return 0.0
    print(f"lics: drawn by software ({renderer}): {FRAMES_A_SECOND:.0f} frames a second are kept", flush=True)
    return 1 / FRAMES_A_SECOND


def may_use_real_time() -> bool:
    """Whether this process may raise a thread to real-time priority."""
    if resource.getrlimit(resource.RLIMIT_RTPRIO)[0] != 0:
        return True
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    except (OSError, StopIteration):
        return False
    return bool(int(effective, 16) >> _CAP_SYS_NICE & 1)


def patch_keyboard(module: Any) -> None:
    """Take keys from the window where psychtoolbox cannot be used."""
    told = os.environ.get(KEYBOARD_VARIABLE, "")
    if told != "window" and (told == "ptb" or (module.havePTB and may_use_real_time())):
        return
    reason = "as asked" if told else "psychtoolbox is missing" if not module.havePTB else "no real-time priority"
    print(f"lics: key presses are taken from the window ({reason}); accuracy: one frame", file=sys.stderr, flush=True)
    module.havePTB = False
    device = module.KeyboardDevice
    made, clear = device.__init__, device.clearEvents
    pressed: list[tuple[str, str, float]] = []
    """What happened to which key, and when: seconds of `psychopy.logging.defaultClock`."""

    @functools.wraps(made)
    def init(this: Any, *arguments: Any, **named: Any) -> None:
        if len(arguments) < 5:
            named["backend"] = "event"
        # whatever another part asked for: scripts of the Builder name psychtoolbox
        device._backend = "event"
        made(this, *arguments, **named)

    def dispatch(this: Any) -> None:
        _listen(module, pressed)
        taken, pressed[:] = list(pressed), []
        for what, name, at in taken:
            response = _response(module, this, what, name, at)
            if response is not None:
                this.receiveMessage(response)

    @functools.wraps(clear)
    def clear_events(this: Any, *arguments: Any, **named: Any) -> None:
        _listen(module, pressed)
        pressed.clear()
        clear(this, *arguments, **named)

    device.__init__, device.dispatchMessages, device.clearEvents = init, dispatch, clear_events


def _response(module: Any, device: Any, what: str, name: str, at: float) -> Any:
    """As PsychoPy's own for psychtoolbox: a press, and at its release the same one with a duration."""
    default = module.logging.defaultClock
    if what == "press":
        response = module.KeyPress(code=None, tDown=at, name=name)
        response.rt = at + default.getLastResetTime() - device.clock.getLastResetTime()
        device._keysStillDown.append(response)
        return response
    for key in list(device._keysStillDown):
        if key.name == name:
            key.duration = at - key.tDown
            device._keysStillDown.remove(key)
            return key
    return None


def _listen(module: Any, pressed: list[tuple[str, str, float]]) -> None:
    """Have every window tell its keys, and let the windows work off what waits."""
    pyglet = importlib.import_module("pyglet")

    def told(what: str) -> Any:
        def handle(symbol: int, _modifiers: int) -> None:
            name = pyglet.window.key.symbol_string(symbol).lower().lstrip("_")
            pressed.append((what, name, module.logging.defaultClock.getTime()))

        return handle

    for window in list(pyglet.app.windows):
        if not getattr(window, "_lics_keys", False):
            window.push_handlers(on_key_press=told("press"), on_key_release=told("release"))
            window._lics_keys = True
        window.dispatch_events()
