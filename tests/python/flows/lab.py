"""A company of our own on the stack under test: a site, cameras that nobody else uses, people, broker accounts."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
from psycopg.rows import dict_row
from pydantic_settings import BaseSettings, SettingsConfigDict

LIMIT_S = 15.0
"""How long a test waits for what must happen, on a busy machine."""

T = TypeVar("T")
Row = dict[str, Any]


class Stack(BaseSettings):
    """The running stack's settings: `lics test`, or `lics run -- pytest …`."""

    model_config = SettingsConfigDict(env_prefix="LICS_", extra="ignore")

    home: Path
    api_url: str
    anon_key: str
    db_url: str
    mqtt_host: str
    mqtt_port: int
    mqtt_enrol_port: int
    mqtt_enrol_user: str
    mqtt_enrol_password: str
    edge_mqtt_user: str


@dataclass(frozen=True)
class Account:
    """A user of the broker."""

    user: str
    password: str


async def until(condition: Callable[[], Awaitable[T | None]], what: str, limit_s: float = LIMIT_S) -> T:
    """Wait until the condition answers something true, and answer that."""
    deadline = time.monotonic() + limit_s
    while True:
        if found := await condition():
            return found
        assert time.monotonic() < deadline, f"did not happen within {limit_s:.0f} s: {what}"
        await asyncio.sleep(0.02)


class Database:
    """The owner's view, one statement a transaction; a connection that broke is made again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Row] | None = None

    async def rows(self, query: str, *args: Any) -> list[Row]:
        """What a statement answers, as rows by name."""
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, row_factory=dict_row)
        cursor = await self._connection.execute(query.encode(), args)
        return await cursor.fetchall() if cursor.description else []

    async def one(self, query: str, *args: Any) -> Row:
        """The only row."""
        found = await self.rows(query, *args)
        assert len(found) == 1, f"{len(found)} rows: {query}"
        return found[0]

    async def value(self, query: str, *args: Any) -> Any:
        """The only value."""
        return next(iter((await self.one(query, *args)).values()))

    async def close(self) -> None:
        """End the session."""
        if self._connection is not None:
            await self._connection.close()


class Lab:
    """The company, made once a test run; every call of `new_mac` is another camera."""

    schedule = "0 * * * *"

    def __init__(self, stack: Stack, cameras: int) -> None:
        run = secrets.token_hex(3).upper()
        self.stack = stack
        self.email, self.password = f"super-{run.lower()}@wire.example", secrets.token_hex(8)
        self._macs = [f"02{run}{number:04X}" for number in range(cameras)]
        self._strangers = (f"06{run}{number:04X}" for number in range(0x10000))
        with psycopg.connect(stack.db_url, autocommit=True, row_factory=dict_row) as db:
            made = db.execute(_COMPANY, {"run": run, "macs": self._macs, "cron": self.schedule}).fetchone()
            assert made is not None
            self.company_id, self.program_id, self.site_id = made["company_id"], made["program_id"], made["site_id"]
            fleet = db.execute("select private.create_fleet_account(%s) as password", [self.company_id]).fetchone()
            assert fleet is not None
            self.fleet = Account(f"fleet-{self.company_id}", fleet["password"])
            who = {"company_id": self.company_id, "email": self.email, "password": self.password}
            db.execute(_PERSON, who)

    def new_mac(self) -> str:
        """A camera of the site that no test has used."""
        return self._macs.pop()

    def unknown_mac(self) -> str:
        """A MAC that the server has never seen."""
        return next(self._strangers)

    def remove(self) -> None:
        """Nobody may use the account any more; the rows stay, as history does."""
        with psycopg.connect(self.stack.db_url) as db:
            db.execute("update private.credentials set revoked_at = now() where company_id = %s", [self.company_id])
            db.execute("update public.devices set archived_at = now() where company_id = %s", [self.company_id])
            db.execute("select private.bump_broker_generation()")


class Person:
    """The public API as the company's super admin."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def sign_in(self, lab: Lab) -> None:
        """With email and password."""
        answer = await self._client.post(
            "/auth/v1/token",
            params={"grant_type": "password"},
            json={"email": lab.email, "password": lab.password},
        )
        assert answer.status_code == 200, answer.text
        self._client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def rows(self, query: str) -> list[Row]:
        """What PostgREST shows."""
        answer = await self._client.get(f"/rest/v1/{query}")
        assert answer.status_code == 200, answer.text
        found: list[Row] = answer.json()
        return found

    async def call(self, function: str, **arguments: Any) -> Any:
        """One RPC."""
        return await self.post(f"/rest/v1/rpc/{function}", arguments)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """JSON in, JSON out."""
        answer = await self._client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


_COMPANY = """
with company as (
    insert into public.companies (name) values ('Wire tests ' || %(run)s) returning company_id
), program as (
    insert into public.pilot_programs (company_id, program_name, program_type, start_date)
    select company_id, 'On the wire', 'experimental', '2026-01-01' from company
    returning company_id, program_id
), site as (
    insert into public.sites (company_id, program_id, name, timezone)
    select company_id, program_id, 'Wire bench', 'Etc/UTC' from program
    returning company_id, program_id, site_id
), device as (
    insert into public.devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at)
    select s.company_id, m.mac, 'Camera ' || m.mac, 'camera', s.site_id, %(cron)s, now()
    from site as s cross join unnest(%(macs)s::text[]) as m (mac)
    returning company_id, device_id, device_mac
), entry as (
    insert into private.device_directory (device_mac, company_id, device_id)
    select device_mac, company_id, device_id from device
)
select company_id, program_id, site_id from site
"""

_PERSON = """
with account as (
    insert into auth.users (
        instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
        raw_user_meta_data, created_at, updated_at, confirmation_token, recovery_token, email_change_token_new,
        email_change)
    values (
        '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', %(email)s,
        extensions.crypt(%(password)s, extensions.gen_salt('bf', 4)), now(), '{"provider": "email"}',
        '{}', now(), now(), '', '', '', '')
    returning id, email
), identity as (
    insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
    select id::text, id, jsonb_build_object('sub', id, 'email', email), 'email', now(), now(), now() from account
)
insert into public.users (user_id, company_id, email, full_name, role, is_super_admin)
select id, %(company_id)s, email, 'Wire Super', 'admin', true from account
"""
