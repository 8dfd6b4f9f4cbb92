"""The ASGI application: `/auth/v1`, `/storage/v1`, `/realtime/v1`, `/api`, `/healthz`, `/metrics`; all else is a JSON
404."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from gateway.access import AccessLog
from gateway.api import app as api
from gateway.auth import routes as auth
from gateway.context import Context, context
from gateway.db import Database
from gateway.metrics import LAG
from gateway.problems import ApiError, handlers, json_response
from gateway.realtime import routes as realtime
from gateway.realtime.hub import Hub
from gateway.remote_keys import RemoteKeys
from gateway.settings import Settings, commit
from gateway.storage import routes as storage
from gateway.tokens import Keys

REST_S = 30.0
"""How long PostgREST may take for what a seeds' route asks."""


def failure(status: int, code: str, message: str) -> ApiError:
    """An error outside the three parts."""
    return ApiError(status, {"code": code, "message": message})


async def healthz(request: Request) -> Response:
    """200 when the database answers and the engine reads it, else 503."""
    ctx = context(request)
    started = time.perf_counter()
    reachable = await ctx.db.reachable()
    lag_s = ctx.hub.lag_s() if ctx.settings.gateway_only is None else 0.0
    body = {
        "status": "ok" if reachable and lag_s is not None else "unavailable",
        "version": version("lics"),
        "commit": commit(),
        "database": {"reachable": reachable, "ms": round((time.perf_counter() - started) * 1000, 1)},
        "realtime": {
            "pump_lag_ms": None if lag_s is None else round(lag_s * 1000),
            "sockets": len(ctx.hub.sockets),
            "channels": ctx.hub.channel_count(),
        },
    }
    return json_response(body, 200 if body["status"] == "ok" else 503)


async def metrics(request: Request) -> Response:
    """Prometheus' text."""
    LAG.set(context(request).hub.lag_s() or 0)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def nothing(_request: Request) -> Response:
    """What does not exist."""
    raise failure(404, "not_found", "no such path")


def _platform(ctx: Context) -> list[Mount]:
    """What Supabase brings itself, where it runs."""
    return [
        Mount("/auth/v1", app=auth.build(ctx)),
        Mount("/storage/v1", app=storage.build(ctx)),
        Mount("/realtime/v1", app=realtime.build(ctx)),
    ]


def build(settings: Settings) -> Starlette:
    """The whole application."""
    db = Database(settings.gateway_db_url, settings.db_pool_size)
    keys = Keys(settings) if settings.gateway_only is None else RemoteKeys(settings)
    ctx = Context(settings, keys, db, Hub(settings, keys, db), httpx.AsyncClient(timeout=REST_S, trust_env=False))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await db.open()
        if settings.gateway_only is None:
            ctx.hub.start()
        try:
            yield
        finally:
            await ctx.hub.stop()
            await ctx.rest.aclose()
            await db.close()

    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["*"],
        expose_headers=[
            "X-Supabase-Api-Version",
            "X-Total-Count",
            "Link",
            "Content-Range",
            "Content-Disposition",
            "ETag",
        ],
        max_age=3600,
    )
    app = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/metrics", metrics),
            *(_platform(ctx) if settings.gateway_only is None else []),
            Mount("/api", app=api.build(ctx)),
            Route("/{path:path}", nothing, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
        ],
        middleware=[Middleware(AccessLog), cors],
        exception_handlers=handlers(failure),
        lifespan=lifespan,
    )
    app.state.context = ctx
    return app
