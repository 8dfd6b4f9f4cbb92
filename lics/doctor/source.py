"""Is the database what the checkout says: migrations, functions, jobs?"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from lics.doctor.finding import Finding, Patient, listed, ok, warning, wrong

Connection = psycopg.Connection[tuple[Any, ...]]

_BODY = re.compile(r"\bas (\$\w*\$)(.*?)\1", re.S | re.I)
_JOB = re.compile(r"\('(lics_\w+)', '([^']+)', '((?:[^']|'')+)'\)")
_APPLY = "psql -f sql/apply.sql"

FUNCTIONS = """
select p.oid::regprocedure::text, p.proname, p.prosrc
  from pg_proc as p
  join pg_language as l on l.oid = p.prolang
 where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
   and p.prosqlbody is null and l.lanname in ('sql', 'plpgsql')
   and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
 order by 1
"""


def _bare(text: str) -> str:
    """A statement without what the CLI's splitting may change."""
    return re.sub(r"[\s;]", "", text)


def migrations(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """Every file applied, as it is now; nothing applied that is not here."""
    check = "migrations"
    if connection.execute("select to_regclass('supabase_migrations.schema_migrations')").fetchone() == (None,):
        yield wrong(check, "no migration has been applied", "npx supabase db push --remote=URL --yes")
        return
    applied = {
        f"{version}_{name}.sql": "".join(statements or [])
        for version, name, statements in connection.execute(
            "select version, name, statements from supabase_migrations.schema_migrations"
        )
    }
    files = {file.name: file for file in sorted((patient.root / "migrations").glob("[0-9]*_*.sql"))}
    missing = [name for name in files if name not in applied]
    # an unreleased code migration is made anew with each change; `code` looks at what it left
    edited = [
        name
        for name, file in files.items()
        if name in applied and not name.endswith("_code.sql") and _bare(file.read_text()) != _bare(applied[name])
    ]
    unknown = [name for name in applied if name not in files and not name.endswith("_code.sql")]
    if missing:
        yield wrong(check, f"not applied: {listed(missing)}", "npx supabase db push --include-all --remote=URL --yes")
    if edited:
        yield wrong(
            check,
            f"edited since they were applied: {listed(edited)}",
            "undo the edit (git checkout) and write a new migration",
        )
    if unknown:
        yield warning(
            check, f"applied, but not in this checkout: {listed(unknown)}", "use the checkout that made this database"
        )
    if not (missing or edited or unknown):
        yield ok(check, f"{len(files)} applied, none edited")


def code(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """Every function has a body that stands in `sql/` (or in a migration), and every file's function is there."""
    check = "code"
    sources = {file: file.read_text() for file in (patient.root / "sql").rglob("*.sql")}
    ddl = [file for file in (patient.root / "migrations").glob("[0-9]*.sql") if not file.name.endswith("_code.sql")]
    bodies = {found.group(2) for text in _texts(sources, ddl) for found in _BODY.finditer(text)}
    rows = connection.execute(FUNCTIONS).fetchall()
    changed = [signature for signature, _, body in rows if body not in bodies]
    there = {body for _, _, body in rows}
    absent = [
        file.stem
        for file, text in sources.items()
        if re.search(rf"function\s+(public|private)\.{re.escape(file.stem)}\b", text)
        and any(found.group(2) not in there for found in _BODY.finditer(text))
    ]
    if changed:
        yield wrong(
            check,
            f"not as in sql/: {listed(changed)}",
            f"a hot fix: bring it into its file, then {_APPLY}; else {_APPLY} undoes it",
        )
    # a changed one is also absent: said once
    if absent := [name for name in sorted(absent) if not any(f"{name}(" in signature for signature in changed)]:
        yield wrong(check, f"missing or older: {listed(absent)}", _APPLY)
    if not (changed or absent):
        yield ok(check, f"{len(rows)} functions are as in sql/")


def _texts(sources: dict[Path, str], ddl: list[Path]) -> Iterator[str]:
    yield from sources.values()
    for file in ddl:
        yield file.read_text()


def jobs(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """Every job of sql/cron/schedule.sql scheduled as there, none late, none failing."""
    check = "jobs"
    if connection.execute("select 1 from pg_extension where extname = 'pg_cron'").fetchone() is None:
        yield wrong(
            check,
            "pg_cron is not in this database: days are neither opened nor locked",
            "shared_preload_libraries = 'pg_cron', cron.database_name, create extension pg_cron; " + _APPLY,
        )
        return
    meant = {
        name: (schedule, command.replace("''", "'"))
        for name, schedule, command in _JOB.findall((patient.root / "sql" / "cron" / "schedule.sql").read_text())
    }
    rows = connection.execute("select jobname, schedule, command, active, jobid from cron.job").fetchall()
    there = {row[0]: (row[1], row[2]) for row in rows if row[3]}
    if other := [name for name in meant if there.get(name) != meant[name]]:
        yield wrong(check, f"not scheduled as in sql/cron/schedule.sql: {listed(other)}", _APPLY)
    if extra := [name for name in there if name.startswith("lics_") and name not in meant]:
        yield warning(check, f"scheduled, but of no use any more: {listed(extra)}", "select cron.unschedule('NAME');")
    yield from _runs(check, connection, patient.late_minutes)
    if not other:
        yield ok(check, f"{len(meant)} scheduled")


def _runs(check: str, connection: Connection, late_minutes: float) -> Iterator[Finding]:
    """What pg_cron and the jobs themselves noted."""
    late = connection.execute(
        """
        select j.jobname::text from cron.job as j
         where j.active and j.schedule = '* * * * *' and pg_postmaster_start_time() < now() - %(limit)s
           and not exists (select from cron.job_run_details as d
                            where d.jobid = j.jobid and d.start_time > now() - %(limit)s)
         order by 1
        """,
        {"limit": timedelta(minutes=late_minutes)},
    ).fetchall()
    if late:
        yield wrong(
            check,
            f"have not begun for {late_minutes:g} minutes: {listed([row[0] for row in late])}",
            "is the pg_cron launcher alive (ps, the server's log)? cron.use_background_workers, max_worker_processes",
        )
    failed = connection.execute(
        """
        select distinct on (j.jobname) j.jobname || ': ' || coalesce(split_part(d.return_message, E'\\n', 1), '')
          from cron.job as j
          cross join lateral (select status, return_message from cron.job_run_details as r
                               where r.jobid = j.jobid and r.status in ('succeeded', 'failed')
                               order by r.start_time desc limit 1) as d
         where d.status = 'failed'
        """
    ).fetchall()
    if failed:
        yield wrong(check, f"failed last time: {listed([row[0] for row in failed])}", "run its command by hand in psql")
    noted = connection.execute(
        """
        select job || ' (' || count(*) || '): ' || max(error) from private.job_runs
         where not ok and started_at > now() - interval '1 hour' group by job order by 1
        """
    ).fetchall()
    if noted:
        yield warning(
            check,
            f"errors within the hour: {listed([row[0] for row in noted])}",
            "select * from private.job_runs where not ok order by started_at desc limit 20;",
        )
