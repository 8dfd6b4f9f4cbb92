"""Every screen's first query through the API, in a large company against a small one.

Rollups and keyset paging are to make both cost the same: the bar is twice the time of 100 devices and 10,000 payloads.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median

import httpx
import jwt

from bench.fill_screens import Company, fill, forget
from bench.report import Row
from lics.stack import envfile
from lics.stack.database import superuser_url

SMALL = (100, 10_000)
QUERIES = {
    "1 today": "/rest/v1/rpc/today",
    "2 site day": "/rest/v1/rpc/site_day?p_site_id={site}",
    "3 device: trend": "/rest/v1/rpc/device_trend?p_device_id={device}",
    "3 device: row": "/rest/v1/devices?select=*,state&device_id=eq.{device}",
    "3 device: page": "/rest/v1/rpc/device_page?p_device_id={device}",
    "4 devices": "/rest/v1/rpc/devices_page",
    "4 devices: view": "/rest/v1/device_states?order=name,device_id&limit=50",
    "5 alerts": "/rest/v1/device_alerts?status=neq.resolved&order=last_seen_at.desc,alert_id&limit=50",
    "6 experiments": "/rest/v1/experiments?select=experiment_id,name&order=name&limit=50",
    "7 deployments": "/rest/v1/experiment_deployments?order=deployed_at.desc&limit=50",
    "9 site summary": "/rest/v1/rpc/site_daily_summary?p_site_id={site}",
    "9 company trend": "/rest/v1/rpc/company_trend",
    "9 programs compared": "/rest/v1/rpc/program_comparison",
}


def client_of(company: Company) -> httpx.Client:
    """An HTTP client that is the company's admin."""
    now = int(time.time())
    claims = {"role": "authenticated", "sub": company.user_id, "iat": now, "exp": now + 3600}
    token = jwt.encode(claims, os.environ["LICS_JWT_SECRET"], algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}", "apikey": os.environ["LICS_ANON_KEY"]}
    return httpx.Client(base_url=os.environ["LICS_API_URL"], headers=headers, timeout=60)


def measure(small: Company, large: Company, repeats: int) -> list[Row]:
    """Requests per second of each query, alternating between the companies so that both see the same machine."""
    companies = (large, small)
    clients = [client_of(company) for company in companies]
    rows = []
    for name, path in QUERIES.items():
        rates: tuple[list[float], list[float]] = ([], [])
        for repeat in range(repeats + 3):
            for rate, client, company in zip(rates, clients, companies, strict=True):
                begin = time.perf_counter()
                answer = client.get(path.format(site=company.site_id, device=company.device_id))
                seconds = time.perf_counter() - begin
                answer.raise_for_status()
                # The first ones fill caches of plans and pages.
                if repeat >= 3:
                    rate.append(1 / seconds)
        print(f"  {name}: {1000 / median(rates[0]):.1f} ms, {1000 / median(rates[1]):.1f} ms", file=sys.stderr)
        what = f"screen {name}, {large.devices:,} devices, {large.payloads:,} payloads (requests/s)"
        rows.append(Row(what, rates[0], f"{small.devices:,} devices, {small.payloads:,} payloads", rates[1], 0.5))
    return rows


def run(devices: int, payloads: int, repeats: int = 30) -> list[Row]:
    """Fill two companies, measure, delete them."""
    # no process of the stack is given the superuser's password
    url = superuser_url(envfile.read(Path(os.environ["LICS_HOME"]) / "env"))
    made = []
    try:
        for size in (SMALL, (devices, payloads)):
            made.append(fill(url, *size))
        return measure(made[0], made[1], repeats)
    finally:
        for company in made:
            forget(url, company)
