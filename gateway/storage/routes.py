"""Endpoints of objects."""

from __future__ import annotations

import urllib.parse
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gateway.context import BadBodyError, Context, context, json_body
from gateway.db import Row
from gateway.problems import handlers, json_response
from gateway.storage import buckets, objects
from gateway.storage.answers import caller_of, failure, invalid_jwt, no_key, refusal, too_large, translate
from gateway.storage.bodies import IN_MEMORY, read_upload
from gateway.storage.names import bucket_name, is_object_name, object_name
from gateway.tokens import Caller, TokenError

Seconds = Annotated[
    int,
    BeforeValidator(lambda value: int(value) if isinstance(value, str) and value.isdigit() else value),
    Field(ge=1, le=31_536_000),
]
"""Python's client sends the number as a string."""


class SignOne(BaseModel):
    """POST /object/sign/{bucket}/{path}"""

    expires_in: Seconds = Field(alias="expiresIn")


class SignMany(SignOne):
    """POST /object/sign/{bucket}"""

    paths: list[str] = Field(max_length=1000)


class Removal(BaseModel):
    """DELETE /object/{bucket}"""

    prefixes: list[str] = Field(min_length=1, max_length=1000)


def _store(request: Request) -> objects.Store:
    store = request.app.state.store
    assert isinstance(store, objects.Store)
    return store


def _where(request: Request) -> tuple[str, str]:
    return bucket_name(request.path_params["bucket"]), object_name(request.path_params["path"])


async def upload(request: Request) -> Response:
    """POST (new, or replacing with x-upsert) and PUT (replacing) /object/{bucket}/{path}"""
    caller, where = caller_of(request), _where(request)
    upsert = request.method == "PUT" or request.headers.get("x-upsert", "").lower() == "true"
    return await _receive(request, caller, where, upsert=upsert)


async def _receive(request: Request, caller: Caller, where: tuple[str, str], *, upsert: bool) -> Response:
    store = _store(request)
    with await read_upload(request, store.settings.upload_max_bytes) as body:
        object_id = await objects.put(store, caller, where, body, upsert=upsert)
    return json_response({"Key": "/".join(where), "Id": object_id})


async def download(request: Request) -> Response:
    """GET and HEAD /object[/authenticated]/{bucket}/{path}"""
    return await _send(request, caller_of(request), _where(request))


async def download_public(request: Request) -> Response:
    """GET /object/public/{bucket}/{path}, of public buckets only"""
    where = _where(request)
    if not (await _store(request).bucket(where[0])).is_public:
        raise no_key()
    return await _send(request, objects.SERVICE, where)


async def download_signed(request: Request) -> Response:
    """GET /object/sign/{bucket}/{path}?token=…: the signature is the right to read"""
    where = _where(request)
    _check_url_token(request, where)
    return await _send(request, objects.SERVICE, where)


def _check_url_token(request: Request, where: tuple[str, str], kind: str = "read") -> dict[str, Any]:
    try:
        signed = context(request).keys.verify_url(request.query_params.get("token", ""))
    except TokenError as error:
        raise invalid_jwt(
            '"exp" claim timestamp check failed' if error.fault == "expired" else "signature verification failed"
        ) from error
    if signed["url"] != "/".join(where) or signed.get("kind", "read") != kind:
        raise refusal(400, "InvalidSignature", "The url does not match the signature", "InvalidSignature")
    return signed


async def _send(request: Request, caller: Caller, where: tuple[str, str]) -> Response:
    row = await objects.find(_store(request), caller, where)
    headers = objects.headers(row)
    if (wanted := request.query_params.get("download")) is not None:
        name = wanted or where[1].rpartition("/")[2]
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    size = int((row["metadata"] or {}).get("size") or 0)
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(size)})
    if size > IN_MEMORY or "range" in request.headers:
        path = _store(request).files.path(where[0], row["version"])
        if not path.exists():
            raise no_key()
        return FileResponse(path, headers=headers, media_type=headers["Content-Type"])
    return Response(await _bytes(request, caller, where, row), headers=headers)


async def _bytes(request: Request, caller: Caller, where: tuple[str, str], row: Row) -> bytes:
    content = await _store(request).files.read(where[0], row["version"])
    if content is None:
        # replaced between our look and our reading: the new version is there
        again = await objects.find(_store(request), caller, where)
        content = await _store(request).files.read(where[0], again["version"])
    if content is None:
        raise no_key()
    return content


async def sign(request: Request) -> Response:
    """POST /object/sign/{bucket}/{path}"""
    ctx, caller, where = context(request), caller_of(request), _where(request)
    ask = await json_body(request, SignOne)
    await objects.find(_store(request), caller, where)
    return json_response({"signedURL": _signed_url(ctx, where, ask.expires_in)})


def _signed_url(ctx: Context, where: tuple[str, str], ttl_s: int) -> str:
    """Not percent-encoded: clients encode it themselves."""
    url = "/".join(where)
    return f"/object/sign/{url}?token={ctx.keys.sign_url(url, ttl_s)}"


async def sign_many(request: Request) -> Response:
    """POST /object/sign/{bucket}"""
    ctx, caller, bucket = context(request), caller_of(request), bucket_name(request.path_params["bucket"])
    ask = await json_body(request, SignMany)
    seen = await objects.visible(_store(request), caller, bucket, [path for path in ask.paths if is_object_name(path)])
    return json_response(
        [
            {"error": None, "path": path, "signedURL": _signed_url(ctx, (bucket, path), ask.expires_in)}
            if path in seen
            else {
                "error": "Either the object does not exist or you do not have access to it",
                "path": path,
                "signedURL": None,
            }
            for path in ask.paths
        ]
    )


async def sign_upload(request: Request) -> Response:
    """POST /object/upload/sign/{bucket}/{path}"""
    ctx, caller, where = context(request), caller_of(request), _where(request)
    await objects.may_insert(_store(request), caller, where)
    url = "/".join(where)
    upsert = request.headers.get("x-upsert", "").lower() == "true"
    token = ctx.keys.sign_url(url, 7200, kind="write", upsert=upsert, owner=caller.sub)
    return json_response({"url": f"/object/upload/sign/{url}?token={token}"})


async def upload_signed(request: Request) -> Response:
    """PUT /object/upload/sign/{bucket}/{path}?token=…"""
    where = _where(request)
    signed = _check_url_token(request, where, "write")
    return await _receive(request, objects.SERVICE, where, upsert=bool(signed.get("upsert")))


async def listing(request: Request) -> Response:
    """POST /object/list/{bucket}"""
    caller = caller_of(request)
    ask = await json_body(request, objects.Listing)
    return json_response(
        await objects.listing(_store(request), caller, bucket_name(request.path_params["bucket"]), ask)
    )


async def remove(request: Request) -> Response:
    """DELETE /object/{bucket}: exact names"""
    caller, bucket = caller_of(request), bucket_name(request.path_params["bucket"])
    ask = await json_body(request, Removal)
    return json_response(await objects.remove(_store(request), caller, bucket, ask.prefixes))


async def remove_one(request: Request) -> Response:
    """DELETE /object/{bucket}/{path}"""
    caller, (bucket, name) = caller_of(request), _where(request)
    if not await objects.remove(_store(request), caller, bucket, [name]):
        raise no_key()
    return json_response({"message": "Successfully deleted"})


async def info(request: Request) -> Response:
    """GET /object/info[/authenticated]/{bucket}/{path}"""
    return json_response(objects.info(await objects.find(_store(request), caller_of(request), _where(request))))


async def status(_request: Request) -> Response:
    """GET /status"""
    return Response()


Method = Literal["GET", "POST", "PUT", "DELETE"]


def _route(method: Method, path: str, endpoint: Any) -> Route:
    return Route(path, endpoint, methods=[method])


def build(ctx: Context) -> Starlette:
    """The application under /storage/v1."""
    one = "{bucket}/{path:path}"
    app = Starlette(
        routes=[
            *buckets.routes(),
            _route("GET", "/status", status),
            _route("POST", "/object/upload/sign/" + one, sign_upload),
            _route("PUT", "/object/upload/sign/" + one, upload_signed),
            _route("GET", "/object/sign/" + one, download_signed),
            _route("POST", "/object/sign/" + one, sign),
            _route("POST", "/object/sign/{bucket}", sign_many),
            _route("POST", "/object/list/{bucket}", listing),
            _route("GET", "/object/info/authenticated/" + one, info),
            _route("GET", "/object/info/" + one, info),
            _route("GET", "/object/public/" + one, download_public),
            _route("GET", "/object/authenticated/" + one, download),
            _route("DELETE", "/object/{bucket}", remove),
            _route("GET", "/object/" + one, download),
            _route("POST", "/object/" + one, upload),
            _route("PUT", "/object/" + one, upload),
            _route("DELETE", "/object/" + one, remove_one),
        ],
        exception_handlers=handlers(failure, translate),
    )

    async def on_bad_body(_request: Request, error: Exception) -> Response:
        assert isinstance(error, BadBodyError)
        problem = too_large() if error.too_large else refusal(400, "Error", str(error), "InvalidRequest")
        return json_response(problem.body, problem.status)

    app.add_exception_handler(BadBodyError, on_bad_body)
    app.state.context = ctx
    app.state.store = objects.Store(ctx)
    return app
