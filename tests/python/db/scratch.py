"""A PostgreSQL cluster of the tests' own: made for one test session on a free port, thrown away afterwards."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from lics.stack.settings import PG_BIN, postgres_user

ROOT = Path(__file__).resolve().parents[3]
ROLES = ("owner", "edge", "gateway", "authenticator")


class ScratchError(Exception):
    """A program that the tests need has failed; the message is what it said."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster. Every login has the same password."""

    port: int
    password: str
    superuser: str = "postgres"

    def url(self, database: str, user: str = "lics_owner") -> str:
        """A connection URL."""
        return f"postgresql://{user}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Create a database that looks like an empty hosted project (supabase/embedded), and return its owner's URL."""
        with psycopg.connect(self.url("postgres", self.superuser), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        variables = {f"{role}_password": self.password for role in ROLES}
        stand_ins = sorted((ROOT / "supabase" / "embedded").glob("*.sql"))
        run_psql(self.url(database, self.superuser), *stand_ins, **variables)
        return self.url(database)


def run_psql(url: str, *files: Path, **variables: str) -> None:
    """Run files in one psql session that stops at the first error."""
    command = ["psql", "-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", url]
    command += [f"--set={name}={value}" for name, value in variables.items()]
    _run([*command, *(f"--file={file}" for file in files)], PGOPTIONS="-c client_min_messages=warning")


def run_ddl(url: str) -> None:
    """Every migration that is not generated, one transaction each."""
    for file in sorted((ROOT / "migrations").glob("[0-9]*_*.sql")):
        if not file.name.endswith("_code.sql"):
            _run(["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(file)])


def apply_code(url: str) -> None:
    """The code, as developers apply it."""
    run_psql(url, ROOT / "sql" / "apply.sql")


def dump(url: str) -> str:
    """The definition of our two schemas, without the tokens that pg_dump draws anew each time."""
    text = _run(["pg_dump", "--schema-only", "--schema=public", "--schema=private", "-d", url])
    return "\n".join(line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def push(url: str, workdir: Path, *more: str) -> None:
    """`supabase db push` of the migrations below `workdir`, as on hosted; `more`: further options."""
    supabase(["db", "push", f"--remote={url}", "--yes", "--workdir", str(workdir), *more], workdir / "home")


def supabase(arguments: list[str], home: Path) -> str:
    """What the Supabase CLI prints. It keeps its state in `home`, asks nothing and calls nobody."""
    quiet = {"SUPABASE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1", "SUPABASE_NO_UPDATE_NOTIFIER": "1"}
    own = {"SUPABASE_HOME": str(home), "HOME": str(home), "SUPABASE_NO_KEYRING": "1"}
    return _run([str(ROOT / "node_modules" / ".bin" / "supabase"), *arguments], **quiet, **own)


def _run(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise ScratchError(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


@contextmanager
def running_cluster(superuser: str = "postgres", options: str = "") -> Iterator[Cluster]:
    """Make and start a cluster; stop and delete it in the end. Nothing in it is meant to outlive a crash.

    `options`: more settings for the server, as `-c name=value`.
    """
    home = Path(tempfile.mkdtemp(prefix="lics-scratch-"))
    user = postgres_user()
    password = secrets.token_hex(16)
    (home / "password").write_text(password)
    if os.geteuid() == 0:
        for path in (home, home / "password"):
            shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
    cluster = Cluster(_free_port(), password, superuser)
    data = str(home / "data")
    init = [f"--username={superuser}", f"--pwfile={home / 'password'}", "--auth=scram-sha-256", "--encoding=UTF8"]
    options = f"-p {cluster.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off {options}"
    control = [str(PG_BIN / "pg_ctl"), f"--pgdata={data}", "--wait", "--silent"]
    try:
        _as_user([str(PG_BIN / "initdb"), f"--pgdata={data}", *init, "--locale=C.UTF-8", "--no-sync"], user)
        _as_user([*control, f"--log={home / 'log'}", f"--options={options}", "start"], user)
        try:
            yield cluster
        finally:
            _as_user([*control, "--mode=immediate", "stop"], user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_user(command: list[str], user: str) -> None:
    """Run as PostgreSQL's user. Its output goes to a file: the server would hold a pipe open for ever."""
    account = pwd.getpwnam(user)
    root = os.geteuid() == 0
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            user=account.pw_uid if root else None,
            group=account.pw_gid if root else None,
            extra_groups=[] if root else None,
        )
        output.seek(0)
        if done.returncode != 0:
            raise ScratchError(f"{command[0]} failed:\n{output.read()}")
