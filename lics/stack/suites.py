"""`lics test`: every suite, the fast ones first, on a stack of its own that is taken down afterwards."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lics.stack import database, ports, processes, up
from lics.stack.errors import StackError
from lics.stack.paths import Paths

Say = Callable[[str], None]

HOME = ".lics-test"


@dataclass(frozen=True)
class Suite:
    """One command. `group`: what `lics test GROUP` picks; `stack`: whether it needs a running stack."""

    name: str
    group: str
    command: tuple[str, ...]
    stack: bool = True


def all_suites(root: Path) -> list[Suite]:
    """In the order of running."""
    pytest = ("python", "-m", "pytest", "-q")
    found = [
        Suite("ruff", "lint", ("ruff", "check", "."), stack=False),
        Suite("mypy", "lint", ("mypy",), stack=False),
        Suite("squawk", "lint", ("squawk", "--no-error-on-unmatched-pattern", "migrations/*.sql"), stack=False),
        Suite("pgTAP", "db", ("pg_prove", "--ext", ".sql", "--recurse", "tests/db")),
        Suite("pytest", "python", (*pytest, "tests/python")),
        Suite("contract", "contract", (*pytest, "tests/contract")),
        Suite("faults", "faults", (*pytest, "tests/faults")),
        Suite("e2e", "e2e", (*pytest, "tests/e2e")),
    ]
    if (root / ".sqlfluff").exists():
        # the other folders speak psql, which the linter does not read
        folders = ("migrations", "sql", "policies")
        found.insert(2, Suite("sqlfluff", "lint", ("sqlfluff", "lint", "--processes", "0", *folders), stack=False))
    return [
        suite for suite in found if not suite.command[-1].startswith("tests/") or (root / suite.command[-1]).is_dir()
    ]


def run(root: Path, groups: Iterable[str], say: Say) -> bool:
    """Run the suites of these groups (all, when none is named) and print how each went; whether all passed."""
    wanted = set(groups)
    suites = [suite for suite in all_suites(root) if not wanted or suite.group in wanted]
    if unknown := wanted - {suite.group for suite in all_suites(root)}:
        raise StackError(f"no such group of tests: {', '.join(sorted(unknown))}")
    paths = Paths(root, root / HOME)
    env: dict[str, str] | None = None
    results: list[tuple[Suite, bool, float]] = []
    try:
        for suite in suites:
            if suite.stack and env is None:
                env = _stack(paths, say)
            say(f"{suite.name}: {shlex.join(suite.command)}")
            began = time.monotonic()
            here = env if suite.stack and env is not None else _without_stack()
            passed = subprocess.run(suite.command, cwd=root, env=here, check=False).returncode == 0
            results.append((suite, passed, time.monotonic() - began))
    finally:
        if env is not None:
            failed = any(not passed for _, passed, _ in results) or len(results) < len(suites)
            (up.down if failed else up.reset)(paths, say)
    for suite, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED'}  {suite.name:9} {seconds:6.1f} s", flush=True)
    failures = sum(not passed for _, passed, _ in results)
    print(f"{len(results) - failures} passed, {failures} failed", flush=True)
    return failures == 0


def _stack(paths: Paths, say: Say) -> dict[str, str]:
    """A new stack without the demo, on ports that nobody has; the environment of the suites."""
    up.reset(paths, say)
    settings = up.up(paths, say, demo=False, environ=ports.spare())
    return {
        **processes.environment(paths, settings),
        # what psql and pg_prove connect to: pgTAP counts rows, so nothing else may write where it looks
        **database.libpq(database.build_plain(paths, settings, "lics_pgtap")),
        "PGOPTIONS": "-c client_min_messages=warning",
        "LICS_DB_SUPERUSER_URL": database.superuser_url(settings),
    }


def _without_stack() -> Mapping[str, str]:
    return processes.with_programs({name: value for name, value in os.environ.items() if not name.startswith("LICS_")})
