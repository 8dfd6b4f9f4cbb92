"""From real messages to real rows, and what happens when a part fails in between."""

import random
import signal
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.load import Rig
from edge.conftest import Database, Handlers, Mosquitto, Proxy, free_port, trial, until

UNKNOWN = "a4:cf:12:d0:e3:9b"


def wait_for_rows(database: Database, rig: Rig, count: int) -> None:
    """Until at least so many trials of the rig are stored."""
    until(lambda: len(database.seqs(rig)) >= count, f"{count} trials are stored")


def test_a_trial_becomes_a_row_and_its_answer_comes_after_the_commit(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig = database.rigs(1)[0]
    handlers(broker).start()
    with broker.listener("devices/+/data/ack") as heard:
        broker.publish(f"devices/{rig.device_id}/data", trial(rig, 1, correct=1), [trial(rig, 2), trial(rig, 3)])
        until(lambda: any(answer["through_seq"] == 3 for _, answer in heard()), "data/ack up to 3")
        assert {topic for topic, _ in heard()} == {f"devices/{rig.device_id}/data/ack"}
    assert database.seqs(rig) == [1, 2, 3]
    until(
        lambda: database.value("select count(*) from private.mqtt_outbox where published_at is null") == 0,
        "marked as published",
    )


def test_every_kind_of_message_reaches_its_function(broker: Mosquitto, database: Database, handlers: Handlers) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    handler.start()
    topic = f"devices/{rig.device_id}"
    broker.publish(f"{topic}/heartbeat", {"status": "online", "boot_id": "b1", "agent_version": "9.9"})
    broker.publish(f"{topic}/logs", {"deployment_id": rig.deployment_id, "level": "EXP", "message": "hello"})
    broker.publish(f"{topic}/ack", {"deployment_id": rig.deployment_id})
    broker.publish(f"{topic}/status", {"deployment_id": rig.deployment_id, "status": "completed", "exit_code": 0})
    broker.publish(f"ESP32CAM/{UNKNOWN}/data", {"image_name": "a.jpg", "chunk_id": 0, "payload": [255, 216]})
    broker.publish(f"ESP32CAM/{UNKNOWN}/data", {"temperature": 21.5})
    with broker.listener(f"enrol/ESP32CAM/{UNKNOWN}/cmd") as heard:
        broker.publish(f"enrol/ESP32CAM/{UNKNOWN}/status", {"status": "Alive", "pendingImg": 0})
        until(heard, "an unknown camera is sent to sleep under the spelling it used")
        assert "next_wake" in heard()[0][1]
    until(lambda: handler.health()["unacked_messages"] == 0, "all acknowledged")
    assert database.value("select agent_version from public.devices where device_id = %s", rig.device_id) == "9.9"
    assert database.rows("select level, message from public.device_logs where device_id = %s", rig.device_id) == [
        ("INFO", "hello")
    ]
    assert (
        database.value("select status from public.experiment_deployments where deployment_id = %s", rig.deployment_id)
        == "completed"
    )
    assert database.rows("select topic, reason from private.mqtt_dead_letters order by received_at") == [
        (f"ESP32CAM/{UNKNOWN}/data", "unknown_device")
    ] * 2  # fmt: skip
    assert handler.metric('lics_edge_messages_total{route="camera.data"}') == 2


def test_hostile_messages_are_dead_letters_and_the_next_good_one_is_stored_within_a_second(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig, other = database.rigs(2)
    handlers(broker).start()
    topic = f"devices/{rig.device_id}/data"
    nan = '{"deployment_id":"x","reaction_time":NaN}'
    hostile = [
        "not json",
        nan,
        '{"a":"\\u0000"}',
        '{"a":"\\ud800"}',
        "[]",
        "3",
        trial(other, 1),
        '{"a":"' + "x" * 1_000_000 + '"}',
    ]
    broker.publish(topic, trial(rig, 1), *hostile)
    since = time.monotonic()
    broker.publish(topic, trial(rig, 2))
    until(lambda: database.seqs(rig) == [1, 2], "the good ones are stored", 5)
    assert time.monotonic() - since < 1
    until(
        lambda: (
            sorted(row[0] for row in database.rows("select reason from private.mqtt_dead_letters"))
            == sorted(
                [
                    "not_json",
                    "not_finite",
                    "bad_unicode",
                    "bad_unicode",
                    "empty_batch",
                    "not_object",
                    "device_mismatch",
                    "too_large",
                ]
            )
        ),
        "each hostile one has its reason",
    )
    assert database.value("select max(length(payload)) from private.mqtt_dead_letters") == 65_536


@pytest.fixture
def poison(database: Database) -> Any:
    """Trials numbered 666 make the ingest function fail with an error that nobody foresaw."""
    database.connection.execute(
        """
        create or replace function private.poison() returns trigger language plpgsql as $$
        begin
            if new.trial_number = 666 then
                raise exception 'nobody foresaw this';
            end if;
            return new;
        end $$;
        create trigger poison before insert on public.trial_results for each row execute function private.poison();
        """
    )
    yield
    database.connection.execute("drop trigger poison on public.trial_results; drop function private.poison()")


@pytest.mark.usefixtures("poison")
def test_a_poison_message_is_quarantined_and_harms_no_neighbour(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig = database.rigs(1)[0]
    # A long linger, so that all of them share one transaction.
    handlers(broker, LICS_EDGE_LINGER_MS="300").start()
    topic = f"devices/{rig.device_id}/data"
    batch = [trial(rig, seq) for seq in range(21, 31)] + [trial(rig, 99, trial_number=666)]
    broker.publish(
        topic,
        *(trial(rig, seq) for seq in range(1, 11)),
        trial(rig, 98, trial_number=666),
        *(trial(rig, seq) for seq in range(11, 21)),
        batch,
    )
    since = time.monotonic()
    until(lambda: database.seqs(rig) == list(range(1, 31)), "the neighbours are stored")
    assert time.monotonic() - since < 1.5
    until(lambda: len(database.rows("select 1 from private.mqtt_dead_letters")) == 2, "both poisons are quarantined")
    found = database.rows(
        "select reason, convert_from(payload, 'UTF8')::jsonb -> 'seq' from private.mqtt_dead_letters order by 2"
    )
    assert found == [("internal", 98), ("internal", 99)]
    told = database.rows(
        "select r ->> 'seq', r ->> 'reason' from private.mqtt_outbox, jsonb_array_elements(payload -> 'rejected') as r"
    )
    assert sorted(told) == [("98", "internal"), ("99", "internal")], "the rig need not send them for ever"
    broker.publish(topic, trial(rig, 31))
    until(lambda: 31 in database.seqs(rig), "and the next one is stored")


def test_a_trial_that_cannot_be_read_is_refused_to_its_rig(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig = database.rigs(1)[0]
    topic = f"devices/{rig.device_id}/data"
    with broker.listener(f"{topic}/ack") as heard:
        handlers(broker).start()
        broker.publish(topic, [trial(rig, 1), trial(rig, 2, reaction_time="slow"), trial(rig, 3, ended_at="noon")])
        until(lambda: [ack for _, ack in heard() if ack["rejected"]], "the rig is told")
    (ack,) = (ack for _, ack in heard() if ack["rejected"])
    assert ack["rejected"] == [{"seq": 2, "reason": "bad_type"}, {"seq": 3, "reason": "bad_time"}]
    assert (ack["deployment_id"], ack["through_seq"], ack["have"]) == (rig.deployment_id, 1, [[1, 1]])
    assert database.seqs(rig) == [1]


def test_killed_between_receiving_and_committing_nothing_is_lost_and_nothing_doubled(
    broker: Mosquitto, database: Database, handlers: Handlers, cluster: Any
) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    handler.start()
    with psycopg.connect(cluster[1]) as lock:
        lock.execute("lock table public.trial_results in access exclusive mode")
        broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(1, 101)))
        until(
            lambda: database.value(
                "select count(*) from pg_stat_activity where usename = 'edge_handler' and wait_event_type = 'Lock'"
            ),
            "the handler's transaction waits",
        )
        assert handler.health()["unacked_messages"] > 0
        handler.kill()
        lock.rollback()
    until(
        lambda: not database.value("select count(*) from pg_stat_activity where usename = 'edge_handler'"),
        "the killed handler's sessions have ended",
    )
    assert database.seqs(rig) == []
    handler.start()
    until(lambda: len(database.seqs(rig)) >= 100, "delivered again and stored")
    until(lambda: handler.health()["unacked_messages"] == 0, "acknowledged")
    assert database.seqs(rig) == list(range(1, 101))


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    dice = random.Random(7)
    sent = 0
    for _ in range(4):
        handler.start()
        broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(sent + 1, sent + 501)))
        sent += 500
        reached = len(database.seqs(rig)) + dice.randrange(400)
        wait_for_rows(database, rig, min(reached, sent))
        handler.kill()
    handler.start()
    until(lambda: len(database.seqs(rig)) >= sent, "all of them are stored")
    until(lambda: handler.health()["unacked_messages"] == 0, "acknowledged")
    assert database.seqs(rig) == list(range(1, sent + 1))
    assert database.value("select count(*) from private.mqtt_dead_letters") == 0


def test_while_the_database_is_away_messages_wait_and_the_broker_stays_connected(
    broker: Mosquitto, database: Database, handlers: Handlers, proxy: Proxy
) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    handler.start()
    proxy.cut()
    broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(1, 201)))
    until(lambda: handler.health()["unacked_messages"] == 200, "they wait, unacknowledged")
    until(lambda: handler.health()["oldest_unacked_s"] > 2, "for some seconds")
    health = handler.health()
    assert (health["ok"], health["broker_connected"], health["database_reachable"]) == (False, True, False)
    proxy.mend()
    until(lambda: len(database.seqs(rig)) >= 200, "stored once the database is back", 5)
    until(lambda: handler.health()["ok"], "healthy again")
    assert database.seqs(rig) == list(range(1, 201))
    assert database.value("select count(*) from private.mqtt_dead_letters") == 0


def test_a_restarted_broker_finds_the_handler_and_its_session_again(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    handler.start()
    assert handler.stop() == 0
    broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(1, 51)))
    broker.stop()
    broker.start()
    handler.start()
    until(lambda: database.seqs(rig) == list(range(1, 51)), "what waited in the session is stored")
    for number in (signal.SIGTERM, signal.SIGKILL):
        broker.stop(number)
        until(lambda: not handler.health()["broker_connected"], "the handler has noticed")
        broker.start()
        until(lambda: handler.health()["ok"], "it has come back by itself")
    broker.publish(f"devices/{rig.device_id}/data", trial(rig, 51))
    until(lambda: database.seqs(rig) == list(range(1, 52)), "and stores")


def test_messages_in_hand_when_the_broker_restarts_have_no_double_effect(
    broker: Mosquitto, database: Database, handlers: Handlers, cluster: Any
) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    handler.start()
    with psycopg.connect(cluster[1]) as lock:
        lock.execute("lock table public.device_logs in access exclusive mode")
        line = {"deployment_id": rig.deployment_id, "level": "INFO", "message": "no number: not one row twice"}
        broker.publish(f"devices/{rig.device_id}/logs", *[line] * 20)
        until(lambda: handler.health()["unacked_messages"] >= 20, "they are in hand")
        broker.stop()
        broker.start()
        until(lambda: handler.health()["broker_connected"], "connected again")
        lock.rollback()
    until(lambda: handler.health()["unacked_messages"] == 0, "done")
    assert database.value("select count(*) from public.device_logs where device_id = %s", rig.device_id) == 20
    broker.publish(f"devices/{rig.device_id}/data", trial(rig, 1))
    until(lambda: database.seqs(rig) == [1], "and the handler works on")


def test_two_handlers_share_and_what_a_killed_one_held_comes_with_its_return(
    broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rigs = database.rigs(2)
    one, two = handlers(broker, 1), handlers(broker, 2)
    one.start()
    two.start()
    count = 'lics_edge_messages_total{route="rig.data"}'
    for rig in rigs:
        broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(1, 201)))
    until(lambda: all(len(database.seqs(rig)) == 200 for rig in rigs), "stored by both")
    until(lambda: one.metric(count) + two.metric(count) == 400, "acknowledged by both")
    assert one.metric(count) > 50
    assert two.metric(count) > 50
    two.kill()
    for rig in rigs:
        broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(201, 301)))
    until(lambda: one.metric(count) > 250, "the other one goes on with its share")
    two.start()
    until(lambda: all(len(database.seqs(rig)) >= 300 for rig in rigs), "the rest comes with its return")
    until(lambda: two.health()["unacked_messages"] == 0, "acknowledged")
    for rig in rigs:
        assert database.seqs(rig) == list(range(1, 301))


def test_a_drained_member_gets_no_share(broker: Mosquitto, database: Database, handlers: Handlers) -> None:
    rig = database.rigs(1)[0]
    one, two = handlers(broker, 1), handlers(broker, 2)
    one.start()
    two.start()
    assert two.stop() == 0
    drained = handlers(broker, 2)
    assert drained.run("drain") == 0
    broker.publish(f"devices/{rig.device_id}/data", *(trial(rig, seq) for seq in range(1, 101)))
    until(lambda: database.seqs(rig) == list(range(1, 101)), "all of it goes to the other one")


def test_a_broker_that_cannot_be_relied_on_is_refused(tmp_path: Path, database: Database, handlers: Handlers) -> None:
    tmp_path.chmod(0o755)
    weak = Mosquitto(tmp_path, extra="max_qos 0")
    weak.start()
    try:
        assert database
        assert handlers(weak).run() == 78
    finally:
        weak.stop()


def test_a_handler_waits_for_a_broker_that_is_not_there_yet(
    tmp_path: Path, database: Database, handlers: Handlers
) -> None:
    tmp_path.chmod(0o755)
    late = Mosquitto(tmp_path, port=free_port())
    handler = handlers(late)
    handler.start(healthy=False)
    until(lambda: handler.health().get("broker_connected") is False, "it runs without a broker")
    late.start()
    try:
        until(lambda: handler.health()["ok"], "it has connected")
        rig = database.rigs(1)[0]
        late.publish(f"devices/{rig.device_id}/data", trial(rig, 1))
        until(lambda: database.seqs(rig) == [1], "and stores")
    finally:
        late.stop()
