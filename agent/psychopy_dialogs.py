"""Start dialogs without a person: what was asked at deploy is the answer, else the script's own default.

Takes the place of `psychopy.gui`, whose dialogs would wait for ever on a rig.
Runs in the experiment's interpreter: Python 3.10, standard library.
"""

from __future__ import annotations

import contextlib
from typing import Any

_SUBJECT = ("participant", "subject", "participant id", "subject id", "subject_id", "participant_id")


class Answers:
    """What the deployment says: its parameters, and its subject for the field that asks who takes part."""

    def __init__(self, params: dict[str, Any], subject_id: str | None) -> None:
        self._given = {_plain(name): value for name, value in params.items()}
        if subject_id:
            for name in _SUBJECT:
                self._given.setdefault(name, subject_id)

    def to(self, key: str, label: str, initial: Any, choices: list[Any] | None = None) -> Any:
        """The answer to a field, of the kind of its default."""
        for name in (_plain(key), _plain(label)):
            if name in self._given:
                return _as(self._given[name], initial, choices)
        return choices[0] if choices and (initial is None or initial == "") else initial


class _Data(dict[Any, Any]):
    """By name or by number, as PsychoPy's dialogs answer."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int) and key not in self:
            return list(self.values())[key]
        return super().__getitem__(key)

    def __iter__(self) -> Any:
        return iter(list(super().keys()))


def fill(answers: Answers, module: Any) -> None:
    """Give the module the names that scripts use."""

    class Dlg:
        """A dialog that is answered as soon as it is asked."""

        def __init__(self, title: str = "", *_arguments: Any, **_named: Any) -> None:
            self.title = title
            self.OK = True
            self.data: Any = _Data()
            self.inputFieldNames: list[str] = []
            self.inputFields: list[Any] = []

        def addText(self, *_arguments: Any, **_named: Any) -> None:  # noqa: N802 - PsychoPy's name
            """Nobody reads it."""

        def addField(  # noqa: N802
            self, key: str = "", initial: Any = "", _color: str = "", choices: Any = None, *_rest: Any, **named: Any
        ) -> None:
            """A question."""
            label = str(named.get("label") or key)
            options = list(choices) if choices else None
            if options and isinstance(initial, int) and not isinstance(initial, bool) and initial not in options:
                initial = options[initial]
            self.inputFieldNames.append(label)
            self.data[key] = answers.to(key, label, initial, options)

        def addFixedField(self, key: str = "", label: str = "", initial: Any = "", *_rest: Any, **_named: Any) -> None:  # noqa: N802
            """No question: its value stands."""
            self.inputFieldNames.append(label or key)
            self.data[key] = initial

        def show(self) -> Any:
            """The answers."""
            return self.data

        display = exec_ = show

    class DlgFromDict(Dlg):
        """The same for a dictionary, which is filled in place."""

        def __init__(
            self, dictionary: dict[str, Any], title: str = "", fixed: Any = None, *_rest: Any, **named: Any
        ) -> None:
            super().__init__(title)
            labels = named.get("labels") or {}
            kept = [fixed] if isinstance(fixed, str) else list(fixed or ())
            self.dictionary = dict(dictionary) if named.get("copyDict") else dictionary
            for key, value in list(dictionary.items()):
                name, *flags = (part.strip() for part in str(key).split("|"))
                if "fix" in flags or key in kept:
                    self.addFixedField(key, name, value[0] if isinstance(value, (list, tuple)) and value else value)
                elif isinstance(value, (list, tuple)):
                    self.addField(key, None, choices=value, label=labels.get(key, name))
                else:
                    self.addField(key, value, label=labels.get(key, name))
            self.dictionary.update(self.data)

        def show(self) -> Any:
            """The dictionary."""
            return self.dictionary

        display = exec_ = show

    def message(kind: str) -> Any:
        def show(title: Any = "", prompt: Any = None) -> None:
            print(f"{kind}: {title}{'' if prompt is None else f': {prompt}'}", flush=True)

        return show

    def no_file(*_arguments: Any, **_named: Any) -> None:
        """As if a person had pressed Cancel."""

    module.Dlg, module.DlgFromDict = Dlg, DlgFromDict
    module.fileOpenDlg = module.fileSaveDlg = no_file
    for kind in ("info", "warn", "critical", "about"):
        setattr(module, f"{kind}Dlg", message(kind))


def _plain(name: object) -> str:
    """Without flags (`participant|req`) and signs, in lower case."""
    return str(name).partition("|")[0].strip(" *:").lower()


def _as(value: Any, initial: Any, choices: list[Any] | None) -> Any:
    if choices:
        return next((choice for choice in choices if choice == value or str(choice) == str(value)), value)
    if isinstance(initial, str):
        return value if isinstance(value, str) else str(value)
    if isinstance(initial, bool):
        return value.strip().lower() in {"1", "true", "yes", "on"} if isinstance(value, str) else bool(value)
    if isinstance(initial, (int, float)) and isinstance(value, str):
        with contextlib.suppress(ValueError):
            return type(initial)(value)
    return value
