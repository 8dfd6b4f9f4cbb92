"""Build the database from the checkout: stand-ins, migrations, code, seed. What is unchanged is not done again."""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from lics.stack.errors import StackError
from lics.stack.paths import Paths

NAME = "lics"
SEED_AGE_S = 6 * 3600
"""The seed is applied again after this time, since it also renews the demo's run."""

QUIET_CLI = {
    "SUPABASE_TELEMETRY_DISABLED": "1",
    "DO_NOT_TRACK": "1",
    "SUPABASE_NO_UPDATE_NOTIFIER": "1",
    "SUPABASE_NO_KEYRING": "1",
}

Say = Callable[[str], None]


def superuser_url(settings: Mapping[str, str], database: str = NAME) -> str:
    """The superuser's URL: for the stand-ins and for tests, never for a process of the product."""
    return f"postgresql://postgres:{settings['LICS_DB_SUPERUSER_PASSWORD']}@127.0.0.1:{settings['LICS_DB_PORT']}/{database}"


def build(paths: Paths, settings: Mapping[str, str], say: Say) -> None:
    """Bring the database up to the checkout. A step is skipped when its files, and all before it, are as last time."""
    _create(settings, NAME)
    stamps = _Stamps(paths.run / "built.json")
    root = paths.root
    passwords, embedded = _passwords(settings), _stand_ins(root)
    with stamps.step("stand-ins for Supabase", embedded, passwords, say) as needed:
        if needed:
            psql(superuser_url(settings), embedded, passwords)
    migrations = sorted((root / "migrations").glob("*.sql"))
    with stamps.step("migrations", migrations, {}, say) as needed:
        if needed:
            _refuse_edited(migrations, paths.run / "migrations.json")
            forget_generated(settings["LICS_DB_URL"], migrations)
            _push(paths, settings["LICS_DB_URL"])
            _note_applied(migrations, paths.run / "migrations.json")
    code = sorted([*(root / "sql").rglob("*.sql"), *(root / "policies").rglob("*.sql")])
    with stamps.step("functions, views, policies", code, {}, say) as needed:
        if needed:
            psql(settings["LICS_DB_URL"], [root / "sql" / "apply.sql"], {})
    variables = {name.removeprefix("LICS_").lower(): value for name, value in settings.items()}
    period = {"period": str(int(time.time() // SEED_AGE_S))}
    seed = "platform.sql" if settings.get("LICS_SEED") == "platform" else "apply.sql"
    with stamps.step(
        "reference rows" if seed == "platform.sql" else "reference rows and demo",
        sorted((root / "seed").rglob("*.sql")),
        {**variables, **period},
        say,
    ) as needed:
        if needed:
            psql(settings["LICS_DB_URL"], [root / "seed" / seed], variables)


def build_plain(paths: Paths, settings: Mapping[str, str], name: str) -> str:
    """A new database beside the stack's, with the same code but no rows, no jobs and no handlers; its owner's URL."""
    url = settings["LICS_DB_URL"].removesuffix(f"/{NAME}") + f"/{name}"
    _create(settings, name)
    psql(superuser_url(settings, name), _stand_ins(paths.root), _passwords(settings))
    _push(paths, url)
    psql(url, [paths.root / "sql" / "apply.sql"], {})
    return url


def _passwords(settings: Mapping[str, str]) -> dict[str, str]:
    """The roles' passwords under the names that the stand-ins use."""
    roles = ("owner", "edge", "gateway", "authenticator")
    return {f"{role}_password": settings[f"LICS_DB_{role.upper()}_PASSWORD"] for role in roles}


def _stand_ins(root: Path) -> list[Path]:
    return sorted((root / "supabase" / "embedded").glob("*.sql"))


def psql(url: str, files: Iterable[Path], variables: Mapping[str, str]) -> None:
    """Run files in one psql session that stops at the first error. Secrets go through its input, not its arguments."""
    present = [file for file in files if file.exists()]
    if not present:
        return
    script = [f"\\set {name} {_quoted(value)}" for name, value in variables.items()]
    script += [f"\\i {_quoted(str(file))}" for file in present]
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"],
        input="\n".join(script) + "\n",
        env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning", **libpq(url)},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"psql failed on {present[0].parent.name}/{present[0].name}:\n{_last(done.stderr)}")


def _create(settings: Mapping[str, str], name: str) -> None:
    """Role `lics_owner` and a database it owns; the stand-ins set the role's attributes and password."""
    with psycopg.connect(superuser_url(settings, "postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = 'lics_owner'").fetchone():
            connection.execute("create role lics_owner")
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {} owner lics_owner").format(sql.Identifier(name)))


def _refuse_edited(migrations: Iterable[Path], noted: Path) -> None:
    """The CLI goes by the name alone: it would silently leave out what was edited after it had been applied here."""
    applied: dict[str, str] = json.loads(noted.read_text()) if noted.exists() else {}
    for file in migrations:
        # generated from the code, which is applied again anyway
        if not file.name.endswith("_code.sql") and applied.get(file.name, _sum(file)) != _sum(file):
            raise StackError(
                f"migrations/{file.name} was edited after it had been applied to this database.\n"
                "Write a new migration; or, while it is not released, start anew: make reset up"
            )


def forget_generated(url: str, migrations: Iterable[Path]) -> None:
    """The unreleased code migration changes its name with each new table: the CLI must not miss the former one."""
    present = [file.name.partition("_")[0] for file in migrations]
    with psycopg.connect(url) as connection:
        if connection.execute("select to_regclass('supabase_migrations.schema_migrations')").fetchone() != (None,):
            connection.execute(
                "delete from supabase_migrations.schema_migrations where name = 'code' and not version = any(%s)",
                [present],
            )


def _note_applied(migrations: Iterable[Path], noted: Path) -> None:
    noted.write_text(json.dumps({file.name: _sum(file) for file in migrations}, indent=1))


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _push(paths: Paths, url: str) -> None:
    """Migrations by the Supabase CLI, as on hosted. It keeps its state below `.lics/`, asks nothing, calls nobody."""
    done = subprocess.run(
        [
            paths.root / "node_modules" / ".bin" / "supabase",
            "db",
            "push",
            f"--remote={url}",
            # a migration may stand before those that were applied (20261121000000_roles.sql)
            "--include-all",
            "--yes",
            "--workdir",
            paths.root,
        ],
        env={
            **os.environ,
            **QUIET_CLI,
            "SUPABASE_HOME": str(paths.home / "supabase"),
            "HOME": str(paths.home / "supabase"),
        },
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"supabase db push failed:\n{_last(done.stdout + done.stderr)}")


def libpq(url: str) -> dict[str, str]:
    """A URL as the environment variables of libpq."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[key]: str(value) for key, value in parts.items() if key in names}


def _quoted(value: str) -> str:
    """A value as psql's meta-commands read it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _last(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


class _Stamps:
    """What was applied last, by the hash of its files; a step that is done makes all later ones needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        self.so_far = ""

    def step(self, name: str, files: Iterable[Path], values: Mapping[str, str], say: Say) -> "_Step":
        digest = hashlib.sha256(self.so_far.encode())
        for file in files:
            digest.update(f"{file}\n".encode() + file.read_bytes())
        digest.update(json.dumps(dict(values), sort_keys=True).encode())
        self.so_far = digest.hexdigest()
        return _Step(self, name, self.so_far, say)

    def save(self, name: str, stamp: str) -> None:
        self.known[name] = stamp
        self.path.write_text(json.dumps(self.known, indent=1))


class _Step:
    """One step: says whether it is needed, times it, remembers it only when it succeeded."""

    def __init__(self, stamps: _Stamps, name: str, stamp: str, say: Say) -> None:
        self.stamps, self.name, self.stamp, self.say = stamps, name, stamp, say

    def __enter__(self) -> bool:
        self.needed = self.stamps.known.get(self.name) != self.stamp
        self.began = time.monotonic()
        return self.needed

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if self.needed and failed is None:
            self.stamps.save(self.name, self.stamp)
            self.say(f"database: {self.name} ({time.monotonic() - self.began:.1f} s)")
