"""`lics backup` and `lics restore`: pgBackRest for the cluster and its WAL, plain copies for images, keys and settings.

Below the backup's directory: `pgbackrest/` (the repository, PostgreSQL's user's), `storage/` (the images: a version's
file never changes, so only new ones are copied), `settings/` (keys and `env`, ours alone).
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from lics.stack import cluster, envfile, health, render
from lics.stack.database import superuser_url
from lics.stack.errors import StackError
from lics.stack.paths import Paths
from lics.stack.settings import postgres_user

STANZA = "lics"
WAL_AGE_S = 60
"""A segment is archived at the latest so long after it was begun: what a lost disk may cost."""

Say = Callable[[str], None]


def place(paths: Paths, settings: Mapping[str, str]) -> Path:
    """The backup's directory: `LICS_BACKUP_DIR`, else beside the stack's, or beside a cluster that lies elsewhere."""
    if chosen := os.environ.get("LICS_BACKUP_DIR") or settings.get("LICS_BACKUP_DIR"):
        return Path(chosen).absolute()
    base = paths.postgres.resolve() if paths.postgres.is_symlink() else paths.home
    return base.with_name(base.name + "-backup")


def backup(paths: Paths, settings: Mapping[str, str], say: Say, full: bool = False) -> Path:
    """Back up a running stack; the directory. The first one is full, later ones hold what has changed since."""
    if trouble := health.check("postgres", settings):
        raise StackError(f"the database must run to be backed up: {trouble}. make up")
    folder = place(paths, settings)
    _prepare(paths, settings, folder)
    _pgbackrest(folder, settings, "stanza-create")
    _archive(folder, settings)
    _pgbackrest(folder, settings, "check")
    _pgbackrest(folder, settings, f"--type={'full' if full else 'incr'}", "backup")
    say(f"the cluster is in {folder / 'pgbackrest'}")
    copied = copy_new(Path(settings["LICS_STORAGE_DIR"]), folder / "storage")
    say(f"images: {copied} new")
    for source in (paths.env, *sorted(paths.keys.iterdir())):
        envfile.write_private(folder / "settings" / source.name, source.read_text())
    noted = {**envfile.read(paths.env), "LICS_BACKUP_DIR": str(folder), "LICS_BACKUP_CONFIG": str(_config(folder))}
    envfile.write(paths.env, noted)
    return folder


def restore(paths: Paths, say: Say, moment: str | None = None) -> None:
    """Put the newest backup and its WAL in place of the stopped cluster; bring back images and keys that are missing.

    `moment`: to this time and not later. The replaced cluster is kept as `data.replaced`.
    """
    known = envfile.read(paths.env)
    folder = place(paths, known)
    if not _config(folder).exists():
        raise StackError(f"there is no backup in {folder}: name its directory by LICS_BACKUP_DIR")
    kept = folder / "settings"
    paths.make()
    if not known:
        envfile.write(paths.env, envfile.read(kept / "env"))
        known = envfile.read(paths.env)
    for key in (file for file in kept.iterdir() if file.name != "env"):
        if not (paths.keys / key.name).exists():
            envfile.write_private(paths.keys / key.name, key.read_text())
    home = cluster.home_of(paths)
    data, replaced = home / "data", home / "data.replaced"
    if data.exists():
        shutil.rmtree(replaced, ignore_errors=True)
        data.rename(replaced)
        say(f"the former cluster is kept as {replaced}: delete it when all is well")
    _prepare(paths, known, folder)
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(data, postgres_user())
    target = ["--type=default"] if moment is None else ["--type=time", f"--target={_instant(moment)}"]
    action = [] if moment is None else ["--target-action=promote"]
    _pgbackrest(folder, known, *target, *action, "restore")
    say("the cluster is restored" + (f" to {_instant(moment)}" if moment else " to the end of what was archived"))
    say(f"images: {copy_new(folder / 'storage', Path(known['LICS_STORAGE_DIR']))} brought back")
    # what was applied to the former cluster says nothing about this one
    for stamp in ("built.json", "migrations.json"):
        (paths.run / stamp).unlink(missing_ok=True)


def copy_new(source: Path, target: Path) -> int:
    """Copy the files that `target` lacks, whole or not at all; how many."""
    count = 0
    for file in source.rglob("*"):
        copy = target / file.relative_to(source)
        if not file.is_file() or copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(copy.name + ".part")
        shutil.copy2(file, part)
        part.replace(copy)
        count += 1
    return count


def _config(folder: Path) -> Path:
    return folder / "pgbackrest.conf"


def _prepare(paths: Paths, settings: Mapping[str, str], folder: Path) -> None:
    """The directories with their owners, and pgBackRest's configuration."""
    if shutil.which("pgbackrest") is None:
        raise StackError("pgbackrest is not installed: ./bootstrap --backup")
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not cluster.may_enter(folder, postgres_user()):
        raise StackError(f"PostgreSQL's user may not enter {folder}: name another directory by LICS_BACKUP_DIR")
    for private in (folder / "storage", folder / "settings"):
        private.mkdir(mode=0o700, exist_ok=True)
    repository = folder / "pgbackrest"
    repository.mkdir(mode=0o750, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(repository, postgres_user())
    values = {**settings, "backup_dir": str(folder), "pg_data": str(cluster.home_of(paths) / "data")}
    text = (paths.root / "deploy" / "pgbackrest.conf.template").read_text()
    # read by PostgreSQL's user; no secret is in it
    _config(folder).write_text(render.Template(text).substitute(values))


def _archive(folder: Path, settings: Mapping[str, str]) -> None:
    """From now on every WAL segment goes to the repository."""
    command = f"pgbackrest --config={_config(folder)} --stanza={STANZA} archive-push %p"
    with psycopg.connect(superuser_url(settings, "postgres"), autocommit=True) as connection:
        if connection.execute("show archive_mode").fetchone() != ("on",):
            raise StackError("archive_mode is off: start the stack again (make down up)")
        for name, value in (("archive_command", command), ("archive_timeout", f"{WAL_AGE_S}s")):
            connection.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("select pg_reload_conf()")


def _pgbackrest(folder: Path, settings: Mapping[str, str], *arguments: str) -> None:
    """As PostgreSQL's user; the password in the environment, which no other user sees."""
    argv = ["pgbackrest", f"--config={_config(folder)}", f"--stanza={STANZA}", *arguments]
    secret = {"PGHOST": "127.0.0.1", "PGPASSWORD": settings["LICS_DB_SUPERUSER_PASSWORD"]}
    done: subprocess.CompletedProcess[str] = cluster.as_user(argv, postgres_user(), secret)
    if done.returncode != 0:
        raise StackError(f"{' '.join(argv)} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")


def _instant(moment: str) -> str:
    """A point in time as PostgreSQL reads it; one without zone is UTC."""
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        raise StackError(f"{moment!r} is no time: write 2026-12-01T14:30:00Z") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).isoformat(sep=" ")
