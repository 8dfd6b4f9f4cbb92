"""Write `docs/ERROR_CODES.md` from the one list of our errors: `python -m lics.error_codes`."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "sql" / "errors" / "error_codes.sql"
PAGE = ROOT / "docs" / "ERROR_CODES.md"

_TEXT = r"'((?:[^']|'')*)'"
_ROW = re.compile(rf"^\({_TEXT}, {_TEXT}, (\d+), {_TEXT}, {_TEXT}\),?$", re.MULTILINE)

_GROUPS = {
    "L00": "Who calls",
    "L01": "Time",
    "L02": "Devices",
    "L03": "Site days and images",
    "L04": "Experiments and runs",
    "L05": "Arguments and limits",
}

_HEAD = """\
# Error codes

Generated from `sql/errors/error_codes.sql` by `python -m lics.error_codes`; a test compares.

Functions raise them by name, with `private.fail('name')`. Through the API the answer has the HTTP status below and the
body `{"code", "message", "details", "hint"}`: `code` is ours, `message` is `name: sentence`, `details` says which
argument or row, where there is one. In SQL (handlers, jobs, psql) it is an exception with the code as its SQLSTATE.
Programs compare the code or the name, never the sentence.

PostgreSQL's own errors keep their codes: `42501` (403, a right is missing), `23505` and `23503` (409, a key), `57014`
(500, over the time limit).
"""


@dataclass(frozen=True)
class ErrorCode:
    """One of our errors. `status` is the HTTP status."""

    code: str
    name: str
    status: int
    message: str
    hint: str


def read(source: str) -> list[ErrorCode]:
    """The errors in the text of `error_codes.sql`: one row of `values` a line."""
    found = [
        ErrorCode(code, name, int(status), _plain(message), _plain(hint))
        for code, name, status, message, hint in _ROW.findall(source)
    ]
    lines = sum(line.startswith("('L") for line in source.splitlines())
    if lines != len(found):
        form = "('code', 'name', status, 'message', 'hint')"
        raise ValueError(f"{SOURCE.name}: {lines} rows, but {len(found)} have the form {form}")
    return sorted(found, key=lambda error: error.code)


def page(errors: list[ErrorCode]) -> str:
    """The page, one table a group of codes."""
    parts = [_HEAD]
    for group in sorted({error.code[:3] for error in errors}):
        title = f"{_GROUPS[group]} (`{group}…`)" if group in _GROUPS else f"`{group}…`"
        parts.append(f"\n## {title}\n| code | name | HTTP | sentence | advice |\n|---|---|---|---|---|\n")
        rows = [e for e in errors if e.code.startswith(group)]
        parts += [f"| `{e.code}` | `{e.name}` | {e.status} | {e.message} | {e.hint} |\n" for e in rows]
    return "".join(parts)


def _plain(text: str) -> str:
    return text.replace("''", "'")


def main() -> int:
    """Write the page; with `--check` only say whether it is up to date."""
    text = page(read(SOURCE.read_text()))
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text() != text)
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
