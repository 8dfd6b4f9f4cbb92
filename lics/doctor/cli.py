"""The command `lics doctor`."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from lics.doctor.broker import broker
from lics.doctor.database import database
from lics.doctor.finding import Check, Finding, Level, Patient
from lics.doctor.machine import api, backups, storage
from lics.stack import envfile
from lics.stack.errors import StackError
from lics.stack.paths import Paths

CHECKS: dict[str, Check] = {
    "database": database,
    "broker": broker,
    "storage": storage,
    "api": api,
    "backup": backups,
}

SIGNS = {Level.OK: "ok     ", Level.SKIPPED: "skipped", Level.WARNING: "WARNING", Level.WRONG: "WRONG  "}


def examine(patient: Patient, only: list[str] | None = None) -> Iterator[Finding]:
    """Every finding of these groups of checks (all, when none is named)."""
    for name, check in CHECKS.items():
        if not only or name in only:
            yield from check(patient)


def exit_code(findings: list[Finding]) -> int:
    """1: something is wrong; 2: warnings only; 0: neither."""
    levels = {finding.level for finding in findings}
    return 1 if Level.WRONG in levels else 2 if Level.WARNING in levels else 0


def doctor(
    only: Annotated[
        list[str] | None, typer.Argument(help=f"Groups: {', '.join(CHECKS)}. All when none is named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array; nothing else.")] = False,
    env: Annotated[
        Path | None, typer.Option(help="File of KEY=value settings; else the stack's, else the environment.")
    ] = None,
    dead_letters: Annotated[int, typer.Option(help="Dead letters an hour that are worth a warning.")] = 50,
    backup_hours: Annotated[float, typer.Option(help="How old the newest backup may be, in hours.")] = 26,
) -> None:
    """Look at database, broker, API, storage and backups; say what is wrong and what to do. Nothing is changed.

    Exit code: 0 all is well, 2 there are warnings, 1 something is wrong (or it could not be looked at).
    """
    if unknown := set(only or []) - set(CHECKS):
        raise StackError(f"no such group of checks: {', '.join(sorted(unknown))}")
    paths = Paths.here()
    patient = Patient(_settings(env or paths.env), paths.root, dead_letters, backup_hours)
    findings = list(examine(patient, only))
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{SIGNS[finding.level]} {finding.check:16} {finding.what}")
            if finding.todo:
                typer.echo(f"{'':24} → {finding.todo}")
    raise typer.Exit(exit_code(findings))


def _settings(file: Path) -> Mapping[str, str]:
    """The file's settings, below what the environment says."""
    outside = {name: value for name, value in os.environ.items() if name.startswith("LICS_")}
    found = {**envfile.read(file), **outside}
    if "LICS_DB_URL" not in found:
        raise StackError(f"there is no stack yet (make up), no {file} and no LICS_DB_URL in the environment")
    return found
