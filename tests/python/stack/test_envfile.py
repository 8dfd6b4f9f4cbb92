"""The settings' file."""

from pathlib import Path

import pytest

from lics.stack import envfile
from lics.stack.errors import StackError


def test_what_is_written_is_read_again_in_order(tmp_path: Path) -> None:
    settings = {"B": "x=y # no comment", "A": "", "C": "'quotes' \"and\" \\ $HOME"}
    envfile.write(tmp_path / "env", settings)
    assert list(envfile.read(tmp_path / "env").items()) == list(settings.items())


def test_only_the_owner_reads_it_also_when_it_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("A=1\n")
    path.chmod(0o644)
    envfile.write(path, {"A": "2"})
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["env"]


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert envfile.read(tmp_path / "env") == {}


def test_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="A: a setting"):
        envfile.write(tmp_path / "env", {"A": "1\nB=2"})


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# made by hand\nA=1\nnonsense\n")
    with pytest.raises(StackError, match="line 3"):
        envfile.read(tmp_path / "env")
