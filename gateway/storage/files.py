"""Bytes on disk, one file a version: `{dir}/{bucket}/{first seven digits}/{version}`.

The version is a fresh uuid, so a file is never overwritten: a row of storage.objects is swapped to it when it lies
safely on disk, and the former file goes after that commit. A crash can leave a file without a row, never a row
without its file. Versions are ordered by time: what is written together lies in one directory (a new one every 17
minutes), and one sync of it serves many.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import structlog

log = structlog.get_logger("gateway.storage")
CHUNK = 262_144


def new_version() -> str:
    """A version-7 uuid: 48 bits of milliseconds since 1970, then random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return str(UUID(int=number & ~(0xF << 76) & ~(3 << 62) | 7 << 76 | 2 << 62))


class _GroupSync:
    """Syncs a directory once for everyone who waits: whoever came before a sync began is served by it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._begun = 0
        self._done = 0

    async def sync(self, path: Path) -> None:
        """Returns when a sync that began after this call has ended."""
        wanted = self._begun + 1
        async with self._lock:
            if self._done >= wanted:
                return
            self._begun += 1
            await asyncio.to_thread(_sync_directory, path)
            self._done = self._begun


class Files:
    """The directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        self._syncs: dict[Path, _GroupSync] = {}

    def path(self, bucket: str, version: str) -> Path:
        """Where a version lies. The version must be a uuid, the bucket a checked name."""
        name = str(UUID(version))
        return self._root / bucket / name[:7] / name

    async def write(self, bucket: str, version: str, source: bytes | BinaryIO) -> None:
        """Writes and syncs a new version."""
        path = self.path(bucket, version)
        await asyncio.to_thread(self._write, path, source)
        if path.parent not in self._syncs and len(self._syncs) >= 16:
            self._syncs.clear()  # directories of the past; whoever waits in one keeps it
        await self._syncs.setdefault(path.parent, _GroupSync()).sync(path.parent)

    def _write(self, path: Path, source: bytes | BinaryIO) -> None:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync_directory(path.parent.parent)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                if isinstance(source, bytes):
                    file.write(source)
                else:
                    source.seek(0)
                    while chunk := source.read(CHUNK):
                        file.write(chunk)
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise

    async def read(self, bucket: str, version: str) -> bytes | None:
        """All bytes of a version; None when it is gone."""
        return await asyncio.to_thread(self._read, self.path(bucket, version))

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    async def remove(self, bucket: str, versions: list[str]) -> None:
        """Removes versions no row names any more. Failing leaves an orphan, which is logged."""
        await asyncio.to_thread(self._remove, [self.path(bucket, version) for version in versions])

    @staticmethod
    def _remove(paths: list[Path]) -> None:
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("file not removed", error=error.strerror)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
