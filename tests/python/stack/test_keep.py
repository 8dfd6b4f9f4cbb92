"""The wrapper that keeps a process alive, with real processes and real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lics.stack import pids

Until = Callable[[Callable[[], object], str], None]
Keep = Callable[..., subprocess.Popen[bytes]]

OBEDIENT = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print('up', flush=True)
signal.pause()
"""
LISTENS_TO_HUP = """
import signal
signal.signal(signal.SIGHUP, lambda *_: print('again', flush=True))
print('up', flush=True)
while True:
    signal.pause()
"""
LEAVES_A_WORKER = "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Keep]:
    """Start a wrapper around `python -c CODE`; all of them end with the test."""
    for folder in ("run", "log"):
        (tmp_path / folder).mkdir()
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, code: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "lics.stack.keep", *options, name, "--", sys.executable, "-c", code]
        started.append(subprocess.Popen(command, env={**os.environ, "LICS_HOME": str(tmp_path)}))
        return started[-1]

    yield start
    for wrapper in started:
        wrapper.terminate()
    for wrapper in started:
        wrapper.wait(40)


def child(home: Path, name: str = "x") -> psutil.Process | None:
    """The wrapped process, when it lives."""
    return next(iter(pids.alive(home / "run" / f"{name}.pid")[1:]), None)


def log(home: Path, name: str = "x") -> str:
    path = home / "log" / f"{name}.log"
    return path.read_text() if path.exists() else ""


def test_a_killed_process_is_started_again(keep: Keep, tmp_path: Path, until: Until) -> None:
    keep("x", OBEDIENT)
    until(lambda: "up" in log(tmp_path), "first start")
    first = child(tmp_path)
    assert first is not None
    first.kill()
    until(lambda: (now := child(tmp_path)) is not None and now.pid != first.pid, "second start")
    until(lambda: log(tmp_path).count("up\n") == 2, "the second process speaks")
    assert "ended with -9" in log(tmp_path)


def test_a_process_that_ends_by_itself_is_started_again_ever_more_slowly(
    keep: Keep, tmp_path: Path, until: Until
) -> None:
    keep("x", "raise SystemExit(3)")
    until(lambda: log(tmp_path).count("ended with 3") >= 3, "third end")
    delays = [float(line.split("again in ")[1].split()[0]) for line in log(tmp_path).splitlines() if "again in" in line]
    assert delays == sorted(set(delays))


def test_stopping_sends_the_chosen_signal_once_and_ends_both(keep: Keep, tmp_path: Path, until: Until) -> None:
    wrapper = keep("x", OBEDIENT, "--stop-signal", "INT")
    until(lambda: "up" in log(tmp_path), "start")
    process = child(tmp_path)
    assert process is not None
    wrapper.terminate()
    assert wrapper.wait(30) == 0
    assert not process.is_running()
    assert "stopped with 7" in log(tmp_path)
    assert not (tmp_path / "run" / "x.pid").exists()


def test_hangup_is_handed_on(keep: Keep, tmp_path: Path, until: Until) -> None:
    wrapper = keep("x", LISTENS_TO_HUP)
    until(lambda: "up" in log(tmp_path), "start")
    wrapper.send_signal(signal.SIGHUP)
    until(lambda: "again\n" in log(tmp_path), "the process hears SIGHUP")
    assert "ended" not in log(tmp_path)


def test_a_killed_wrapper_takes_its_process_along(keep: Keep, tmp_path: Path, until: Until) -> None:
    wrapper = keep("x", OBEDIENT)
    until(lambda: "up" in log(tmp_path), "start")
    process = child(tmp_path)
    assert process is not None
    wrapper.kill()
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "the process ends")


def test_nothing_of_a_killed_process_is_left_behind(keep: Keep, tmp_path: Path, until: Until) -> None:
    keep("x", LEAVES_A_WORKER)
    until(lambda: any(line.isdecimal() for line in log(tmp_path).splitlines()), "its worker's number")
    worker = psutil.Process(next(int(line) for line in log(tmp_path).splitlines() if line.isdecimal()))
    process = child(tmp_path)
    assert process is not None
    process.kill()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the worker ends")


def test_it_waits_for_a_file_and_can_be_stopped_while_it_waits(keep: Keep, tmp_path: Path, until: Until) -> None:
    flag = tmp_path / "flag"
    waiting = keep("x", OBEDIENT, "--wait-for", str(flag))
    never = keep("y", OBEDIENT, "--wait-for", str(tmp_path / "never"))
    until(lambda: pids.alive(tmp_path / "run" / "x.pid") and pids.alive(tmp_path / "run" / "y.pid"), "both wait")
    assert child(tmp_path) is None
    flag.touch()
    until(lambda: "up" in log(tmp_path), "start")
    never.terminate()
    assert never.wait(30) == 0
    assert waiting.poll() is None


def test_it_stops_after_those_that_need_it(keep: Keep, tmp_path: Path, until: Until) -> None:
    needed = keep("base", OBEDIENT, "--stop-after", "user")
    user = keep("user", OBEDIENT)
    until(lambda: "up" in log(tmp_path, "base") and "up" in log(tmp_path, "user"), "both run")
    needed.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        needed.wait(0.5)
    assert child(tmp_path, "base") is not None
    user.terminate()
    assert user.wait(30) == 0
    assert needed.wait(30) == 0
