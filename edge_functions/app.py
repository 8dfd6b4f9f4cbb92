"""Puts the parts together and takes them down in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from typing import Any

import structlog

from edge_functions import health, metrics, routes
from edge_functions.batcher import Batcher
from edge_functions.broker_accounts import BrokerAccounts
from edge_functions.compiler import Compiler
from edge_functions.database import Database
from edge_functions.due import Due
from edge_functions.images import Images
from edge_functions.models.items import Kind
from edge_functions.mqtt import Broker
from edge_functions.notifications import Notifications
from edge_functions.outbox import Outbox
from edge_functions.service import Service
from edge_functions.settings import Settings

log = structlog.get_logger(__name__)


def configure_logs() -> None:
    """JSON lines on stderr. Payloads and tokens are never logged."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class App:
    """One handler process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._databases: list[Database] = []
        self.batcher = Batcher(settings, self._database("batcher", by_key=True), self._committed)
        self.broker = Broker(settings, routes.filters(), self.batcher.receive)
        self.batcher.broker = self.broker
        # Lost: claimed and published again, which devices must bear anyway.
        self._outbox = Outbox(self._database("outbox", durable=False, by_key=True), self.broker)
        self._images = Images(
            self._database("images", by_key=True),
            settings.api_url,
            settings.service_key.get_secret_value(),
            self._outbox.wake,
        )
        self._due = Due(self._database("due"))
        notifications = Notifications(self._database("notifications"), settings)
        self._services: list[Service] = [self._outbox, self._images, self._due, notifications]
        if settings.psychopy_python is not None:
            self._services.append(Compiler(self._database("compiler"), settings.psychopy_python))
        if settings.broker_dir is not None:
            self._services.append(
                BrokerAccounts(
                    self._database("accounts"), settings.broker_dir, settings.edge_mqtt_user, settings.mqtt_enrol_user
                )
            )

    def _database(self, service: str, *, durable: bool = True, by_key: bool = False) -> Database:
        url = self._settings.edge_db_url.get_secret_value()
        database = Database(url, f"{self._settings.client_id} {service}", durable=durable, by_key=by_key)
        self._databases.append(database)
        return database

    def _committed(self, kinds: set[Kind]) -> None:
        self._outbox.wake()
        if Kind.CHUNK in kinds or Kind.METADATA in kinds:
            self._images.wake()

    def state(self) -> dict[str, Any]:
        """What /healthz shows."""
        return {
            "client_id": self._settings.client_id,
            "broker_connected": self.broker.connected,
            "database_reachable": self._due.database.reachable,
            "unacked_messages": self.batcher.unacked,
            "oldest_unacked_s": round(self.batcher.oldest_unacked_s, 3),
            "outbox_pending": int(metrics.outbox_pending._value.get()),
        }

    async def run(self) -> None:
        """Until SIGTERM or SIGINT: finish the batch, acknowledge, disconnect and leave the session with the broker."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        server = health.server(self.state, self._settings.edge_host, self._settings.edge_port)
        try:
            async with asyncio.TaskGroup() as group:
                storing = group.create_task(self.batcher.run())
                others = [group.create_task(service.run()) for service in self._services]
                others.append(group.create_task(self.broker.run()))
                serving = group.create_task(server.serve())
                await stop.wait()
                log.info("stopping")
                self.batcher.stop()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(storing), 10)
                for task in (*others, storing):
                    task.cancel()
                server.should_exit = True
                await serving
        finally:
            for database in self._databases:
                await database.close()
