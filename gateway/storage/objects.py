"""The rows: statements run as the caller, so that row level security on storage.objects answers who may."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from gateway.context import Context
from gateway.db import Row
from gateway.problems import ApiError
from gateway.storage.answers import duplicate, forbidden, no_bucket, no_key, refusal, too_large
from gateway.storage.bodies import Upload
from gateway.storage.files import Files, new_version
from gateway.tokens import Caller

SERVICE = Caller("service_role", {"role": "service_role"}, float("inf"), '{"role":"service_role"}')
"""The gateway on its own account: for signed URLs, whose signature is the authorisation."""


LIMITS_FRESH_S = 5.0


class Bucket(BaseModel):
    """What a bucket allows."""

    is_public: bool
    file_size_limit: int | None
    allowed_mime_types: list[str] | None


class Store:
    """The database, the bytes, and the limits of buckets, remembered for a moment: each upload asks for them."""

    def __init__(self, ctx: Context) -> None:
        self.settings = ctx.settings
        self.db = ctx.db
        self.files = Files(ctx.settings.storage_dir)
        self._limits: dict[str, tuple[float, Bucket]] = {}

    async def bucket(self, bucket_id: str) -> Bucket:
        """The bucket's limits, which the caller need not be able to see. Raises ApiError."""
        known = self._limits.get(bucket_id)
        if known is not None and time.monotonic() - known[0] < LIMITS_FRESH_S:
            return known[1]
        async with self.db.pool.connection() as conn:
            row = await (await conn.execute("select * from gateway.bucket(%s)", (bucket_id,))).fetchone()
        if row is None:
            self.forget(bucket_id)
            raise no_bucket()
        bucket = Bucket.model_validate(row)
        self._limits[bucket_id] = (time.monotonic(), bucket)
        return bucket

    def forget(self, bucket_id: str) -> None:
        """The bucket has changed."""
        self._limits.pop(bucket_id, None)


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


@dataclass(frozen=True)
class Put:
    """An object on its way in."""

    bucket_id: str
    name: str
    version: str
    upload: Upload
    upsert: bool

    @property
    def described(self) -> tuple[str, Jsonb, Jsonb | None]:
        """Version, metadata, the user's metadata."""
        user_metadata = self.upload.user_metadata
        return self.version, _metadata(self.upload), Jsonb(user_metadata) if user_metadata else None


async def put(store: Store, caller: Caller, where: tuple[str, str], upload: Upload, *, upsert: bool) -> str:
    """Stores bytes under a new version and swaps the row to it. The object's id."""
    limits = await store.bucket(where[0])
    check_mime(limits, upload.mimetype)
    if upload.size > (limits.file_size_limit or store.settings.upload_max_bytes):
        raise too_large()
    new = Put(*where, new_version(), upload, upsert)
    try:
        if caller.role == "service_role":
            object_id, former = await _put_as_service(store, new)
        else:
            object_id, former = await _put_as(store, caller, new)
    except (ApiError, psycopg.Error) as error:
        # when the connection broke, the commit may have happened: then the bytes must stay
        if not isinstance(error, psycopg.OperationalError):
            await store.files.remove(new.bucket_id, [new.version])
        raise
    if former is not None:
        await store.files.remove(new.bucket_id, [former])
    return object_id


async def _put_as_service(store: Store, new: Put) -> tuple[str, str | None]:
    """The handlers' way. Policies do not bind the service, so the bytes may come first and one call does the rest."""
    await store.files.write(new.bucket_id, new.version, new.upload.source)
    async with store.db.pool.connection() as conn:
        found = await conn.execute(
            "select * from gateway.put_object(%s, %s, %s, %s, %s, %s)",
            (new.bucket_id, new.name, *new.described, new.upsert),
        )
        row = await found.fetchone()
    if row is None:
        raise duplicate()
    return str(row["object_id"]), row["former_version"]


async def _put_as(store: Store, caller: Caller, new: Put) -> tuple[str, str | None]:
    """Everyone else's way: the row as the caller, the bytes, the commit. (object id, version replaced)"""
    where = (new.bucket_id, new.name)
    async with store.db.as_caller(caller) as conn:
        known: Row | None = None
        if new.upsert:
            found = await conn.execute(
                "select id::text, version from storage.objects where bucket_id = %s and name = %s for update", where
            )
            known = await found.fetchone()
        object_id = known["id"] if known else str(uuid4())
        if known:
            done = await conn.execute(
                "update storage.objects set version = %s, metadata = %s, user_metadata = %s, updated_at = now()"
                " where id = %s::uuid",
                (*new.described, object_id),
            )
        else:
            done = await conn.execute(
                "insert into storage.objects (version, metadata, user_metadata, id, bucket_id, name, owner, owner_id)"
                " values (%s, %s, %s, %s::uuid, %s, %s, %s::uuid, %s)",
                (*new.described, object_id, *where, *_owner(caller)),
            )
        if done.rowcount != 1:
            raise forbidden()
        await store.files.write(new.bucket_id, new.version, new.upload.source)
    return object_id, known["version"] if known else None


async def may_insert(store: Store, caller: Caller, where: tuple[str, str]) -> None:
    """Raises what an insert by the caller would raise; leaves nothing behind."""
    await store.bucket(where[0])
    async with store.db.as_caller(caller) as conn, conn.transaction(force_rollback=True):
        await conn.execute("insert into storage.objects (bucket_id, name) values (%s, %s)", where)


async def find(store: Store, caller: Caller, where: tuple[str, str]) -> Row:
    """The row, if the caller may see it. Raises ApiError."""
    async with store.db.as_caller(caller) as conn:
        found = await conn.execute("select * from storage.objects where bucket_id = %s and name = %s", where)
        row = await found.fetchone()
    if row is None or row["version"] is None:  # a row made in SQL has no bytes
        raise no_key()
    return row


async def visible(store: Store, caller: Caller, bucket_id: str, names: list[str]) -> set[str]:
    """Those of the names that the caller may see."""
    async with store.db.as_caller(caller) as conn:
        found = await conn.execute(
            "select name from storage.objects where bucket_id = %s and name = any(%s)", (bucket_id, names)
        )
        return {row["name"] for row in await found.fetchall()}


async def remove(store: Store, caller: Caller, bucket_id: str, names: list[str]) -> list[Row]:
    """Deletes what the caller may delete; the rows that are gone."""
    async with store.db.as_caller(caller) as conn:
        await conn.execute("select set_config('storage.allow_delete_query', 'true', true)")
        gone = await (
            await conn.execute(
                "delete from storage.objects where bucket_id = %s and name = any(%s) returning *",
                (bucket_id, names),
            )
        ).fetchall()
    await store.files.remove(bucket_id, [row["version"] for row in gone if row["version"]])
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


async def listing(store: Store, caller: Caller, bucket_id: str, ask: Listing) -> list[Row]:
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
    async with store.db.as_caller(caller) as conn:
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
