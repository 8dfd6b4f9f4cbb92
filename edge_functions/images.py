"""Brings assembled images to the store, then lets SQL complete them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import structlog
from storage3.exceptions import StorageApiError

from edge_functions import metrics
from edge_functions.database import Database
from edge_functions.service import Service
from supabase import AsyncClient, acreate_client

log = structlog.get_logger(__name__)

BUCKET = "images"
LIMIT = 16
AT_ONCE = 8
LEASE = timedelta(seconds=20)
"""Longer than two uploads one after the other; a killed handler's camera waits so long for its ACK."""
UPLOAD_S = 8.0
TOO_LARGE = "413"


class Images(Service):
    """claim_assembled_images → upload → complete_images.

    A failed upload is tried again soon; one that the store will never take fails the image.
    """

    name = "images"
    period_s = 1.0

    def __init__(self, database: Database, api_url: str, service_key: str, on_completed: Callable[[], None]) -> None:
        super().__init__(database)
        self._api_url = api_url
        self._service_key = service_key
        self._on_completed = on_completed
        self._client: AsyncClient | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def round(self) -> bool:
        """One claim."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select image_id::text, object_path, data from private.claim_assembled_images(%s, %s)",
                (LIMIT, LEASE), prepare=True, binary=True,
            )  # fmt: skip
            rows: list[tuple[Any, ...]] = await cursor.fetchall()
        if not rows:
            return False
        if self._client is None:
            self._client = await acreate_client(self._api_url, self._service_key)
        client = self._client
        stored = await asyncio.gather(*(self._upload(client, path, bytes(data)) for _, path, data in rows))
        done = [
            {"image_id": image_id, "image_url": path}
            for (image_id, path, _), ok in zip(rows, stored, strict=True)
            if ok
        ]
        refused = [image_id for (image_id, _, _), ok in zip(rows, stored, strict=True) if ok is None]
        failed = [image_id for (image_id, _, _), ok in zip(rows, stored, strict=True) if ok is False]
        async with self.database.transaction() as connection:
            if done:
                await connection.execute("select private.complete_images(%s::jsonb)", (orjson.dumps(done).decode(),))
            for image_id in refused:
                await connection.execute(
                    "select public.fn_image_failure_handler(%s, 'too_large', 'the store takes no object of this size')",
                    (image_id,),
                )
            if failed:
                await connection.execute("select private.release_images(%s::uuid[])", (failed,))
        if done:
            self._on_completed()
        metrics.images_stored.inc(len(done))
        metrics.images_failed.inc(len(rows) - len(done))
        return len(rows) == LIMIT and bool(done or refused)

    async def _upload(self, client: AsyncClient, path: str, data: bytes) -> bool | None:
        """Whether it is stored; none when the store will never take it.

        The path is the content's hash: the same object already there is the same bytes.
        """
        try:
            async with self._slots, asyncio.timeout(UPLOAD_S):
                await client.storage.from_(BUCKET).upload(path, data, {"content-type": "image/jpeg", "upsert": "true"})
        except StorageApiError as error:
            log.warning("an image was refused", path=path, status=str(error.status), bytes=len(data))
            return None if str(error.status) == TOO_LARGE else False
        except Exception as error:
            log.warning("an image was not stored", path=path, error=type(error).__name__)
            return False
        return True
