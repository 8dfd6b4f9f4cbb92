"""Building the database: what the whole stack's test does not reach."""

from pathlib import Path

import pytest

from lics.stack.database import _note_applied, _refuse_edited
from lics.stack.errors import StackError


def test_a_migration_edited_after_it_was_applied_is_refused_by_name(tmp_path: Path) -> None:
    table, code, noted = tmp_path / "1_table.sql", tmp_path / "2_code.sql", tmp_path / "noted.json"
    for file in (table, code):
        file.write_text("select 1;")
    _refuse_edited([table, code], noted)
    _note_applied([table, code], noted)
    code.write_text("select 2;")
    (added := tmp_path / "3_more.sql").write_text("select 3;")
    _refuse_edited([table, code, added], noted)
    table.write_text("select 2;")
    with pytest.raises(StackError, match=r"1_table\.sql was edited[^\0]*make reset"):
        _refuse_edited([table, code, added], noted)
