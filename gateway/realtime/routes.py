"""The websocket endpoint and the REST form of broadcasting."""

from __future__ import annotations

from typing import Any

from psycopg import errors
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from gateway.context import BadBodyError, Context, context, json_body
from gateway.problems import ApiError, handlers, json_response
from gateway.realtime.hub import CONTROL_TOPIC
from gateway.realtime.socket import Socket
from gateway.tokens import Caller, TokenError, bearer

_REFUSALS = {
    "expired": "Token has expired",
    "claims": "Fields `role` and `exp` are required in JWT",
    "malformed": "The token provided is not a valid JWT",
    "signature": "Failed to validate JWT signature",
}


def failure(status: int, code: str, message: str) -> ApiError:
    """An error in Realtime's words."""
    return ApiError(status, {"error": message, "message": message, "code": code})


async def websocket(ws: WebSocket) -> None:
    """GET /websocket?apikey=…&vsn=…"""
    ctx = context(ws)
    apikey = ws.query_params.get("apikey") or ws.headers.get("x-api-key")
    refusal: tuple[int, str] | None = None
    if not apikey:
        refusal = (401, "API key is missing")
    else:
        try:
            ctx.keys.verify(apikey)
        except TokenError as error:
            refusal = (401, _REFUSALS[error.fault])
    if refusal is None and not ctx.hub.ready:
        refusal = (503, "The database is not reachable")
    if refusal is None and len(ctx.hub.sockets) >= ctx.settings.realtime_max_sockets:
        refusal = (429, "Too many connected users")
    if refusal is not None or not apikey:
        status, message = refusal or (401, "")
        await ws.send_denial_response(json_response({"error": message}, status))
        return
    await Socket(ctx.hub, ws, apikey, "2.0.0" if ws.query_params.get("vsn") == "2.0.0" else "1.0.0").run()


def _caller(request: Request) -> Caller:
    token = bearer(request.headers.get("authorization")) or request.headers.get("apikey")
    if token is None:
        raise failure(401, "no_authorization", "API key is missing")
    try:
        return context(request).keys.verify(token)
    except TokenError as error:
        raise failure(401, "bad_jwt", _REFUSALS[error.fault]) from error


class Message(BaseModel):
    """One broadcast."""

    topic: str = Field(min_length=1, max_length=512)
    event: str = Field(min_length=1, max_length=256)
    payload: dict[str, Any] = Field(default_factory=dict)
    private: bool = False


class Batch(BaseModel):
    """POST /api/broadcast"""

    messages: list[Message] = Field(max_length=100)


class Anything(BaseModel, extra="allow"):
    """The payload of POST /api/broadcast/{topic}/events/{event}."""


async def _send(ctx: Context, caller: Caller, messages: list[Message]) -> Response:
    """Through the database like every other message, so that there is one way and one order. All or none."""
    for message in messages:
        if message.topic == CONTROL_TOPIC:
            raise failure(403, "forbidden", "this topic is not for clients")
        if not message.private and caller.role != "service_role" and not ctx.settings.realtime_public_broadcast:
            raise failure(403, "forbidden", "broadcasts on public topics are not allowed")
    try:
        async with ctx.db.as_caller(caller) as conn:
            for message in messages:
                # realtime.send() would turn a refusal into a warning
                await conn.execute("select set_config('realtime.topic', %s, true)", (message.topic,))
                await conn.execute(
                    "insert into realtime.messages (topic, extension, event, payload, private)"
                    " values (%s, 'broadcast', %s, %s, %s)",
                    (message.topic, message.event, Jsonb(message.payload), message.private),
                )
    except errors.InsufficientPrivilege as error:
        raise failure(403, "forbidden", "You do not have permissions to write to this topic") from error
    return Response(status_code=202)


async def broadcast(request: Request) -> Response:
    """POST /api/broadcast"""
    caller = _caller(request)
    return await _send(context(request), caller, (await json_body(request, Batch)).messages)


async def broadcast_one(request: Request) -> Response:
    """POST /api/broadcast/{topic}/events/{event}"""
    caller = _caller(request)
    body = await json_body(request, Anything)
    private = request.query_params.get("private", "").lower() == "true"
    message = Message.model_construct(
        topic=request.path_params["topic"][:512],
        event=request.path_params["event"][:256],
        payload=body.model_extra or {},
        private=private,
    )
    return await _send(context(request), caller, [message])


def build(ctx: Context) -> Starlette:
    """The application under /realtime/v1."""
    app = Starlette(
        routes=[
            WebSocketRoute("/websocket", websocket),
            Route("/api/broadcast", broadcast, methods=["POST"]),
            Route("/api/broadcast/{topic}/events/{event}", broadcast_one, methods=["POST"]),
        ],
        exception_handlers=handlers(failure),
    )

    async def on_bad_body(_request: Request, error: Exception) -> Response:
        assert isinstance(error, BadBodyError)
        problem = failure(413 if error.too_large else 422, "bad_body", str(error))
        return json_response(problem.body, problem.status)

    app.add_exception_handler(BadBodyError, on_bad_body)
    app.state.context = ctx
    return app
