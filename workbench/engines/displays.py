"""How a table that is not computed yet shows itself in a notebook: its first rows and its size, not its query."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from itertools import cycle
from typing import Any, NamedTuple, TypeVar

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from workbench.engines.duck import materialized_in_duckdb

T = TypeVar("T")
INJECTED = "# Parameters\n"
"""How the cell begins in which papermill sets parameters."""
UNATTENDED = "WORKBENCH_STAGING"
"""The environment variable that a scheduled run sets for its notebooks, to its version."""
FIRST_ROWS = 10
MOST_COLUMNS = 14
COMPUTED = (ops.JoinChain, ops.Aggregate, ops.WindowFunction, ops.Set, ops.Distinct)
"""What makes a table worth computing once for both its size and its rows."""


class Glance(NamedTuple):
    """What a notebook shows of a table: its first rows, how many it has, and of churn labels a line per snapshot."""

    rows: pd.DataFrame
    n: int
    kinds: list[str]


def glance(table: ir.Table) -> Glance:
    """Return the first rows of a table and how many it has; what is joined or counted is computed once for all.

    >>> import ibis
    >>> seen = glance(ibis.memtable({"a": range(30)}))
    >>> len(seen.rows), seen.n
    (10, 30)
    """
    known = _computed(table) if table.op().find(COMPUTED) else table
    return Glance(known.limit(FIRST_ROWS).to_pandas(), int(known.count().to_pandas()), _kinds_over_time(known))


def _computed(table: ir.Table) -> ir.Table:
    return materialized_in_duckdb(table) if table.get_backend().name == "duckdb" else table.cache()


def _kinds_over_time(table: ir.Table) -> list[str]:
    """Return, of churn labels, who was at risk at each snapshot and who left, by kind; of other tables nothing.

    >>> import ibis, pandas as pd
    >>> at, kinds = [pd.Timestamp("2024-03-01")] * 3, ["passive", None, None]
    >>> _kinds_over_time(ibis.memtable({"as_of": at, "churned": [True, False, False], "kind": kinds}))
    ['2024-03-01: 3 at risk, 1 left (1 passive)']
    """
    if not {"as_of", "churned", "kind"} <= {*table.columns}:
        return []
    if not (table["as_of"].type().is_timestamp() and table["churned"].type().is_boolean()):
        return []  # another's table with columns of these names
    counted = table.group_by("as_of", "churned", "kind").aggregate(n=ibis._.count()).to_pandas()
    lines = []
    for at, rows in counted.groupby("as_of"):
        left = rows[rows["churned"].astype(bool)]
        by_kind = ", ".join(f"{n:,} {kind}" for kind, n in left.groupby("kind")["n"].sum().items())
        of_them = f" ({by_kind})" if by_kind else ""
        lines.append(f"{at:%Y-%m-%d}: {rows['n'].sum():,} at risk, {left['n'].sum():,} left{of_them}")
    return lines


_query = ir.Table.__repr__


def _shown(table: ir.Table) -> str:
    """Return the size and first rows of a table; its query where it has no rows, or they cannot be computed."""
    if ibis.options.interactive or table.op().find(ops.UnboundTable):
        return _query(table)
    try:
        return table_as_text(table)
    except Exception:  # whatever an engine raises: a text about an object never fails
        return _query(table)


_waiting: dict[int, tuple[ir.Table, str, Glance]] = {}
"""The table shown last, in which form, and its rows: a notebook asks for text and HTML, one after the other."""


def _glance_for(form: str, table: ir.Table) -> Glance:
    """Return what is shown of a table in one of its two forms; computed once where the other was made just before."""
    shown, before, seen = _waiting.pop(id(table), (None, form, None))
    if shown is table and before != form and seen is not None:
        return seen
    _waiting.clear()
    _waiting[id(table)] = (table, form, glance(table))
    return _waiting[id(table)][2]


def table_as_text(table: ir.Table) -> str:
    """Return the size of a table and its first rows."""
    seen = _glance_for("text", table)
    rows = seen.rows.to_string(max_cols=MOST_COLUMNS, index=False, na_rep="")
    return "\n".join([*seen.kinds, _size(table, seen), rows])


def table_as_html(table: ir.Table) -> str:
    """Return the same as HTML; every text is escaped."""
    seen = _glance_for("html", table)
    kinds = "".join(f"<li>{escape(line)}</li>" for line in seen.kinds)
    listed = f"<ul>{kinds}</ul>" if kinds else ""
    return f"{listed}<p>{_size(table, seen)}</p>{_rows_as_html(seen.rows)}"


def _rows_as_html(rows: pd.DataFrame) -> str:
    """Return rows as HTML, numbers on the right and all else on the left; JupyterLab would put all on the right."""
    numbers = [is_numeric_dtype(rows.iloc[:, i]) and not is_bool_dtype(rows.iloc[:, i]) for i in range(rows.shape[1])]
    if len(numbers) > MOST_COLUMNS:  # those in the middle are three dots
        numbers = [*numbers[: MOST_COLUMNS // 2], False, *numbers[-(MOST_COLUMNS // 2) :]]
    sides = cycle("right" if number else "left" for number in numbers)
    html = rows.to_html(max_cols=MOST_COLUMNS, index=False, border=0, na_rep="")
    return re.sub("<(t[hd])>", lambda cell: f'<{cell[1]} style="text-align: {next(sides)}">', html)


def _size(table: ir.Table, seen: Glance) -> str:
    first = f"; the first {len(seen.rows)}:" if seen.n > len(seen.rows) else ":"
    return f"{seen.n:,} rows, {len(table.columns)} columns{first}"


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


def name_settings(verb: Callable[..., Any], settings: Mapping[str, Any]) -> None:
    """Let completion and ``help`` name what a verb takes by ``**settings``, each with its default.

    >>> def label(crm, **settings): ...
    >>> name_settings(label, {"inactive_days": 91})
    >>> print(inspect.signature(label))
    (crm, *, inactive_days=91, **settings)
    """
    signature = inspect.signature(verb)
    *first, others = signature.parameters.values()
    named = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value) for name, value in settings.items()]
    verb.__signature__ = signature.replace(parameters=[*first, *named, others])  # type: ignore[attr-defined]


def traceback() -> None:
    """Print where the last mistake shown in this notebook was raised; notebooks show only what it says.

    >>> traceback()
    No error was shown in this session.
    """
    from traceback import format_exception

    mistake = getattr(sys, "last_value", None)
    print("".join(format_exception(mistake)) if mistake else "No error was shown in this session.")


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
