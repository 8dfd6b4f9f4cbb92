"""Endpoints of buckets. Rows as the caller: without a policy on storage.buckets that is the service key alone."""

from __future__ import annotations

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.context import context, json_body
from gateway.db import Row
from gateway.problems import json_response
from gateway.storage import objects
from gateway.storage.answers import caller_of, no_bucket, refusal
from gateway.storage.names import bucket_name

_SELECT = (
    "select id, name, coalesce(owner::text, '') as owner, public, file_size_limit, allowed_mime_types,"
    " created_at, updated_at from storage.buckets"
)


class BucketBody(BaseModel):
    """POST /bucket, PUT /bucket/{id}"""

    id: str | None = None
    name: str | None = None
    public: bool = False
    file_size_limit: int | None = Field(default=None, ge=0)
    allowed_mime_types: list[str] | None = None


async def _find(request: Request) -> Row:
    async with context(request).db.as_caller(caller_of(request)) as conn:
        row = await (
            await conn.execute(_SELECT + " where id = %s", (bucket_name(request.path_params["bucket"]),))
        ).fetchone()
    if row is None:
        raise no_bucket()
    return row


async def read(request: Request) -> Response:
    """GET /bucket/{id}"""
    return json_response(await _find(request))


async def listing(request: Request) -> Response:
    """GET /bucket"""
    async with context(request).db.as_caller(caller_of(request)) as conn:
        return json_response(await (await conn.execute(_SELECT + " order by id")).fetchall())


async def create(request: Request) -> Response:
    """POST /bucket"""
    caller, body = caller_of(request), await json_body(request, BucketBody)
    name = bucket_name(body.name or body.id or "")
    async with context(request).db.as_caller(caller) as conn:
        await conn.execute(
            "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)"
            " values (%s, %s, %s, %s, %s)",
            (body.id or name, name, body.public, body.file_size_limit, body.allowed_mime_types),
        )
    return json_response({"name": name})


async def update(request: Request) -> Response:
    """PUT /bucket/{id}"""
    caller, body = caller_of(request), await json_body(request, BucketBody)
    async with context(request).db.as_caller(caller) as conn:
        done = await conn.execute(
            "update storage.buckets set public = %s, file_size_limit = %s, allowed_mime_types = %s, updated_at = now()"
            " where id = %s",
            (body.public, body.file_size_limit, body.allowed_mime_types, bucket_name(request.path_params["bucket"])),
        )
    request.app.state.store.forget(request.path_params["bucket"])
    if done.rowcount != 1:
        raise no_bucket()
    return json_response({"message": "Successfully updated"})


async def delete(request: Request) -> Response:
    """DELETE /bucket/{id}: an empty one"""
    bucket = await _find(request)
    async with context(request).db.as_caller(caller_of(request)) as conn:
        await conn.execute("select set_config('storage.allow_delete_query', 'true', true)")
        found = await (
            await conn.execute(
                "select exists (select from storage.objects where bucket_id = %s) as full", (bucket["id"],)
            )
        ).fetchone()
        if found is not None and found["full"]:
            raise refusal(409, "InvalidRequest", "The bucket you tried to delete is not empty", "BucketNotEmpty")
        await conn.execute("delete from storage.buckets where id = %s", (bucket["id"],))
    request.app.state.store.forget(bucket["id"])
    return json_response({"message": "Successfully deleted"})


async def empty(request: Request) -> Response:
    """POST /bucket/{id}/empty"""
    bucket, ctx, caller = await _find(request), context(request), caller_of(request)
    while True:
        async with ctx.db.as_caller(caller) as conn:
            some = await conn.execute(
                "select name from storage.objects where bucket_id = %s limit 1000", (bucket["id"],)
            )
            names = [row["name"] for row in await some.fetchall()]
        if not names or not await objects.remove(request.app.state.store, caller, bucket["id"], names):
            return json_response({"message": "Successfully emptied"})


def routes() -> list[Route]:
    """Routes under /storage/v1."""
    return [
        Route("/bucket", listing, methods=["GET"]),
        Route("/bucket", create, methods=["POST"]),
        Route("/bucket/{bucket}", read, methods=["GET"]),
        Route("/bucket/{bucket}", update, methods=["PUT"]),
        Route("/bucket/{bucket}", delete, methods=["DELETE"]),
        Route("/bucket/{bucket}/empty", empty, methods=["POST"]),
    ]
