"""Delivers what SQL decided to tell of alerts, by e-mail and webhook: at least once, each attempt noted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import time
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import httpx
import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict

from edge_functions import metrics
from edge_functions.database import Database
from edge_functions.service import Service
from edge_functions.settings import Settings

LIMIT = 50
LEASE = timedelta(seconds=60)
WITHIN_S = 15.0
"""One attempt, all in all; shorter than the lease: two deliverers never send the same at a time."""


class RefusedError(Exception):
    """The target must not be called; trying again will not help."""


class Payload(BaseModel):
    """The alert as it was when somebody was to be told; sent whole to webhooks."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event: Literal["opened", "escalated", "resolved"]
    at: AwareDatetime
    alert_id: UUID
    alert_type: str
    severity: str
    title: str
    message: str
    company: str
    device: str | None = None
    site: str | None = None
    occurrence_count: int
    first_seen_at: AwareDatetime
    details: dict[str, Any]


class Delivery(BaseModel):
    """A row of claim_deliveries."""

    model_config = ConfigDict(frozen=True)

    company_id: UUID
    delivery_id: UUID
    channel: Literal["email", "webhook"]
    target: str
    secret: str | None
    attempt: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `code`: HTTP status or SMTP reply. No error: the receiver has taken it."""

    code: int | None = None
    error: str | None = None


def signature(secret: str, at: int, body: bytes) -> str:
    """``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``: the receiver checks it, and that t is not old."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def letter(delivery: Delivery, sender: str, site_url: str) -> EmailMessage:
    """Plain text. A line break in a name cannot begin another header."""
    alert = delivery.payload
    message = EmailMessage()
    message["Subject"] = " ".join(f"[LICS] {alert.title}".split())[:200]
    message["From"] = sender
    message["To"] = delivery.target
    message["Date"] = formatdate(usegmt=True)
    # The same at every attempt: a mail program shows a double once.
    message["Message-ID"] = f"<{delivery.delivery_id}@lics.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    rows = {
        "What": f"{alert.alert_type}, {alert.severity}, {alert.event}", "Company": alert.company, "Site": alert.site,
        "Device": alert.device, "When": f"{alert.at:%Y-%m-%d %H:%M:%S} UTC",
        "Since": f"{alert.first_seen_at:%Y-%m-%d %H:%M:%S} UTC", "How often": alert.occurrence_count,
        **{name.replace("_", " "): value for name, value in alert.details.items()},
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in rows.items() if value is not None]
    message.set_content("\n".join([alert.message, "", *lines, "", f"{site_url.rstrip('/')}/alerts", ""]))
    return message


async def refuse_inner_hosts(url: str) -> None:
    """Raise where a host leads into our own network. The name is looked up again for the call itself, so a name server
    that changes its mind in between is not held off: production also has a firewall (docs/ALERTS.md)."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedError("not http or https")
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            raise RefusedError("the host is on a private network")


class Notifications(Service):
    """claim_deliveries → send → finish_deliveries. What fails here touches no alert."""

    name = "notifications"
    period_s = 1.0

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database)
        self._settings = settings
        self._http = httpx.AsyncClient(timeout=10, follow_redirects=False, trust_env=False)

    async def round(self) -> bool:
        """One claim, all its deliveries side by side."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select company_id, delivery_id, channel, target, secret, attempt, payload"
                " from private.claim_deliveries(%s, %s)",
                (LIMIT, LEASE),
                prepare=True,
            )
            rows = await cursor.fetchall()
        if not rows:
            return False
        deliveries = [Delivery(**dict(zip(Delivery.model_fields, row, strict=True))) for row in rows]
        outcomes = await asyncio.gather(*map(self.deliver, deliveries))
        items = [
            {
                "company_id": delivery.company_id, "delivery_id": delivery.delivery_id, "attempt": delivery.attempt,
                "response_code": outcome.code, "error": outcome.error,
            }
            for delivery, outcome in zip(deliveries, outcomes, strict=True)
        ]  # fmt: skip
        async with self.database.transaction() as connection:
            await connection.execute(
                "select private.finish_deliveries(%s::jsonb)", (orjson.dumps(items).decode(),), prepare=True
            )
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            metrics.notifications.labels(delivery.channel, "failed" if outcome.error else "delivered").inc()
        return True

    async def deliver(self, delivery: Delivery) -> Outcome:
        """One attempt; never raises. Errors name no address: a webhook's URL often is its secret."""
        send = self._mail if delivery.channel == "email" else self._call
        try:
            async with asyncio.timeout(WITHIN_S):
                return await send(delivery)
        except RefusedError as error:
            return Outcome(error=f"refused: {error}")
        except aiosmtplib.SMTPResponseException as error:
            return Outcome(error.code, f"{type(error).__name__} {error.code}")
        except aiosmtplib.SMTPRecipientsRefused as error:
            return Outcome(error.recipients[0].code, "the recipient is refused")
        except Exception as error:  # a receiver may fail in any way; the next delivery goes on
            return Outcome(error=type(error).__name__)

    async def _mail(self, delivery: Delivery) -> Outcome:
        settings = self._settings
        if settings.smtp_url is None:
            return Outcome(error="LICS_SMTP_URL is not set")
        url = urlsplit(settings.smtp_url.get_secret_value())
        tls = url.scheme == "smtps"
        async with aiosmtplib.SMTP(
            hostname=url.hostname or "127.0.0.1", port=url.port or (465 if tls else 587), timeout=10,
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=tls, start_tls={"smtps": False, "smtp+starttls": True}.get(url.scheme),
        ) as smtp:  # fmt: skip
            await smtp.send_message(letter(delivery, settings.smtp_from, settings.public_url or settings.api_url))
        return Outcome(250)

    async def _call(self, delivery: Delivery) -> Outcome:
        if not self._settings.webhook_private:
            await refuse_inner_hosts(delivery.target)
        body = orjson.dumps(delivery.payload.model_dump(mode="json"))
        headers = {
            "Content-Type": "application/json", "User-Agent": "LICS", "X-LICS-Delivery": str(delivery.delivery_id),
            "X-LICS-Event": f"alert.{delivery.payload.event}",
        }  # fmt: skip
        if delivery.secret:
            headers["X-LICS-Signature"] = signature(delivery.secret, int(time.time()), body)
        # The answer's body is nobody's business: it is not read.
        async with self._http.stream("POST", delivery.target, content=body, headers=headers) as response:
            code = response.status_code
        return Outcome(code, None if 200 <= code < 300 else f"HTTP {code}")
