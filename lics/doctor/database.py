"""The database: its owner, its settings, its clock, its queues."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

from lics.doctor import source
from lics.doctor.finding import Finding, Patient, listed, ok, skipped, warning, wrong

Connection = psycopg.Connection[tuple[Any, ...]]
Look = Callable[[Patient, Connection], Iterator[Finding]]

SKEW_WARNING_S, SKEW_WRONG_S = 2.0, 30.0

QUEUES = {
    "outbox": (
        """
        select count(*), extract(epoch from now() - min(o.not_before)) from private.mqtt_outbox as o
         where o.published_at is null and o.not_before <= now() and (o.expires_at is null or o.expires_at > now())
        """,
        60.0,
        "messages to devices wait",
        "is the edge running and connected to the broker? its /healthz and its log say why",
    ),
    "images": (
        """
        select count(*), extract(epoch from now() - min(t.assembled_at))
          from private.image_transfers as t where t.state = 'assembled'
        """,
        300.0,
        "whole images wait for their upload",
        "is the edge running, does /storage/v1 answer, is the disk full?",
    ),
    "deliveries": (
        """
        select count(*), extract(epoch from now() - min(d.not_before))
          from public.notification_deliveries as d where d.status = 'queued' and d.not_before <= now()
        """,
        600.0,
        "notifications wait",
        "is the edge running? select * from public.notification_attempts order by 1 desc limit 20;",
    ),
}
"""Name → (how many and how old in seconds, how old it may be, what it is, what to do)."""


def database(patient: Patient) -> Iterator[Finding]:
    """Everything that a connection as the owner can tell."""
    try:
        connection = psycopg.connect(patient.settings["LICS_DB_URL"], connect_timeout=5, autocommit=True)
    except psycopg.Error as error:
        yield wrong(
            "database",
            f"no connection: {str(error).strip().splitlines()[0]}",
            "is PostgreSQL running, is LICS_DB_URL right? its log says more",
        )
        return
    with connection:
        yield ok("database", "reachable")
        # the empty path: every name is printed with its schema
        connection.execute("set statement_timeout = '30s'; set search_path = ''")
        for look in (owner, server, clock, source.migrations, source.code, source.jobs, queues, dead_letters):
            try:
                yield from look(patient, connection)
            except psycopg.Error as error:
                words = str(error).strip().splitlines()[0]
                yield wrong(look.__name__, f"could not be looked at: {words}", "are the migrations applied?")


def owner(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """Who owns the objects: no superuser, above row level security; nobody else owns some of them."""
    del patient
    row = connection.execute(
        "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    assert row is not None
    name, superuser, bypass = row
    if superuser or not bypass:
        yield wrong(
            "owner",
            f"{name} is {'a superuser' if superuser else 'bound by row level security'}",
            f"as a superuser: alter role {name} nosuperuser bypassrls;",
        )
        return
    strangers = connection.execute(
        """
        select c.oid::regclass::text from pg_class as c
         where c.relnamespace in ('public'::regnamespace, to_regnamespace('private')) and c.relkind in ('r', 'v', 'p')
           and c.relowner <> current_user::regrole
           and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'e')
         order by 1
        """
    ).fetchall()
    if strangers:
        yield wrong(
            "owner",
            f"not {name}'s: {listed([row[0] for row in strangers])}",
            f"as a superuser: alter table NAME owner to {name};",
        )
    else:
        yield ok("owner", f"{name}: NOSUPERUSER BYPASSRLS")


def server(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """Version, and settings on which an acknowledgement relies."""
    del patient
    number = connection.info.server_version
    if number < 150000:
        yield wrong("server", f"PostgreSQL {number // 10000}", "PostgreSQL 15 or later is needed")
    elif number >= 160000:
        yield warning("server", f"PostgreSQL {number // 10000}", "only 15 is tested: watch it")
    needed = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "TimeZone": "UTC"}
    rows = connection.execute("select name, setting from pg_settings where name = any(%s)", [list(needed)]).fetchall()
    found: dict[str, str] = dict(rows)
    if found["synchronous_commit"] in {"remote_apply", "remote_write"}:
        # these wait for a standby as well
        found["synchronous_commit"] = "on"
    if bad := [f"{name} = {found[name]}" for name in needed if found[name] != needed[name]]:
        yield wrong(
            "server",
            f"settings: {', '.join(bad)}",
            "an acknowledged message may be lost: " + "; ".join(f"set {n} = {v}" for n, v in needed.items()),
        )
    else:
        yield ok("server", f"PostgreSQL {number // 10000}, durable settings")


def clock(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """The database's clock beside this machine's."""
    del patient
    before = datetime.now(UTC)
    row = connection.execute("select clock_timestamp()").fetchone()
    after = datetime.now(UTC)
    assert row is not None
    yield skew((row[0] - before).total_seconds() - (after - before).total_seconds() / 2)


def skew(seconds: float) -> Finding:
    """What a difference of the clocks means."""
    words = f"the database's clock is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    todo = "synchronise both machines (chrony, systemd-timesyncd); schedules and days follow the database's clock"
    if abs(seconds) > SKEW_WRONG_S:
        return wrong("clock", words, todo)
    return warning("clock", words, todo) if abs(seconds) > SKEW_WARNING_S else ok("clock", "in step with this machine")


def queues(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """How long the first in each queue has been waiting."""
    del patient
    for name, (query, limit_s, what, todo) in QUEUES.items():
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        count, age_s = row
        if count and float(age_s) > limit_s:
            yield wrong(name, f"{count} {what}, the first for {float(age_s):.0f} s", todo)
        else:
            yield ok(name, f"{count} waiting")
    row = connection.execute("select count(*) from private.rollup_queue").fetchone()
    assert row is not None
    if row[0] > 100_000:
        yield warning("rollups", f"{row[0]} marks wait", "does run_due run? select private.run_due();")


def dead_letters(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """How many messages made no row within the hour, and why."""
    rows = connection.execute(
        """
        select reason, count(*) from private.mqtt_dead_letters
         where received_at > now() - interval '1 hour' group by reason order by 2 desc
        """
    ).fetchall()
    count = sum(row[1] for row in rows)
    if count >= patient.dead_letters:
        yield warning(
            "dead_letters",
            f"{count} within the hour: {listed([f'{reason} {number}' for reason, number in rows])}",
            "select topic, reason, detail from private.mqtt_dead_letters order by received_at desc limit 20; "
            "docs/DBA.md says how to replay them",
        )
    else:
        yield ok("dead_letters", f"{count} within the hour")


def archiver(patient: Patient, connection: Connection) -> Iterator[Finding]:
    """Whether WAL reaches the repository."""
    row = connection.execute(
        "select current_setting('archive_mode'), last_failed_time > coalesce(last_archived_time, '-infinity'), "
        "last_failed_wal from pg_stat_archiver"
    ).fetchone()
    assert row is not None
    mode, failing, segment = row
    if mode == "off" and patient.settings.get("LICS_BACKUP_CONFIG"):
        yield wrong("archive", "archive_mode is off: no point in time recovery", "set it on and restart PostgreSQL")
    elif failing:
        yield wrong(
            "archive", f"WAL is not archived (last failed: {segment})", "pgbackrest check; the server's log says why"
        )
    else:
        yield ok("archive", f"archive_mode {mode}, no failure") if mode != "off" else skipped("archive", "off")
