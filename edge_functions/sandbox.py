"""A command without network and with little memory, in a folder of its own: for what people upload."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OUTPUT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Result:
    """How a command ended. `code`: negative for a signal, none when its time was over."""

    code: int | None
    output: str


class NoSandboxError(Exception):
    """This machine gives no process a network of its own."""


@functools.cache
def isolation() -> tuple[str, ...]:
    """The words before a command that leave it without network: as root, else in a user namespace of its own."""
    program = shutil.which("unshare")
    for words in (("--net",), ("--user", "--map-root-user", "--net")):
        if program and subprocess.run([program, *words, "true"], check=False, capture_output=True).returncode == 0:
            return (program, *words)
    raise NoSandboxError("this machine allows no network namespace (unshare --net); nothing is compiled without one")


async def run(
    command: Sequence[str], folder: Path, *, seconds: float, memory_bytes: int, environment: Mapping[str, str]
) -> Result:
    """Run a command to its end in `folder`; nothing of its process group survives. Raises NoSandboxError."""
    words = [*await asyncio.to_thread(isolation), *command]
    # a small program in between sets the limits: code between fork and exec is not safe beside threads
    limits = [sys.executable, "-I", str(Path(__file__)), str(memory_bytes), str(int(seconds) + 1), *words]
    process = await asyncio.create_subprocess_exec(
        *limits, cwd=folder, env=dict(environment), start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    tail = bytearray()

    async def read() -> None:
        assert process.stdout is not None
        while chunk := await process.stdout.read(OUTPUT_BYTES):
            tail.extend(chunk)
            del tail[:-OUTPUT_BYTES]

    code: int | None = None
    try:
        async with asyncio.timeout(seconds):
            await read()
            code = await process.wait()
    except TimeoutError:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return Result(code, tail.decode("utf-8", "replace"))


def _limited(arguments: Sequence[str]) -> None:
    """`python sandbox.py BYTES CPU_SECONDS command…`: become the command, limited."""
    memory, seconds = int(arguments[0]), int(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024, 64 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execvp(arguments[2], list(arguments[2:]))  # noqa: S606 - it is what it is for


if __name__ == "__main__":
    _limited(sys.argv[1:])
