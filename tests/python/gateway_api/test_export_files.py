"""JSON Lines, Parquet, codebook and manifest of a run, and `lics export`, which fetches and checks them."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from gateway_api.export_lab import Lab, Run
from lics.cli import app

TRIALS: list[dict[str, Any]] = [
    {
        "seq": 1,
        "trial_number": 1,
        "reaction_time": 345.6,
        "correct": True,
        "response": {"key": "space"},
        "custom_data": {"n": 1, "x": 0.5, "t": "=1+1", "list": [1, "a"], "deep": {"b": {"c": {"d": 1}}}, "empty": ""},
    },
    {
        "seq": 2,
        "trial_number": 2,
        "reaction_time": -5,
        "correct": False,
        "response": {"key": None},
        "custom_data": {"n": 9007199254740993, "x": 2, "t": 'back\\slash "q"', "yes": True},
    },
]
END = {
    "exit_code": 0,
    "end": {"entries": 3, "final_seq": 3, "loops_unfinished": []},
    "versions": {"psychopy": "2026.1"},
}


@pytest.fixture(scope="module")
def run(lab: Lab) -> Run:
    """An ended run of two trials; the agent said there are three."""
    run = lab.run("running").add(*TRIALS).add(TRIALS[0])
    report = {
        "device_id": str(run.device_id),
        "deployment_id": str(run.deployment_id),
        "kind": "status",
        "status": "completed",
        "details": END,
    }
    lab.world.sql("select private.ingest_run_reports(%s::jsonb)", json.dumps([report]))
    return run


def test_json_lines_keep_types(run: Run) -> None:
    lines = run.bytes("jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "trial_number": 1,
            "started_at": "2026-03-01T09:00:00.500Z",
            "ended_at": "2026-03-01T09:00:01.250Z",
            "reaction_time": 345.6,
            "correct": True,
            "response_key": "space",
            "custom_deep.b.c": {"d": 1},
            "custom_empty": "",
            "custom_list": [1, "a"],
            "custom_n": 1,
            "custom_t": "=1+1",
            "custom_x": 0.5,
            "custom_yes": None,
        },
        {
            "trial_number": 2,
            "started_at": "2026-03-01T09:00:00.500Z",
            "ended_at": "2026-03-01T09:00:01.250Z",
            "reaction_time": -5,
            "correct": False,
            "response_key": None,
            "custom_deep.b.c": None,
            "custom_empty": None,
            "custom_list": None,
            "custom_n": 9007199254740993,
            "custom_t": 'back\\slash "q"',
            "custom_x": 2,
            "custom_yes": True,
        },
    ]


def test_parquet_has_types(run: Run) -> None:
    table = parquet.read_table(io.BytesIO(run.bytes("parquet")))
    assert {name: str(table.schema.field(name).type) for name in table.column_names} == {
        "trial_number": "int32",
        "started_at": "timestamp[ms, tz=UTC]",
        "ended_at": "timestamp[ms, tz=UTC]",
        "reaction_time": "double",
        "correct": "bool",
        "response_key": "string",
        "custom_deep.b.c": "string",
        "custom_empty": "string",
        "custom_list": "string",
        "custom_n": "int64",
        "custom_t": "string",
        "custom_x": "double",
        "custom_yes": "bool",
    }
    assert table.column("custom_n").to_pylist() == [1, 9007199254740993]
    assert table.column("custom_t").to_pylist() == ["=1+1", 'back\\slash "q"']
    assert table.column("custom_empty").to_pylist() == ["", None]
    assert table.column("correct").to_pylist() == [True, False]
    assert table.column("started_at").to_pylist()[0].isoformat() == "2026-03-01T09:00:00.500000+00:00"


def test_parquet_of_no_trials(lab: Lab) -> None:
    table = parquet.read_table(io.BytesIO(lab.run().bytes("parquet")))
    assert (table.num_rows, table.num_columns) == (0, 5)


def test_same_data_same_bytes_in_every_format(run: Run) -> None:
    for what in ("csv", "jsonl", "parquet", "codebook", "manifest"):
        assert run.bytes(what) == run.bytes(what), what


def test_the_codebook_tells_what_columns_hold(run: Run) -> None:
    book = json.loads(run.bytes("codebook"))
    columns = {column.pop("name"): column for column in book["columns"]}
    assert (book["rows"], book["formula_cells"]) == (2, 1)
    assert columns["reaction_time"] == {
        "source": "reaction_time",
        "type": "number",
        "unit": "ms",
        "description": "Reaction time, ms; negative: anticipation.",
        "count": 2,
        "missing": 0,
        "distinct": [-5, 345.6],
        "min": -5,
        "max": 345.6,
    }
    assert columns["custom_deep.b.c"]["source"] == "custom_data.deep.b.c"
    assert (columns["custom_yes"]["type"], columns["custom_yes"]["distinct"]) == ("boolean", [True])
    assert (columns["custom_empty"]["count"], columns["custom_empty"]["missing"]) == (1, 1)


def test_many_values_are_not_listed(lab: Lab) -> None:
    run = lab.run().add(*({"seq": n, "trial_number": n, "custom_data": {"few": n % 20}} for n in range(1, 42)))
    columns = {column["name"]: column for column in json.loads(run.bytes("codebook"))["columns"]}
    assert columns["trial_number"]["distinct"] is None
    assert columns["custom_few"]["distinct"] == list(range(20))


def test_the_manifest_tells_whether_a_run_is_whole(run: Run) -> None:
    manifest = json.loads(run.bytes("manifest"))
    assert manifest["complete"] is False
    assert (manifest["status"], manifest["completeness"], manifest["exit_code"]) == ("completed", "gaps", 0)
    assert manifest["counts"] == {
        "received": 2,
        "duplicates": 1,
        "conflicts": 0,
        "expected": 3,
        "gaps": 1,
        "missing": [[3, 3]],
        "late": 0,
        "revised": 0,
        "partial": 0,
        "trials": 2,
        "entries": 0,
        "rows": 2,
        "formula_cells": 1,
    }
    assert manifest["deployment"]["subject_id"] == "M7"
    assert manifest["experiment"]["script_sha256"] == hashlib.sha256(b"print(1)").hexdigest()
    assert manifest["versions"]["psychopy"] == "2026.1"
    assert manifest["times"]["started_at"] == "2026-03-01T09:00:00.000Z"
    assert [file["format"] for file in manifest["files"]] == ["csv", "jsonl", "parquet", "codebook"]
    for file in manifest["files"]:
        body = run.bytes(file["format"])
        assert (file["sha256"], file["size"]) == (hashlib.sha256(body).hexdigest(), len(body))


def test_other_companies_get_no_file(lab: Lab, run: Run) -> None:
    for what in ("csv", "jsonl", "parquet", "codebook", "manifest"):
        assert run.get(what, who=lab.world.member_b).status_code == 404
    assert run.get("xlsx").status_code == 404
    assert run.get("manifest", files="csv,exe").status_code == 422


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_command_line_writes_and_checks(lab: Lab, run: Run, tmp_path: Path, form: str) -> None:
    person = lab.world.member_a
    done = CliRunner().invoke(
        app,
        ["export", str(run.deployment_id), "--format", form, "--out", str(tmp_path), "--url", lab.world.url],
        env={"LICS_EMAIL": person.email, "LICS_PASSWORD": person.password},
    )
    assert done.exit_code == 0, done.output
    stem = f"deployment_{run.deployment_id}_results"
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{stem}.{form}",
        f"{stem}_codebook.json",
        f"{stem}_manifest.json",
    }
    assert (tmp_path / f"{stem}.{form}").read_bytes() == run.bytes(form)


def test_the_command_line_says_why_not(lab: Lab, run: Run, tmp_path: Path) -> None:
    def code(run_id: object, **env: str) -> int:
        arguments = ["export", str(run_id), "--out", str(tmp_path), "--url", lab.world.url]
        return CliRunner().invoke(app, arguments, env=env).exit_code

    person, other = lab.world.member_a, lab.world.member_b
    assert code(run.deployment_id) == 2
    assert code(run.deployment_id, LICS_EMAIL=person.email, LICS_PASSWORD="wrong") == 3  # noqa: S106
    assert code(uuid4(), LICS_TOKEN=lab.token(person)) == 3
    assert code(run.deployment_id, LICS_TOKEN=lab.token(other)) == 3
    assert list(tmp_path.iterdir()) == []
