"""Is each process ready to be used? One question a process, answered quickly."""

import time
from collections.abc import Callable, Mapping

import httpx
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from lics.stack.database import superuser_url

TRY_S = 2.0
"""How long one question may take."""

PAUSE_S = 0.1

Answer = str | None
"""None when healthy, else what is wrong."""


def check(name: str, settings: Mapping[str, str]) -> Answer:
    """Ask one process. `demo` is a client like any other: it has nothing to ask."""
    question = _QUESTIONS.get(name)
    if question is None:
        return None
    try:
        return question(settings)
    except (OSError, psycopg.Error, httpx.HTTPError) as error:
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def wait(name: str, settings: Mapping[str, str], limit_s: float) -> Answer:
    """Ask until the process is healthy or the limit is over; the last answer."""
    deadline = time.monotonic() + limit_s
    while (answer := check(name, settings)) is not None and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
    return answer


def _postgres(settings: Mapping[str, str]) -> Answer:
    with psycopg.connect(superuser_url(settings, "postgres"), connect_timeout=2) as connection:
        row = connection.execute("select pg_is_in_recovery()").fetchone()
    # after a restore it reads before it may write
    return "replays its WAL" if row == (True,) else None


def _broker(port: str, account: str) -> Callable[[Mapping[str, str]], Answer]:
    def ask(settings: Mapping[str, str]) -> Answer:
        user, password = settings[f"{account}_USER"], settings[f"{account}_PASSWORD"]
        return _sign_in(settings["LICS_MQTT_HOST"], int(settings[port]), user, password)

    return ask


def _sign_in(host: str, port: int, user: str, password: str) -> Answer:
    """Sign in as a client does: the answer also proves the password file."""
    codes: list[ReasonCode] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(user, password)
    client.on_connect = lambda _client, _data, _flags, code, _properties: codes.append(code)
    client.connect_timeout = TRY_S
    client.connect(host, port)
    deadline = time.monotonic() + TRY_S
    while not codes and time.monotonic() < deadline:
        client.loop(timeout=0.1)
    client.disconnect()
    if not codes:
        return "no answer"
    return str(codes[0]) if codes[0].is_failure else None


def _http(port: str, path: str) -> Callable[[Mapping[str, str]], Answer]:
    def ask(settings: Mapping[str, str]) -> Answer:
        # no proxy of the machine between us and ourselves; plain http needs no certificates, which are slow to load
        with httpx.Client(trust_env=False, verify=False, timeout=TRY_S) as client:  # noqa: S501
            answer = client.get(f"http://127.0.0.1:{settings[port]}{path}")
        return None if answer.is_success else f"{path} answers {answer.status_code}"

    return ask


_QUESTIONS: dict[str, Callable[[Mapping[str, str]], Answer]] = {
    "postgres": _postgres,
    "mosquitto": _broker("LICS_MQTT_PORT", "LICS_EDGE_MQTT"),
    "enrol": _broker("LICS_MQTT_ENROL_PORT", "LICS_MQTT_ENROL"),
    "postgrest": _http("LICS_REST_ADMIN_PORT", "/ready"),
    "gateway": _http("LICS_GATEWAY_PORT", "/healthz"),
    "edge": _http("LICS_EDGE_PORT", "/healthz"),
    # through the front door to PostgREST
    "nginx": _http("LICS_HTTP_PORT", "/rest/v1/"),
}
