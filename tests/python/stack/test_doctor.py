"""`lics doctor` on a whole stack: each thing is broken, named with what to do, and mended again."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from stack_lab import Stack

from lics.doctor.broker import configuration
from lics.doctor.cli import examine, exit_code
from lics.doctor.database import skew
from lics.doctor.finding import Finding, Level, Patient
from lics.stack.database import superuser_url
from lics.stack.paths import CHECKOUT

pytestmark = pytest.mark.timeout(300)

APPLY = "@apply"
"""In place of a statement: sql/apply.sql mends it."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack without the demo: nothing of its own goes wrong."""
    stack = Stack(tmp_path_factory.mktemp("doctor") / "home")
    first = stack.lics("up", "--no-demo", **stack.ports)
    try:
        assert first.returncode == 0, first.stderr
        yield stack
    finally:
        stack.lics("reset", "--yes")


@pytest.fixture
def patient(stack: Stack) -> Patient:
    return Patient(stack.settings(), CHECKOUT)


def _bad(patient: Patient, *groups: str) -> list[Finding]:
    return [f for f in examine(patient, list(groups)) if f.level in {Level.WARNING, Level.WRONG}]


def _run(patient: Patient, statement: str) -> None:
    """As the superuser."""
    with psycopg.connect(superuser_url(patient.settings), autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_new_stack_lacks_nothing_but_a_backup(stack: Stack) -> None:
    """Code 2: a warning. As JSON: nothing else is printed."""
    done = stack.lics("doctor", "--json")
    findings = json.loads(done.stdout)
    assert done.returncode == 2, done.stdout + done.stderr
    assert [f["check"] for f in findings if f["level"] in {"warning", "wrong"}] == ["backup"]
    assert {"database", "owner", "clock", "migrations", "code", "jobs", "outbox", "dead_letters", "broker"} <= {
        f["check"] for f in findings
    }
    assert all(set(f) == {"check", "level", "what", "todo"} for f in findings)


def test_exit_codes_and_words_of_the_command(stack: Stack) -> None:
    assert stack.lics("doctor", "database").returncode == 0
    down = stack.lics("doctor", "database", "broker", LICS_DB_URL="postgresql://127.0.0.1:1/lics", LICS_MQTT_PORT="1")
    assert down.returncode == 1
    assert "WRONG   database" in down.stdout
    assert "WRONG   broker " in down.stdout
    assert "→" in down.stdout
    unknown = stack.lics("doctor", "nothing")
    assert (unknown.returncode, "no such group of checks: nothing" in unknown.stderr) == (1, True)


# nothing here may harm a job of every minute, which would then be rightly named as well
BREAKS = {
    "a superuser as owner": (
        "owner", "is a superuser",
        "alter role lics_owner superuser", "alter role lics_owner nosuperuser",
    ),
    "a table of somebody else": (
        "owner", "public.device_error_codes",
        "alter table public.device_error_codes owner to postgres",
        "alter table public.device_error_codes owner to lics_owner",
    ),
    "commits that do not wait for the disk": (
        "server", "synchronous_commit = off",
        "alter database lics set synchronous_commit = off", "alter database lics reset synchronous_commit",
    ),
    "a migration that was not applied": (
        "migrations", "not applied: 20261121000300_devices.sql",
        "update supabase_migrations.schema_migrations set version = '1' where version = '20261121000300'",
        "update supabase_migrations.schema_migrations set version = '20261121000300' where version = '1'",
    ),
    "an applied migration that was edited": (
        "migrations", "edited since they were applied: 20261121000300_devices.sql",
        "update supabase_migrations.schema_migrations set statements = statements || array['select 1'] "
        "where version = '20261121000300'",
        "update supabase_migrations.schema_migrations set statements = statements[1:cardinality(statements) - 1] "
        "where version = '20261121000300'",
    ),
    "a hot fix": (
        "code", "not as in sql/: private.can_read_topic",
        "create or replace function private.can_read_topic(p_topic text) returns boolean language sql stable "
        "security definer set search_path = '' as $$ select true $$", APPLY,
    ),
    "a function that is gone": (
        "code", "missing or older: purge_notifications",
        "drop function private.purge_notifications", APPLY,
    ),
    "a job that is gone": (
        "jobs", "lics_day_locker",
        "delete from cron.job where jobname = 'lics_day_locker'", APPLY,
    ),
    "a job that fails": (
        "jobs", "lics_purge_chunks: ERROR: no",
        "insert into cron.job_run_details "
        "(jobid, runid, database, username, command, status, return_message, start_time) "
        "select jobid, 999999, 'lics', 'lics_owner', command, 'failed', 'ERROR: no', now() + interval '1 day' "
        "from cron.job where jobname = 'lics_purge_chunks'",
        "delete from cron.job_run_details where runid = 999999",
    ),
    "a part of run_due that fails": (
        "jobs", "due_wakes (1): division by zero",
        "insert into private.job_runs (job, ok, error) values ('due_wakes', false, 'division by zero')",
        "delete from private.job_runs where error = 'division by zero'",
    ),
    "an outbox that nobody empties": (
        "outbox", "1 messages to devices wait, the first for 36",
        "insert into private.mqtt_outbox (topic, payload, not_before, claimed_until) "
        "values ('devices/doctor/cmd', '{}', now() - interval '1 hour', now() + interval '1 hour')",
        "delete from private.mqtt_outbox where topic = 'devices/doctor/cmd'",
    ),
    "many dead letters": (
        "dead_letters", "60 within the hour: not_json 60",
        "insert into private.mqtt_dead_letters (topic, payload, payload_bytes, reason) "
        "select 'doctor/1/data', 'x', 1, 'not_json' from generate_series(1, 60)",
        "delete from private.mqtt_dead_letters where topic = 'doctor/1/data'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_in_the_database_is_named(stack: Stack, patient: Patient, name: str) -> None:
    """The check finds it, with the words and something to do; none after it was mended."""
    check, words, broken, mend = BREAKS[name]
    _run(patient, broken)
    try:
        found = _bad(patient, "database")
        assert {f.check for f in found} == {check}, found
        assert words in " ".join(f.what for f in found)
        assert all(f.todo for f in found)
    finally:
        if mend is APPLY:
            done = stack.lics("psql", "-q", "-f", str(CHECKOUT / "sql" / "apply.sql"))
            assert done.returncode == 0, done.stderr
        else:
            _run(patient, mend)
    assert _bad(patient, "database") == []


def test_a_late_job_is_named(patient: Patient) -> None:
    """Late: nothing has begun within the limit, here of 0 minutes."""
    found = _bad(replace(patient, late_minutes=0.0), "database")
    assert [f.check for f in found] == ["jobs"]
    assert "lics_run_due" in found[0].what


@pytest.mark.parametrize(
    ("seconds", "level"), [(0.3, Level.OK), (-5.0, Level.WARNING), (90.0, Level.WRONG), (-90.0, Level.WRONG)]
)
def test_a_clock_that_is_off_is_named(seconds: float, level: Level) -> None:
    finding = skew(seconds)
    assert finding.level is level
    assert level is Level.OK or ("ahead" if seconds > 0 else "behind") in finding.what


def test_account_files_out_of_step_are_named(patient: Patient) -> None:
    """A line that the database does not know, and a missing file."""
    passwd = Path(patient.settings["LICS_BROKER_DIR"]) / "passwd"
    before = passwd.read_text()
    try:
        for change in (lambda: passwd.write_text(before + "stranger:$7$101$x$y\n"), passwd.unlink):
            change()
            (found,) = _bad(patient, "broker")
            assert (found.check, "passwd" in found.what) == ("broker_accounts", True)
    finally:
        passwd.write_text(before)
    assert _bad(patient, "broker") == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("persistence false", "persistence is false"),
        ("autosave_on_changes false", "autosave_on_changes is false"),
        ("allow_anonymous true", "allow_anonymous is true"),
        ("max_queued_messages 1000", "max_queued_messages is 1000"),
    ],
)
def test_a_broker_that_forgets_is_named(patient: Patient, tmp_path: Path, line: str, words: str) -> None:
    """Each directive that an acknowledgement relies on."""
    good = (Path(patient.settings["LICS_BROKER_DIR"]) / "mosquitto.conf").read_text()
    file = tmp_path / "mosquitto.conf"
    directive = line.partition(" ")[0]
    file.write_text("\n".join(kept for kept in good.splitlines() if not kept.startswith(directive)))
    with file.open("a") as conf:
        conf.write(f"\n{line}\n")
    found = [f for f in configuration(file) if f.level is not Level.OK]
    assert len(found) == 1
    assert words in found[0].what


def _elsewhere(**settings: str) -> Callable[[Patient], Patient]:
    return lambda patient: replace(patient, settings={**patient.settings, **settings})


@pytest.mark.parametrize(
    ("group", "check", "change"),
    [
        ("storage", "storage", _elsewhere(LICS_STORAGE_DIR="/proc/nowhere")),
        ("api", "gateway", _elsewhere(LICS_GATEWAY_PORT="1")),
        ("api", "edge", _elsewhere(LICS_EDGE_PORT="1")),
        ("api", "postgrest", _elsewhere(LICS_API_URL="http://127.0.0.1:1")),
        ("broker", "broker", _elsewhere(LICS_MQTT_PORT="1")),
        ("backup", "backup", _elsewhere(LICS_BACKUP_CONFIG="/proc/nowhere")),
    ],
)
def test_what_is_away_is_named(patient: Patient, group: str, check: str, change: Callable[[Patient], Patient]) -> None:
    found = _bad(change(patient), group)
    assert [f.check for f in found] == [check]
    assert found[0].todo
    assert exit_code(found) == (2 if check == "backup" else 1)


def test_an_old_schema_cache_is_named(patient: Patient, until: Callable[[Callable[[], object], str], None]) -> None:
    """PostgREST missed a change: here since nobody told it."""
    _run(patient, "alter event trigger pgrst_ddl_watch disable")
    try:
        _run(patient, "create table public.unseen (i int); grant select on public.unseen to service_role")
        (found,) = _bad(patient, "api")
        assert (found.check, "unseen" in found.what) == ("postgrest", True)
    finally:
        _run(patient, "drop table if exists public.unseen")
        _run(patient, "alter event trigger pgrst_ddl_watch enable")
    until(lambda: not _bad(patient, "api"), "the cache is read again")
