"""Who may connect to the broker follows the database within two seconds."""

import contextlib
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from bench.load import Rig
from edge.conftest import Database, Handlers, Mosquitto, trial, until
from edge_functions.broker_accounts import hang_up, replace
from lics.stack.broker import password_line

EDGE = ("edge", secrets.token_hex(8))


@contextlib.contextmanager
def rig_client(broker: Mosquitto, user: str, password: str) -> Iterator[tuple[paho.Client, threading.Event]]:
    """A connected rig, and an event that is set when its connection has ended."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False)
    client.username_pw_set(user, password)
    ended = threading.Event()
    client.on_disconnect = lambda *_: ended.set()
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        yield client, ended
    finally:
        client.disconnect()
        client.loop_stop()


def may_connect(broker: Mosquitto, user: str, password: str) -> bool:
    """Whether the broker lets this account in."""
    with rig_client(broker, user, password) as (client, ended):
        until(lambda: client.is_connected() or ended.is_set(), "an answer")
        return client.is_connected() and not ended.is_set()


@pytest.fixture
def closed_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker with accounts, that knows the edge's only."""
    tmp_path.chmod(0o755)
    (tmp_path / "passwd").write_text(password_line(*EDGE) + "\n")
    (tmp_path / "acl").write_text(f"user {EDGE[0]}\ntopic readwrite #\n")
    for name in ("passwd", "acl"):
        (tmp_path / name).chmod(0o600)
    accounts = f"allow_anonymous false\npassword_file {tmp_path}/passwd\nacl_file {tmp_path}/acl"
    made = Mosquitto(tmp_path, accounts)
    made.start()
    yield made
    made.stop()


def settings(broker: Mosquitto) -> dict[str, str]:
    return {
        "LICS_EDGE_MQTT_USER": EDGE[0],
        "LICS_EDGE_MQTT_PASSWORD": EDGE[1],
        "LICS_BROKER_DIR": str(broker.folder),
    }


def give_account(database: Database, rig: Rig) -> str:
    key: str = database.value("select private.device_key()")
    database.rows(
        "select private.put_rig_account(company_id, device_id, %s) from public.devices where device_id = %s",
        key,
        rig.device_id,
    )
    return key


def test_an_account_works_within_two_seconds_and_ends_within_two_seconds(
    closed_broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig, neighbour = database.rigs(2)
    database.rows("select private.put_service_account('edge', %s, %s)", *EDGE)
    handlers(closed_broker, **settings(closed_broker)).start()
    assert not may_connect(closed_broker, rig.device_id, "x")
    key = give_account(database, rig)
    until(lambda: may_connect(closed_broker, rig.device_id, key), "the new account works", 2)
    assert stat.S_IMODE((closed_broker.folder / "passwd").stat().st_mode) == 0o600

    with rig_client(closed_broker, rig.device_id, key) as (client, ended):
        until(client.is_connected, "connected")
        client.publish(f"devices/{neighbour.device_id}/data", b"not mine", qos=1)
        closed_broker.publish(f"devices/{rig.device_id}/data", trial(rig, 1), user=(rig.device_id, key))
        until(lambda: database.seqs(rig) == [1], "its trial is stored")
        database.rows(
            "update private.credentials set revoked_at = now() where username = %s "
            "returning private.bump_broker_generation()",
            rig.device_id,
        )
        since = time.monotonic()
        until(ended.is_set, "the revoked account's connection is dropped", 5)
        assert time.monotonic() - since < 2
    assert not may_connect(closed_broker, rig.device_id, key)
    assert database.rows("select 1 from private.mqtt_dead_letters") == []


def test_files_that_would_lock_the_handler_out_are_not_written(
    closed_broker: Mosquitto, database: Database, handlers: Handlers
) -> None:
    rig = database.rigs(1)[0]
    database.connection.execute("delete from private.credentials where kind = 'edge'")
    handler = handlers(closed_broker, **settings(closed_broker))
    handler.start()
    give_account(database, rig)
    until(
        lambda: handler.metric('lics_edge_rounds_failed_total{service="broker_accounts"}') > 1, "the round was refused"
    )
    assert (closed_broker.folder / "passwd").read_text().startswith(f"{EDGE[0]}:")
    assert len((closed_broker.folder / "passwd").read_text().splitlines()) == 1


def test_a_file_is_replaced_whole_and_only_when_it_changed(tmp_path: Path) -> None:
    file = tmp_path / "acl"
    assert replace(file, "one\n")
    assert not replace(file, "one\n")
    file.chmod(0o644)
    before = file.stat().st_ino
    assert replace(file, "two\n")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("two\n", 0o600)
    assert file.stat().st_ino != before
    assert [path.name for path in tmp_path.iterdir()] == ["acl"]


@pytest.mark.parametrize("content", [None, "", "no number", "999999999"])
def test_a_broker_that_does_not_run_needs_no_signal(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "mosquitto.pid").write_text(content)
    assert hang_up(tmp_path / "mosquitto.pid") is False
