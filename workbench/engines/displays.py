"""How a table that is not computed yet shows itself in a notebook: its first rows and its size, not its query."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

T = TypeVar("T")
INJECTED = "# Parameters\n"
"""How the cell begins in which papermill sets parameters."""
UNATTENDED = "WORKBENCH_STAGING"
"""The environment variable that a scheduled run sets for its notebooks, to its version."""
FIRST_ROWS = 10
MOST_COLUMNS = 14
COMPUTED = (ops.JoinChain, ops.Aggregate, ops.WindowFunction, ops.Set, ops.Distinct)
"""What makes a table worth computing once for both its size and its rows."""


def first_rows(table: ir.Table) -> tuple[pd.DataFrame, int]:
    """Return the first rows of a table and how many it has; what is joined or counted is computed once for both.

    >>> import ibis
    >>> rows, n = first_rows(ibis.memtable({"a": range(30)}))
    >>> len(rows), n
    (10, 30)
    """
    known = table.cache() if table.op().find(COMPUTED) else table
    return known.limit(FIRST_ROWS).to_pandas(), int(known.count().to_pandas())


_query = ir.Table.__repr__


def _shown(table: ir.Table) -> str:
    """Return the size and first rows of a table; its query where it has no rows, or they cannot be computed."""
    if ibis.options.interactive or table.op().find(ops.UnboundTable):
        return _query(table)
    try:
        return table_as_text(table)
    except Exception:  # whatever an engine raises: a text about an object never fails
        return _query(table)


_waiting: dict[int, tuple[ir.Table, str, tuple[pd.DataFrame, int]]] = {}
"""The table shown last, in which form, and its rows: a notebook asks for text and HTML, one after the other."""


def _rows_for(form: str, table: ir.Table) -> tuple[pd.DataFrame, int]:
    """Return the first rows of a table for one of its two forms; computed once where the other was made just before."""
    shown, before, rows = _waiting.pop(id(table), (None, form, None))
    if shown is table and before != form and rows is not None:
        return rows
    _waiting.clear()
    _waiting[id(table)] = (table, form, first_rows(table))
    return _waiting[id(table)][2]


def table_as_text(table: ir.Table) -> str:
    """Return the size of a table and its first rows."""
    rows, n = _rows_for("text", table)
    return f"{_size(table, n, len(rows))}\n{rows.to_string(max_cols=MOST_COLUMNS, index=False, na_rep='')}"


def table_as_html(table: ir.Table) -> str:
    """Return the same as HTML; every text is escaped."""
    rows, n = _rows_for("html", table)
    return f"<p>{_size(table, n, len(rows))}</p>{rows.to_html(max_cols=MOST_COLUMNS, index=False, border=0, na_rep='')}"


def _size(table: ir.Table, n: int, shown: int) -> str:
    first = f"; the first {shown}:" if n > shown else ":"
    return f"{n:,} rows, {len(table.columns)} columns{first}"


def in_notebook() -> bool:
    """Return whether a person may be watching: in a kernel, and neither in a scheduled run nor run by papermill."""
    shell = notebook_shell()
    if shell is None or not hasattr(shell, "kernel") or os.environ.get(UNATTENDED):
        return False
    return not any(source.startswith(INJECTED) for source in shell.user_ns.get("In", ()))


def progress(steps: Sequence[T], title: str) -> Iterable[T]:
    """Return the steps of a long computation; in a notebook a bar shows how many are done and the time that remains.

    >>> list(progress([1, 2], "Features"))
    [1, 2]
    """
    if not in_notebook() or len(steps) < 2:
        return steps
    from rich.progress import track

    return track(steps, description=title, transient=True)


def traceback() -> None:
    """Print where the last mistake shown in this notebook was raised; notebooks show only what it says.

    >>> traceback()
    No mistake was shown in this session.
    """
    from traceback import format_exception

    mistake = getattr(sys, "last_value", None)
    print("".join(format_exception(mistake)) if mistake else "No mistake was shown in this session.")


def notebook_shell() -> Any:
    """Return IPython's shell, None without one; IPython is not imported for it."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def show_tables() -> None:
    """Let Python and notebooks show tables by their size and first rows; Ibis would show hundreds of lines of a query.

    Where Ibis is asked to be interactive, its own way stays.
    """
    ir.Table.__repr__ = _shown
    shell = notebook_shell()
    if shell is not None:
        forms = shell.display_formatter.formatters
        forms["text/plain"].for_type(ir.Table, lambda table, printer, _: printer.text(table_as_text(table)))
        forms["text/html"].for_type(ir.Table, table_as_html)
