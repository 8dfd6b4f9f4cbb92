"""Real parts for the flow tests: a PostgreSQL cluster with our functions, Mosquitto, the handler as a process."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import psycopg
import pytest
from db.scratch import Cluster, apply_code, run_ddl, running_cluster
from paho.mqtt.enums import CallbackAPIVersion

from bench.fixtures import make_rigs
from bench.load import Rig

LIMIT_S = 30.0

BROKER = """
listener {port} 127.0.0.1
{accounts}
{extra}
user root
pid_file {folder}/mosquitto.pid
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
max_inflight_messages 2000
max_queued_messages 100000
"""


CAMERA = """
with company as (
    insert into public.companies (name) values ('Images ' || clock_timestamp()) returning company_id
), program as (
    insert into public.pilot_programs (company_id, program_name, start_date)
    select company_id, 'Study', '2020-01-01' from company
    returning company_id, program_id
), site as (
    insert into public.sites (company_id, program_id, name, timezone)
    select company_id, program_id, 'Site', 'UTC' from program
    returning company_id, site_id
)
insert into public.devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)
select company_id, %s, 'Camera', 'camera', site_id, '0 8 * * *' from site
"""


def until(condition: Callable[[], object], words: str, limit_s: float = LIMIT_S) -> None:
    """Wait for a condition; fail with the given words when it does not come."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {limit_s:.0f} s: {words}"
        time.sleep(0.02)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody accepts a connection."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@dataclass
class Mosquitto:
    """A broker that tests may stop, kill and start again; its state stays in the folder."""

    folder: Path
    accounts: str = "allow_anonymous true"
    extra: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        config = self.folder / "mosquitto.conf"
        config.write_text(BROKER.format(port=self.port, folder=self.folder, accounts=self.accounts, extra=self.extra))
        self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
        until(lambda: answers(self.port), "Mosquitto answers")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; SIGTERM lets it save its state."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(10)
            self.process = None

    def publish(
        self, topic: str, *payloads: object, client: str = "tests", user: tuple[str, str] | None = None
    ) -> None:
        """Publish at QoS 1 and return when the broker has acknowledged all."""
        lines = "\n".join(text if isinstance(text, str) else json.dumps(text) for text in payloads)
        login = ["-u", user[0], "-P", user[1]] if user else []
        subprocess.run(
            ["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(self.port), "-i", client, *login, "-q", "1", "-l",
             "-t", topic],
            input=lines.encode(), check=True, timeout=60,
        )  # fmt: skip

    @contextlib.contextmanager
    def listener(self, topic: str) -> Iterator[Callable[[], list[tuple[str, Any]]]]:
        """A subscriber; what it yields is a function that answers the (topic, JSON) pairs heard so far."""
        heard: list[tuple[str, Any]] = []
        subscribed = threading.Event()
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.on_message = lambda _c, _u, message: heard.append((message.topic, json.loads(message.payload)))
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", self.port)
        client.subscribe(topic, qos=1)
        client.loop_start()
        try:
            assert subscribed.wait(LIMIT_S)
            yield lambda: list(heard)
        finally:
            client.disconnect()
            client.loop_stop()


@dataclass
class Handler:
    """A process ``python -m edge_functions``."""

    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, healthy: bool = True) -> None:
        """Start, and wait until it has broker and database."""
        environment = {**self.environment, "LICS_EDGE_PORT": str(self.port)}
        self.process = subprocess.Popen([sys.executable, "-m", "edge_functions"], env=environment)
        if healthy:
            until(lambda: self.health().get("ok"), "the handler is healthy")

    def run(self, *arguments: str) -> int:
        """Run to the end; the exit code."""
        environment = {**self.environment, "LICS_EDGE_PORT": str(self.port)}
        command = [sys.executable, "-m", "edge_functions", *arguments]
        return subprocess.run(command, env=environment, check=False, timeout=30).returncode

    def health(self) -> dict[str, Any]:
        """What /healthz says; nothing while it does not listen."""
        try:
            found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).json()
        except httpx.HTTPError:
            return {}
        return found

    def metric(self, line: str) -> float:
        """One value of /metrics."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=2).text
        return next((float(row.split()[-1]) for row in text.splitlines() if row.startswith(line + " ")), 0.0)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(15)
        self.process = None
        return code


class Proxy:
    """A TCP proxy in front of PostgreSQL that can be cut: every connection through it ends, none is accepted."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.mend()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers |= {writer, back}
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        """Accept connections."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)

    def cut(self) -> None:
        """End them all."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)

    def end(self) -> None:
        """For good."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class Database:
    """The scratch database as its owner."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """The first column of its first row."""
        return self.rows(query, *parameters)[0][0]

    def rigs(self, count: int) -> list[Rig]:
        """Rigs of a company of their own, each with a running deployment."""
        return make_rigs(self.connection, count)

    def camera(self) -> str:
        """The MAC of a new camera with a site, in a company of its own."""
        mac = f"02A1C5{secrets.token_hex(3).upper()}"
        self.connection.execute(CAMERA, (mac,))
        return mac

    def seqs(self, rig: Rig) -> list[int]:
        """What is stored of a rig, with every double."""
        return [
            row[0]
            for row in self.rows(
                "select seq from public.trial_results where device_id = %s order by seq", rig.device_id
            )
        ]


def trial(rig: Rig, seq: int, **change: Any) -> dict[str, Any]:
    """A valid trial."""
    times = {"started_at": "2026-02-10T13:00:12Z", "ended_at": "2026-02-10T13:00:13Z"}
    return {"deployment_id": rig.deployment_id, "trial_number": seq, "seq": seq, **times, **change}


@pytest.fixture(scope="session")
def cluster() -> Iterator[tuple[Cluster, str]]:
    """A cluster and the owner's URL of the product's database in it."""
    with running_cluster() as running:
        url = running.create("edge")
        run_ddl(url)
        apply_code(url)
        yield running, url


@pytest.fixture
def database(cluster: tuple[Cluster, str]) -> Iterator[Database]:
    """The owner's session; every table of messages is empty."""
    found = Database(cluster[1])
    found.connection.execute("truncate private.mqtt_outbox, private.mqtt_dead_letters")
    yield found
    found.connection.close()


@pytest.fixture
def proxy(cluster: tuple[Cluster, str]) -> Iterator[Proxy]:
    """The handlers' way to the database."""
    made = Proxy(cluster[0].port)
    yield made
    made.end()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """An open broker, running."""
    tmp_path.chmod(0o755)
    made = Mosquitto(tmp_path)
    made.start()
    yield made
    made.stop()


Handlers = Callable[..., Handler]


@pytest.fixture
def handlers(cluster: tuple[Cluster, str], proxy: Proxy) -> Iterator[Handlers]:
    """Makes handlers; all are killed in the end."""
    made: list[Handler] = []
    url = cluster[0].url("edge", "edge_handler").replace(f":{cluster[0].port}/", f":{proxy.port}/")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LICS_")}

    def make(broker: Mosquitto, number: int = 0, **settings: str) -> Handler:
        environment = {
            **inherited, "LICS_EDGE_DB_URL": url, "LICS_MQTT_PORT": str(broker.port),
            "LICS_EDGE_ID": str(number), **settings,
        }  # fmt: skip
        made.append(Handler(environment))
        return made[-1]

    yield make
    for handler in made:
        if handler.process is not None:
            handler.kill()
