"""How /auth/v1 words its errors, and who is behind a request."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request

from gateway.context import BadBodyError, context
from gateway.problems import ApiError
from gateway.tokens import Caller, TokenError, bearer

# With this header clients read the error's name from `code`.
API_VERSION = {"X-Supabase-Api-Version": "2024-01-01"}


def failure(status: int, code: str, message: str) -> ApiError:
    """An error in GoTrue's words."""
    return ApiError(status, {"code": code, "message": message}, dict(API_VERSION))


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """What a `gateway.…` function answered, or its error raised."""
    if (error := answer.get("error")) is not None:
        raise failure(error["status"], error["code"], error["message"])
    return answer


def bad_body(error: BadBodyError) -> ApiError:
    """A body that does not fit."""
    return (
        failure(413, "request_too_large", str(error))
        if error.too_large
        else failure(400, "validation_failed", str(error))
    )


def caller_of(request: Request) -> Caller:
    """The verified token of the request."""
    token = bearer(request.headers.get("authorization"))
    if token is None:
        raise failure(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        return context(request).keys.verify(token)
    except TokenError as error:
        message = "token is expired" if error.fault == "expired" else f"token is not valid: {error.fault}"
        raise failure(403, "bad_jwt", f"invalid JWT: unable to parse or verify signature, {message}") from error


def person_of(request: Request) -> tuple[str, str]:
    """(user id, session id) of a person's access token."""
    caller = caller_of(request)
    session = caller.claims.get("session_id")
    if caller.sub is None or not isinstance(session, str):
        raise failure(403, "bad_jwt", "invalid claim: missing sub claim")
    return caller.sub, session


def require_admin(request: Request) -> None:
    """Only the service key passes."""
    if caller_of(request).role != "service_role":
        raise failure(403, "not_admin", "User not allowed")


def check_password(password: str | None, shortest: int) -> None:
    """GoTrue's rule: long enough, and no longer than bcrypt reads."""
    if password is None:
        return
    if len(password.encode()) > 72:
        raise failure(422, "validation_failed", "Password cannot be longer than 72 characters")
    if len(password) < shortest:
        problem = failure(422, "weak_password", f"Password should be at least {shortest} characters.")
        problem.body["weak_password"] = {"reasons": ["length"], "message": problem.body["message"]}
        raise problem


def ban_seconds(duration: str | None) -> int | None:
    """`none` → 0, Go's form `1h30m` → seconds, absent → None."""
    if duration is None:
        return None
    if duration == "none":
        return 0
    if not re.fullmatch(r"(\d{1,9}(h|m|s))+", duration):
        raise failure(400, "validation_failed", "invalid format for ban duration")
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))
