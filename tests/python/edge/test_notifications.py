"""From an alert to a mail and a webhook, through a real SMTP server and a real HTTP server (lesson 68)."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller

from edge.conftest import Database, Handler, Handlers, Mosquitto, free_port, until

COMPANY = "c0000000-0000-4000-8000-000000000001"
CAMERA = "c0000000-0000-4000-8000-0000000000c1"
ROUTE = "c0000000-0000-4000-8000-000000000"
MAC = "02A1C5AA0001"
WORLD = """
insert into companies (company_id, name) values (%(company)s, 'Gamma') on conflict do nothing;
insert into pilot_programs (company_id, program_id, program_name, start_date)
values (%(company)s, %(company)s, 'P', '2020-01-01') on conflict do nothing;
insert into sites (company_id, site_id, program_id, name, timezone)
values (%(company)s, %(company)s, %(company)s, %(site)s, 'UTC') on conflict do nothing;
insert into devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron)
values (%(company)s, %(camera)s, %(mac)s, 'Kamera ü', 'camera', %(company)s, '0 8 * * *') on conflict do nothing;
insert into private.device_directory (device_mac, company_id, device_id)
values (%(mac)s, %(company)s, %(camera)s) on conflict do nothing;
"""


@dataclass
class Mailbox:
    """Takes mail; `replies` answers the next ones with something else first."""

    mails: list[EmailMessage] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """What the server calls for each mail."""
        if self.replies:
            return self.replies.pop(0)
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a free port."""
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()


@dataclass
class Hook:
    """A web server that keeps what is posted; `replies` are the next statuses."""

    port: int = 0
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Running on a free port."""
    kept = Hook()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep it, answer, and try to send the caller elsewhere where the reply is a redirect."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = kept.replies.pop(0) if kept.replies else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{kept.port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    kept.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def company(database: Database) -> Database:
    """A company with a camera; nothing is told yet."""
    database.connection.execute(
        b"truncate notification_routes, private.notification_secrets, notifications, notification_reads,"
        b" notification_deliveries, notification_attempts, private.wakes, private.mqtt_outbox"
    )
    database.connection.execute(b"delete from device_alerts")
    with psycopg.ClientCursor(database.connection) as cursor:
        cursor.execute(WORLD, {"company": COMPANY, "camera": CAMERA, "mac": MAC, "site": "Bed\r\nBcc: all@x.example"})
    return database


def add_route(database: Database, number: int, channel: str, target: str, secret: str | None = None) -> None:
    """As put_notification_route leaves it; that one is tested in tests/db."""
    route = f"{ROUTE}{number:03d}"
    database.connection.execute(
        "insert into notification_routes (company_id, route_id, name, channel, target) values (%s, %s, 'R', %s, %s)",
        [COMPANY, route, channel, target],
    )
    if secret:
        database.connection.execute(
            "insert into private.notification_secrets (company_id, route_id, secret) values (%s, %s, %s)",
            [COMPANY, route, secret],
        )


def low_battery(broker: Mosquitto, voltage: float = 3.3) -> None:
    """A HELLO of the camera, as it comes from the broker."""
    broker.publish(f"ESP32CAM/{MAC}/status", {"status": "Alive", "pendingImg": 0, "battery_voltage": voltage})


def states(database: Database) -> list[tuple[Any, ...]]:
    """Channel, status, attempts of all deliveries."""
    return database.rows("select channel, status, attempts from notification_deliveries order by created_at, channel")


def attempts(database: Database) -> list[tuple[Any, ...]]:
    """Code and error of all attempts."""
    return database.rows("select response_code, error from notification_attempts order by at, attempt")


def retry_now(database: Database) -> None:
    """Let the back-off be over."""
    database.connection.execute("update notification_deliveries set not_before = now() where status = 'queued'")


def started(handlers: Handlers, broker: Mosquitto, **settings: str) -> Handler:
    """A handler that may call this machine."""
    handler = handlers(broker, **{"LICS_WEBHOOK_PRIVATE": "true", **settings})
    handler.start()
    return handler


def test_an_alert_becomes_a_mail_a_call_and_a_line_in_the_application(
    broker: Mosquitto, company: Database, handlers: Handlers, mailbox: tuple[Mailbox, int], hook: Hook
) -> None:
    box, port = mailbox
    add_route(company, 1, "email", "duty@lab.example")
    add_route(company, 2, "webhook", f"http://127.0.0.1:{hook.port}/in?key=1", "whsec_test")
    handler = started(
        handlers, broker, LICS_SMTP_URL=f"smtp://127.0.0.1:{port}", LICS_SMTP_FROM="lics@lab.example",
        LICS_PUBLIC_URL="https://lics.lab.example/",
    )  # fmt: skip
    low_battery(broker)
    until(lambda: box.mails and hook.calls, "mail and call")
    until(lambda: {row[1] for row in states(company)} == {"delivered"}, "both are noted")
    assert company.rows("select event, severity from notifications") == [("opened", "critical")]

    mail = box.mails[0]
    assert (mail["To"], mail["From"]) == ("duty@lab.example", "lics@lab.example")
    assert mail["Subject"] == "[LICS] critical: Kamera ü, Bed Bcc: all@x.example: the battery is low"
    assert mail["Bcc"] is None
    text = mail.get_content()
    assert "low_battery, critical, opened" in text
    assert "battery voltage: 3.3" in text
    assert "https://lics.lab.example/alerts" in text

    headers, body = hook.calls[0]
    stamp, digest = (part.split("=", 1)[1] for part in headers["x-lics-signature"].split(","))
    assert digest == hmac.new(b"whsec_test", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert abs(int(stamp) - time.time()) < 60
    assert headers["x-lics-event"] == "alert.opened"
    delivered = company.value("select delivery_id::text from notification_deliveries where channel = 'webhook'")
    assert headers["x-lics-delivery"] == delivered
    sent = json.loads(body)
    assert (sent["alert_type"], sent["severity"], sent["device"]) == ("low_battery", "critical", "Kamera ü")
    assert sorted(attempts(company), key=str) == [(204, None), (250, None)]

    low_battery(broker, 4.1)
    until(lambda: len(box.mails) == 2 and len(hook.calls) == 2, "the end is told too")
    assert json.loads(hook.calls[1][1])["event"] == "resolved"
    until(lambda: handler.metric('lics_edge_notifications_total{channel="email",outcome="delivered"}') == 2, "counted")


def test_what_fails_is_tried_again_and_every_answer_is_kept(
    broker: Mosquitto, company: Database, handlers: Handlers, mailbox: tuple[Mailbox, int], hook: Hook
) -> None:
    box, port = mailbox
    box.replies = ["451 later"]
    hook.replies = [503]
    add_route(company, 1, "email", "duty@lab.example")
    add_route(company, 2, "webhook", f"http://127.0.0.1:{hook.port}/", "whsec_test")
    started(handlers, broker, LICS_SMTP_URL=f"smtp://127.0.0.1:{port}")
    low_battery(broker)
    until(lambda: len(attempts(company)) == 2, "both have failed once")
    assert states(company) == [("email", "queued", 1), ("webhook", "queued", 1)]
    assert sorted(row[0] for row in attempts(company)) == [451, 503]
    assert company.value("select count(*) from device_alerts where status = 'open'") == 1
    retry_now(company)
    until(lambda: states(company) == [("email", "delivered", 2), ("webhook", "delivered", 2)], "then not")
    assert len(box.mails) == 1


def test_a_receiver_that_refuses_and_one_that_is_away(
    broker: Mosquitto, company: Database, handlers: Handlers, mailbox: tuple[Mailbox, int], hook: Hook
) -> None:
    box, port = mailbox
    box.replies = ["550 nobody here"]
    hook.replies = [302]
    add_route(company, 1, "email", "duty@lab.example")
    add_route(company, 2, "webhook", f"http://127.0.0.1:{hook.port}/", "whsec_test")
    add_route(company, 3, "webhook", "http://127.0.0.1:1/secret-path", "whsec_test")
    started(handlers, broker, LICS_SMTP_URL=f"smtp://127.0.0.1:{port}")
    low_battery(broker)
    until(lambda: len(attempts(company)) == 3, "three answers")
    assert sorted(states(company)) == [("email", "failed", 1), ("webhook", "queued", 1), ("webhook", "queued", 1)]
    assert sorted(attempts(company), key=str) == [
        (302, "HTTP 302"), (550, "SMTPDataError 550"), (None, "ConnectError"),
    ]  # fmt: skip
    assert len(hook.calls) == 1, "a redirect is not followed"


def test_nothing_inside_is_called_and_a_missing_mail_server_is_said(
    broker: Mosquitto, company: Database, handlers: Handlers, hook: Hook
) -> None:
    add_route(company, 1, "webhook", f"http://127.0.0.1:{hook.port}/", "whsec_test")
    add_route(company, 2, "webhook", f"http://localhost:{hook.port}/", "whsec_test")
    add_route(company, 3, "webhook", "http://169.254.169.254/latest/meta-data/", "whsec_test")
    add_route(company, 4, "email", "duty@lab.example")
    started(handlers, broker, LICS_WEBHOOK_PRIVATE="false")
    low_battery(broker)
    until(lambda: len(attempts(company)) == 4, "four answers")
    assert sorted(states(company)) == [("email", "queued", 1), *[("webhook", "failed", 1)] * 3]
    assert {row[1] for row in attempts(company)} == {
        "LICS_SMTP_URL is not set", "refused: the host is on a private network",
    }  # fmt: skip
    assert hook.calls == []
    assert company.value("select count(*) from device_alerts where status = 'open'") == 1
