"""The rows: every statement here runs as the caller, so row level security on storage.objects answers who may."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal
from uuid import uuid4

from psycopg import errors, sql
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from gateway.context import Context
from gateway.db import Row
from gateway.storage.answers import no_bucket, no_key, refusal, too_large
from gateway.storage.bodies import Upload
from gateway.storage.files import Files
from gateway.tokens import Caller

SERVICE = Caller("service_role", {"role": "service_role"}, float("inf"), '{"role":"service_role"}')
"""The gateway on its own account: for signed URLs, whose signature is the authorisation."""


class Bucket(BaseModel):
    """What a bucket allows."""

    is_public: bool
    file_size_limit: int | None
    allowed_mime_types: list[str] | None


async def bucket(ctx: Context, bucket_id: str) -> Bucket:
    """The bucket's limits, which the caller need not be able to see."""
    async with ctx.db.pool.connection() as conn:
        row = await (await conn.execute("select * from gateway.bucket(%s)", (bucket_id,))).fetchone()
    if row is None:
        raise no_bucket()
    return Bucket.model_validate(row)


def check_mime(limits: Bucket, mimetype: str) -> None:
    """Raises ApiError when the bucket does not take this type."""
    kind = mimetype.partition(";")[0].strip().lower()
    allowed = limits.allowed_mime_types
    if allowed and not any(kind == rule or (rule.endswith("/*") and kind.startswith(rule[:-1])) for rule in allowed):
        raise refusal(415, "invalid_mime_type", f"mime type {kind[:100]} is not supported", "InvalidMimeType")


def _metadata(upload: Upload) -> Jsonb:
    now = datetime.now(UTC)
    return Jsonb(
        {
            "eTag": upload.etag,
            "size": upload.size,
            "mimetype": upload.mimetype,
            "cacheControl": upload.cache_control,
            "lastModified": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "contentLength": upload.size,
            "httpStatusCode": 200,
        }
    )


def _owner(caller: Caller) -> tuple[str | None, str | None]:
    """(owner, owner_id): a uuid column and a text column of hosted."""
    sub = caller.sub
    return (sub if sub is not None and len(sub) == 36 else None, sub)


async def store(
    ctx: Context, files: Files, caller: Caller, where: tuple[str, str], upload: Upload, *, upsert: bool
) -> str:
    """Puts the row as the caller, the bytes under a new version, and commits both. The object's id."""
    bucket_id = where[0]
    limits = await bucket(ctx, bucket_id)
    check_mime(limits, upload.mimetype)
    if upload.size > (limits.file_size_limit or ctx.settings.upload_max_bytes):
        raise too_large()
    version = str(uuid4())
    try:
        try:
            object_id, former = await _put(ctx, files, caller, where, upload, version=version, upsert=upsert)
        except errors.UniqueViolation:
            if not upsert:
                raise
            # someone inserted the same name between our look and our insert: now it is there to be replaced
            object_id, former = await _put(ctx, files, caller, where, upload, version=version, upsert=True)
    except BaseException:
        await files.remove(bucket_id, [version])
        raise
    if former is not None:
        await files.remove(bucket_id, [former])
    return object_id


async def _put(
    ctx: Context, files: Files, caller: Caller, where: tuple[str, str], upload: Upload, *, version: str, upsert: bool
) -> tuple[str, str | None]:
    """(object id, version replaced)"""
    described = (version, _metadata(upload), Jsonb(upload.user_metadata) if upload.user_metadata else None)
    async with ctx.db.as_caller(caller) as conn:
        known: Row | None = None
        if upsert:
            found = await conn.execute(
                "select id::text, version from storage.objects where bucket_id = %s and name = %s for update", where
            )
            known = await found.fetchone()
        object_id = known["id"] if known else str(uuid4())
        if known:
            done = await conn.execute(
                "update storage.objects set version = %s, metadata = %s, user_metadata = %s, updated_at = now()"
                " where id = %s::uuid",
                (*described, object_id),
            )
        else:
            done = await conn.execute(
                "insert into storage.objects (version, metadata, user_metadata, id, bucket_id, name, owner, owner_id)"
                " values (%s, %s, %s, %s::uuid, %s, %s, %s::uuid, %s)",
                (*described, object_id, *where, *_owner(caller)),
            )
        if done.rowcount != 1:
            raise refusal(403, "Unauthorized", "new row violates row-level security policy", "AccessDenied")
        await files.write(where[0], version, upload.source)
    return object_id, known["version"] if known else None


async def may_insert(ctx: Context, caller: Caller, where: tuple[str, str]) -> None:
    """Raises what an insert by the caller would raise; leaves nothing behind."""
    await bucket(ctx, where[0])
    async with ctx.db.as_caller(caller) as conn, conn.transaction(force_rollback=True):
        await conn.execute("insert into storage.objects (bucket_id, name) values (%s, %s)", where)


async def find(ctx: Context, caller: Caller, where: tuple[str, str]) -> Row:
    """The row, if the caller may see it. Raises ApiError."""
    async with ctx.db.as_caller(caller) as conn:
        found = await conn.execute("select * from storage.objects where bucket_id = %s and name = %s", where)
        row = await found.fetchone()
    if row is None or row["version"] is None:  # a row made in SQL has no bytes
        raise no_key()
    return row


async def visible(ctx: Context, caller: Caller, bucket_id: str, names: list[str]) -> set[str]:
    """Those of the names that the caller may see."""
    async with ctx.db.as_caller(caller) as conn:
        found = await conn.execute(
            "select name from storage.objects where bucket_id = %s and name = any(%s)", (bucket_id, names)
        )
        return {row["name"] for row in await found.fetchall()}


async def remove(ctx: Context, files: Files, caller: Caller, bucket_id: str, names: list[str]) -> list[Row]:
    """Deletes what the caller may delete; the rows that are gone."""
    async with ctx.db.as_caller(caller) as conn:
        await conn.execute("select set_config('storage.allow_delete_query', 'true', true)")
        gone = await (
            await conn.execute(
                "delete from storage.objects where bucket_id = %s and name = any(%s) returning *",
                (bucket_id, names),
            )
        ).fetchall()
    await files.remove(bucket_id, [row["version"] for row in gone if row["version"]])
    return gone


class Listing(BaseModel):
    """POST /object/list/{bucket}"""

    class Sort(BaseModel):
        """Order of a listing."""

        column: Literal["name", "updated_at", "created_at", "last_accessed_at"] = "name"
        order: Literal["asc", "desc"] = "asc"

    prefix: str = Field(default="", max_length=1024)
    limit: int = Field(default=100, ge=1, le=1000)
    offset: int = Field(default=0, ge=0)
    search: str | None = Field(default=None, max_length=1024)
    sort_by: Sort | None = Field(default=None, alias="sortBy")


async def listing(ctx: Context, caller: Caller, bucket_id: str, ask: Listing) -> list[Row]:
    """One level of a folder: its files, and its folders as rows whose id is null."""
    prefix = ask.prefix.strip("/")
    prefix = prefix + "/" if prefix else ""
    sort = ask.sort_by or Listing.Sort()
    query = sql.SQL(
        "with inside as ("
        " select o.*, substr(o.name, %(start)s) as rest from storage.objects o"
        " where o.bucket_id = %(bucket)s and o.name >= %(prefix)s and o.name < %(prefix)s || chr(1114111)),"
        " level as ("
        " select rest as name, id::text, updated_at, created_at, last_accessed_at, metadata from inside"
        " where position('/' in rest) = 0"
        " union all"
        " select split_part(rest, '/', 1), null, null, null, null, null from inside"
        " where position('/' in rest) > 0 group by 1)"
        " select * from level where %(search)s = '' or position(lower(%(search)s) in lower(name)) > 0"
        " order by {column} {order} nulls last, name limit %(limit)s offset %(offset)s"
    ).format(column=sql.Identifier(sort.column), order=sql.SQL(sort.order))
    params = {
        "bucket": bucket_id,
        "prefix": prefix,
        "start": len(prefix) + 1,
        "search": ask.search or "",
        "limit": ask.limit,
        "offset": ask.offset,
    }
    async with ctx.db.as_caller(caller) as conn:
        return await (await conn.execute(query, params)).fetchall()


def info(row: Row) -> dict[str, Any]:
    """The row as GET /object/info answers it."""
    meta = row["metadata"] or {}
    return {
        "id": row["id"],
        "name": row["name"],
        "version": row["version"],
        "size": meta.get("size"),
        "content_type": meta.get("mimetype"),
        "cache_control": meta.get("cacheControl"),
        "etag": meta.get("eTag"),
        "metadata": row["user_metadata"] or {},
        "last_modified": row["updated_at"],
        "created_at": row["created_at"],
        "bucket_id": row["bucket_id"],
    }


def headers(row: Row) -> dict[str, str]:
    """Headers of an answer that carries or describes the object. A stored page must not run with this site's rights."""
    meta = row["metadata"] or {}
    return {
        "Content-Type": str(meta.get("mimetype") or "application/octet-stream"),
        "Cache-Control": str(meta.get("cacheControl") or "no-cache"),
        "ETag": str(meta.get("eTag") or ""),
        "Last-Modified": format_datetime(row["updated_at"].astimezone(UTC), usegmt=True),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
