"""Errors as the clients' libraries read them. Every answer is JSON, in the words of the part that is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import psycopg
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

log = structlog.get_logger("gateway")


class ApiError(Exception):
    """An answer that is an error: status, body, headers."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON by orjson."""
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


Handler = Callable[[Request, Exception], Awaitable[Response]]


def handlers(
    failure: Callable[[int, str, str], ApiError], translate: Callable[[psycopg.Error], ApiError | None] | None = None
) -> dict[Any, Handler]:
    """Exception handlers of one part. `failure(status, code, message)` words it; `translate` may know better."""

    async def on_problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return json_response(error.body, error.status, error.headers)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        return await on_problem(request, failure(error.status_code, code, str(error.detail)))

    async def on_database(request: Request, error: Exception) -> Response:
        assert isinstance(error, psycopg.Error)
        if translate is not None and (known := translate(error)) is not None:
            return await on_problem(request, known)
        # an operational error passes (restart, failover, pool full): clients retry a 503 and stay signed in
        if isinstance(error, psycopg.OperationalError):
            log.warning("database unavailable", path=request.url.path, error=type(error).__name__)
            problem = failure(503, "service_unavailable", "The database is not reachable")
            problem.headers["Retry-After"] = "1"
            return await on_problem(request, problem)
        if isinstance(error, psycopg.DataError):
            return await on_problem(request, failure(400, "validation_failed", "A value is not acceptable"))
        log.error("database error", path=request.url.path, error=type(error).__name__, sqlstate=error.sqlstate)
        return await on_problem(request, failure(500, "unexpected_failure", "Unexpected failure"))

    async def on_unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected error", path=request.url.path, error=type(error).__name__, exc_info=error)
        return await on_problem(request, failure(500, "unexpected_failure", "Unexpected failure"))

    async def on_disconnect(_request: Request, _error: Exception) -> Response:
        return Response(status_code=499)

    return {
        ApiError: on_problem,
        HTTPException: on_http,
        psycopg.Error: on_database,
        ClientDisconnect: on_disconnect,
        OSError: on_unexpected,
        ValueError: on_unexpected,
        RuntimeError: on_unexpected,
        Exception: on_unexpected,
    }
