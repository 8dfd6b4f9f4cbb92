"""Bodies of uploads: multipart (browsers' Blob, all of Python) or raw (Node's Buffer and streams)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, cast

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message

from gateway.storage.answers import refusal, too_large

IN_MEMORY = 1_048_576
_MIMETYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(;[\x20-\x7e]{0,200})?", re.ASCII)


@dataclass
class Upload:
    """What came: the bytes (in memory when small) and what is said about them. Leaving it frees a spooled file."""

    source: bytes | BinaryIO
    size: int
    etag: str
    mimetype: str
    cache_control: str
    user_metadata: dict[str, Any] | None
    _closing: Any = None

    def __enter__(self) -> Upload:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._closing is not None:
            self._closing.close()


def _metadata(raw: str | bytes | None) -> dict[str, Any] | None:
    if not raw:
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _bounded(request: Request, limit: int) -> Request:
    """The same request whose body may not grow beyond limit bytes."""
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise too_large()
        return message

    return Request(request.scope, receive)


def _check(file: BinaryIO) -> tuple[str, bytes | None]:
    """(hash, the bytes when they are few)"""
    digest = hashlib.blake2b(digest_size=16)
    file.seek(0)
    first = chunk = file.read(IN_MEMORY)
    while chunk:
        digest.update(chunk)
        chunk = file.read(IN_MEMORY)
    return digest.hexdigest(), first if file.tell() == len(first) else None


async def _upload(
    file: BinaryIO, limit: int, mimetype: str | None, cache: str, metadata: dict[str, Any] | None
) -> Upload:
    size = file.seek(0, os.SEEK_END)
    if size > limit:
        file.close()
        raise too_large()
    # what lies on disk is read in a thread, the rest is quicker done than handed over
    etag, content = await asyncio.to_thread(_check, file) if size > IN_MEMORY else _check(file)
    if content is not None:
        file.close()
    if mimetype is None or not _MIMETYPE.fullmatch(mimetype):
        mimetype = "application/octet-stream"
    closing = file if content is None else None
    return Upload(file if content is None else content, size, f'"{etag}"', mimetype, cache, metadata, closing)


async def read_upload(request: Request, limit: int) -> Upload:
    """Reads the body; at most limit bytes of file."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + 65_536:
        raise too_large()
    bounded = _bounded(request, limit + 65_536)
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        return await _multipart(bounded, limit)
    body: BinaryIO = cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - Upload closes it
    async for chunk in bounded.stream():
        body.write(chunk)
    age = re.search(r"max-age=(\d{1,9})", request.headers.get("cache-control", ""))
    try:
        described = base64.b64decode(request.headers.get("x-metadata", ""), validate=True)
    except binascii.Error:
        described = b""
    return await _upload(
        body,
        limit,
        request.headers.get("content-type"),
        f"max-age={age[1]}" if age else "no-cache",
        _metadata(described),
    )


async def _multipart(request: Request, limit: int) -> Upload:
    try:
        form: FormData = await MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=20).parse()
    except MultiPartException as error:
        raise refusal(400, "InvalidRequest", error.message, "InvalidRequest") from error
    file = next((value for _, value in form.multi_items() if isinstance(value, UploadFile)), None)
    if file is None:
        raise refusal(400, "InvalidRequest", "The body holds no file", "InvalidRequest")
    age, described = form.get("cacheControl"), form.get("metadata")
    cache = f"max-age={age}" if isinstance(age, str) and age.isdigit() and len(age) < 10 else "no-cache"
    return await _upload(
        file.file, limit, file.content_type, cache, _metadata(described if isinstance(described, str) else None)
    )
