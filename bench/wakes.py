"""Full camera wakes (HELLO, metadata, 64 chunks, ACK_OK) through the running stack, against raw pass-through.

Ours: the stack's own broker, handler, database and object store, with accounts and durability as in production; a wake
counts when the camera has its final ACK, which is sent after the photograph is stored. Reference: a broker with the
same persistence, from which one subscriber takes the same messages at QoS 1 and does nothing with them: aiomqtt, the
client library's ceiling, and mosquitto_sub, the C client.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import httpx
import psycopg
import uvloop

from bench import camera_load
from bench.broker import broker
from bench.load import Broker
from bench.report import Row

PASSWORD = secrets.token_hex(16)
CONNECTIONS = 8
"""Of the pass-through; a camera of ours has a connection and an account of its own."""
AWAKE = 64
"""Cameras awake at a time."""
LIMIT_S = 300.0
FILL = """
with company as (
    insert into public.companies (name) values ('Bench wakes ' || clock_timestamp()) returning company_id
), program as (
    insert into public.pilot_programs (company_id, program_name, start_date)
    select company_id, 'Bench', '2020-01-01' from company returning company_id, program_id
), site as (
    insert into public.sites (company_id, program_id, name, timezone)
    select p.company_id, p.program_id, 'Bench site ' || n, 'Europe/Berlin'
    from program as p, generate_series(1, 20) as n
    returning company_id, site_id, name
), camera as (
    insert into public.devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at)
    select
        s.company_id, '0E' || upper(substr(md5(s.site_id::text || n), 1, 10)), s.name || ' camera ' || n, 'camera',
        s.site_id, '0 * * * *', now() - interval '2 days'
    from site as s, generate_series(1, %(cameras)s / 20) as n
    returning company_id, device_id, device_mac
), known as (
    insert into private.device_directory (device_mac, company_id, device_id)
    select device_mac, company_id, device_id from camera
    returning company_id, device_mac
)
select company_id::text, array_agg(device_mac) from known group by company_id
"""
# One hash for all: making 400 of them is not what is measured.
ACCOUNTS = """
insert into private.credentials (username, company_id, device_id, kind, password_hash)
select private.camera_username(d.device_mac), d.company_id, d.device_id, 'camera', h.hash
from public.devices as d, (select private.mosquitto_hash(%(password)s) as hash) as h
where d.company_id = %(company)s
"""
FORGET = """
delete from private.image_chunks where company_id = %(company)s;
delete from private.image_transfers where company_id = %(company)s;
update private.credentials set revoked_at = now() where company_id = %(company)s and revoked_at is null;
update public.devices set archived_at = now() where company_id = %(company)s;
select private.bump_broker_generation();
"""


def make_cameras(connection: psycopg.Connection[tuple[object, ...]], cameras: int) -> tuple[str, list[str], Broker]:
    """A company of cameras whose days are open, with an account each; the company, the MACs, where to publish."""
    made = connection.execute(FILL, {"cameras": cameras}).fetchone()
    assert made is not None
    company, macs = str(made[0]), made[1]
    assert isinstance(macs, list)
    connection.execute("select public.fn_midnight_session_opener_all()")
    connection.execute(ACCOUNTS, {"company": company, "password": PASSWORD})
    connection.execute("select private.bump_broker_generation()")
    connection.commit()
    return company, macs, Broker(os.environ["LICS_MQTT_HOST"], int(os.environ["LICS_MQTT_PORT"]), macs[0], PASSWORD)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.2)


def account_works(at: Broker, mac: str) -> bool:
    """Whether the broker has read the account and what it may subscribe to."""

    async def attempt() -> bool:
        try:
            await camera_load.connect(camera_load.cameras(at, [mac], 0, 1))
        except (ConnectionError, asyncio.IncompleteReadError):
            return False
        return True

    return asyncio.run(attempt())


def wakes_per_s(at: Broker, macs: Sequence[str], number: int) -> float:
    """Our stack."""

    async def measure() -> float:
        those = camera_load.cameras(at, macs, number, AWAKE)
        await camera_load.connect(those)
        begin = time.perf_counter()
        await camera_load.play(those, LIMIT_S)
        return time.perf_counter() - begin

    return len(macs) / uvloop.run(measure())


def passed_through_per_s(at: Broker, macs: Sequence[str], number: int, subscriber: Sequence[str]) -> float:
    """The same messages, not waited for, to a subscriber that ends when it has them all."""
    total = len(macs) * camera_load.MESSAGES
    process = subprocess.Popen(
        [*subscriber, str(total)], stdout=subprocess.PIPE, env=os.environ | {"LICS_EDGE_MQTT_PASSWORD": at.password}
    )
    assert process.stdout is not None
    if "bench.reference.noop_subscriber" in subscriber:
        if process.stdout.readline().strip() != b"ready":
            raise RuntimeError("the subscriber did not start")
    else:
        time.sleep(1)

    async def measure() -> float:
        those = camera_load.pourers(at, macs, number, CONNECTIONS)
        await camera_load.connect(those)
        begin = time.perf_counter()
        waiting = asyncio.to_thread(process.communicate)
        await asyncio.gather(camera_load.play(those, LIMIT_S), waiting)
        return time.perf_counter() - begin

    seconds = uvloop.run(measure())
    if process.returncode:
        raise RuntimeError(f"the subscriber ended with {process.returncode}")
    return len(macs) / seconds


def run(cameras: int, rounds: int) -> list[Row]:
    """One wake of each camera a round, ours and both references one after the other."""
    health = f"http://127.0.0.1:{os.environ['LICS_EDGE_PORT']}/healthz"
    httpx.get(health, timeout=5).raise_for_status()
    ours: list[float] = []
    aiomqtt: list[float] = []
    mosquitto: list[float] = []
    with psycopg.connect(os.environ["LICS_DB_URL"]) as connection, broker() as raw:
        for number in range(1, rounds + 1):
            print(f"  round {number} of {rounds}", file=sys.stderr, flush=True)
            company, macs, at = make_cameras(connection, cameras)
            try:
                wait_for(lambda at=at, macs=macs: account_works(at, macs[0]), "the broker does not know the account")  # type: ignore[misc]
                ours.append(wakes_per_s(at, macs, number))
                stored = connection.execute(
                    "select count(*) from public.device_images where company_id = %s and status = 'complete'",
                    (company,),
                ).fetchone()
                connection.commit()
                if stored is None or stored[0] != len(macs):
                    raise RuntimeError(f"{stored} stored of {len(macs)}")
            finally:
                connection.rollback()
                for statement in FORGET.strip().split(";\n"):
                    connection.execute(statement.encode(), {"company": company})
                connection.commit()
            where = ("--host", raw.host, "--port", str(raw.port), "--username", raw.username)
            noop = (
                sys.executable,
                "-m",
                "bench.reference.noop_subscriber",
                *where,
                "--topic",
                "ESP32CAM/+/+",
                "--count",
            )
            aiomqtt.append(passed_through_per_s(raw, macs, number, noop))
            plain = (
                "mosquitto_sub",
                "-h",
                raw.host,
                "-p",
                str(raw.port),
                "-q",
                "1",
                "-t",
                "ESP32CAM/+/+",
                "-F",
                ".",
                "-C",
            )
            mosquitto.append(passed_through_per_s(raw, macs, number, plain))
            print(f"  {ours[-1]:.0f}, {aiomqtt[-1]:.0f}, {mosquitto[-1]:.0f} wakes/s", file=sys.stderr, flush=True)
    what = "full camera wakes, HELLO to final ACK, 64 chunks (per s)"
    return [
        Row(what, ours, "pass-through to aiomqtt", aiomqtt, bar=0.5),
        Row(what, ours, "pass-through to mosquitto_sub", mosquitto, bar=0.5),
    ]
