"""The table of results: what, ours, reference, ratio, bar; printed, and kept in ``bench/RESULTS.md``."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass(frozen=True)
class Row:
    """One comparison: ``ours`` and ``reference`` are rates of the rounds in one unit; ``bar``: least ratio wanted."""

    what: str
    ours: list[float]
    reference_name: str
    reference: list[float]
    bar: float

    @property
    def ratio(self) -> float:
        """Median of ours over median of the reference."""
        return median(self.ours) / median(self.reference)

    def markdown(self) -> str:
        """The row as a line of a Markdown table."""
        verdict = "met" if self.ratio >= self.bar else "NOT met"
        return (
            f"| {self.what} | {median(self.ours):,.0f} | {self.reference_name}: {median(self.reference):,.0f} "
            f"| {self.ratio:.2f} | ≥ {self.bar:g} | {verdict} |"
        )


def machine() -> str:
    """What the figures were measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def commit() -> str:
    """Short hash of the checkout, with a plus when it has changes."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unknown"


def table(rows: list[Row], rounds: int) -> str:
    """The whole section as Markdown."""
    head = (
        f"## {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()}\n\n{machine()}; medians of {rounds} rounds.\n\n"
        "| what | ours | reference | ratio | bar | |\n|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(row.markdown() for row in rows) + "\n"


def keep(section: str) -> None:
    """Put the section on top of ``bench/RESULTS.md``."""
    title = "# Results of `make bench`\n\nRatios count; machines differ. Newest first.\n\n"
    former = RESULTS.read_text().removeprefix(title) if RESULTS.exists() else ""
    RESULTS.write_text(title + section + ("\n" + former if former else ""))
