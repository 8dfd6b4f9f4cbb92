"""`lics export`: a run's data, codebook and manifest into a folder, checked against the manifest's sums.

Exit codes: 0 downloaded and checked; 1 the server or the network failed; 2 wrong arguments; 3 refused (sign-in, rights,
no such run); 4 the files are not what the manifest says.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from lics.stack import envfile
from lics.stack.paths import Paths

TRIES = 3
"""A run that goes on may grow between its data and its manifest: then all is fetched anew."""


class Format(StrEnum):
    """Formats of the data file."""

    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"


class ExportError(Exception):
    """The export did not succeed; `code` is the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class File:
    """A file that was written."""

    path: Path
    sha256: str
    size: int


def sign_in(api: httpx.Client, email: str | None, password: str | None) -> str:
    """An access token."""
    if not email or not password:
        raise ExportError(2, "say who you are: --email and LICS_PASSWORD, or LICS_TOKEN")
    answer = api.post("/auth/v1/token?grant_type=password", json={"email": email, "password": password})
    if answer.status_code in (400, 401, 403, 422):
        raise ExportError(3, "the e-mail or the password is wrong")
    answer.raise_for_status()
    return str(answer.json()["access_token"])


class Run:
    """One run on a server."""

    def __init__(self, api: httpx.Client, deployment_id: UUID, query: dict[str, str], progress: Progress) -> None:
        self._api = api
        self._path = f"/api/deployments/{deployment_id}/export"
        self._query = query
        self._progress = progress

    def fetch(self, what: str, out: Path, **more: str) -> File:
        """Streams a file to `out` under the name that the server gives it. A part of a file is never left behind."""
        digest, size = hashlib.sha256(), 0
        task = self._progress.add_task(what, total=None)
        with self._api.stream("GET", f"{self._path}/{what}", params=self._query | more) as answer:
            if answer.status_code >= 400:
                raise _refusal(answer)
            named = re.search(r'filename="([\w.-]+)"', answer.headers.get("content-disposition", ""))
            if named is None:
                raise ExportError(1, "the server did not name the file")
            path = out / named[1]
            part = path.with_name(path.name + ".part")
            try:
                with part.open("wb") as file:
                    for piece in answer.iter_raw():
                        file.write(piece)
                        digest.update(piece)
                        size += len(piece)
                        self._progress.update(task, completed=size)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        self._progress.update(task, completed=size, total=size)
        return File(path, digest.hexdigest(), size)

    def export(self, form: Format, out: Path) -> dict[str, Any]:
        """Data, codebook and manifest; the manifest, once the sums agree."""
        for _ in range(TRIES):
            files = [self.fetch(form, out), self.fetch("codebook", out)]
            told = self.fetch("manifest", out, files=f"{form},codebook")
            manifest: dict[str, Any] = orjson.loads(told.path.read_bytes())
            sums = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
            if sums == {file.path.name: file.sha256 for file in files}:
                return manifest
            for file in (*files, told):
                file.path.unlink()
        raise ExportError(4, "the files are not what the manifest says (does the run still go on?)")


def _refusal(answer: httpx.Response) -> ExportError:
    answer.read()
    try:
        message = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = f"status {answer.status_code}"
    return ExportError(3 if answer.status_code in (401, 403, 404) else 1, message)


def export(  # noqa: PLR0917 - each is an option of the command
    deployment_id: Annotated[UUID, typer.Argument(help="The run.")],
    form: Annotated[Format, typer.Option("--format", help="Of the data file.")] = Format.csv,
    out: Annotated[Path, typer.Option(help="Folder for the files.", file_okay=False)] = Path(),
    url: Annotated[
        str | None, typer.Option(envvar="LICS_API_URL", help="The server; else this machine's stack.")
    ] = None,
    email: Annotated[str | None, typer.Option(envvar="LICS_EMAIL", help="Account.")] = None,
    password: Annotated[str | None, typer.Option(envvar="LICS_PASSWORD", help="Better in the environment.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="LICS_TOKEN", help="Access token, in place of an account.")
    ] = None,
    names: Annotated[str, typer.Option(help="short (custom_<key>) or full (custom_data_<key>).")] = "short",
    entries: Annotated[bool, typer.Option("--entries", help="Also rows that belong to no loop.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="No apostrophe before what a spreadsheet would run.")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Byte order mark, for Excel.")] = False,
) -> None:
    """Download a run: its trials, their codebook and a manifest, checked against the manifest's sums."""
    console = Console(stderr=True)
    settings = {} if url else envfile.read(Paths.here().env)
    url = url or settings.get("LICS_API_URL", "http://127.0.0.1:54321")
    query = {"names": names} | {name: "1" for name, on in (("entries", entries), ("raw", raw), ("bom", bom)) if on}
    key = os.environ.get("LICS_ANON_KEY") or settings.get("LICS_ANON_KEY", "")
    timeout = httpx.Timeout(30.0, read=3600.0)
    try:
        with httpx.Client(base_url=url, timeout=timeout, headers={"apikey": key} if key else {}) as api:
            api.headers["Authorization"] = f"Bearer {token or sign_in(api, email, password)}"
            api.headers["Accept-Encoding"] = "identity"
            out.mkdir(parents=True, exist_ok=True)
            columns = (TextColumn("{task.description:9}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
                manifest = Run(api, deployment_id, query, progress).export(form, out)
    except ExportError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(error.code) from None
    except (httpx.HTTPError, OSError) as error:
        console.print(f"{type(error).__name__}: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    counts = manifest["counts"]
    whole = "complete" if manifest["complete"] else f"NOT complete ({manifest['status']}, {manifest['completeness']})"
    console.print(f"{counts['rows']} rows, {counts['gaps']} missing, {whole}", markup=False)
    for file in manifest["files"]:
        typer.echo(out / file["name"])
