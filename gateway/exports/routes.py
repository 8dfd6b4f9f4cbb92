"""GET /api/deployments/{id}/export/…"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import psycopg
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.api.answers import person
from gateway.context import context
from gateway.exports.files import Export
from gateway.exports.options import deployment_of, options_of
from gateway.exports.snapshot import snapshot

log = structlog.get_logger("gateway.exports")


class Download(StreamingResponse):
    """A stream that frees its snapshot however it ends. After an error in mid-stream the response is left unfinished:
    the server then closes the connection without the last chunk, and no client takes a part for the whole."""

    def __init__(self, body: AsyncIterator[bytes], stack: AsyncExitStack, name: str, media_type: str) -> None:
        super().__init__(
            body,
            media_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._stack:
                await super().__call__(scope, receive, send)
        except psycopg.Error as error:
            # without its text, which may quote a trial
            log.warning("export aborted", path=scope["path"], error=type(error).__name__, sqlstate=error.sqlstate)


async def _download(
    request: Request, file: Callable[[Export], AsyncIterator[bytes]], suffix: str, media_type: str
) -> Response:
    caller, deployment_id, options = person(request), deployment_of(request), options_of(request)
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(snapshot(context(request).db.url, caller))
        export = Export(seen, deployment_id, options)
        stem = await export.begin()
        return Download(file(export), stack.pop_all(), stem + suffix, media_type)


async def csv(request: Request) -> Response:
    """The rows as CSV."""
    return await _download(request, Export.csv, ".csv", "text/csv; charset=utf-8; header=present")


async def jsonl(request: Request) -> Response:
    """The rows as JSON Lines."""
    return await _download(request, Export.jsonl, ".jsonl", "application/x-ndjson; charset=utf-8")


def routes() -> list[Route]:
    """Below /api."""
    export = "/deployments/{deployment_id}/export"
    return [
        Route(f"{export}/csv", csv, methods=["GET"]),
        Route(f"{export}/jsonl", jsonl, methods=["GET"]),
    ]
