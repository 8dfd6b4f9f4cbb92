"""What stands around the database: storage, API, processes, backups."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg

from lics.doctor.database import archiver
from lics.doctor.finding import Finding, Patient, listed, ok, skipped, warning, wrong
from lics.stack import health

FREE_BYTES = 1_000_000_000

VISIBLE = """
select c.relname::text from pg_class as c
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')
   and has_table_privilege('service_role', c.oid, 'select, insert, update, delete')
union all
select 'rpc/' || p.proname from pg_proc as p
 where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
   and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
   and has_function_privilege('service_role', p.oid, 'execute')
   and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
"""
"""What PostgREST should show to the service key."""


def storage(patient: Patient) -> Iterator[Finding]:
    """The directory of the images: writable, with room."""
    folder = patient.settings.get("LICS_STORAGE_DIR")
    if not folder:
        yield skipped("storage", "LICS_STORAGE_DIR is not set: images lie elsewhere")
        return
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        yield wrong("storage", f"{folder}: {error.strerror}", "make it, and give it to the gateway's user")
        return
    if free < FREE_BYTES:
        yield wrong(
            "storage", f"{folder}: {free // 1_000_000} MB free", "make room: images are refused when it is full"
        )
    else:
        yield ok("storage", f"writable, {free // 1_000_000_000} GB free")


def api(patient: Patient) -> Iterator[Finding]:
    """PostgREST knows every table and function that it should; gateway and edge answer."""
    settings = patient.settings
    yield from _cache(patient)
    for name, port in (("gateway", "LICS_GATEWAY_PORT"), ("edge", "LICS_EDGE_PORT")):
        if port not in settings:
            yield skipped(name, f"{port} is not set")
        elif trouble := health.check(name, settings):
            yield wrong(name, trouble, f"is `{name}` running? its log, and http://127.0.0.1:{settings[port]}/healthz")
        else:
            yield ok(name, "healthy")


def _cache(patient: Patient) -> Iterator[Finding]:
    """PostgREST's idea of the schema beside the catalogue."""
    settings, check = patient.settings, "postgrest"
    key = settings.get("LICS_SERVICE_KEY", "")
    try:
        with httpx.Client(trust_env=False, timeout=10) as client:
            answer = client.get(
                f"{settings['LICS_API_URL']}/rest/v1/", headers={"apikey": key, "Authorization": f"Bearer {key}"}
            )
            paths = set(answer.raise_for_status().json()["paths"])
        with psycopg.connect(settings["LICS_DB_URL"], connect_timeout=5) as connection:
            meant = {row[0] for row in connection.execute(VISIBLE)}
    except (httpx.HTTPError, ValueError, KeyError) as error:
        yield wrong(
            check, str(error).splitlines()[0], "are nginx and PostgREST running? LICS_API_URL, LICS_SERVICE_KEY"
        )
        return
    except psycopg.Error:
        yield skipped(check, "the database does not answer")
        return
    there = {path.lstrip("/") for path in paths}
    if missing := sorted(meant - there):
        yield wrong(check, f"does not know {listed(missing)}", "notify pgrst, 'reload schema';")
    elif gone := sorted(there - meant - {""}):
        yield wrong(check, f"still shows {listed(gone)}", "notify pgrst, 'reload schema';")
    else:
        yield ok(check, f"knows {len(meant)} tables and functions")


def backups(patient: Patient) -> Iterator[Finding]:
    """How old the newest backup is, and whether WAL is archived."""
    config = patient.settings.get("LICS_BACKUP_CONFIG")
    if not config or not Path(config).exists():
        yield warning("backup", "there is none", "make backup; docs/DBA.md")
        return
    try:
        newest = newest_backup(config)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        yield wrong("backup", f"pgbackrest info: {str(error).splitlines()[0]}", "is it installed, may it be read?")
        return
    hours = None if newest is None else (time.time() - newest) / 3600
    if hours is None:
        yield wrong("backup", "the repository is empty", "make backup")
    elif hours > patient.backup_hours:
        yield wrong("backup", f"the newest is {hours:.0f} h old", "make backup; is its timer running?")
    else:
        yield ok("backup", f"the newest is {hours:.1f} h old")
    try:
        with psycopg.connect(patient.settings["LICS_DB_URL"], connect_timeout=5) as connection:
            yield from archiver(patient, connection)
    except psycopg.Error:
        yield skipped("archive", "the database does not answer")


def newest_backup(config: str) -> float | None:
    """When the newest backup ended, in seconds since 1970; None: there is none."""
    done = subprocess.run(
        ["pgbackrest", f"--config={config}", "info", "--output=json"],
        env={**os.environ, "PGBACKREST_LOG_LEVEL_CONSOLE": "error"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    stanzas: list[dict[str, Any]] = json.loads(done.stdout)
    stops = [float(each["timestamp"]["stop"]) for stanza in stanzas for each in stanza.get("backup", [])]
    return max(stops, default=None)
