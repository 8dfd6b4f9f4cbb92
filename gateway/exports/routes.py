"""GET /api/deployments/{id}/export/…"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psycopg
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from gateway.api.answers import person, problem
from gateway.context import context
from gateway.exports.files import KINDS, Export
from gateway.exports.options import deployment_of, options_of
from gateway.exports.snapshot import snapshot

STALLED_S = 60.0
"""A client that takes nothing for so long loses its place, and the database its old snapshot."""
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
        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        try:
            async with self._stack:
                await super().__call__(scope, receive, send_soon)
        except (psycopg.Error, TimeoutError) as error:
            # without its text, which may quote a trial
            sqlstate = getattr(error, "sqlstate", None)
            log.warning("export aborted", path=scope["path"], error=type(error).__name__, sqlstate=sqlstate)


async def _open(request: Request, stack: AsyncExitStack) -> Export:
    """The export in its snapshot, as the caller. Raises what is to be told before the first byte."""
    caller, deployment_id, options = person(request), deployment_of(request), options_of(request)
    seen = await stack.enter_async_context(snapshot(context(request).db.url, caller))
    return Export(seen, deployment_id, options)


async def file(request: Request) -> Response:
    """csv, jsonl, parquet or codebook"""
    kind = KINDS.get(request.path_params["kind"])
    if kind is None:
        raise problem(404, "no such format")
    async with AsyncExitStack() as stack:
        export = await _open(request, stack)
        name = await export.begin() + kind.suffix
        return Download(kind.make(export), stack.pop_all(), name, kind.media_type)


async def manifest(request: Request) -> Response:
    """What the data set is, with checksums."""
    async with AsyncExitStack() as stack:
        export = await _open(request, stack)
        name = await export.begin() + "_manifest.json"
        wanted = tuple(dict.fromkeys(export.options.files.split(",")))
        return Download(export.manifest(wanted), stack.pop_all(), name, "application/json")


def routes() -> list[Route]:
    """Below /api."""
    export = "/deployments/{deployment_id}/export"
    return [
        Route(f"{export}/manifest", manifest, methods=["GET"]),
        Route(f"{export}/{{kind}}", file, methods=["GET"]),
    ]
