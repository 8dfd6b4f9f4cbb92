"""A camera's SD card: photographs wait here until an ACK_OK names them. With a folder it survives the process."""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

from lics.fleet.locks import held
from lics.fleet.wire import Picture, Sensors


class SdCard:
    """The upload queue, oldest first, and the counter that names files."""

    def __init__(self, folder: Path | None = None, counter: int = 0) -> None:
        """`counter`: number in the last name given, where the card does not know better."""
        self._folder = folder
        self._pictures: dict[str, Picture] = {}
        self._counter = counter
        self._in_use = asyncio.Lock()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._load(folder)

    @contextlib.asynccontextmanager
    async def in_use(self) -> AsyncIterator[None]:
        """For one wake at a time, also of several processes that share the folder."""
        async with self._in_use:
            if self._folder is None:
                yield
            else:
                async with held(self._folder / "lock"):
                    self._load(self._folder)
                    yield

    def next_name(self) -> str:
        """A name never used on this card."""
        self._counter += 1
        if self._folder is not None:
            (self._folder / "counter").write_text(str(self._counter))
        return f"image_{self._counter}.jpg"

    def put(self, picture: Picture) -> None:
        """Keep a photograph."""
        self._pictures[picture.name] = picture
        if self._folder is not None:
            note = {"captured_at": picture.captured_at, "sensors": dataclasses.asdict(picture.sensors)}
            (self._folder / picture.name).write_bytes(picture.data)
            # the note is written last: a photograph without one is not counted
            (self._folder / f"{picture.name}.json").write_text(json.dumps(note))

    def get(self, name: str) -> Picture | None:
        """The photograph of that name, if it still waits."""
        return self._pictures.get(name)

    def delete(self, name: str) -> bool:
        """The server has it."""
        if self._pictures.pop(name, None) is None:
            return False
        if self._folder is not None:
            (self._folder / f"{name}.json").unlink(missing_ok=True)
            (self._folder / name).unlink(missing_ok=True)
        return True

    def names(self) -> list[str]:
        """What waits, oldest first."""
        return list(self._pictures)

    def _load(self, folder: Path) -> None:
        counter = folder / "counter"
        self._counter = int(counter.read_text()) if counter.exists() else self._counter
        found = []
        for path in folder.glob("*.jpg.json"):
            note, name = json.loads(path.read_text()), path.name.removesuffix(".json")
            if (folder / name).exists():
                found.append(
                    Picture(name, note["captured_at"], (folder / name).read_bytes(), Sensors(**note["sensors"]))
                )
        self._pictures = {picture.name: picture for picture in sorted(found, key=_number)}


def _number(picture: Picture) -> int:
    """A file's place in the queue."""
    return int("".join(filter(str.isdigit, picture.name)) or 0)
