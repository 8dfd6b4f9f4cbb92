"""Demos of PsychoPy's Builder, unmodified, compiled by PsychoPy's own program, with a window and with key presses.

Runs with a window are long: all are started at once, before the first test waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from psychopy_lab import Run, Started, compile_demo, same_as_csv

# all runs share the machine, and each test waits for its own
pytestmark = pytest.mark.timeout(170)

DEMOS = {
    "stroop": ("Experiments/stroop/stroop.psyexp", ["Left", "Down", "Right"], {}, None),
    # keys from the window, as where real-time priority is not allowed
    "go_no_go": ("Experiments/GoNoGo/gng.psyexp", ["s", "space"], {"LICS_KEYBOARD": "window"}, None),
    "progress": ("Feature Demos/progress/progressBar.psyexp", ["space"], {}, None),
    "stroop_escape": ("Experiments/stroop/stroop.psyexp", ["Left", "Down", "Right"], {}, 5),
}
AT_ONCE = 4


class Demos:
    """Each demo's run, when it has ended."""

    def __init__(self, folder: Path) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._runs = {name: self._pool.submit(self._run, folder / name, name) for name in DEMOS}

    @staticmethod
    def _run(folder: Path, name: str) -> Run:
        demo, keys, environment, escape_after = DEMOS[name]
        compile_demo(demo, folder)
        started = Started(
            folder, keys, params={"session": "007"}, environment=environment, escape_after=escape_after
        )  # fmt: skip
        return started.ended()

    def __getitem__(self, name: str) -> Run:
        return self._runs[name].result()

    def close(self) -> None:
        """Start nothing more."""
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demos]:
    """The Builder's demos."""
    made = Demos(tmp_path_factory.mktemp("demos"))
    yield made
    made.close()


def test_progress(demos: Demos) -> None:
    run = demos["progress"]
    assert run.code == 0, run.output
    same_as_csv(run)
    trials = [row for row in run.rows if row["kind"] == "trial"]
    assert len(trials) == 5
    assert all(row["reaction_time"] > 0 for row in trials)


def test_keys_from_the_window(demos: Demos) -> None:
    run = demos["go_no_go"]
    assert run.code == 0, run.output
    assert "key presses are taken from the window" in run.output
    same_as_csv(run)
    trials = [row for row in run.rows if row["kind"] == "trial"]
    assert len(trials) == 12
    assert any((row["reaction_time"] or 0) > 0 and row["response"]["key_resp.keys"] == "space" for row in trials)


def test_stroop(demos: Demos) -> None:
    run = demos["stroop"]
    assert run.code == 0, run.output
    assert "could not write its Excel file" in run.output
    same_as_csv(run)
    trials = [row for row in run.rows if row["kind"] == "trial"]
    assert [row["trial_number"] for row in trials] == list(range(1, 31))
    assert all(row["reaction_time"] > 0 and row["correct"] in {True, False} for row in trials)
    assert all(row["custom_data"]["participant"] == "S01" for row in trials)
    assert all(row["custom_data"]["session"] == "007" for row in trials)
    assert run.end["loops_unfinished"] == []


def test_escape_is_no_whole_run(demos: Demos) -> None:
    run = demos["stroop_escape"]
    assert run.code == 0, run.output
    same_as_csv(run)
    assert 5 <= len(run.rows) < 30
    assert run.end["loops_unfinished"] == ["trials"]
