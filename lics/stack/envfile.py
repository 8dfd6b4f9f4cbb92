"""`.lics/env`: the stack's settings as `KEY=value` lines, one a setting, readable by the owner only."""

import os
from pathlib import Path

from lics.stack.errors import StackError


def read(path: Path) -> dict[str, str]:
    """The settings of the file in its order; none when there is no file."""
    if not path.exists():
        return {}
    settings: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise StackError(f"{path}, line {number}: not of the form KEY=value")
        settings[name.strip()] = value
    return settings


def write(path: Path, settings: dict[str, str]) -> None:
    """Replace the file in one step, so that a reader sees the old one or the new one. Values hold no line break."""
    for name, value in settings.items():
        if "\n" in value or "\r" in value:
            raise StackError(f"{name}: a setting cannot hold a line break")
    write_private(path, "".join(f"{name}={value}\n" for name, value in settings.items()))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, never readable by others even for a moment."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
