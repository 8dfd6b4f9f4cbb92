"""PsychoPy's own file of a run, against the trials that were sent or stored."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def own_file(folder: Path) -> list[dict[str, str]]:
    """The one CSV that PsychoPy left in a run's folder."""
    # the Builder's is in data/, a script by hand says where
    paths = list(folder.glob("**/data/*.csv")) or list(folder.glob("*.csv"))
    assert len(paths) == 1, paths
    with paths[0].open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def assert_same(table: Sequence[Mapping[str, str]], rows: Sequence[Mapping[str, Any]], words: str = "") -> None:
    """Every cell of PsychoPy's file is in the row that was sent, and no row is missing or added."""
    assert len(table) == len(rows) > 0, words
    for number, (cells, row) in enumerate(zip(table, rows, strict=True)):
        sent = {**(row["response"] or {}), **row["custom_data"]}
        for column, cell in cells.items():
            # a loop's own copy of a value is sent once
            name = column if column in sent else column.partition(".")[2]
            if cell not in {"", "None"} and column:
                assert name in sent, f"row {number}: {column}"
                assert str(sent[name]) == cell, f"row {number}: {column}"
        for column, value in sent.items():
            if value is not None and value != "":
                assert cells.get(column) == str(value), f"row {number}: {column}"
