"""How /api words its errors: `{code, message, details, hint}`, the same codes and statuses as PostgREST's answers."""

from __future__ import annotations

import orjson
import psycopg
from starlette.requests import Request

from gateway.context import context
from gateway.problems import ApiError
from gateway.tokens import Caller, TokenError, bearer

_WORDS = {
    401: ("L0001", "not_signed_in: nobody is signed in, or the account is deactivated", "Sign in again."),
    403: ("L0002", "role_required: the role is not enough for this", "Ask an admin of the company."),
    404: ("L0003", "not_found: there is no such thing, or it is not visible to you", "Check the id."),
    422: ("L0501", "bad_input: an argument is missing or out of range", "See the details."),
}


def problem(status: int, details: str | None = None) -> ApiError:
    """One of our errors by its status, for what is refused before PostgreSQL is asked."""
    code, message, hint = _WORDS[status]
    return ApiError(status, {"code": code, "message": message, "details": details, "hint": hint})


def failure(status: int, code: str, message: str) -> ApiError:
    """Anything that has no name of its own."""
    if status == 404:
        return problem(404)
    return ApiError(status, {"code": code, "message": message, "details": None, "hint": None})


def translate(error: psycopg.Error) -> ApiError | None:
    """An error that SQL raised for us: its message is the body, its detail names status and headers (as PostgREST)."""
    if error.sqlstate == "PGRST" and error.diag.message_primary and error.diag.message_detail:
        answer = orjson.loads(error.diag.message_detail)
        return ApiError(int(answer["status"]), orjson.loads(error.diag.message_primary), answer.get("headers") or {})
    if error.sqlstate == "42501":
        return problem(403)
    return None


def person(request: Request) -> Caller:
    """Who asks: a signed-in person or the service key. Raises 401 without a token, 403 for a device's."""
    token = bearer(request.headers.get("authorization"))
    if token is None:
        raise problem(401)
    try:
        caller = context(request).keys.verify(token)
    except TokenError as error:
        raise problem(401, f"token: {error.fault}") from error
    if caller.role == "anon":
        raise problem(401)
    if caller.role not in ("authenticated", "service_role"):
        raise problem(403)
    return caller
