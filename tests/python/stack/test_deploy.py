"""What deploy/ brings to a production machine: the units, each one's command run as it stands there, TLS."""

import os
import pwd
import re
import shlex
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from stack_lab import Stack

from lics.stack import health, ports, processes
from lics.stack.paths import CHECKOUT, Paths
from lics.stack.processes import CLIENTS
from lics.stack.settings import postgres_user

pytestmark = pytest.mark.timeout(300)

UNITS = sorted((CHECKOUT / "deploy" / "systemd").iterdir())
LIMIT_S = 90.0


def _command(unit: Path, home: Path) -> list[str]:
    """ExecStart as systemd would run it, with this checkout and this home."""
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.M)
    here = line.replace("/opt/lics", str(CHECKOUT)).replace("/var/lib/lics", str(home))
    return shlex.split(here.replace("$$", "$").replace("%i", "0"))


def test_every_process_has_its_unit() -> None:
    names = {line.partition(":")[0] for line in (CHECKOUT / "Procfile").read_text().splitlines() if line} - set(CLIENTS)
    units = {unit.stem.removeprefix("lics-").rstrip("@") for unit in UNITS if unit.suffix == ".service"}
    assert names <= units
    target = (CHECKOUT / "deploy" / "systemd" / "lics.target").read_text()
    assert all(f"lics-{name}" in target for name in names)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """With this checkout in place of /opt/lics, so that the commands exist; nothing is said of our units."""
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/lics", str(CHECKOUT)))
    (tmp_path / "lics-edge@0.service").write_text((tmp_path / "lics-edge@.service").read_text())
    done = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            "--man=no",
            *sorted(str(file) for file in tmp_path.iterdir() if "@." not in file.name),
        ],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "lics" in line]
    assert ours == []


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As docs/DEPLOY.md says, without systemd: configure, start each unit's command, build the database."""
    home = tmp_path_factory.mktemp("machine") / "home"
    stack = Stack(home)
    tls = home.with_name("tls")
    tls.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(tls / "key.pem"), "-out", str(tls / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    secure = iter(ports.spare().values())
    given = {
        **stack.ports,
        "LICS_SEED": "platform",
        "LICS_TLS_CERT": str(tls / "cert.pem"),
        "LICS_TLS_KEY": str(tls / "key.pem"),
        **{f"LICS_TLS_{name}_PORT": next(secure) for name in ("HTTPS", "MQTT", "ENROL")},
    }
    started: list[subprocess.Popen[bytes]] = []
    configured = stack.lics("configure", **given)
    try:
        assert configured.returncode == 0, configured.stderr
        _start(stack, "postgres", started)
        built = stack.lics("build")
        assert built.returncode == 0, built.stderr
        for name in ("mosquitto", "enrol", "postgrest", "gateway", "edge@", "nginx"):
            _start(stack, name, started)
        for name in ("mosquitto", "enrol", "postgrest", "gateway", "edge", "nginx"):
            wrong = health.wait(name, stack.settings(), LIMIT_S)
            assert wrong is None, f"{name}: {wrong}\n{(home / 'log' / f'unit-{name}.log').read_text()[-3000:]}"
        yield stack
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            process.wait(60)
        stack.lics("reset", "--yes")


def _start(stack: Stack, name: str, started: list[subprocess.Popen[bytes]]) -> None:
    """One unit's command; PostgreSQL's as its own user where we are root, which systemd never is."""
    command = _command(CHECKOUT / "deploy" / "systemd" / f"lics-{name}.service", stack.home)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LICS_")}
    environment["LICS_HOME"] = str(stack.home)
    user: int | None = None
    if name == "postgres" and os.geteuid() == 0:
        user = pwd.getpwnam(postgres_user()).pw_uid
        command = command[command.index("--") + 1 :]
        environment = processes.environment(Paths(CHECKOUT, stack.home), stack.settings())
    with (stack.home / "log" / f"unit-{name.rstrip('@')}.log").open("wb") as log:
        started.append(
            subprocess.Popen(
                command, cwd="/" if user else CHECKOUT, env=environment, user=user, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )
        )  # fmt: skip


def test_doctor_finds_the_machine_well_but_for_a_backup(machine: Stack) -> None:
    done = machine.lics("doctor")
    assert done.returncode == 2, done.stdout
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("WARNING")] == ["backup"]


def test_no_demo_is_in_the_database(machine: Stack) -> None:
    """The bucket, the key and the accounts of our own parts; no company, no person."""
    with psycopg.connect(machine.settings()["LICS_DB_URL"]) as connection:
        row = connection.execute(
            "select (select count(*) from public.companies), (select count(*) from auth.users), "
            "(select count(*) from storage.buckets), (select count(*) from private.signing_key where is_current)"
        ).fetchone()
    assert row == (0, 0, 1, 1)


def test_the_first_admin_of_the_page_signs_in(machine: Stack) -> None:
    """docs/DEPLOY.md, step 5: the person by the service key, the company by the page's SQL."""
    settings = machine.settings()
    (statement,) = re.findall(r"<<'SQL'\n(.*?)\nSQL", (CHECKOUT / "docs" / "DEPLOY.md").read_text(), re.S)
    person = {"email": "ada@example.org", "password": "a long one", "email_confirm": True}
    key = {"Authorization": f"Bearer {settings['LICS_SERVICE_KEY']}"}
    with httpx.Client(trust_env=False, base_url=settings["LICS_API_URL"], timeout=30) as client:
        assert client.post("/auth/v1/admin/users", json=person, headers=key).status_code == 200
        with psycopg.connect(settings["LICS_DB_URL"]) as connection:
            connection.execute(statement.encode())
        session = client.post("/auth/v1/token?grant_type=password", json=person)
        assert session.status_code == 200
        token = {"Authorization": f"Bearer {session.json()['access_token']}", "apikey": settings["LICS_ANON_KEY"]}
        companies = client.get("/rest/v1/companies?select=name", headers=token)
    assert companies.json() == [{"name": "Example"}]


def test_https_with_the_certificate(machine: Stack) -> None:
    """The same front door; nothing older than TLS 1.2."""
    settings = machine.settings()
    trust = ssl.create_default_context(cafile=settings["LICS_TLS_CERT"])
    with httpx.Client(trust_env=False, verify=trust) as client:
        answer = client.get(f"https://localhost:{settings['LICS_TLS_HTTPS_PORT']}/auth/v1/health")
    assert answer.status_code == 200
    checked = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-c", str(machine.home / "nginx" / "nginx.conf")],
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(("port", "account"), [("MQTT", "LICS_EDGE_MQTT"), ("ENROL", "LICS_MQTT_ENROL")])
def test_mqtt_with_the_certificate(machine: Stack, port: str, account: str) -> None:
    """An account may enter, nobody else; without the certificate's trust there is no connection."""
    settings = machine.settings()

    def enter(password: str) -> bool:
        codes: list[bool] = []
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.tls_set(settings["LICS_TLS_CERT"])
        client.username_pw_set(settings[f"{account}_USER"], password)
        client.on_connect = lambda _c, _u, _f, code, _p: codes.append(not code.is_failure)
        client.connect("localhost", int(settings[f"LICS_TLS_{port}_PORT"]))
        deadline = time.monotonic() + LIMIT_S
        while not codes and time.monotonic() < deadline:
            client.loop(timeout=0.2)
        client.disconnect()
        return codes == [True]

    assert enter(settings[f"{account}_PASSWORD"])
    assert not enter("wrong")
    stranger = mqtt.Client(CallbackAPIVersion.VERSION2)
    stranger.tls_set()
    with pytest.raises(ssl.SSLError):
        stranger.connect("localhost", int(settings[f"LICS_TLS_{port}_PORT"]))
