"""A whole stack of its own, by the command: up, again, kill, down, reset."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from stack_lab import Stack

from lics.stack import pids, ports
from lics.stack.processes import CLIENTS, NAMES
from lics.stack.settings import PRINTED

Until = Callable[[Callable[[], object], str], None]

PROCESSES = [name for name in NAMES if name not in CLIENTS]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Up, once for all tests of this file. PostgreSQL's user may not enter its directory when we are root."""
    stack = Stack(tmp_path_factory.mktemp("stack") / "home")
    first = stack.lics("up", "--no-demo", **stack.ports)
    try:
        assert first.returncode == 0, first.stderr
        yield stack
    finally:
        stack.lics("reset", "--yes")


def test_env_prints_key_value_lines_and_nothing_else(stack: Stack) -> None:
    printed = stack.lics("env").stdout.splitlines()
    assert [line.partition("=")[0] for line in printed] == list(PRINTED)
    assert all(line.partition("=")[2] for line in printed)


def test_secrets_are_readable_by_the_owner_only(stack: Stack) -> None:
    private = [stack.home / "env", stack.home / "run" / "postgrest.conf", *(stack.home / "keys").iterdir()]
    assert {path.name: oct(path.stat().st_mode & 0o77) for path in private if path.stat().st_mode & 0o77} == {}


def test_every_process_is_healthy(stack: Stack) -> None:
    status = stack.lics("status").stdout
    for name in PROCESSES:
        assert f"{name:10} healthy" in status


def test_a_second_up_does_nothing_and_touches_no_process(stack: Stack) -> None:
    before = {name: stack.child(name) for name in PROCESSES}
    again = stack.lics("up", "--no-demo")
    assert again.returncode == 0, again.stderr
    done = [line for line in again.stderr.splitlines() if not line.endswith("ready") and "is healthy" not in line]
    assert done == []
    assert {name: stack.child(name) for name in before} == before


def test_the_api_key_alone_counts_as_bearer_and_any_page_may_call(stack: Stack) -> None:
    settings = stack.settings()
    url = f"{settings['LICS_API_URL']}/rest/v1/"
    with httpx.Client(trust_env=False) as client:
        good = client.get(url, headers={"apikey": settings["LICS_SERVICE_KEY"], "Origin": "https://example.org"})
        bad = client.get(url, headers={"apikey": settings["LICS_SERVICE_KEY"] + "x"})
        preflight = client.options(url, headers={"Origin": "https://x.org", "Access-Control-Request-Method": "POST"})
    assert good.status_code == 200
    assert bad.status_code == 401
    assert good.headers.get_list("access-control-allow-origin") == ["*"]
    assert "content-range" in good.headers["access-control-expose-headers"]
    assert preflight.status_code == 204
    assert "x-upsert" in preflight.headers["access-control-allow-headers"]


def test_an_address_that_the_client_makes_up_does_not_open_the_limit_of_sign_ins(stack: Stack) -> None:
    settings = stack.settings()
    url = f"{settings['LICS_API_URL']}/auth/v1/token?grant_type=password"
    body = {"email": "nobody@nowhere.example", "password": "no such password"}
    with httpx.Client(trust_env=False, timeout=30, headers={"apikey": settings["LICS_ANON_KEY"]}) as client:
        said = {
            client.post(url, json=body, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(200)
        }
    assert said == {400, 429}


def test_metrics_are_for_this_machine_alone(stack: Stack) -> None:
    """A client at another address of the loopback stands for one from outside."""
    url = f"{stack.settings()['LICS_API_URL']}/metrics"
    for address, status in (("127.0.0.1", 200), ("127.0.0.2", 403)):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as client:
            assert client.get(url).status_code == status, address


def test_clients_find_the_public_key_of_peoples_tokens(stack: Stack) -> None:
    with httpx.Client(trust_env=False) as client:
        answer = client.get(f"{stack.settings()['LICS_API_URL']}/auth/v1/.well-known/jwks.json")
    assert [key["alg"] for key in answer.json()["keys"]] == ["ES256"]


def test_the_access_log_holds_no_query(stack: Stack) -> None:
    with httpx.Client(trust_env=False) as client:
        client.get(f"{stack.settings()['LICS_API_URL']}/rest/v1/?apikey=a-token-in-the-url")
    log = (stack.home / "log" / "access.log").read_text()
    assert "/rest/v1/" in log
    assert "a-token-in-the-url" not in log


def test_the_cluster_listens_here_only_and_wants_a_password(stack: Stack) -> None:
    settings = stack.settings()
    with_password = stack.lics("psql", "-Atc", "select current_user, current_setting('listen_addresses')")
    assert with_password.stdout == "lics_owner|127.0.0.1\n"
    without = subprocess.run(
        ["psql", "-w", "-h", "127.0.0.1", "-p", settings["LICS_DB_PORT"], "-U", "lics_owner", "lics"],
        env={"PATH": os.environ["PATH"], "HOME": str(stack.home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert without.returncode != 0


def test_the_broker_knows_no_anonymous_client_and_reads_its_accounts_again(stack: Stack, until: Until) -> None:
    settings = stack.settings()

    def publish(*account: str) -> int:
        target = ["-h", "127.0.0.1", "-p", settings["LICS_MQTT_PORT"], "-t", "a", "-m", "b", "-q", "1"]
        return subprocess.run(["mosquitto_pub", *target, *account], capture_output=True, check=False).returncode

    assert publish() != 0
    assert publish("-u", "somebody", "-P", "secret") != 0
    passwd = stack.home / "mosquitto" / "passwd"
    before = passwd.read_text()
    # as the edge does: the file, then SIGHUP by the pid file
    subprocess.run(["mosquitto_passwd", "-b", passwd, "somebody", "secret"], check=True)
    os.kill(int((stack.home / "mosquitto" / "mosquitto.pid").read_text()), signal.SIGHUP)
    until(lambda: publish("-u", "somebody", "-P", "secret") == 0, "the new account is known")
    passwd.write_text(before)


def test_pg_cron_runs_the_jobs_as_the_owner(stack: Stack) -> None:
    """Each is there, also for the server's start; and within a minute one of them has run."""
    with psycopg.connect(stack.settings()["LICS_DB_URL"], autocommit=True) as connection:
        jobs = connection.execute("select jobname, schedule, username, active from cron.job").fetchall()
        minutely = {name for name, schedule, _, _ in jobs if schedule == "* * * * *"}
        at_start = {name for name, schedule, _, _ in jobs if schedule == "@reboot"}
        assert {"lics_session_opener", "lics_day_locker", "lics_run_due"} <= minutely
        assert {"lics_session_opener_start", "lics_day_locker_start"} <= at_start
        assert {(user, active) for _, _, user, active in jobs} == {("lics_owner", True)}
        runs = (
            "select from cron.job_run_details as r join cron.job as j using (jobid)"
            " where j.jobname in ('lics_session_opener', 'lics_day_locker') and r.status = 'succeeded'"
        )
        deadline = time.monotonic() + 90
        while connection.execute(runs.encode()).fetchone() is None:
            assert time.monotonic() < deadline, "no run of pg_cron within 90 s"
            time.sleep(0.2)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back_healthy(stack: Stack, until: Until, name: str) -> None:
    victim = stack.child(name)
    assert victim is not None
    victim.kill()
    until(lambda: (now := stack.child(name)) is not None and now.pid != victim.pid, f"{name} is started again")
    until(lambda: f"{name:10} healthy" in stack.lics("status").stdout, f"{name} is healthy again")


def test_no_log_holds_a_query_while_the_gateway_is_down(stack: Stack, until: Until) -> None:
    settings = stack.settings()
    paths = ("realtime/v1/websocket?apikey=", "storage/v1/object/sign/images/x.jpg?token=", "ws?token=")

    def refused() -> bool:
        if (gateway := stack.child("gateway")) is not None:
            gateway.kill()
        with httpx.Client(trust_env=False, timeout=30) as client:
            return {client.get(f"{settings['LICS_API_URL']}/{path}secretmark").status_code for path in paths} == {502}

    until(refused, "nginx finds no gateway")
    until(lambda: f"{'gateway':10} healthy" in stack.lics("status").stdout, "the gateway is healthy again")
    told = {file.name: file.read_text(errors="replace") for file in (stack.home / "log").iterdir()}
    assert re.search(r'"GET /ws" 502 ', told["access.log"])
    assert [name for name, text in told.items() if "secretmark" in text] == []


def test_a_taken_port_is_named_before_anything_is_touched(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        refused = stack.lics("up", "--no-demo", LICS_HTTP_PORT=port)
    assert refused.returncode == 1
    assert f"port {port} (nginx, the front door)" in refused.stderr
    assert "LICS_HTTP_PORT=" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert stack.settings()["LICS_HTTP_PORT"] == stack.ports["LICS_HTTP_PORT"]


def test_a_port_given_later_is_taken_over_and_remembered(stack: Stack) -> None:
    wanted = next(port for port in ports.spare().values() if port not in stack.settings().values())
    moved = stack.lics("up", "--no-demo", LICS_MQTT_WS_PORT=wanted)
    assert moved.returncode == 0, moved.stderr
    assert stack.settings()["LICS_MQTT_WS_PORT"] == wanted
    assert stack.lics("up", "--no-demo").returncode == 0
    assert stack.settings()["LICS_MQTT_WS_PORT"] == wanted
    socket.create_connection(("127.0.0.1", int(wanted)), timeout=5).close()


def test_down_leaves_no_process_and_up_finds_the_data_again(stack: Stack, until: Until) -> None:
    stack.lics("psql", "-qc", "create table public.kept as select 1 as n")
    assert len(stack.processes()) > 5
    assert stack.lics("down").returncode == 0
    # the kernel may need a moment to forget backends that have said goodbye
    until(lambda: not stack.processes(), f"nothing is left: {stack.processes()}")
    assert stack.lics("up", "--no-demo").returncode == 0
    assert stack.lics("psql", "-Atc", "select n from public.kept").stdout == "1\n"
    stack.lics("psql", "-qc", "drop table public.kept")


def test_down_also_ends_what_a_killed_honcho_left(stack: Stack, until: Until) -> None:
    (honcho,) = pids.alive(stack.home / "run" / "honcho.pid")
    honcho.kill()
    until(lambda: not pids.alive(stack.home / "run" / "honcho.pid"), "honcho is gone")
    assert stack.processes()
    assert stack.lics("down").returncode == 0
    until(lambda: not stack.processes(), f"nothing is left: {stack.processes()}")


def test_reset_leaves_neither_process_nor_file(stack: Stack) -> None:
    assert stack.lics("up", "--no-demo").returncode == 0
    cluster = (stack.home / "postgres").resolve()
    assert (cluster / "data" / "PG_VERSION").exists()
    assert stack.lics("reset", "--yes").returncode == 0
    assert stack.processes() == []
    assert not stack.home.exists()
    assert not cluster.exists()


def test_no_stack_is_said_plainly(tmp_path: Path) -> None:
    for command in ("env", "psql", "status"):
        said = Stack(tmp_path / "none").lics(command)
        assert said.returncode == 1
        assert "make up" in said.stderr
        assert "Traceback" not in said.stderr
