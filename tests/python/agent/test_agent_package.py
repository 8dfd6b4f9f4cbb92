"""The agent on a machine without our repository: a wheel, a fresh environment, the installer's dry run."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
AGENT = ROOT / "agent"
# What runs in the experiment's interpreter.
PUBLISHED = [str(file.relative_to(AGENT)) for file in AGENT.glob("script_path/**/*.py")]
IN_SCRIPTS = ["runner.py", "channel.py", "hook.py", *PUBLISHED]


def call(*command: object, cwd: Path) -> str:
    """Run to the end; the output."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def imports(file: Path) -> set[str]:
    """Top-level names that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_it_needs_nothing_of_the_repository() -> None:
    for file in AGENT.rglob("*.py"):
        rest = imports(file) - set(sys.stdlib_module_names) - {"agent", "paho", "httpx"}
        assert not rest, f"{file.name}: {rest}"


@pytest.mark.parametrize("name", IN_SCRIPTS)
def test_what_runs_with_the_experiment_needs_python_3_10_and_nothing_else(name: str) -> None:
    source = (AGENT / name).read_text()
    ast.parse(source, feature_version=(3, 10))
    assert "datetime import UTC" not in source
    assert imports(AGENT / name) - set(sys.stdlib_module_names) <= {"agent"}


def test_the_wheel_installs_and_answers(tmp_path: Path) -> None:
    # a copy: setuptools builds beside its source
    source = shutil.copytree(AGENT, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__", "build"))
    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, source, cwd=tmp_path)
    (wheel,) = tmp_path.glob("lics_agent-*.whl")
    packed = zipfile.ZipFile(wheel).namelist()
    for name in ("setup.sh", "lics-agent.service", "config.ini.example", "requirements-psychopy.txt"):
        assert f"agent/{name}" in packed
    assert "agent/script_path/app/psychopy_ext/gpio.py" in packed
    assert not any("test" in name or "pycache" in name for name in packed)
    call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    call(sys.executable, "-m", "pip", "--python", tmp_path / "venv/bin/python", "install", "-q", wheel, cwd=tmp_path)
    told = call(tmp_path / "venv/bin/lics-agent", "--help", cwd=tmp_path)
    for word in ("run", "register", "status", "spool", "Exit codes"):
        assert word in told
    call(tmp_path / "venv/bin/python", "-c", "import agent.service", cwd=tmp_path)


def test_the_installer_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    before = Path("/opt/lics-agent").exists()
    told = call("bash", AGENT / "setup.sh", "--dry-run", "--backend", "http://192.0.2.1:54321", cwd=tmp_path)
    assert "would run:" in told
    assert "nothing was changed" in told
    assert "removed" in call("bash", AGENT / "setup.sh", "--dry-run", "--uninstall", cwd=tmp_path)
    assert Path("/opt/lics-agent").exists() is before
    assert "--uninstall" in call("bash", AGENT / "setup.sh", "--help", cwd=tmp_path)
    wrong = subprocess.run(["bash", str(AGENT / "setup.sh"), "--dance"], check=False, capture_output=True)
    assert wrong.returncode == 2
