"""Scripts as a rig runs them: `python -m agent.runner` in PsychoPy's own environment, on a screen of their own.

No conftest: this folder is no package (its name is PsychoPy's).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trial_csv import assert_same, own_file

from lics.screen import Screen

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-psychopy" / "bin" / "python"
SCRIPTS = Path(__file__).resolve().parent / "scripts"
LIMIT_S = 110.0
KEY_EVERY_S = 0.12
Row = dict[str, Any]


def package() -> Path:
    """PsychoPy's own folder, with its demos."""
    return next((ROOT / ".venv-psychopy" / "lib").glob("python3.*/site-packages/psychopy"))


def compile_demo(demo: str, folder: Path) -> None:
    """A demo of the Builder, unmodified, compiled by PsychoPy's own program to `folder/script.py`."""
    source = package() / "demos" / "builder" / demo
    shutil.copytree(source.parent, folder)
    subprocess.run(
        [PYTHON, "-m", "psychopy.scripts.psyexpCompile", source.name, "-o", "script.py"], cwd=folder, check=True,
        env=_environment(folder), capture_output=True, timeout=60,
    )  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LICS_", "PYTHON", "DISPLAY"))}
    return kept | {"HOME": str(folder), "PYTHONUNBUFFERED": "1"}


@dataclass
class Run:
    """What a script left behind."""

    folder: Path
    code: int
    output: str
    records: list[Row] = field(default_factory=list)

    @property
    def end(self) -> Row:
        """The last record."""
        assert self.records, self.output
        assert self.records[-1]["type"] == "end", self.output
        return self.records[-1]

    @property
    def rows(self) -> list[Row]:
        """The newest revision of each row, in order."""
        found: dict[int, Row] = {}
        for record in self.records:
            if record["type"] == "trial":
                found[record["entry"]] = record["trial"]
        assert list(found) == list(range(1, len(found) + 1))
        return list(found.values())


class Started:
    """A script that runs. `keys` are pressed in turn, again and again, from its first window on."""

    def __init__(
        self, folder: Path, keys: Sequence[str] = (), *, screen: bool = True, params: Row | None = None,
        environment: dict[str, str] | None = None, escape_after: int | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self._keys, self._escape_after = list(keys), escape_after
        self.screen = Screen() if screen else None
        bridge = folder / ".bridge"
        bridge.mkdir()
        (bridge / "agent").symlink_to(ROOT / "agent")
        (folder / "run.json").write_text(json.dumps({"subject_id": "S01", "params": params or {}}))
        self.trials = folder / "trials.jsonl"
        variables = _environment(folder) | {
            "PYTHONPATH": str(bridge), "LICS_TRIAL_FILE": str(self.trials), "LICS_RUN_FILE": str(folder / "run.json"),
            **({"DISPLAY": self.screen.display} if self.screen else {}), **(environment or {}),
        }  # fmt: skip
        self._output = (folder / "output.txt").open("w+")
        self.process = subprocess.Popen(
            [PYTHON, "-m", "agent.runner", "script.py"], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
            stdout=self._output, stderr=self._output, start_new_session=True,
        )  # fmt: skip
        self._typist = threading.Thread(target=self._type, daemon=True)
        self._typist.start()

    def count(self) -> int:
        """Rows so far."""
        return self.trials.read_bytes().count(b'"type": "trial"') if self.trials.exists() else 0

    def wait_for(self, rows: int) -> None:
        """Until so many rows are there."""
        deadline = time.monotonic() + LIMIT_S
        while self.count() < rows:
            assert self.process.poll() is None, self._read()
            assert time.monotonic() < deadline, self._read()
            time.sleep(0.05)

    def ended(self) -> Run:
        """Wait for the end."""
        try:
            code = self.process.wait(LIMIT_S)
        finally:
            self.process.kill()
            self.process.wait(10)
            self._typist.join(10)
            if self.screen:
                self.screen.close()
        output = self._read()
        records = [json.loads(line) for line in self.trials.read_text().splitlines()] if self.trials.exists() else []
        return Run(self.folder, code, output, records)

    def _read(self) -> str:
        self._output.flush()
        return (self.folder / "output.txt").read_text()

    def _type(self) -> None:
        place = 0
        while self.screen and self.process.poll() is None:
            time.sleep(KEY_EVERY_S)
            if self._escape_after is not None and self.count() >= self._escape_after:
                self.screen.press("Escape")
            elif self._keys:
                self.screen.press(self._keys[place % len(self._keys)])
                place += 1


def run_script(name: str, folder: Path, **more: Any) -> Run:
    """One of our own scripts, without a screen, to its end."""
    return start_script(name, folder, **more).ended()


def start_script(name: str, folder: Path, **more: Any) -> Started:
    """The same, started."""
    folder.mkdir(exist_ok=True)
    shutil.copy(SCRIPTS / name, folder / "script.py")
    return Started(folder, screen=False, **more)


def same_as_csv(run: Run) -> None:
    """Every cell of PsychoPy's file is in the row that was sent, and no row is missing or added."""
    assert_same(own_file(run.folder), run.rows, run.output)
