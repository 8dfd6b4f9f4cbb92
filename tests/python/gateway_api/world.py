"""A gateway process over a database, two companies with people: what the tests of the gateway stand on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg

ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse 7"  # noqa: S105 - of accounts that live as long as a test


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Gateway:
    """`python -m gateway` as a process of its own, on a port of its own."""

    def __init__(self, settings: Mapping[str, str], **more: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.storage = Path(tempfile.mkdtemp(prefix="lics-storage-"))
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LICS_")},
            **settings,
            "LICS_GATEWAY_PORT": str(self.port),
            "LICS_API_URL": self.url,
            "LICS_STORAGE_DIR": str(self.storage),
            "LICS_REALTIME_JOIN_ERROR_DELAY_S": "0.05",
            "PYTHONPATH": str(ROOT),
            **more,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.log = Path(tempfile.mkstemp(prefix="lics-gateway-", suffix=".log")[1])

    def start(self, *, healthy: bool = True) -> None:
        """Starts it and waits until it answers (and is healthy)."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "gateway"], env=self._env, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                if httpx.get(self.url + "/healthz").status_code == 200 or not healthy:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"the gateway did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None

    def remove(self) -> None:
        """Ends it and deletes what it stored."""
        self.stop()
        shutil.rmtree(self.storage, ignore_errors=True)
        self.log.unlink(missing_ok=True)


@dataclass(frozen=True)
class Person:
    """An account."""

    user_id: UUID
    company_id: UUID
    email: str
    password: str = PASSWORD


class World:
    """Everything a test needs."""

    def __init__(self, settings: dict[str, str], gateway: Gateway) -> None:
        self.settings = settings
        self.gateway = gateway
        self.url = gateway.url
        self.secret = settings["LICS_JWT_SECRET"]
        self.anon_key = self.key("anon")
        self.service_key = self.key("service_role")
        self.company_a, self.company_b = self.company("a"), self.company("b")
        self.member_a = self.person(self.company_a)
        self.member_b = self.person(self.company_b)
        self.super_a = self.person(self.company_a, is_super_admin=True)

    def key(self, role: str, ttl_s: int = 3600) -> str:
        """A legacy key."""
        now = int(time.time())
        return jwt.encode(
            {"role": role, "iss": "supabase", "iat": now, "exp": now + ttl_s}, self.secret, algorithm="HS256"
        )

    def sql(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """Runs a statement as the owner."""
        with psycopg.connect(self.settings["LICS_DB_URL"], autocommit=True) as conn:
            cursor = conn.execute(query.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def company(self, name: str) -> UUID:
        """A new company."""
        found: UUID = self.sql(
            "insert into public.companies (name) values (%s) returning company_id", f"gateway {name}"
        )[0][0]
        return found

    def account(self, **fields: Any) -> dict[str, Any]:
        """A new account in auth only, made with the service key."""
        body = {"email": f"p{uuid4().hex[:12]}@example.org", "password": PASSWORD, "email_confirm": True, **fields}
        answer = httpx.post(
            f"{self.url}/auth/v1/admin/users", json=body, headers={"Authorization": f"Bearer {self.service_key}"}
        )
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    def person(self, company_id: UUID, *, is_super_admin: bool = False) -> Person:
        """A new member of a company."""
        made = self.account()
        self.sql(
            "insert into public.users (user_id, company_id, email, role, is_super_admin)"
            " values (%s, %s, %s, 'member', %s)",
            made["id"],
            company_id,
            made["email"],
            is_super_admin,
        )
        return Person(UUID(made["id"]), company_id, made["email"])

    def sign_in(self, person: Person) -> dict[str, Any]:
        """A session, by plain HTTP."""
        answer = httpx.post(
            f"{self.url}/auth/v1/token?grant_type=password", json={"email": person.email, "password": person.password}
        )
        answer.raise_for_status()
        session: dict[str, Any] = answer.json()
        return session

    def forget_images(self) -> None:
        """Removes what was stored: the bytes go with this gateway, no row may stay behind in a stack's database."""
        names = self.sql(
            "select name from storage.objects where bucket_id = 'images' and starts_with(name, %s)", str(self.company_a)
        )
        if names:
            httpx.request(
                "DELETE",
                f"{self.url}/storage/v1/object/images",
                json={"prefixes": [name for (name,) in names]},
                headers={"Authorization": f"Bearer {self.service_key}"},
            ).raise_for_status()

    def send(self, topic: str, event: str, payload: str = "{}") -> None:
        """A broadcast from the database, as the product's triggers send it."""
        self.sql("select realtime.send(%s::jsonb, %s, %s, true)", payload, event, topic)
