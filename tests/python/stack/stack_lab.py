"""The command `lics` on a stack of the test's own."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psutil

from lics.stack import envfile, pids, ports
from lics.stack.paths import CHECKOUT


class Stack:
    """The command, on a directory and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = ports.spare()

    def lics(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("LICS_")}
        return subprocess.run(
            [sys.executable, "-m", "lics", *arguments],
            cwd=CHECKOUT,
            env={**outside, "LICS_HOME": str(self.home), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def settings(self) -> dict[str, str]:
        return envfile.read(self.home / "env")

    def child(self, name: str) -> psutil.Process | None:
        """The program itself (not its wrapper), when it lives."""
        return next(iter(pids.alive(self.home / "run" / f"{name}.pid")[1:]), None)

    def processes(self) -> list[str]:
        """Command lines of everything on this machine that knows our directory."""
        found = []
        data = str((self.home / "postgres").resolve())
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid == os.getpid():
                    continue
                command = " ".join(process.cmdline())
                if process.environ().get("LICS_HOME") == str(self.home) or data in command or str(self.home) in command:
                    found.append(command)
        return found
