"""One log line and one measurement a request. Never the query string: tokens and keys travel there."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics import REQUESTS, SECONDS

log = structlog.get_logger("gateway.access")
_PARTS = {
    "auth": "auth",
    "storage": "storage",
    "realtime": "realtime",
    "api": "api",
    "healthz": "health",
    "metrics": "health",
}


class AccessLog:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and notes its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        path = scope["path"]
        try:
            await self._app(scope, receive, note)
        finally:
            took = time.perf_counter() - started
            part = _PARTS.get(path.split("/", 2)[1] if path.startswith("/") else "", "other")
            REQUESTS.labels(part, scope["method"], str(status)).inc()
            SECONDS.labels(part).observe(took)
            if part != "health":
                log.info("request", method=scope["method"], path=path[:300], status=status, ms=round(took * 1000, 1))
