"""What every part shares: settings, keys, database. Kept in `app.state.context`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import httpx
import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection, Request

from gateway.db import Database
from gateway.settings import Settings
from gateway.tokens import Keys

if TYPE_CHECKING:
    from gateway.realtime.hub import Hub

Model = TypeVar("Model", bound=BaseModel)
JSON_LIMIT = 1_048_576


@dataclass
class Context:
    """Built once at start."""

    settings: Settings
    keys: Keys
    db: Database
    hub: Hub
    rest: httpx.AsyncClient
    """To PostgREST, for the seeds' routes."""


def context(connection: HTTPConnection) -> Context:
    """The context of a request or socket."""
    return cast(Context, connection.app.state.context)


class BadBodyError(Exception):
    """A request body that is not what the endpoint takes."""

    def __init__(self, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large


async def json_body(request: Request, model: type[Model]) -> Model:
    """The body, checked. Raises BadBodyError; the message names the field, never the value."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > JSON_LIMIT:
            raise BadBodyError("The body is too large", too_large=True)
    try:
        return model.model_validate(orjson.loads(raw or b"{}"))
    except orjson.JSONDecodeError as error:
        raise BadBodyError("The body is not valid JSON") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadBodyError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
