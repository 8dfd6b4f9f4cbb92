"""Keep one process alive: start it again when it dies, hand on signals, write its log.

    python -m lics.stack.keep [options] NAME -- COMMAND…

Caller: every line of the Procfile. Promises: the child lives in a group of its own, so that only this wrapper decides
when and how it stops; nothing of that group survives its end; a killed wrapper takes its child along.
"""

import argparse
import contextlib
import ctypes
import datetime as dt
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lics.stack import pids

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0
STEADY_S = 10.0
"""A child that lived this long died by accident: it is started again at once."""

STOP_AFTER_S, STOP_S = 8.0, 20.0
LARGEST_LOG = 20 * 1024 * 1024
PR_SET_PDEATHSIG = 1
STOPPING = (signal.SIGTERM, signal.SIGINT)
WAITED_FOR = {*STOPPING, signal.SIGHUP, signal.SIGCHLD}


class StopAsked(Exception):  # noqa: N818 - not an error
    """Somebody asked us to stop."""


class Keeper:
    """One process and the wish that it lives."""

    def __init__(self, options: argparse.Namespace, home: Path) -> None:
        self.options = options
        self.run_dir = home / "run"
        self.log_path = home / "log" / f"{options.name}.log"
        self.pid_file = self.run_dir / f"{options.name}.pid"
        self.child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Until somebody asks us to stop."""
        # one place that waits (sigtimedwait) instead of handlers: no signal is lost between a check and a wait
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        self._record()
        try:
            while self.options.wait_for and not self.options.wait_for.exists():
                self._wait(0.1)
            self._keep()
        except StopAsked:
            self._stop()
        finally:
            self.pid_file.unlink(missing_ok=True)

    def _keep(self) -> None:
        delay = FIRST_DELAY_S
        while True:
            self.child = self._start()
            self._record()
            began = time.monotonic()
            while self.child.poll() is None:
                self._wait(None)
            self._clear_group(self.child)
            lived = time.monotonic() - began
            delay = FIRST_DELAY_S if lived >= STEADY_S else min(delay * 2, LONGEST_DELAY_S)
            self._note(f"ended with {self.child.returncode} after {lived:.1f} s, again in {delay:.1f} s")
            until = time.monotonic() + delay
            while (left := until - time.monotonic()) > 0:
                self._wait(left)

    def _wait(self, timeout_s: float | None) -> None:
        """Sleep until a signal or the time limit; raise when it is time to stop."""
        got = signal.sigwaitinfo(WAITED_FOR) if timeout_s is None else signal.sigtimedwait(WAITED_FOR, timeout_s)
        if got is None:
            return
        if got.si_signo in STOPPING:
            raise StopAsked
        if got.si_signo == signal.SIGHUP and self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGHUP)

    def _start(self) -> subprocess.Popen[bytes]:
        options = self.options
        switch = options.user if options.user and os.geteuid() == 0 else None
        # another user's process gets none of our settings: it could show them to that user
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} if switch else None
        with self.log_path.open("ab") as log:
            child = subprocess.Popen(
                options.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=options.cwd,
                env=environment,
                start_new_session=True,
                user=switch,
                group=pwd.getpwnam(switch).pw_gid if switch else None,
                extra_groups=[] if switch else None,
                preexec_fn=_before_exec(options.stop_signal),  # noqa: PLW1509 - this program has one thread
            )
        self._note(f"started {options.command[0]}, process {child.pid}")
        return child

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_AFTER_S
        others = [self.run_dir / f"{name}.pid" for name in self.options.stop_after.split(",") if name]
        while any(pids.alive(other) for other in others) and time.monotonic() < deadline:
            signal.sigtimedwait({signal.SIGCHLD}, 0.05)
        if self.child is None or self.child.poll() is not None:
            return
        self.child.send_signal(self.options.stop_signal)
        try:
            self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._note(f"did not stop within {STOP_S:.0f} s: killed")
            self.child.kill()
            self.child.wait()
        self._clear_group(self.child)
        self._note(f"stopped with {self.child.returncode}")

    def _clear_group(self, child: subprocess.Popen[bytes]) -> None:
        """What a killed parent leaves behind (nginx's workers) would hold its ports."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    def _record(self) -> None:
        ids = (os.getpid(), self.child.pid) if self.child else (os.getpid(),)
        pids.save(self.pid_file, *(pid for pid in map(pids.Pid.of, ids) if pid))

    def _note(self, text: str) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > LARGEST_LOG:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        with self.log_path.open("a") as log:
            log.write(f"{now} keep {self.options.name}: {text}\n")


def _before_exec(stop_signal: signal.Signals) -> Callable[[], None]:
    """In the child: signals as usual again, and the wish to be told when the wrapper is killed."""
    # PostgreSQL's quick way out is SIGQUIT (its next start recovers); SIGKILL would leave its backends
    last_word = signal.SIGQUIT if stop_signal == signal.SIGINT else signal.SIGKILL
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
        prctl(PR_SET_PDEATHSIG, last_word)

    return prepare


def main() -> None:
    """Read the command line and keep the process."""
    parser = argparse.ArgumentParser(prog="python -m lics.stack.keep", description=__doc__.splitlines()[0])
    parser.add_argument("--stop-signal", type=lambda name: signal.Signals[f"SIG{name}"], default=signal.SIGTERM)
    parser.add_argument("--stop-after", default="", metavar="NAMES", help="stop when these have stopped (8 s at most)")
    parser.add_argument("--wait-for", type=Path, metavar="FILE", help="start when this file exists")
    parser.add_argument("--user", help="run as this user (when we are root)")
    parser.add_argument("--cwd", type=Path)
    parser.add_argument("name")
    parser.add_argument("command", nargs="+")
    Keeper(parser.parse_args(), Path(os.environ["LICS_HOME"])).run()


if __name__ == "__main__":
    main()
