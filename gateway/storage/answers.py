"""How /storage/v1 words its errors: HTTP 400 for nearly all, the real status inside, as on hosted."""

from __future__ import annotations

import psycopg
from psycopg import errors
from starlette.requests import Request

from gateway.context import context
from gateway.problems import ApiError
from gateway.tokens import Caller, TokenError, bearer


def refusal(status: int, error: str, message: str, code: str) -> ApiError:
    """One of the known refusals."""
    return ApiError(
        500 if status >= 500 else 400, {"statusCode": str(status), "error": error, "message": message, "code": code}
    )


def failure(status: int, code: str, message: str) -> ApiError:
    """Anything that has no name of its own."""
    if status == 503:
        return ApiError(
            503, {"statusCode": "503", "error": "service_unavailable", "message": message, "code": "SlowDown"}
        )
    if status >= 500:
        return refusal(500, "Internal", "Internal Server Error", "InternalError")
    if status == 404:
        return ApiError(
            404, {"statusCode": "404", "error": "not_found", "message": "Route not found", "code": "NoSuchRoute"}
        )
    return refusal(status, code, message, "InvalidRequest")


def no_key() -> ApiError:
    """The object is absent, or invisible to the caller."""
    return refusal(404, "not_found", "Object not found", "NoSuchKey")


def no_bucket() -> ApiError:
    """The bucket is absent, or invisible to the caller."""
    return refusal(404, "Bucket not found", "Bucket not found", "NoSuchBucket")


def duplicate() -> ApiError:
    """The name is taken."""
    return refusal(409, "Duplicate", "The resource already exists", "KeyAlreadyExists")


def forbidden() -> ApiError:
    """Row level security says no."""
    return refusal(403, "Unauthorized", "new row violates row-level security policy", "AccessDenied")


def too_large() -> ApiError:
    """More bytes than the bucket takes."""
    return refusal(413, "Payload too large", "The object exceeded the maximum allowed size", "EntityTooLarge")


def invalid_jwt(message: str) -> ApiError:
    """A token that is not accepted."""
    return refusal(400, "InvalidJWT", message, "InvalidJWT")


def translate(error: psycopg.Error) -> ApiError | None:
    """Database errors with a meaning of their own."""
    if isinstance(error, errors.UniqueViolation):
        return duplicate()
    if isinstance(error, errors.InsufficientPrivilege):
        return forbidden()
    if isinstance(error, errors.ForeignKeyViolation):
        return no_bucket()
    return None


def caller_of(request: Request) -> Caller:
    """The verified token: Authorization, else apikey."""
    token = bearer(request.headers.get("authorization")) or request.headers.get("apikey")
    if token is None:
        raise refusal(400, "Error", "headers must have required property 'authorization'", "InvalidRequest")
    try:
        return context(request).keys.verify(token)
    except TokenError as error:
        raise invalid_jwt(
            '"exp" claim timestamp check failed' if error.fault == "expired" else "signature verification failed"
        ) from error
