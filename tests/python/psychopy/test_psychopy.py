"""Unmodified PsychoPy scripts publish their trials: complete, in order, equal to PsychoPy's own file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from psychopy_lab import ROOT, run_script, same_as_csv, start_script

from agent.psychopy_dialogs import Answers
from agent.psychopy_rows import trial_of


def test_a_script_by_hand_is_equal_to_its_file(tmp_path: Path) -> None:
    run = run_script("coder.py", tmp_path, params={"session": "4", "GROUP": "b", "fixed": "other"})
    assert run.code == 0, run.output
    assert "'participant': 'S01', 'session|req': 4, 'group': 'b', 'fixed': 'f'" in run.output
    same_as_csv(run)
    rows = run.rows
    assert [row["kind"] for row in rows] == ["trial"] * 12 + ["entry"] * 2
    assert [row["trial_number"] for row in rows] == [*range(1, 13), 12, 12]
    assert [row.get("partial", False) for row in rows] == [False] * 13 + [True]
    assert [row["reaction_time"] for row in rows[:6]] == [250, 251, 252, 253, 254, 255]
    assert [row["correct"] for row in rows[:3]] == [False, True, False]
    assert set(rows[0]["response"]) == {"resp.rt", "resp.keys", "resp.corr"}
    assert all(row["started_at"] <= row["ended_at"] for row in rows)
    assert run.end["entries"] == 14
    assert run.end["loops_unfinished"] == []


def test_a_row_that_changes_is_sent_again(tmp_path: Path) -> None:
    run = run_script("changes.py", tmp_path)
    same_as_csv(run)
    entries = [record["entry"] for record in run.records if record["type"] == "trial"]
    assert entries[:4] == [1, 2, 3, 4], "the time stamp of the next flip needs no revision"
    assert sorted(entries[4:]) == [1, 2]
    assert run.end["entries"] == 4


def test_loops_without_an_experiment(tmp_path: Path) -> None:
    run = run_script("loop_alone.py", tmp_path)
    assert run.code == 0, run.output
    rows = run.rows
    assert [row["reaction_time"] for row in rows] == [300] * 4 + [400] * 2 + [None] * 3 + [600] * 2
    assert [row["custom_data"].get("tone") for row in rows[:4]] == [200, 400, 200, 400]
    assert [row["custom_data"]["old.thisN"] for row in rows[:4]] == [0, 1, 2, 3]
    assert [row["response"] for row in rows[6:9]] == [{"response": n} for n in (1, 0, 1)]
    assert run.end["loops_unfinished"] == ["broken"]


def test_sigterm_saves_and_says_how_far_it_came(tmp_path: Path) -> None:
    started = start_script("endless.py", tmp_path)
    started.wait_for(10)
    started.process.terminate()
    run = started.ended()
    assert run.code == 143
    same_as_csv(run)
    assert run.rows[-1]["partial"]
    assert run.end["exit"] == 143
    assert run.end["loops_unfinished"] == ["trials"]


def test_what_was_sent_survives_a_kill(tmp_path: Path) -> None:
    started = start_script("endless.py", tmp_path)
    started.wait_for(10)
    started.process.kill()
    run = started.ended()
    assert len(run.rows) == 10


def test_a_full_queue_loses_no_row(tmp_path: Path) -> None:
    run = run_script("fast.py", tmp_path)
    assert run.code == 0, run.output
    same_as_csv(run)
    assert run.end["entries"] == 2000


def test_a_row_waits_for_nothing_in_the_tasks_thread(tmp_path: Path) -> None:
    # the bar is 5 µs (quality.md); a write or a wait would cost far more than this, on however busy a machine
    run = run_script("cost.py", tmp_path)
    assert len(run.rows) == 500
    assert float(run.output.split("microseconds")[1].split()[0]) < 100, run.output


def test_a_script_that_publishes_by_itself(tmp_path: Path) -> None:
    run = run_script("by_hand.py", tmp_path)
    sent = [record for record in run.records if record["type"] == "trial"]
    assert [record["trial"] for record in sent] == [{"trial_number": n, "reaction_time": 321.0} for n in range(3)]
    assert run.end["loops_unfinished"] == []


def test_real_time_priority_is_known_before_psychtoolbox_needs_it() -> None:
    asked = (
        "import os\nfrom agent.psychopy_screen import may_use_real_time\n"
        "try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); done = True\n"
        "except OSError: done = False\n"
        "print(done == may_use_real_time())"
    )
    for command in ([], ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]):
        done = subprocess.run(
            [*command, sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=False
        )
        # without the right to drop a right there is only one case to look at
        assert done.stdout.strip() == "True" or "setpriv" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("key", "initial", "choices", "answer"),
    [
        ("participant|req", "nobody", None, "S01"), ("Age", 20, None, 31), ("hand", None, ["left", "right"], "right"),
        ("practice", False, None, True), ("session", "001", None, "2"), ("other", 1.5, None, 1.5),
        ("level", None, [1, 2], 1),
    ],
)  # fmt: skip
def test_answers_of_a_start_dialog(key: str, initial: object, choices: list[object] | None, answer: object) -> None:
    answers = Answers({"age": "31", "HAND": "right", "practice": "yes", "session": 2}, "S01")
    assert answers.to(key, key, initial, choices) == answer


def test_columns_of_a_row() -> None:
    row = {
        "t.resp.rt": 0.5, "resp.rt": 0.5, "resp.keys": ["a", "b"], "resp.started": 1.0, "key": None, "congruent": 1,
        "slider.rating": 4, "slider.color": "red", "t.thisN": 0, "thisN": 0, "mouse.x": 3,
    }  # fmt: skip
    made = trial_of(row, ["t"])
    assert made["reaction_time"] == 500
    assert made["correct"] is None
    assert set(made["response"]) == {"resp.rt", "resp.keys", "slider.rating", "slider.color", "key"}
    assert set(made["custom_data"]) == {"resp.started", "congruent", "t.thisN", "thisN", "mouse.x"}
    assert trial_of({"a.rt": [], "b.rt": [0.25, 0.5], "b.corr": "x", "c.corr": 1}, ())["reaction_time"] == 250
    assert trial_of({"c.corr": 1}, ())["correct"] is True
    assert trial_of({"mouse.x": 3}, ())["response"] is None
    json.dumps(made)
