"""Errors that a library raises below a notebook cell, shown in three lines like the workbench's own."""

from __future__ import annotations

import inspect
import linecache
import re
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from traceback import FrameSummary, extract_tb, walk_tb
from types import TracebackType
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from workbench.engines.displays import in_notebook, notebook_shell
from workbench.engines.wrong_arguments import wrong_argument
from workbench.errors import UserError, did_you_mean

LIBRARIES = (str(Path(__file__).parents[1]), *{sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
_KEYWORD = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
_NO_COLUMN = re.compile(r"Column '(.+?)' is not found in table\. Existing columns: (.+)")


def shorten_errors() -> None:
    """Let a notebook show an error raised by a library in three lines; ``wb.traceback()`` shows the rest.

    A handler for exceptions that the analyst has set stays.
    """
    shell = notebook_shell()
    if shell is None or shell.custom_exceptions:
        return

    def show(shell: Any, kind: type[BaseException], error: BaseException, tb: TracebackType, tb_offset: Any) -> None:
        lines = in_short(error, tb) if in_notebook() and not isinstance(error, UserError) else []
        if lines:
            error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]  # IPython's hook
        shell.showtraceback((kind, error, tb), tb_offset=tb_offset)

    shell.set_custom_exc((Exception,), show)


def in_short(error: BaseException, tb: TracebackType | None) -> list[str]:
    """Return what a cell called wrongly, in three lines; none for a mistake in code of the analyst's own."""
    frames = extract_tb(tb)
    own = [i for i, frame in enumerate(frames) if not _of_a_library(frame)]
    called_wrongly = isinstance(error, TypeError) and "argument" in str(error)
    if not own or (own[-1] == len(frames) - 1 and not called_wrongly and not _asked_of_ours(error)):
        return []
    cell = frames[own[-1]]
    line = cell.line or linecache.getline(cell.filename, cell.lineno or 0).strip()
    called = [frame for frame, _ in walk_tb(tb)]
    near = _nearest(error, called)
    problem = f"{type(error).__name__}: {' '.join(message(str(error)).split('. Existing columns')[0].split())}"
    if wrong := wrong_argument(called):
        problem = f"TypeError: {wrong}"
    return [
        f"{problem}; {near}" if near else problem,
        f"In line {cell.lineno}: {line}",
        "wb.traceback() shows where.",
    ]


def message(problem: str) -> str:
    """Return what an error says without the calls of Java that Spark writes after it.

    >>> message("An error occurred.\\n: SparkException: no memory.\\n\\tat org.apache.A\\n\\tat org.apache.B")
    'An error occurred. SparkException: no memory.'
    """
    said = re.split(r"\n\s+at |\n+JVM stacktrace:", problem)[0]
    return " ".join(said.replace("\n: ", " ").split()) if said != problem else problem


def _of_a_library(frame: FrameSummary) -> bool:
    return frame.filename.startswith(LIBRARIES)


def _asked_of_ours(error: BaseException) -> bool:
    """Return whether an object of the workbench was asked for an attribute it does not have."""
    return isinstance(error, AttributeError) and type(error.obj).__module__.startswith("workbench.")


def _nearest(error: BaseException, frames: list[Any]) -> str:
    """Return the name that was probably meant: a keyword, a column of a table or frame; empty where none is near."""
    wrong, known = _names(error, frames)
    near = did_you_mean(wrong, known)
    return near if near.endswith("?") else ""


def _names(error: BaseException, frames: list[Any]) -> tuple[str, Iterable[str]]:
    if found := _KEYWORD.search(str(error)):
        return found[2], _keywords(found[1])
    if found := _NO_COLUMN.search(str(error)):
        return found[1], re.findall(r"'(.+?)'", found[2])
    if isinstance(error, AttributeError) and isinstance(error.obj, ir.Table | pd.DataFrame):
        return str(error.name), map(str, error.obj.columns)
    if isinstance(error, AttributeError) and _asked_of_ours(error):
        keys = [f'["{key}"]' for key in getattr(error.obj, "_ipython_key_completions_", list)()]
        return str(error.name), [*keys, *(name for name in dir(error.obj) if not name.startswith("_"))]
    if isinstance(error, KeyError) and error.args:
        tables = [frame.f_locals.get("self") for frame in frames]
        return str(error.args[0]), [str(c) for table in tables if isinstance(table, pd.DataFrame) for c in table]
    return "", ()


def _keywords(function: str) -> Iterable[str]:
    import workbench

    verb = getattr(workbench, function) if function in dir(workbench) else None
    return inspect.signature(verb).parameters if verb else ()
