"""Photographs as a camera keeps them: a name, the text its clock gave, bytes that begin and end like a JPEG."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import itertools
import random
from typing import Any

CHUNK_BYTES = 1024

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Photo:
    """One file on the SD card."""

    name: str
    taken: str
    """Capture time, as the camera writes it."""
    data: bytes

    @property
    def sha256(self) -> str:
        """What the server must find."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def chunk_count(self) -> int:
        """Pieces of 1,024 bytes, the last one shorter."""
        return -(-len(self.data) // CHUNK_BYTES)

    def piece(self, index: int) -> bytes:
        """Bytes of one chunk; `index` from 0."""
        return self.data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]

    def metadata(self, **more: Any) -> dict[str, Any]:
        """The vendor's form of the announcement."""
        return {
            "timestamp": self.taken,
            "image_name": self.name,
            "image_size": len(self.data),
            "max_chunks_size": CHUNK_BYTES,
            "total_chunk_count": self.chunk_count,
            "error": 0,
            "sensor_data": {"temperature": 21.47, "humidity": 58.2, "pressure": 1014.9, "gas_resistance": 12.06},
            **more,
        }

    def chunk(self, index: int, *, base: int = 0, as_array: bool = False) -> dict[str, Any]:
        """One chunk message; `base`: the id of the first."""
        piece = self.piece(index)
        return {
            "image_name": self.name,
            "chunk_id": index + base,
            "max_chunk_size": CHUNK_BYTES,
            "payload": list(piece) if as_array else base64.b64encode(piece).decode(),
        }


def stamp(at: dt.datetime) -> str:
    """A time as the firmware writes it."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def photo(
    *, name: str | None = None, taken: dt.datetime | str | None = None, chunks: int = 5, seed: int | None = None
) -> Photo:
    """A new photograph, taken now unless said otherwise, that makes so many chunks."""
    number = next(_numbers)
    taken = taken or dt.datetime.now(dt.UTC)
    body = random.Random(seed if seed is not None else f"{number} {taken}").randbytes(chunks * CHUNK_BYTES - 405)
    return Photo(
        name=name or f"image_{number}.jpg",
        taken=taken if isinstance(taken, str) else stamp(taken),
        data=b"\xff\xd8\xff" + body + b"\xff\xd9",
    )
