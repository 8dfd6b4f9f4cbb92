"""The stack's own PostgreSQL 15 cluster: where it lies, how it is made and started. Never the system's."""

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lics.stack.envfile import write_private
from lics.stack.errors import StackError
from lics.stack.paths import Paths
from lics.stack.settings import PG_BIN, postgres_user

OUTSIDE = Path("/var/lib/lics")
"""Holds the cluster of a checkout that PostgreSQL's user may not enter (root's home)."""

LONGEST_SOCKET = 107
"""Longest path of a Unix socket, in bytes."""


def prepare(paths: Paths, settings: Mapping[str, str]) -> None:
    """Make the cluster, if it is not there, and bring its configuration up to date. PostgreSQL is not running yet."""
    if not (PG_BIN / "postgres").exists():
        raise StackError("postgresql-15 is not installed: run ./bootstrap")
    user = postgres_user()
    home = home_of(paths)
    data = home / "data"
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        _initdb(home, user, settings["LICS_DB_SUPERUSER_PASSWORD"])
    _own_settings(data, paths.root / "deploy" / "postgresql.conf", user)


def command(paths: Paths, settings: Mapping[str, str]) -> dict[str, str]:
    """What the Procfile's line for PostgreSQL needs, as environment variables."""
    place = paths.postgres.resolve()
    socket = place / "run"
    fits = len(str(socket / f".s.PGSQL.{settings['LICS_DB_PORT']}").encode()) <= LONGEST_SOCKET
    return {
        "LICS_PG_BIN": str(PG_BIN),
        "LICS_PG_USER": postgres_user(),
        "LICS_PG_DATA": str(place / "data"),
        "LICS_PG_SOCKET": str(socket) if fits else "",
    }


def remove(paths: Paths) -> None:
    """Delete the cluster, also where it lies outside of the checkout."""
    if paths.postgres.is_symlink():
        target = paths.postgres.resolve()
        if target.parent != OUTSIDE:
            raise StackError(f"{paths.postgres} leads to {target}, which the stack did not make: remove it yourself")
        shutil.rmtree(target, ignore_errors=True)
        paths.postgres.unlink()
    else:
        shutil.rmtree(paths.postgres, ignore_errors=True)


def home_of(paths: Paths) -> Path:
    """The directory of the cluster, made, owned by the user that runs it."""
    user = postgres_user()
    if not paths.postgres.exists():
        if may_enter(paths.home, user):
            paths.postgres.unlink(missing_ok=True)
            paths.postgres.mkdir()
        else:
            outside = OUTSIDE / hashlib.sha256(str(paths.home).encode()).hexdigest()[:12]
            outside.mkdir(parents=True, exist_ok=True)
            paths.postgres.unlink(missing_ok=True)
            paths.postgres.symlink_to(outside)
    place = paths.postgres.resolve()
    (place / "run").mkdir(exist_ok=True)
    if os.geteuid() == 0:
        for folder in (place, place / "run"):
            shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    return place


def may_enter(folder: Path, user: str) -> bool:
    """Whether this user can reach what lies in the folder."""
    return as_user(["test", "-x", str(folder)], user).returncode == 0


def as_user(
    argv: list[str], user: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as PostgreSQL's user, in a folder that it may enter. `environment`: more variables."""
    other = user if os.geteuid() == 0 else None
    return subprocess.run(
        argv,
        cwd="/",
        env={**os.environ, **(environment or {})},
        user=other,
        group=pwd.getpwnam(user).pw_gid if other else None,
        extra_groups=[] if other else None,
        text=True,
        capture_output=True,
        check=False,
    )


def _initdb(place: Path, user: str, password: str) -> None:
    password_file = place / "superuser"
    write_private(password_file, password + "\n")
    if os.geteuid() == 0:
        shutil.chown(password_file, user)
    try:
        done = as_user(
            [
                str(PG_BIN / "initdb"),
                f"--pgdata={place / 'data'}",
                "--username=postgres",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # the same order of texts on every machine
                "--locale=C.UTF-8",
                "--data-checksums",
            ],
            user,
        )
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        shutil.rmtree(place / "data", ignore_errors=True)
        raise StackError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _own_settings(data: Path, ours: Path, user: str) -> None:
    """Put our settings beside initdb's, included at its end."""
    target = data / "lics.conf"
    target.write_text(ours.read_text())
    if os.geteuid() == 0:
        shutil.chown(target, user)
    main = data / "postgresql.conf"
    include = "include = 'lics.conf'\n"
    if not main.read_text().endswith(include):
        with main.open("a") as file:
            file.write(include)
