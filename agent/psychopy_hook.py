"""PsychoPy's rows as trials: patches its classes at their import, so that an unmodified script publishes its trials.

Nothing of PsychoPy is imported before the script does it: preferences that a script sets first still count, and a
script without PsychoPy pays nothing. Runs in the experiment's interpreter: Python 3.10, standard library.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import time
import traceback
import types
from collections.abc import Callable, Sequence
from typing import Any

from agent import psychopy_dialogs, psychopy_screen
from agent.channel import Channel
from agent.psychopy_recorder import Book, Recorder

LOOPS = {
    "psychopy.data.trial": ("TrialHandler", "TrialHandler2", "TrialHandlerExt"),
    "psychopy.data.staircase": (
        "StairHandler", "QuestHandler", "PsiHandler", "QuestPlusHandler", "MultiStairHandler"
    ),
}  # fmt: skip
Patch = Callable[[Any], None]


class PsychoPyHook:
    """Watches ExperimentHandlers; loops alone where there is none."""

    def __init__(self, channel: Channel, params: dict[str, Any], subject_id: str | None) -> None:
        self._recorder = Recorder(channel)
        self._books: dict[int, Book] = {}
        self._experiments: list[Any] = []
        self._alone: dict[int, tuple[Any, Book]] = {}
        self._depth = 0
        answers = psychopy_dialogs.Answers(params, subject_id)
        patches: dict[str, Patch] = {
            "psychopy.data.experiment": self._patch_experiment,
            "psychopy.data.base": _patch_excel,
            "psychopy.hardware.keyboard": psychopy_screen.patch_keyboard,
            "psychopy.visual.backends.pygletbackend": psychopy_screen.patch_swap,
            **{module: functools.partial(self._patch_loops, names) for module, names in LOOPS.items()},
        }
        replaced: dict[str, Patch] = {"psychopy.gui": functools.partial(psychopy_dialogs.fill, answers)}
        sys.meta_path.insert(0, _Finder(patches, replaced))

    def disable(self) -> None:
        """The script publishes by itself."""
        self._recorder.disable()

    def finish(self) -> dict[str, Any]:
        """Half-filled rows, and what the end says."""
        unfinished: list[Any] = []
        half: list[tuple[Book, dict[str, Any], tuple[Any, ...]]] = []
        for experiment in self._experiments:
            loops = tuple(experiment.loopsUnfinished)
            unfinished += loops
            if experiment.thisEntry:
                half.append((self._books[id(experiment)], experiment.thisEntry, loops))
        for loop, book in self._alone.values():
            if not self._experiments and book.rows is not None and not getattr(loop, "_lics_ended", False):
                unfinished.append(loop)
                if row := _row_of_loop(loop, partial=True):
                    half.append((book, row, (loop,)))
        self._recorder.finish(half)
        end: dict[str, Any] = {"loops_unfinished": [str(getattr(loop, "name", "") or "loop") for loop in unfinished]}
        if self._recorder.entries is not None:
            end["entries"] = self._recorder.entries
        # nothing is known of the loops of a script that uses none of PsychoPy's
        return end if self._experiments or self._alone else {}

    def _patch_experiment(self, module: Any) -> None:
        handler = module.ExperimentHandler
        made, next_entry, add_data = handler.__init__, handler.nextEntry, handler.addData
        recorder, books = self._recorder, self._books

        @functools.wraps(made)
        def init(this: Any, *arguments: Any, **named: Any) -> None:
            made(this, *arguments, **named)
            self._experiments.append(this)
            books[id(this)] = recorder.book(this, this.entries)

        @functools.wraps(next_entry)
        def next_one(this: Any) -> None:
            next_entry(this)
            book = books.get(id(this))
            if book is not None:
                recorder.note(book, len(this.entries) - 1, tuple(this.loopsUnfinished))

        @functools.wraps(add_data)
        def add(this: Any, name: str, value: Any, row: int | None = None, priority: Any = None) -> None:
            add_data(this, name, value, row, priority)
            if row is not None and (book := books.get(id(this))) is not None:
                recorder.look_again(book, row if row >= 0 else len(book.rows) + row)

        handler.__init__, handler.nextEntry, handler.addData = init, next_one, add

    def _patch_loops(self, names: Sequence[str], module: Any) -> None:
        for name in names:
            handler = getattr(module, name, None)
            if handler is not None and "__next__" in vars(handler):
                handler.__next__ = handler.next = self._wrapped(handler.__next__)

    def _wrapped(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        recorder = self._recorder

        @functools.wraps(step)
        def next_trial(this: Any) -> Any:
            if self._depth:
                # a class that calls its parent's, or the staircases inside an interleaved one
                return step(this)
            self._depth += 1
            try:
                alone = not self._experiments and this.getExp() is None
                found = self._step_alone(this, step) if alone else step(this)
                recorder.row_started = time.perf_counter()
                return found
            finally:
                self._depth -= 1

        return next_trial

    def _step_alone(self, loop: Any, step: Callable[[Any], Any]) -> Any:
        """A loop that no ExperimentHandler owns: its last trial is a row as soon as the next one is asked for."""
        known = self._alone.get(id(loop))
        if known is None:
            rows: list[dict[str, Any]] = []
            known = self._alone[id(loop)] = (loop, self._recorder.book(loop, rows))
        else:
            try:
                row = _row_of_loop(loop)
            except Exception:
                traceback.print_exc()
                row = None
            if row is not None:
                known[1].rows.append(row)
                self._recorder.note(known[1], len(known[1].rows) - 1, (loop,))
        try:
            return step(loop)
        except StopIteration:
            loop._lics_ended = True
            raise


def _row_of_loop(loop: Any, *, partial: bool = False) -> dict[str, Any] | None:
    """The present trial of a loop, with columns as an ExperimentHandler would name them."""
    name = str(getattr(loop, "name", "") or "loop")
    row: dict[str, Any] = {}
    given: dict[str, Any] = {}
    trial = getattr(loop, "thisTrial", None)
    if trial is not None and hasattr(trial, "items"):
        row.update(trial)
        given.update({key: value for key, value in trial.items() if not key.startswith("this")})
    if hasattr(loop, "intensities"):
        row[f"{name}.intensity"] = loop.intensities[-1] if len(loop.intensities) else None
        for key, values in getattr(loop, "otherData", {}).items():
            if len(values) == len(loop.intensities):
                row[key] = values[-1]
        if len(loop.data) == len(loop.intensities) and len(loop.data):
            row["response"] = given["response"] = loop.data[-1]
    elif hasattr(getattr(loop, "data", None), "dataTypes"):
        # the older TrialHandler: one table a value, conditions × repetitions
        for key in loop.data.dataTypes:
            if key not in ("ran", "order"):
                value = loop.data[key][loop.thisIndex, loop.thisRepN]
                if str(value) != "--":
                    row[key] = given[key] = value
    for key in ("thisRepN", "thisTrialN", "thisN", "thisIndex"):
        if hasattr(loop, key):
            row.pop(key, None)
            row[f"{name}.{key}"] = getattr(loop, key)
    if trial is None and not given:
        return None
    return row if given or not partial else None


def _patch_excel(module: Any) -> None:
    """`saveAsExcel` fails after the last trial of a loop with repetitions (PsychoPy 2026.2.5): the trials are all
    there, and the CSV too; a run does not fail for it."""
    handler = module._BaseTrialHandler
    save = handler.saveAsExcel

    @functools.wraps(save)
    def save_as_excel(this: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return save(this, *arguments, **named)
        except (IndexError, KeyError, ValueError) as error:
            print(f"lics: PsychoPy could not write its Excel file ({error!r}); the trials are whole", file=sys.stderr)
            return None

    handler.saveAsExcel = save_as_excel


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what the others find, and lets a patch follow the import."""

    def __init__(self, patches: dict[str, Patch], replaced: dict[str, Patch]) -> None:
        self._patches, self._replaced = patches, replaced

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Only for the modules that are patched."""
        patch = self._patches.get(fullname) or self._replaced.get(fullname)
        if patch is None:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)) is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, patch, run=fullname not in self._replaced)
                return spec
        return None


class _Loader(importlib.abc.Loader):
    def __init__(self, inner: Any, patch: Patch, *, run: bool) -> None:
        self._inner, self._patch, self._run = inner, patch, run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        """As the real one."""
        found: types.ModuleType | None = self._inner.create_module(spec)
        return found

    def exec_module(self, module: types.ModuleType) -> None:
        """The real one's, and the patch; a patch that fails leaves the module as it was."""
        if self._run:
            self._inner.exec_module(module)
        try:
            self._patch(module)
        except Exception:
            traceback.print_exc()
