"""PsychoPy's own compiler for uploaded .psyexp files, in a sandbox: no network, 60 s, 512 MiB, an empty folder.

SQL decides what is compiled and whether the result is still wanted.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog

from edge_functions import sandbox
from edge_functions.database import Database
from edge_functions.service import Service

log = structlog.get_logger(__name__)

SECONDS = 60.0
MEMORY_BYTES = 512 * 1024 * 1024
LEASE = timedelta(seconds=90)
"""Longer than a compilation: one that was killed with its handler is given out again after it."""
ERROR_CHARACTERS = 4000


class Compiler(Service):
    """claim_compilations → psyexpCompile → finish_compilations, one at a time: it takes a core."""

    name = "compiler"
    period_s = 1.0

    def __init__(self, database: Database, python: Path) -> None:
        super().__init__(database)
        self._python = python

    async def round(self) -> bool:
        """One source."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select company_id::text, experiment_id::text, version, source_text"
                " from private.claim_compilations(1, %s)",
                (LEASE,), prepare=True,
            )  # fmt: skip
            row: tuple[Any, ...] | None = await cursor.fetchone()
        if row is None:
            return False
        company_id, experiment_id, version, source = row
        result = await self.compile(source)
        item = {"company_id": company_id, "experiment_id": experiment_id, "version": version, **result}
        async with self.database.transaction() as connection:
            await connection.execute("select private.finish_compilations(%s::jsonb)", (orjson.dumps([item]).decode(),))
        log.info("compiled", experiment_id=experiment_id, version=version, ok="python_code" in result)
        return True

    async def compile(self, source: str) -> dict[str, str]:
        """`{"python_code": …}` or `{"error": …}`, in words for the person who uploaded the file."""
        with tempfile.TemporaryDirectory(prefix="lics-compile-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "experiment.psyexp").write_text(source, encoding="utf-8")
            try:
                result = await sandbox.run(
                    [str(self._python), "-m", "psychopy.scripts.psyexpCompile", "experiment.psyexp", "-o", "script.py"],
                    folder, seconds=SECONDS, memory_bytes=MEMORY_BYTES, environment=_environment(folder),
                )  # fmt: skip
            except sandbox.NoSandboxError as error:
                return {"error": str(error)}
            script = folder / "script.py"
            if result.code == 0 and script.is_file() and not script.is_symlink():
                # the compiler writes a byte order mark, which is no part of the script
                return {"python_code": script.read_text(encoding="utf-8-sig", errors="replace").replace("\0", "")}
        if result.code is None:
            return {"error": f"the compiler did not end within {SECONDS:.0f} s"}
        last = result.output.replace("\0", "").strip()[-ERROR_CHARACTERS:]
        return {"error": f"psyexpCompile ended with code {result.code}\n{last}".strip()}


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: no settings, no secrets. One thread of linear algebra: each would reserve memory."""
    return {
        "HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
