"""A script as a process group: started, ended step by step, found again after a restart of the agent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from agent import channel, runner

PACKAGE = Path(__file__).resolve().parent
# what an operator sets for the hook in the agent's unit
_PASSED_ON = ("LICS_KEYBOARD", "LICS_FRAME_RATE")
_HIDDEN = ("LICS_", "NOTIFY_SOCKET", "WATCHDOG_", "CREDENTIALS_DIRECTORY", "PYTHON", "VIRTUAL_ENV", "INVOCATION_ID")


@dataclass
class Script:
    """A running script and the agent's ends of its pipes."""

    process: subprocess.Popen[bytes]
    stdout: int
    stderr: int
    bell: int
    lifeline: int
    code: int | None = field(default=None)

    @property
    def started(self) -> int:
        """The kernel's start time of the process: with the pid it is a name that is never given again."""
        return start_time(self.process.pid) or 0

    def ended(self) -> bool:
        """Whether the script has ended. It stays a zombie until `close`: its group's number is not given anew."""
        if self.code is None:
            with contextlib.suppress(ChildProcessError):
                found = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if found is None:
                    return False
                self.code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        return True

    def signal(self, number: int) -> None:
        """To the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def close(self) -> None:
        """Nothing of the group survives its script."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        for descriptor in (self.bell, self.lifeline):
            os.close(descriptor)


def start(python: str, folder: Path, bridge: Path) -> Script:
    """Start `folder/script.py` with an interpreter that needs to know nothing of us."""
    bell_read, bell_write = os.pipe()
    life_read, life_write = os.pipe()
    out_read, out_write = os.pipe()
    error_read, error_write = os.pipe()
    mine = [bell_read, life_write, out_read, error_read]
    theirs = [bell_write, life_read, out_write, error_write]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_HIDDEN) or key in _PASSED_ON}
    environment |= {
        "PYTHONPATH": str(bridge), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:backslashreplace",
        channel.FILE_VARIABLE: str(folder / "trials.jsonl"), channel.BELL_VARIABLE: str(bell_write),
        runner.LIFELINE_VARIABLE: str(life_read), runner.RUN_VARIABLE: str(folder / "run.json"),
    }  # fmt: skip
    try:
        process = subprocess.Popen(
            [python, "-m", "agent.runner", "script.py"], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=out_write, stderr=error_write, pass_fds=(bell_write, life_read), start_new_session=True,
        )  # fmt: skip
    except OSError:
        for descriptor in mine:
            os.close(descriptor)
        raise
    finally:
        for descriptor in theirs:
            os.close(descriptor)
    return Script(process, out_read, error_read, bell_read, life_write)


def make_bridge(state_dir: Path) -> Path:
    """A folder with nothing but a link to this package: what the script's interpreter finds it by."""
    bridge = state_dir / "bridge"
    bridge.mkdir(exist_ok=True)
    link = bridge / "agent"
    if not (link.is_symlink() and link.readlink() == PACKAGE):
        link.unlink(missing_ok=True)
        link.symlink_to(PACKAGE)
    return bridge


def start_time(pid: int) -> int | None:
    """Clock ticks after boot at which a process began; None: there is none, or it is a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    rest = text.rpartition(")")[2].split()
    return None if rest[0] == "Z" else int(rest[19])


def end_leftover(pid: int, started: int, grace_s: float, kill_s: float) -> bool:
    """End a group that a former agent started. The runner has begun to do so itself; answers whether it was there."""
    if start_time(pid) != started:
        return False
    for number, patience in (
        (signal.SIGINT, grace_s), (signal.SIGTERM, kill_s), (signal.SIGKILL, kill_s)
    ):  # fmt: skip
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if start_time(pid) != started:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                return True
            time.sleep(0.05)
    return True
