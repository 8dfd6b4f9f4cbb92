"""/healthz and /metrics."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

State = Callable[[], dict[str, Any]]


def _commit() -> str | None:
    """LICS_COMMIT, else what git says of the checkout; None: not known."""
    if named := os.environ.get("LICS_COMMIT"):
        return named
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        asked = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None


def _version() -> str:
    try:
        return version("lics")
    except PackageNotFoundError:
        return "unknown"


def application(state: State) -> Starlette:
    """200 while broker and database are there, else 503; the body says which."""
    about = {"version": _version(), "commit": _commit()}

    async def healthz(_: Request) -> Response:
        now = state()
        healthy = bool(now["broker_connected"] and now["database_reachable"])
        return JSONResponse({"ok": healthy, **about, **now}, status_code=200 if healthy else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics)])


class _Server(uvicorn.Server):
    """Signals belong to the application, not to its health page."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


def server(state: State, host: str, port: int) -> uvicorn.Server:
    """A server to be run as a task."""
    config = uvicorn.Config(application(state), host=host, port=port, log_config=None, access_log=False, lifespan="off")
    return _Server(config)
