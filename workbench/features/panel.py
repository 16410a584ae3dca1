"""The panel: one row per customer and snapshot, one column per feature; whole, or snapshot by snapshot."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from workbench.crm import KEY, AsOf, Crm, Moment, check_current, sales
from workbench.engines import materialized, progress
from workbench.errors import DataError
from workbench.features.assembled import assembled
from workbench.features.catalogue import FEATURES, declared_columns, in_windows
from workbench.features.compute import aggregates
from workbench.features.coverage import beyond_begin, data_begin, refuse_beyond
from workbench.features.declare import Column, Expression, Feature, columns
from workbench.features.expression import build
from workbench.features.own import check_made, check_own, check_windows
from workbench.features.rows import prepared

MOST_ROWS = 100_000
"""So many rows of the panel are built at once, but at least one snapshot; fewer take more passes over the data."""
HANDED_OVER = 102_400
"""So many rows of it are handed over at once: DuckDB counts in blocks of 2,048."""
Join = Callable[[ir.Table, Iterable[ir.Table]], ir.Table]
"""Puts the spine's rows and the columns of all parts side by side."""


def build_features(
    crm: Crm,
    as_of: Moment | Iterable[Moment],
    *,
    own: Sequence[Feature] = (),
    windows: Sequence[int] | None = None,
    leave_out: Sequence[str] = (),
) -> ir.Table:
    """Return the panel: one row per customer and snapshot with every feature the source's tables allow.

    Columns: customer_id, as_of, then one float column per feature of :data:`FEATURES` and of ``own``, in the unit
    declared there; NULL where nothing is known, 0 where it is known to be none. A window that reaches back before its
    table begins is NULL (``unknown_windows`` lists them). ``windows`` (days) take the place of every declared one.
    Columns named in ``leave_out``, or features in all their windows, are not built, nor those made from them. Excluded
    accounts have no row, nor have customers without an order or subscription (or use of the product, where neither is
    recorded) before the snapshot.

    Raises DataError when the source has none of the tables a feature needs, or an own feature's table is not there;
    SettingError for a snapshot outside the data, an own feature badly declared, an unknown name in ``leave_out``, and
    ``windows`` that reach back before a table begins.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["ann", "ann"], "amount": [5, 7],
    ...                        "ordered_at": ["2024-01-10", "2024-01-20"]})
    >>> crm = wb.load_tables({"orders": orders})
    >>> panel = build_features(crm, as_of="2024-01-25").to_pandas()
    >>> panel[["days_since_order", "usual_gap_days", "silence_against_usual", "net_revenue"]].values.tolist()
    [[5.0, 10.0, 0.5, 12.0]]

    A feature of one's own:

    >>> big = wb.Feature("n_big_lines", "money", "orders", "lines", "order lines above 6", "low", "{value} big lines",
    ...                  wb.Aggregate("count", where=lambda t: t.amount > 6))
    >>> build_features(crm, as_of="2024-01-25", own=[big]).n_big_lines.to_pandas().tolist()
    [1.0]
    """
    return _panel(crm, as_of, own, windows, leave_out, _joined)


def _panel(
    crm: Crm,
    as_of: Moment | Iterable[Moment],
    own: Sequence[Feature],
    windows: Sequence[int] | None,
    leave_out: Sequence[str],
    join: Join,
) -> ir.Table:
    """Return the panel of :func:`build_features`, its parts put together by ``join``."""
    crm = prepared(crm)
    view = crm.as_of(as_of)
    for t in view.moments:
        check_current(crm.facts, t)
    if windows is not None:
        check_windows(windows)
    check_own(view, own, taken=[*FEATURES, *(c.name for c in declared_columns(crm, (), windows))])
    declared = declared_columns(crm, own, windows, leave_out)
    check_made(in_windows(own, windows), declared)
    begin = data_begin(crm, declared)
    if windows:
        refuse_beyond(view, declared, begin)
    made = [c for c in declared if not c.feature.table or any(beyond_begin(c, t, begin) is None for t in view.moments)]
    panel = join(spine(view), aggregates(view, made))
    panel = _derived(_filled(panel, declared, begin, view.moments), declared)
    mine = {c.name for c in columns(in_windows(own, windows))}
    return panel.select(*KEY, *(_finite(panel[c.name]) if c.name in mine else c.name for c in declared))


def feature_batches(
    crm: Crm, as_of: Moment | Iterable[Moment], *, own: Sequence[Feature] = (), leave_out: Sequence[str] = ()
) -> Iterator[pa.Table]:
    """Yield the panel of :func:`build_features` in Arrow tables of at most 102,400 rows, by as_of and customer_id.

    So many snapshots are built together as have that many rows, but at least one. Amounts are float64, all else
    float32: days and counts stay exact, quotients are right to 6e-8 of their size.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["ann", "bob"], "amount": [5, 7],
    ...                        "ordered_at": ["2024-01-10", "2024-01-20"]})
    >>> [batch.num_rows for batch in feature_batches(wb.load_tables({"orders": orders}), ["2024-01-15", "2024-01-21"])]
    [3]
    """
    moments = crm.as_of(as_of).moments
    for t in moments:
        check_current(crm.facts, t)
    customers = spine(prepared(crm).as_of(moments[-1]))
    join = assembled if customers.get_backend().name == "duckdb" else _joined
    together = max(MOST_ROWS // max(int(customers.count().to_pandas()), 1), 1)
    for i in progress(range(0, len(moments), together), "Features"):
        panel = _smaller(_panel(crm, moments[i : i + together], own, None, leave_out, join), own)
        yield from _handed_over(panel.order_by("as_of", "customer_id"))
        del panel
        gc.collect()  # its rows stay as long as its expressions, which name each other and would be found much later


def _handed_over(panel: ir.Table) -> Iterator[pa.Table]:
    """Yield the panel's rows, and make sure that all came: DuckDB ends a query silently where another is run."""
    left = int(panel.count().to_pandas()) if panel.get_backend().name == "duckdb" else 0
    for batch in panel.to_pyarrow_batches(chunk_size=HANDED_OVER):
        left -= batch.num_rows
        yield pa.Table.from_batches([batch])
    if left > 0:
        raise RuntimeError(f"{left:,} rows of features are missing: another query was run while they were read.")


def _smaller(panel: ir.Table, own: Sequence[Feature]) -> ir.Table:
    amounts = {c.name for c in (*FEATURES.values(), *columns(own)) if c.unit.startswith("currency")}
    return panel.cast({c: "float32" for c in panel.columns if c not in amounts and c not in KEY})


def unknown_windows(
    crm: Crm, as_of: Moment | Iterable[Moment], *, own: Sequence[Feature] = (), leave_out: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the columns left empty because their window reaches back before their table begins.

    Columns: column, as_of, table, window_days (0: all that is known), begins_at (the table's first dated row). Raises
    SettingError for a snapshot outside the data.
    """
    crm = prepared(crm)
    declared = declared_columns(crm, own, None, leave_out)
    begin = data_begin(crm, declared)
    moments = crm.as_of(as_of).moments
    for t in moments:
        check_current(crm.facts, t)
    rows = [(c, t, beyond_begin(c, t, begin)) for t in moments for c in declared if c.feature.table]
    return pd.DataFrame(
        [(c.name, t, c.feature.table, c.window_days or 0, at) for c, t, at in rows if at is not None],
        columns=["column", "as_of", "table", "window_days", "begins_at"],
    )


def spine(view: AsOf) -> ir.Table:
    """Customers who have ordered or subscribed before each snapshot, and the days of data before it."""
    parts = []
    if "orders" in view:
        parts.append(sales(view).select(KEY))
    if "subscriptions" in view:
        parts.append(view["subscriptions"].select(KEY))
    if not parts and "events" in view:
        parts.append(view["events"].select(KEY))
    if not parts:
        raise DataError(f"no feature can be built from {', '.join(view.crm)}; map the table orders or subscriptions.")
    customers = (ibis.union(*parts) if len(parts) > 1 else parts[0]).distinct()
    begins = ibis.date(view.crm.facts.begins_at.date())
    return customers.mutate(data_days=customers.as_of.date().delta(begins, unit="day").cast("float64"))


def _filled(
    panel: ir.Table, declared: list[Column], begin: Mapping[str, datetime], moments: Sequence[datetime]
) -> ir.Table:
    """Put 0 where nothing on record means none, and nothing where a window reaches back before its table begins.

    Beside the columns stand the days of data before each snapshot, of all and of each table.
    """
    filled = {}
    for column in (c for c in declared if c.feature.table):
        value = panel[column.name] if column.name in panel.columns else ibis.null("float64")
        if column.feature.none is not None:
            value = value.fill_null(float(column.feature.none))
        unknown = [t for t in moments if beyond_begin(column, t, begin) is not None]
        if unknown:
            value = ibis.ifelse(panel.as_of.isin([ibis.timestamp(str(t)) for t in unknown]), None, value)
        filled[column.name] = value
    tables = dict.fromkeys(c.feature.table for c in declared if c.feature.table)
    data_days = {f"{table}_data_days": _days_since(panel, begin.get(table)) for table in tables}
    return panel.select(*KEY, "data_days", **filled, **data_days)


def _finite(value: ir.Value) -> ir.Value:
    """Leave empty what an own feature divided by 0: no model takes it."""
    return ibis.ifelse(value.isinf() | value.isnan(), None, value).name(value.get_name())


def _days_since(panel: ir.Table, first: datetime | None) -> ir.Value:
    if first is None:
        return ibis.null("float64")
    return panel.as_of.date().delta(ibis.date(first.date()), unit="day").cast("float64")


def _derived(panel: ir.Table, declared: list[Column]) -> ir.Table:
    """Add the columns made from other columns, those first that need no other such."""
    waiting = [c for c in declared if not c.feature.table]
    while waiting:
        names = {c.name for c in waiting}
        ready = [c for c in waiting if not names & {*c.feature.needs}]
        panel = panel.mutate(
            **{c.name: build(c.feature, cast(Expression, c.feature.value), panel).cast("float64") for c in ready}
        )
        waiting = [c for c in waiting if c not in ready]
    return panel


def _joined(spine: ir.Table, parts: Iterable[ir.Table]) -> ir.Table:
    """Join all parts in one chain, made at once: link by link, Ibis would look up all columns so far for each.

    Spark plans a query of all parts for many minutes, and needs more memory for it than for their rows; there each is
    computed before the next is begun.
    """
    if spine.get_backend().name == "pyspark":
        spine, parts = materialized(spine), [materialized(part) for part in parts]
    first, *others = (ops.JoinReference(table, identifier=i) for i, table in enumerate((spine, *parts)))
    same = [[ops.Equals(first.fields[k], other.fields[k]) for k in KEY] for other in others]
    links = [ops.JoinLink("left", other, equal) for other, equal in zip(others, same, strict=True)]
    added = {name: field for other in others for name, field in other.fields.items() if name not in KEY}
    return ops.JoinChain(first, rest=links, values=first.fields | added).to_expr()
