"""A screen that nobody looks at, and keys that nobody presses: an X server of its own with software drawing."""

import os
import subprocess


class Screen:
    """Xvfb. 24 bits: fewer have no GLX. No reset: it would turn away who comes as another leaves."""

    def __init__(self, size: str = "640x480") -> None:
        read, write = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=(write,), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as told:
            self.display = f":{told.readline().strip()}"

    def press(self, key: str) -> None:
        """One key, as a person would; nothing when there is no window yet."""
        subprocess.run(
            ["xdotool", "key", "--delay", "40", key], env={**os.environ, "DISPLAY": self.display}, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10,
        )  # fmt: skip

    def close(self) -> None:
        """End it."""
        self._server.terminate()
        self._server.wait(10)
