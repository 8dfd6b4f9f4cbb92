"""`lics up`, `down`, `reset`: the order of things."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lics.console import build_console
from lics.stack import backup as backups
from lics.stack import broker, cluster, database, envfile, health, processes, render, settings
from lics.stack.errors import StackError
from lics.stack.paths import Paths

HEALTHY_S = 60.0
"""How long one process may take to become healthy."""

Say = Callable[[str], None]


def up(paths: Paths, say: Say, demo: bool = True, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Bring the stack up, or up to date; the settings. Raises StackError with the culprit's last log lines."""
    paths.make()
    with _alone(paths):
        running = processes.is_running(paths)
        if not running:
            processes.stop(paths)
        known = envfile.read(paths.env)
        found, messages = settings.settle(paths, known, environ, running)
        for message in messages:
            say(message)
        names = [name for name in processes.NAMES if demo or name not in processes.CLIENTS]
        version = _version(paths, found, names)
        started = paths.run / "version"
        if running and (not started.exists() or started.read_text() != version):
            say("settings, programs or processes changed: starting again")
            processes.stop(paths)
            running = False
        envfile.write(paths.env, found)
        build_console(paths.root, paths.console, found["LICS_ANON_KEY"])
        if not running:
            _start(paths, found, names, say)
            started.write_text(version)
        _await(paths, found, ["postgres"], say)
        database.build(paths, found, say)
        paths.built.touch()
        _await(paths, found, [name for name in names if name != "postgres"], say)
        (paths.run / "stack.healthy").touch()
    return found


def down(paths: Paths, say: Say) -> None:
    """Stop every process; the data stays."""
    if not paths.home.exists():
        return
    paths.make()
    with _alone(paths):
        killed = processes.stop(paths)
        (paths.run / "stack.healthy").unlink(missing_ok=True)
    say("stopped" if not killed else f"stopped; {killed} processes had to be killed")


def reset(paths: Paths, say: Say) -> None:
    """Stop everything and delete the stack's directory, with the database and its secrets."""
    down(paths, say)
    cluster.remove(paths)
    if paths.home.exists():
        shutil.rmtree(paths.home)
    say(f"deleted {paths.home}")


def configure(paths: Paths, say: Say, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Everything but processes and tables, for a machine whose processes systemd runs: settings, keys, the cluster,
    every program's configuration, the page.
    """
    paths.make()
    with _alone(paths):
        if processes.is_running(paths):
            raise StackError("honcho runs this stack: `lics down` first")
        found, messages = settings.settle(paths, envfile.read(paths.env), environ, running=True)
        for message in messages:
            say(message)
        envfile.write(paths.env, found)
        cluster.prepare(paths, found)
        render.configuration(paths, found)
        broker.prepare(paths, found)
        build_console(paths.root, paths.console, found["LICS_ANON_KEY"])
    return found


def build(paths: Paths, known: Mapping[str, str], say: Say) -> None:
    """Bring the database of a running PostgreSQL up to the checkout; the other processes wait for it."""
    with _alone(paths):
        if trouble := health.wait("postgres", known, HEALTHY_S):
            raise StackError(f"PostgreSQL does not answer: {trouble}")
        database.build(paths, known, say)
        paths.built.touch()


def backup(paths: Paths, known: Mapping[str, str], say: Say, full: bool = False) -> Path:
    """Back up a running stack; the backup's directory."""
    with _alone(paths):
        return backups.backup(paths, known, say, full)


def restore(paths: Paths, say: Say, moment: str | None = None, demo: bool | None = True) -> None:
    """Stop the stack, put the backup in the database's place, start it; a long replay may need another `lics up`.

    `demo`: as in `up`; None: nothing is started, something else runs the processes.
    """
    down(paths, say)
    paths.make()
    with _alone(paths):
        known = envfile.read(paths.env)
        if known and health.check("postgres", known) is None:
            raise StackError("PostgreSQL still runs: stop it first (systemctl stop lics.target)")
        backups.restore(paths, say, moment)
    if demo is not None:
        up(paths, say, demo)


def _start(paths: Paths, found: Mapping[str, str], names: list[str], say: Say) -> None:
    if not (paths.postgres / "data" / "PG_VERSION").exists():
        say("creating the database cluster")
        # what was applied to a cluster that is gone says nothing about a new one
        for noted in ("built.json", "migrations.json"):
            (paths.run / noted).unlink(missing_ok=True)
    cluster.prepare(paths, found)
    render.configuration(paths, found)
    broker.prepare(paths, found)
    for flag in (paths.built, paths.run / "stack.healthy"):
        flag.unlink(missing_ok=True)
    processes.start(paths, processes.environment(paths, found), names)


def _await(paths: Paths, found: Mapping[str, str], names: list[str], say: Say) -> None:
    for name in names:
        began = time.monotonic()
        wrong = health.wait(name, found, HEALTHY_S)
        if wrong is not None:
            tail = "\n".join(f"  {line}" for line in last_lines(paths.log_of(name), 15))
            raise StackError(
                f"{name} is not healthy after {HEALTHY_S:.0f} s: {wrong}\n{tail}\n"
                f"Its whole log: {paths.log_of(name)}. The other processes still run; `make down` stops them."
            )
        if time.monotonic() - began > health.PAUSE_S:
            say(f"{name} is healthy ({time.monotonic() - began:.1f} s)")


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a log."""
    return path.read_text(errors="replace").splitlines()[-count:] if path.exists() else []


def _version(paths: Paths, found: Mapping[str, str], names: list[str]) -> str:
    """A hash of what the running processes were started with: settings, templates, Procfile, Python."""
    digest = hashlib.sha256(repr((sorted(found.items()), names)).encode())
    sources = [paths.root / "Procfile", paths.root / "requirements.lock", *sorted((paths.root / "deploy").iterdir())]
    for package in ("lics", "edge_functions", "gateway"):
        sources += sorted((paths.root / package).rglob("*.py"))
    for source in sources:
        if source.is_file():
            digest.update(f"{source}\n".encode() + source.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(paths: Paths) -> Iterator[None]:
    """One command at a time works on a stack."""
    with (paths.run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("another `lics up`, `down` or `reset` is at work on this stack: wait for it") from None
        yield
