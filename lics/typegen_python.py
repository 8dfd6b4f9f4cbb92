"""The API's types in Python, as supabase-py answers them: a TypedDict a row, an insert, a call's arguments."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lics.typegen import Catalogue, Column, Kind

_HEAD = '''\
"""Types of the public API, for supabase-py. Generated from the database by `lics types`; a test compares.

`XRow` is what a select of everything answers (times and dates as RFC 3339 text), `XInsert` what an insert takes,
`XArgs` and `XReturns` what `rpc("x", args)` takes and answers.
"""
# ruff: noqa: E501

from typing import Any, Literal, NotRequired, TypedDict

Json = Any
'''
_PLAIN = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool", "json": "Json", "nothing": "None",
}  # fmt: skip


def text(catalogue: Catalogue) -> str:
    """The file."""
    parts = [_HEAD]
    rows = {each.name: f"{_camel(each.name)}Row" for each in catalogue.relations}
    # a row before whatever holds it
    for relation in sorted(catalogue.relations, key=lambda each: each.is_table or each.is_view):
        columns = [(each, False) for each in relation.columns] + [(each, True) for each in relation.computed]
        parts.append(_typed_dict(rows[relation.name], columns, rows))
        if relation.is_table:
            writable = [(each, each.optional) for each in relation.columns if not each.never]
            parts.append(_typed_dict(f"{_camel(relation.name)}Insert", writable, rows))
    for name, forms in catalogue.functions.items():
        for number, form in enumerate(forms):
            stem = _camel(name) + ("" if number == 0 else str(number + 1))
            parts.append(_typed_dict(f"{stem}Args", [(each, each.optional) for each in form.parameters], rows))
            if form.columns and "columns" in {form.returns.name, form.returns.of.name if form.returns.of else ""}:
                parts.append(_typed_dict(f"{stem}Result", [(each, False) for each in form.columns], rows))
            parts.append(f"\n\n{stem}Returns = {_kind(form.returns, rows, f'{stem}Result')}\n")
    return "".join(parts)


def _typed_dict(name: str, columns: Iterable[tuple[Column, bool]], rows: dict[str, str]) -> str:
    lines = [f"\n\nclass {name}(TypedDict):\n"]
    for column, optional in columns:
        told = _kind(column.kind, rows) + (" | None" if column.null else "")
        lines.append(f"    {column.name}: {f'NotRequired[{told}]' if optional else told}\n")
    return "".join(lines if len(lines) > 1 else [*lines, "    pass\n"])


def _kind(kind: Kind, rows: dict[str, str], result: str = "") -> str:
    if kind.name == "union":
        return f"Literal[{', '.join(json.dumps(value, ensure_ascii=False) for value in kind.values)}]"
    if kind.of is not None:
        return f"list[{_kind(kind.of, rows, result)}]"
    if kind.name == "row":
        return rows.get(kind.values[0], "Json")
    return result if kind.name == "columns" else _PLAIN[kind.name]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
