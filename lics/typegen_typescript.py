"""The API's types as supabase-js wants them: `createClient<Database>(url, key)`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lics.typegen import Catalogue, Column, Function, Kind, Relation

_HEAD = """\
// Generated from the database by `lics types`; a test compares.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  __InternalSupabase: { PostgrestVersion: '12.0.2' }
  public: {
"""
_TAIL = """\
    Enums: { [_ in never]: never }
    CompositeTypes: { [_ in never]: never }
  }
}

type Public = Database['public']
type Relations = Public['Tables'] & Public['Views']
export type Tables<T extends keyof Relations> = Relations[T]['Row']
export type TablesInsert<T extends keyof Public['Tables']> = Public['Tables'][T]['Insert']
export type TablesUpdate<T extends keyof Public['Tables']> = Public['Tables'][T]['Update']
export type Args<F extends keyof Public['Functions']> = Public['Functions'][F]['Args']
export type Returns<F extends keyof Public['Functions']> = Public['Functions'][F]['Returns']
"""
_PLAIN = {
    "string": "string", "integer": "number", "number": "number", "boolean": "boolean", "json": "Json",
    "nothing": "undefined",
}  # fmt: skip


def text(catalogue: Catalogue) -> str:
    """The file."""
    relations = {relation.name: relation for relation in catalogue.relations}
    parts = [_HEAD, "    Tables: {\n"]
    parts += [_relation(each, relations) for each in catalogue.relations if each.is_table]
    parts.append("    }\n    Views: {\n")
    parts += [_relation(each, relations) for each in catalogue.relations if each.is_view]
    parts.append("    }\n    Functions: {\n")
    for name, forms in catalogue.functions.items():
        parts.append(f"      {name}: {' | '.join(_function(form, relations) for form in forms)}\n")
    return "".join([*parts, "    }\n", _TAIL])


def _relation(relation: Relation, relations: dict[str, Relation]) -> str:
    lines = [f"      {relation.name}: {{\n        Row: {{\n"]
    for column in sorted([*relation.columns, *relation.computed], key=lambda each: each.name):
        lines.append(f"          {column.name}: {_type(column, relations)}\n")
    lines.append("        }\n")
    if relation.is_table:
        for form in ("Insert", "Update"):
            lines.append(f"        {form}: {{\n")
            for column in relation.columns:
                mark = "?" if column.optional or form == "Update" else ""
                told = "never" if column.never else _type(column, relations)
                lines.append(f"          {column.name}{mark}: {told}\n")
            lines.append("        }\n")
    lines.append("        Relationships: [\n")
    for key in relation.keys:
        lines.append(
            f"          {{ foreignKeyName: '{key.name}'; columns: {_names(key.columns)}; "
            f"isOneToOne: {str(key.one_to_one).lower()}; referencedRelation: '{key.target}'; "
            f"referencedColumns: {_names(key.target_columns)} }},\n"
        )
    return "".join([*lines, "        ]\n      }\n"])


def _function(form: Function, relations: dict[str, Relation]) -> str:
    arguments = "; ".join(
        f"{each.name}{'?' if each.optional else ''}: {_type(each, relations)}" for each in form.parameters
    )
    arguments = f"{{ {arguments} }}" if arguments else "never"
    return f"{{ Args: {arguments}; Returns: {_kind(form.returns, relations, form.columns)} }}"


def _type(column: Column, relations: dict[str, Relation]) -> str:
    return _kind(column.kind, relations) + (" | null" if column.null else "")


def _kind(kind: Kind, relations: dict[str, Relation], columns: Iterable[Column] = ()) -> str:
    if kind.name == "union":
        return " | ".join(_quoted(value) for value in kind.values)
    if kind.of is not None:
        inner = _kind(kind.of, relations, columns)
        return f"({inner})[]" if "|" in inner and not inner.startswith("{") else f"{inner}[]"
    if kind.name == "row":
        named = relations.get(kind.values[0])
        if named is None:
            return "Json"
        if named.is_table or named.is_view:
            return f"Database['public']['{'Tables' if named.is_table else 'Views'}']['{named.name}']['Row']"
        columns = named.columns
    if kind.name in {"row", "columns"}:
        return f"{{ {'; '.join(f'{each.name}: {_type(each, relations)}' for each in columns)} }}"
    return _PLAIN[kind.name]


def _quoted(value: str) -> str:
    return "'" + json.dumps(value, ensure_ascii=False)[1:-1].replace("'", "\\'").replace('\\"', '"') + "'"


def _names(names: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(name) for name in names)}]"
