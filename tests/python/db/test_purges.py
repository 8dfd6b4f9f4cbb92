"""The jobs of retention: what is old goes, what is young stays, and a second run finds nothing left to do."""

from dataclasses import dataclass

import pytest

from db.people import Connection, key


@dataclass(frozen=True)
class Purge:
    """A job, and one row of what it purges. `%(age)s`: how old the row is made."""

    call: str
    insert: str
    count: str
    old: str
    young: str


PURGES = {
    "published messages": Purge(
        "select private.purge_outbox()",
        "insert into private.mqtt_outbox (topic, payload, published_at) "
        "values ('purge', '{}', now() - %(age)s::interval)",
        "select count(*) from private.mqtt_outbox where topic = 'purge'",
        "25 hours", "23 hours",
    ),
    "expired messages": Purge(
        "select private.purge_outbox()",
        "insert into private.mqtt_outbox (topic, payload, expires_at) "
        "values ('stale', '{}', now() - %(age)s::interval)",
        "select count(*) from private.mqtt_outbox where topic = 'stale'",
        "25 hours", "23 hours",
    ),
    "job runs": Purge(
        "select private.purge_outbox()",
        "insert into private.job_runs (job, started_at) values ('purge', now() - %(age)s::interval)",
        "select count(*) from private.job_runs where job = 'purge'",
        "31 days", "29 days",
    ),
    "dead letters": Purge(
        "select private.purge_outbox()",
        "insert into private.mqtt_dead_letters (topic, payload, payload_bytes, reason, received_at) "
        "values ('purge', 'x', 1, 'not_json', now() - %(age)s::interval)",
        "select count(*) from private.mqtt_dead_letters where topic = 'purge'",
        "31 days", "29 days",
    ),
    "chunks": Purge(
        "select private.purge_chunks()",
        "with t as (insert into private.image_transfers "
        "(company_id, device_id, image_name, state, last_activity_at, created_at) "
        "values (%(company)s, %(camera)s, 'purge' || %(n)s, 'failed', now() - %(age)s::interval, "
        "now() - %(age)s::interval) returning company_id, transfer_id) "
        "insert into private.image_chunks select company_id, transfer_id, 0, 'x' from t",
        "select count(*) from private.image_chunks as c join private.image_transfers as t "
        "using (company_id, transfer_id) where t.image_name like 'purge%'",
        "8 days", "6 days",
    ),
    "notifications": Purge(
        "select private.purge_notifications()",
        "insert into public.notifications (company_id, alert_id, event, severity, title, created_at) "
        "values (%(company)s, %(alert)s, 'opened', 'warning', 'Purge.', now() - %(age)s::interval)",
        "select count(*) from public.notifications where title = 'Purge.'",
        "91 days", "89 days",
    ),
    "log lines": Purge(
        "select private.purge_logs(now() - interval '400 days')",
        "insert into public.device_logs (company_id, device_id, message, received_at) "
        "values (%(company)s, %(rig)s, 'purge', now() - %(age)s::interval)",
        "select count(*) from public.device_logs where message = 'purge'",
        "401 days", "399 days",
    ),
}  # fmt: skip


def _one(connection: Connection, query: str, *values: object) -> object:
    row = connection.execute(query.encode(), values or None).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("name", PURGES)
def test_what_is_old_goes_once(connection: Connection, name: str) -> None:
    """Three old rows, two young ones; run twice. All is rolled back, so that the test may be repeated."""
    purge = PURGES[name]
    keys = {"company": key("a"), **{thing: key("a", thing) for thing in ("camera", "rig", "alert")}}
    with connection.transaction(force_rollback=True):
        for n, age in enumerate([purge.old] * 3 + [purge.young] * 2):
            connection.execute(purge.insert.encode(), {**keys, "age": age, "n": str(n)})
        first = _one(connection, purge.call)
        assert _one(connection, purge.count) == 2
        assert first not in (0, {"logs": 0}, {"notifications": 0, "deliveries": 0})
        again = _one(connection, purge.call)
        assert _one(connection, purge.count) == 2
        assert again in (0, {"logs": 0}, {"notifications": 0, "deliveries": 0})


def test_a_runs_data_go_once_and_the_run_stays(connection: Connection) -> None:
    """The audit log has each call with its counts."""
    run = key("a", "deployment")
    query = "select private.purge_run(%s, 'consent withdrawn')"
    with connection.transaction(force_rollback=True):
        first, again = _one(connection, query, run), _one(connection, query, run)
        assert isinstance(first, dict)
        assert first["trials"] > 0
        assert again == {"trials": 0, "logs": 0}
        kept = "select count(*) from public.experiment_deployments where deployment_id = %s"
        assert _one(connection, kept, run) == 1
        assert _one(connection, "select count(*) from public.audit_log where action = 'purge_run'") == 2
