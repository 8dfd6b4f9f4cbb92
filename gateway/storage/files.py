"""Bytes on disk, one file a version: `{dir}/{bucket}/{first two digits}/{version}`.

The version is a fresh uuid, so a file is never overwritten: a row of storage.objects is swapped to it when it lies
safely on disk, and the former file goes after that commit. A crash can leave a file without a row, never a row
without its file.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import structlog

log = structlog.get_logger("gateway.storage")
CHUNK = 262_144


class Files:
    """The directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, bucket: str, version: str) -> Path:
        """Where a version lies. The version must be a uuid, the bucket a checked name."""
        name = str(UUID(version))
        return self._root / bucket / name[:2] / name

    async def write(self, bucket: str, version: str, source: bytes | BinaryIO) -> None:
        """Writes and syncs a new version."""
        await asyncio.to_thread(self._write, self.path(bucket, version), source)

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
            _sync_directory(path.parent)
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
