"""Features that know nothing of the future: built from the as-of view only, one small file per warning sign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import KEY, AsOf, Crm, Moment, check_current
from workbench.errors import DataError
from workbench.features import (
    channel,
    contact,
    contracts,
    feedback,
    intent,
    payments,
    people,
    profile,
    purchases,
    silence,
    support,
    usage,
)
from workbench.features.compute import aggregates
from workbench.features.coverage import beyond_begin, data_begin, refuse_beyond
from workbench.features.declare import Aggregate as Aggregate
from workbench.features.declare import Column, Expression, columns, is_sale
from workbench.features.declare import Feature as Feature
from workbench.features.declare import Words as Words
from workbench.features.expression import build
from workbench.features.own import check_made, check_own, check_windows
from workbench.features.own import read_own as read_own
from workbench.features.panel_drift import drift as drift
from workbench.features.rows import column_names, prepared

ROOMS = (
    silence, purchases, contracts, profile, usage, contact, people, support, payments, feedback, intent, channel,
)  # fmt: skip
FEATURES: dict[str, Column] = {c.name: c for room in ROOMS for c in columns(room.FEATURES)}
"""Every column the panel can have, by name."""


def build_features(
    crm: Crm,
    as_of: Moment | Iterable[Moment],
    *,
    own: Sequence[Feature] = (),
    windows: Sequence[int] | None = None,
) -> ir.Table:
    """Return the panel: one row per customer and snapshot with every feature the source's tables allow.

    Columns: customer_id, as_of, then one float column per feature of :data:`FEATURES` and of ``own``, in the unit
    declared there; NULL where nothing is known, 0 where it is known to be none. A window that reaches back before its
    table begins is NULL (``unknown_windows`` lists them). ``windows`` (days) take the place of every declared one. Who
    has neither ordered nor subscribed (nor used the product, where neither is recorded) before the snapshot has no row.

    Raises DataError when the source has none of the tables a feature needs, or an own feature's table is not there;
    SettingError for a snapshot outside the data, an own feature badly declared, and a window asked for in ``own`` or
    ``windows`` that reaches back before its table begins.

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
    crm = prepared(crm)
    view = crm.as_of(as_of)
    for t in view.moments:
        check_current(crm.facts, t)
    if windows is not None:
        check_windows(windows)
    check_own(view, own, taken=[*FEATURES, *(c.name for c in _declared(crm, (), windows))])
    declared = _declared(crm, own, windows)
    check_made(_in_windows(own, windows), declared)
    begin = data_begin(crm, declared)
    refuse_beyond(view, declared, begin, asked=None if windows else own)
    made = [c for c in declared if not c.feature.table or any(beyond_begin(c, t, begin) is None for t in view.moments)]
    panel = _joined(_spine(view), aggregates(view, made))
    panel = _derived(_filled(panel, declared, begin, view.moments), declared)
    mine = {c.name for c in columns(_in_windows(own, windows))}
    return panel.select(*KEY, *(_finite(panel[c.name]) if c.name in mine else c.name for c in declared))


def unknown_windows(crm: Crm, as_of: Moment | Iterable[Moment], *, own: Sequence[Feature] = ()) -> pd.DataFrame:
    """Return the columns left empty because their window reaches back before their table begins.

    Columns: column, as_of, table, window_days (0: all that is known), begins_at (the table's first dated row).
    """
    crm = prepared(crm)
    declared = _declared(crm, own, None)
    begin = data_begin(crm, declared)
    rows = [(c, t, beyond_begin(c, t, begin)) for t in crm.as_of(as_of).moments for c in declared if c.feature.table]
    return pd.DataFrame(
        [(c.name, t, c.feature.table, c.window_days or 0, at) for c, t, at in rows if at is not None],
        columns=["column", "as_of", "table", "window_days", "begins_at"],
    )


def usable_features(crm: Crm, declared: Iterable[Column] | None = None) -> list[Column]:
    """Return the declared columns whose table and columns this source has, in order."""
    crm, usable = prepared(crm), dict[str, Column]()
    for column in FEATURES.values() if declared is None else declared:
        needs, table = {*column.feature.needs}, column.feature.table
        there = column_names(crm, table) if table else {*usable}
        if (there or not table) and needs <= there:
            usable[column.name] = column
    return list(usable.values())


def dictionary(own: Sequence[Feature] = ()) -> list[dict[str, object]]:
    """Return the features' data dictionary: name, family, table, window_days, unit, meaning, worry and reason of each.

    >>> dictionary()[0]["name"], dictionary()[0]["unit"]
    ('days_since_order', 'days')
    """
    return [{f.name: getattr(c, f.name) for f in fields(Words)} for c in (*FEATURES.values(), *columns(own))]


def read_words(rows: Iterable[Mapping[str, Any]]) -> dict[str, Words]:
    """Return each column's words by name, from the rows of :func:`dictionary`, as a run keeps them.

    >>> read_words(dictionary())["n_orders_30d"].in_words(2)
    'orders in the last 30 days: 2'
    """
    return {row["name"]: Words(**row) for row in rows}


def _declared(crm: Crm, own: Sequence[Feature], windows: Sequence[int] | None) -> list[Column]:
    everything = dict.fromkeys(c.feature for c in (*FEATURES.values(), *columns(own)))
    return usable_features(crm, columns(_in_windows(everything, windows)))


def _in_windows(features: Iterable[Feature], windows: Sequence[int] | None) -> list[Feature]:
    return [replace(f, windows=tuple(windows)) if windows and f.windows else f for f in features]


def _spine(view: AsOf) -> ir.Table:
    """Customers who have ordered or subscribed before each snapshot, and the days of data before it."""
    parts = []
    if "orders" in view:
        orders = view["orders"]
        parts.append(orders.filter(is_sale(orders)).select(KEY))
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
    reach = {f"{table}_data_days": _days_since(panel, begin.get(table)) for table in tables}
    return panel.select(*KEY, "data_days", **filled, **reach)


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
    """Join all parts in one chain: one inside the other, their query would be copied for each."""
    panel = spine
    for i, part in enumerate(parts):
        panel = panel.left_join(part, KEY, rname=f"{{name}}_{i}")
    return panel
