"""The parts of an agent, each alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import channel, cli, clock, config, intake, log_queue, logs, process, shape
from agent.errors import AlreadyRunningError, ConfigError
from agent.intake import Intake
from agent.journal import Journal
from agent.log_queue import LogQueue
from agent.run import end_of, put_beside
from agent.spool import Record, Spool
from agent.store import Store
from edge_functions.models.items import Item
from edge_functions.routes import parse

ROOT = Path(__file__).resolve().parents[3]
RUN = "019a0000-0000-7000-8000-0000000000bb"
RIG = "019a0000-0000-7000-8000-0000000000aa"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=20,
)  # fmt: skip
FIELDS = st.sampled_from(
    ["trial_number", "started_at", "ended_at", "response", "reaction_time", "correct", "custom_data", "kind", "partial",
     "deployment_id", "seq", "word", "device_id"]
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def spool(store: Store) -> Spool:
    Journal(store, "boot").accept(RUN, {})
    return Spool(store, "boot")


def keep(spool: Spool, count: int, first: int = 1) -> None:
    spool.add(RUN, [Record({"trial_number": number}) for number in range(first, first + count)], 0)


def seqs(spool: Spool) -> list[tuple[int, int]]:
    return [(trial.seq, trial.rev) for trial in spool.oldest(1000)]


# shape


@settings(deadline=None, max_examples=150)
@given(given_=st.dictionaries(FIELDS, JSON, max_size=8))
def test_whatever_a_script_gives_becomes_a_trial_that_the_edge_takes(given_: dict[str, Any]) -> None:
    made = {**shape.trial(given_, 1.7e9, 3, 1.6e9), "deployment_id": RUN, "seq": 1, "rev": 1}
    payload = json.dumps(made, ensure_ascii=False, allow_nan=False).encode()
    (part,) = parse(f"devices/{RIG}/data", payload)[1]
    assert isinstance(part, Item), (part.reason, part.detail, given_)


def test_values_keep_their_fields_and_the_rest_goes_to_custom_data() -> None:
    made = shape.trial(
        {"trial_number": 4.0, "started_at": "2026-03-01T10:00:00+01:00", "ended_at": 1_772_355_601.5,
         "response": {"k": 1}, "reaction_time": -3, "correct": 1, "custom_data": {"a": 1}, "word": "red"}, 0.0, 9, 0.0,
    )  # fmt: skip
    assert made == {
        "kind": "trial", "trial_number": 4, "started_at": "2026-03-01T10:00:00+01:00",
        "ended_at": "2026-03-01T09:00:01.500000Z", "response": {"k": 1}, "reaction_time": -3, "correct": True,
        "custom_data": {"word": "red", "a": 1},
    }  # fmt: skip


def test_what_has_the_wrong_type_is_kept_beside() -> None:
    made = shape.trial(
        {"trial_number": "first", "started_at": "soon", "reaction_time": "fast", "correct": "yes", "custom_data": [1]},
        1_772_355_601.0, 9, 1_772_355_600.0,
    )  # fmt: skip
    assert (made["trial_number"], made["started_at"], made["reaction_time"], made["correct"]) == (
        9, "2026-03-01T09:00:00.000000Z", None, None
    )  # fmt: skip
    assert made["custom_data"] == {
        "custom_data": [1], "_trial_number": "first", "_started_at": "soon", "_reaction_time": "fast", "_correct": "yes"
    }  # fmt: skip


def test_what_jsonb_cannot_hold_is_replaced_and_named() -> None:
    made = shape.trial(
        {"reaction_time": float("nan"), "response": ["a\x00b", "\ud800", float("-inf"), "\ud83d\ude00"]}, 1.0, 1, 1.0
    )
    assert made["reaction_time"] is None
    assert made["response"] == ["a\ufffdb", "\ufffd", None, "\U0001f600"]
    assert made["custom_data"] == {"_nonfinite": {"reaction_time": "NaN", "response[2]": "-Infinity"}}


# spool


def test_trials_are_numbered_and_leave_only_when_confirmed(spool: Spool) -> None:
    keep(spool, 6)
    assert seqs(spool) == [(n, 1) for n in range(1, 7)]
    spool.confirm({"deployment_id": RUN, "through_seq": 2, "have": [[1, 2], [5, 5]], "rejected": []})
    assert [seq for seq, _ in seqs(spool)] == [3, 4, 6]
    spool.confirm({"deployment_id": RIG, "through_seq": 100, "have": [[1, 100]]})
    assert [seq for seq, _ in seqs(spool)] == [3, 4, 6]


def test_a_refused_trial_goes_to_quarantine_and_can_be_sent_again(spool: Spool) -> None:
    keep(spool, 3)
    ack = {"deployment_id": RUN, "through_seq": 3, "have": [[1, 3]], "rejected": [{"seq": 2, "reason": "conflict"}]}
    assert spool.confirm(ack) == 1
    assert (seqs(spool), spool.quarantined()) == ([], 1)
    assert [(row["seq"], row["reason"]) for row in spool.list_quarantine()] == [(2, "conflict")]
    assert spool.retry_quarantine() == 1
    assert (seqs(spool), spool.quarantined()) == ([(2, 1)], 0)


def test_a_correction_is_a_revision_that_follows_its_first(spool: Spool) -> None:
    spool.add(RUN, [Record({"a": 1}, entry=0), Record({"b": 1}, entry=1), Record({"a": 2}, entry=0)], 0)
    assert seqs(spool) == [(1, 1), (2, 1)], "the correction waits for what it corrects"
    spool.confirm({"deployment_id": RUN, "through_seq": 2, "have": [[1, 2]]})
    assert seqs(spool) == [(1, 2)], "a range cannot confirm a revision"
    spool.confirm({"deployment_id": RUN, "through_seq": 2, "have": [[1, 2]], "revs": [[1, 2]]})
    assert seqs(spool) == []


def test_the_spool_survives_and_is_put_aside_when_it_is_broken(tmp_path: Path) -> None:
    first = Store(tmp_path)
    Journal(first, "boot").accept(RUN, {"action": "run"})
    keep(Spool(first, "boot"), 2)
    with pytest.raises(AlreadyRunningError):
        Store(tmp_path)
    first.close()
    second = Store(tmp_path)
    assert seqs(Spool(second, "boot")) == [(1, 1), (2, 1)]
    assert second.rows("pragma synchronous")[0][0] == 2
    second.close()
    (tmp_path / "spool.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 5000)
    third = Store(tmp_path)
    assert third.corrupt is not None
    assert third.corrupt.exists()
    assert seqs(Spool(third, "boot")) == []
    third.close()


def test_reports_are_sent_in_order_and_repeated_once(store: Store) -> None:
    journal = Journal(store, "boot")
    journal.accept(RUN, {})
    journal.starting(RUN, Path("x"))
    journal.running(RUN, 1, 2, {"status": "running"})
    journal.end(RUN, {"status": "completed"})
    assert journal.believed_running() == [RUN], "until its end is said"
    reports = journal.unsent_reports()
    assert [json.loads(payload)["status"] for *_, payload in reports] == ["running", "completed"]
    for number, *_ in reports:
        journal.report_sent(number)
    assert journal.believed_running() == []
    journal.repeat_report(RUN)
    journal.repeat_report(RUN)
    assert [json.loads(payload)["status"] for *_, payload in journal.unsent_reports()] == ["completed"]


# intake and channel


def test_the_file_is_read_on_where_a_former_agent_stopped(spool: Spool, tmp_path: Path) -> None:
    out = channel.Channel(str(tmp_path / "trials.jsonl"))
    out.write({"type": "trial", "trial": {"response": 1}})
    assert Intake(spool, RUN, tmp_path).drain() == 1
    out.write({"type": "trial", "trial": {"response": 2}})
    with (tmp_path / "trials.jsonl").open("ab") as file:
        file.write(b'not json\n{"type":"trial","trial":[],"at":1}\n{"type":"trial","tr')
    again = Intake(spool, RUN, tmp_path)
    assert again.drain() == 1
    assert (again.broken, again.drain()) == (2, 0), "half a line is waited for"
    assert [json.loads(trial.payload)["response"] for trial in spool.oldest(9)] == [1, 2]
    assert [json.loads(trial.payload)["trial_number"] for trial in spool.oldest(9)] == [1, 2]


def test_a_line_seen_in_half_loses_no_trial(spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trials.jsonl"
    lines = [json.dumps({"type": "trial", "trial": {"response": n}, "at": 1.0 + n}).encode() + b"\n" for n in range(3)]
    path.write_bytes(lines[0] + lines[1][:9])
    real, rest = intake._whole_lines, [lines[1][9:] + lines[2]]

    def slow(file: Any) -> list[bytes]:
        found = real(file)
        if rest:
            # the script goes on between two looks of the agent
            with path.open("ab") as writer:
                writer.write(rest.pop())
        return found

    monkeypatch.setattr(intake, "_whole_lines", slow)
    reader = Intake(spool, RUN, tmp_path)
    reader.drain()
    assert reader.broken == 0
    assert [json.loads(trial.payload)["response"] for trial in spool.oldest(9)] == [0, 1, 2]


def test_a_record_that_nobody_could_read_is_a_gap(spool: Spool, store: Store, tmp_path: Path) -> None:
    out = channel.Channel(str(tmp_path / "trials.jsonl"))
    for entry in (1, 1, 2):
        out.write({"type": "trial", "trial": {}, "entry": entry})
    assert out.trials == 2, "a corrected trial counts once"
    with (tmp_path / "trials.jsonl").open("ab") as file:
        file.write(b'{"type":"tri\n')
    out.write({"type": "trial", "trial": {}})
    out.write({"type": "end", "trials": out.trials + 1, "loops_unfinished": []})
    Intake(spool, RUN, tmp_path).drain()
    end = end_of(Journal(store, "boot").get(RUN), "completed")
    assert end is not None
    assert (end["final_seq"], spool.last_seq(RUN)) == (4, 3)


def test_a_runs_files_stay_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    put_beside(folder, "stimuli/a b.csv", b"x")
    assert (folder / "stimuli" / "a b.csv").read_bytes() == b"x"
    (folder / "out").symlink_to(tmp_path)
    for path in ("../x", "/x", "a/../../x", "out/x", ".", ""):
        with pytest.raises(Exception, match="not a place in the run's folder"):
            put_beside(folder, path, b"x")
    assert sorted(found.name for found in tmp_path.iterdir() if found.name == "x") == []


def test_settings_of_the_hook_reach_the_script_and_nothing_else_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICS_KEYBOARD", "window")
    monkeypatch.setenv("LICS_SERVICE_KEY", "secret")
    (tmp_path / "script.py").write_text(
        "import os; open('seen', 'w').write(' '.join(sorted(k for k in os.environ if k[:5] == 'LICS_')))"
    )
    (tmp_path / "run.json").write_text("{}")
    script = process.start(sys.executable, tmp_path, process.make_bridge(tmp_path))
    deadline = time.monotonic() + 60
    while not script.ended() and time.monotonic() < deadline:
        time.sleep(0.02)
    script.close()
    assert "LICS_KEYBOARD" in (tmp_path / "seen").read_text()
    assert "SERVICE" not in (tmp_path / "seen").read_text()


def test_a_forked_process_does_not_end_the_run(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os, sys\nif os.fork() == 0:\n    sys.exit(3)\nos.wait()\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), channel.FILE_VARIABLE: str(tmp_path / "trials.jsonl")}
    subprocess.run([sys.executable, "-m", "agent.runner", str(script)], env=environment, check=True, timeout=60)
    ends = [json.loads(line) for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert [(end["type"], end["exit"]) for end in ends] == [("end", 0)]


def test_a_full_disk_loses_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = channel.Channel(str(tmp_path / "trials.jsonl"))
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 5:
            return real(descriptor, data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    out.write({"type": "trial", "trial": {"response": 1}})
    out.write({"type": "trial", "trial": {"response": 2}})
    monkeypatch.setattr(os, "write", real)
    out.post({"type": "trial", "trial": {"response": 3}})
    out.close()
    found = [json.loads(line)["trial"]["response"] for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert found == [1, 2, 3]


def test_a_signal_in_mid_write_doubles_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a process that a shell started in the background ignores it, and so do we then
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    out = channel.Channel(str(tmp_path / "trials.jsonl"))
    real = os.write

    def interrupted(descriptor: int, data: bytes) -> int:
        written = real(descriptor, data)
        os.kill(os.getpid(), signal.SIGINT)
        return written

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        out.write({"type": "trial", "trial": {"response": 1}})
    signal.signal(signal.SIGINT, before)
    monkeypatch.setattr(os, "write", real)
    out.write({"type": "trial", "trial": {"response": 2}})
    found = [json.loads(line)["trial"]["response"] for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert found == [1, 2]


def test_the_end_waits_for_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "FULL_DISK_AGAIN_S", 0.01)
    out = channel.Channel(str(tmp_path / "trials.jsonl"))
    real, refusals = os.write, iter(range(5))

    def full(descriptor: int, data: bytes) -> int:
        if next(refusals, None) is not None:
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    out.write({"type": "trial", "trial": {"response": 1}})
    assert not (tmp_path / "trials.jsonl").read_text()
    out.close()
    assert json.loads((tmp_path / "trials.jsonl").read_text())["trial"] == {"response": 1}


def test_values_of_other_libraries_become_json() -> None:
    class Array:
        def tolist(self) -> list[float]:
            return [1.5, 2.5]

    class Odd:
        def __str__(self) -> str:
            return "odd"

    class Number(float):
        def __repr__(self) -> str:
            return "np.float64(1.0)"

    given_ = {1: Array(), "t": datetime(2026, 1, 2, 3), "o": Odd(), "s": (1, {2}), "n": Number(1), "b": b"x"}
    plain = channel.plain(given_)
    assert json.loads(json.dumps(plain)) == {
        "1": [1.5, 2.5], "t": "2026-01-02T03:00:00", "o": "odd", "s": [1, [2]], "n": 1.0, "b": "x"
    }  # fmt: skip


# logs


def test_levels() -> None:
    err, out = logs.Leveller("stderr"), logs.Leveller("stdout")
    assert out.level("hello") == "INFO"
    assert out.level("4.5178 \tWARNING \tMonitor specification not found") == "WARNING"
    assert err.level("0.1 \tEXP \tCreated") == "INFO"
    lines = ["careful", "Traceback (most recent call last):", '  File "x"', "ValueError: no", "after"]
    assert [err.level(line) for line in lines] == ["WARNING", "ERROR", "ERROR", "ERROR", "WARNING"]


def test_floods_are_cut_but_warnings_and_the_end_are_kept() -> None:
    said: list[dict[str, Any]] = []
    run_log = logs.RunLog(RUN, said.append, clock=lambda: 0.0)
    for number in range(2000):
        run_log.line("stdout", "INFO", f"line {number}")
        if number % 100 == 0:
            run_log.line("stderr", "WARNING", f"warning {number}")
    run_log.close()
    messages = [entry["message"] for entry in said]
    assert messages[:3] == ["line 0", "warning 0", "line 1"]
    assert sum(message.startswith("warning") for message in messages) == 20
    assert {f"line {number}" for number in range(1810, 2000)} <= set(messages)
    (note,) = (entry for entry in said if "above the limit" in entry["message"])
    lines = sum(message.startswith("line") for message in messages)
    assert note["context"] == {"dropped": 2000 - lines}
    assert len({entry["line_no"] for entry in said}) == len(said)


def test_a_share_ends() -> None:
    said: list[dict[str, Any]] = []
    now = iter(range(10**9))
    run_log = logs.RunLog(RUN, said.append, clock=lambda: float(next(now)))
    for _ in range(logs.LINES_A_RUN + 10):
        run_log.line("stdout", "INFO", "x")
    assert len(said) == logs.LINES_A_RUN


def sent_lines(waiting: LogQueue) -> list[dict[str, Any]]:
    """Send and confirm everything."""
    found: list[dict[str, Any]] = []
    while batch := waiting.batch():
        assert len(batch.payload.encode()) <= 64 * 1024
        assert waiting.batch() == batch, "the same until it is on its way"
        waiting.sent(batch)
        waiting.confirmed(batch)
        found += json.loads(batch.payload)
    return found


def test_batches_of_lines_fit_the_wire_and_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_queue, "WAITING_LINES", 400)
    waiting = LogQueue(tmp_path, threading.Event())
    for number in range(250):
        waiting.put({"level": "INFO", "message": "x" * 2000, "line_no": number})
    assert [line["line_no"] for line in sent_lines(waiting)] == list(range(250))
    assert len(waiting) == 0
    for number in range(700):
        waiting.put({"level": "ERROR" if number == 0 else "INFO", "message": "x", "line_no": number})
    assert len(waiting) <= 400
    kept = [line["line_no"] for line in sent_lines(waiting)]
    assert kept[0] == 0, "errors stay"
    assert kept[1:] == list(range(700 - len(kept) + 1, 700)), "the oldest plain lines go first"


def test_lines_outlive_an_agent_that_was_killed(tmp_path: Path) -> None:
    waiting = LogQueue(tmp_path, threading.Event())
    for number in range(150):
        waiting.put({"level": "INFO", "message": "x", "line_no": number})
    first = waiting.batch()
    assert first is not None
    waiting.sent(first)
    waiting.confirmed(first)
    second = waiting.batch()
    assert second is not None
    # on its way, and nobody knows whether it arrived: sent again, the server knows a line by its number
    waiting.sent(second)
    again = LogQueue(tmp_path, threading.Event())
    assert [line["line_no"] for line in sent_lines(again)] == list(range(100, 150))


def test_a_file_of_lines_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "logs.db").write_bytes(b"no database" * 1000)
    waiting = LogQueue(tmp_path, threading.Event())
    waiting.put({"level": "INFO", "message": "x", "line_no": 1})
    assert len(sent_lines(waiting)) == 1
    assert (tmp_path / "logs.corrupt").exists()


def test_a_long_line_is_cut_and_the_pipe_never_blocks() -> None:
    said: list[dict[str, Any]] = []
    read, write = os.pipe()
    drain = logs.Drain("stderr", read, logs.RunLog(RUN, said.append))
    drain.start()
    os.write(write, b"x" * 60_000 + b"\nnext\x00\x1b[0m\xff\nlast")
    os.close(write)
    drain.join(5)
    assert len(said[0]["message"]) < 8192
    assert [entry["message"] for entry in said][1:] == ["next\ufffd\ufffd[0m\ufffd", "last"]
    assert len(drain.tail.encode()) <= 3 * logs.ERROR_LOG
    assert drain.tail.endswith("last")


# runner


def execute(tmp_path: Path, code: str, *, kill: int = 0) -> tuple[int, list[dict[str, Any]], str]:
    """A script under the runner, without an agent: exit code, records, stderr."""
    (tmp_path / "script.py").write_text(code)
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(process.make_bridge(tmp_path)),
        channel.FILE_VARIABLE: str(tmp_path / "trials.jsonl"),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "agent.runner", "script.py"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as running:  # fmt: skip
        if kill:
            deadline = time.monotonic() + 10
            while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            running.send_signal(kill)
        errors = running.communicate(timeout=20)[1]
    lines = (tmp_path / "trials.jsonl").read_text().splitlines()
    return running.returncode, [json.loads(line) for line in lines], errors


def test_a_script_runs_as_main_in_its_own_folder(tmp_path: Path) -> None:
    code, records, _ = execute(
        tmp_path,
        "import sys, os, __main__, lics_publisher\n"
        "from app.psychopy_ext import gpio\n"
        "gpio.setup(17, gpio.OUT); gpio.output(17, True)\n"
        "lics_publisher.init('d', 'e')\n"
        "assert __name__ == '__main__' and __main__.__file__ == __file__ and sys.path[0] == os.getcwd()\n"
        "lics_publisher.save_trial({'response': gpio.pins.levels[17], 'argv': sys.argv})\n",
    )
    assert code == 0
    assert records[0]["trial"] == {"response": 1, "argv": [str(tmp_path / "script.py")]}
    assert (records[1]["type"], records[1]["exit"]) == ("end", 0)


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [("import sys; sys.exit(3)", 3, None), ("import sys; sys.exit('no')", 1, None), ("x = 1/0", 1, "ZeroDivisionError"),
     ("a b", 1, "SyntaxError")],
)  # fmt: skip
def test_exit_codes(tmp_path: Path, body: str, code: int, word: str | None) -> None:
    found, records, errors = execute(tmp_path, body)
    assert (found, records[-1]["exit"]) == (code, code)
    assert (word or "") in errors
    assert (word or "") in records[-1].get("error", "")
    assert "runner.py" not in errors


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_let_the_script_clean_up(tmp_path: Path, number: int, code: int) -> None:
    found, records, _ = execute(
        tmp_path,
        "import atexit, time, lics_publisher\n"
        "atexit.register(lambda: lics_publisher.save_trial({'response': 'saved at exit'}))\n"
        "open('ready', 'w')\nwhile True: time.sleep(0.05)\n",
        kill=number,
    )
    assert found == code
    assert [record["type"] for record in records] == ["trial", "end"]
    assert records[-1]["exit"] == code


# configuration and clock


def test_configuration(tmp_path: Path) -> None:
    made = config.load(ROOT / "agent" / "config.ini.example")
    assert made == config.Config(backend_url="http://192.0.2.10:54321"), "the example shows the defaults"
    assert made.broker_host == "192.0.2.10"
    path = tmp_path / "config.ini"
    for text in ("", "[default]\n", "[default]\nbackend_url = x", "[default]\nbackend_url = http://x\nwindow = many",
                 "[default]\nbackend_url = http://x\ncolour = red"):  # fmt: skip
        path.write_text(text)
        with pytest.raises(ConfigError):
            config.load(path)


def test_exit_codes_of_the_command(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_text(f"[default]\nbackend_url = http://127.0.0.1:9\nstate_dir = {tmp_path / 'state'}\n")

    def code(*arguments: str) -> int:
        return cli.main(["--config", str(path), *arguments])

    assert code("run") == 3, "not registered"
    assert code("register") == 3, "no token"
    assert code("register", "--token", "x", "--mac", "02a1c5000001") == 1, "the server is away"
    assert code("status") == 1, "no agent runs"
    with pytest.raises(SystemExit, match="2"):
        code("dance")
    path.write_text("[other]\n")
    assert code("status") == 3


def test_the_servers_clock() -> None:
    told = clock.ServerClock()
    assert not told.known
    told.learn("2026-03-01T09:00:00Z")
    assert told.known
    assert abs(told.now() - (clock.parse("2026-03-01T09:00:00+00:00") or 0)) < 1
    told.learn("nonsense")
    assert clock.parse("2026-03-01T09:00:00") == clock.parse("2026-03-01T10:00:00+01:00")
    assert clock.parse(5) is None
