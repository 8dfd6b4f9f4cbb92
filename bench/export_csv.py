"""The CSV export of one long run, by a person through a gateway, against COPY of the raw rows by the table's owner.

The gateway is one of the bench's own, so that its memory is the export's. Both sides throw away what they read.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from uuid import uuid4

import httpx
import psutil
import psycopg

from bench.fixtures import make_rigs
from bench.report import Row

FILL = """
insert into public.trial_results (
    company_id, deployment_id, device_id, seq, trial_number, started_at, ended_at, response, reaction_time, correct,
    custom_data, boot_id, content_sha256
)
select
    d.company_id, r.deployment_id, d.device_id, n, n, '2026-03-01T00:00:00.123Z'::timestamptz + n * interval '1 s',
    '2026-03-01T00:00:00.623Z'::timestamptz + n * interval '1 s',
    jsonb_build_object('key', (array['left', 'right', 'space'])[mod(n, 3) + 1], 'rt', mod(n * 13, 1000) / 10.0),
    mod(n * 13, 10000) / 10.0, mod(n, 5) <> 0,
    jsonb_build_object(
        'stimulus', 'image_' || mod(n, 50) || '.png', 'block', n / 100000, 'contrast', round(mod(n, 97) / 97.0, 4),
        'congruent', mod(n, 2) = 0, 'color', (array['red', 'green'])[mod(n, 2) + 1]
    ), 'boot-1', int8send(n)
from generate_series(1, %(rows)s) as n
inner join public.experiment_deployments as r on r.deployment_id = %(deployment)s
inner join public.devices as d on d.device_id = r.device_id
"""


@dataclass
class Figures:
    """What the rounds gave: rows per s, seconds to the first byte, the gateway's largest RSS in MiB."""

    export: list[float] = field(default_factory=list)
    copy: list[float] = field(default_factory=list)
    first_byte_s: list[float] = field(default_factory=list)
    rss_mib: float = 0.0


@contextmanager
def gateway() -> Iterator[tuple[str, int]]:
    """(URL, process id) of a gateway with the stack's settings on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as storage:
        env = {**os.environ, "LICS_GATEWAY_PORT": str(port), "LICS_STORAGE_DIR": storage, "LICS_API_URL": url}
        process = subprocess.Popen([sys.executable, "-m", "gateway"], env=env, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    if httpx.get(url + "/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(20)


def reader(url: str, owner: psycopg.Connection[tuple[object, ...]], deployment_id: str) -> str:
    """The token of a new viewer in the run's company."""
    account = {"email": f"bench{uuid4().hex[:12]}@example.org", "password": uuid4().hex, "email_confirm": True}
    service = {"Authorization": f"Bearer {os.environ['LICS_SERVICE_KEY']}"}
    made = httpx.post(f"{url}/auth/v1/admin/users", json=account, headers=service).raise_for_status().json()
    owner.execute(
        "insert into public.users (user_id, company_id, email, role)"
        " select %s, company_id, %s, 'viewer' from public.experiment_deployments where deployment_id = %s",
        (made["id"], account["email"], deployment_id),
    )
    owner.commit()
    answer = httpx.post(f"{url}/auth/v1/token?grant_type=password", json=account).raise_for_status()
    return str(answer.json()["access_token"])


def download(url: str, token: str, deployment_id: str, pid: int, figures: Figures) -> float:
    """Seconds of one download; notes the time of the first byte and the gateway's memory."""
    process, done = psutil.Process(pid), threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            figures.rss_mib = max(figures.rss_mib, process.memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin, first, size = time.perf_counter(), 0.0, 0
    try:
        path = f"{url}/api/deployments/{deployment_id}/export/csv"
        with httpx.stream("GET", path, headers={"Authorization": f"Bearer {token}"}, timeout=600) as answer:
            answer.raise_for_status()
            for piece in answer.iter_raw():
                first = first or time.perf_counter() - begin
                size += len(piece)
        took = time.perf_counter() - begin
    finally:
        done.set()
        watcher.join()
    figures.first_byte_s.append(first)
    return took


def copy(owner: psycopg.Connection[tuple[object, ...]], deployment_id: str) -> float:
    """Seconds of COPY of the raw rows, read as the gateway reads."""
    begin = time.perf_counter()
    statement = f"copy (select * from public.trial_results where deployment_id = '{deployment_id}') to stdout"  # noqa: S608
    owner.pgconn.exec_(statement.encode())
    while owner.pgconn.get_copy_data(0)[0] > 0:
        pass
    while owner.pgconn.get_result():
        pass
    return time.perf_counter() - begin


def run(rows: int, rounds: int) -> list[Row]:
    """Fill one run, then measure both sides, alternating."""
    figures = Figures()
    with psycopg.connect(os.environ["LICS_DB_URL"]) as owner, gateway() as (url, pid):
        (rig,) = make_rigs(owner, 1)
        owner.execute(FILL, {"rows": rows, "deployment": rig.deployment_id})
        owner.commit()
        owner.autocommit = True
        owner.execute("vacuum analyze public.trial_results")
        token = reader(url, owner, rig.deployment_id)
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            figures.copy.append(rows / copy(owner, rig.deployment_id))
            figures.export.append(rows / download(url, token, rig.deployment_id, pid, figures))
    return [
        Row(f"CSV export of {rows:,} trials (rows per s)", figures.export, "COPY of the raw rows", figures.copy, 1 / 3),
        Row("the same, first byte (ms): allowed", [2000], "measured", [median(figures.first_byte_s) * 1000], 1),
        Row("the same, RSS of the gateway (MiB): allowed", [200], "measured", [figures.rss_mib], 1),
    ]
