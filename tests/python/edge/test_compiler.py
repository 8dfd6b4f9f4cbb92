"""The compiler's sandbox, and PsychoPy's compiler in it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import cast

import pytest

from edge_functions import sandbox
from edge_functions.compiler import Compiler
from edge_functions.database import Database

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-psychopy" / "bin" / "python"
MEBIBYTE = 1024 * 1024


async def run(code: str, folder: Path, *, seconds: float = 30, memory: int = 256 * MEBIBYTE) -> sandbox.Result:
    return await sandbox.run(
        [sys.executable, "-I", "-c", code], folder, seconds=seconds, memory_bytes=memory, environment={"A": "1"}
    )


async def test_it_sees_only_what_it_is_given(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), sorted(k for k in os.environ if k.startswith(('A', 'LICS'))))"
    result = await run(code, tmp_path)
    assert (result.code, result.output.strip()) == (0, f"{tmp_path} ['A']")


async def test_it_has_no_network(tmp_path: Path) -> None:
    code = "import socket; print(socket.if_nameindex()); socket.create_connection(('127.0.0.1', 9), 5)"
    result = await run(code, tmp_path)
    assert result.code == 1
    assert "[(1, 'lo')]" in result.output, "a loopback of its own, which is down"
    assert "Network is unreachable" in result.output


async def test_it_has_little_memory(tmp_path: Path) -> None:
    result = await run("b'x' * (400 << 20)", tmp_path)
    assert result.code == 1
    assert "MemoryError" in result.output


async def test_it_ends_in_time_with_all_that_it_started(tmp_path: Path) -> None:
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    code = f"import subprocess, sys, time; {child}; print('on', flush=True); time.sleep(600)"
    began = time.monotonic()
    result = await run(code, tmp_path, seconds=2)
    assert result.code is None
    assert result.output == "on\n"
    assert time.monotonic() - began < 60


async def test_only_the_end_of_a_flood_is_kept(tmp_path: Path) -> None:
    result = await run("print('x' * (3 << 20)); print('end')", tmp_path)
    assert result.output.endswith("end\n")
    assert len(result.output) == sandbox.OUTPUT_BYTES


async def test_a_demo_is_compiled_to_a_script_of_its_own_kind() -> None:
    demo = next((ROOT / ".venv-psychopy" / "lib").glob("python3.*/site-packages/psychopy/demos/builder/Feature Demos"))
    source = (demo / "progress" / "progressBar.psyexp").read_text(encoding="utf-8-sig")
    made = await _compiler().compile(source)
    assert set(made) == {"python_code"}, made
    compile(made["python_code"], "script.py", "exec")
    assert not made["python_code"].startswith("\ufeff")


@pytest.mark.parametrize("source", ["", "no xml", "<PsychoPy2experiment version='1'/>"])
async def test_what_is_no_experiment_is_an_error_in_words(source: str) -> None:
    made = await _compiler().compile(source)
    assert set(made) == {"error"}, made
    assert made["error"].startswith("psyexpCompile ended with code")


def _compiler() -> Compiler:
    # compiling asks no database
    return Compiler(cast(Database, None), PYTHON)
