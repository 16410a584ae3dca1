"""Features that know nothing of the future: built from the as-of view only, one small file per warning sign."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm, Moment
from workbench.errors import DataError
from workbench.features import purchases, silence
from workbench.features.declare import Feature

FEATURES: dict[str, Feature] = {f.name: f for f in (*silence.FEATURES, *purchases.FEATURES)}


def build_features(crm: Crm, as_of: Moment | Iterable[Moment]) -> ir.Table:
    """Return the panel: one row per customer and snapshot with every feature the source's tables allow.

    Columns: customer_id, as_of, then one float column per feature of :data:`FEATURES`, in the unit declared there;
    NULL where nothing is known. A customer without a sale before the snapshot has no row.

    Raises DataError when the source has none of the tables a feature needs.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["ann", "ann"], "amount": [5, 7],
    ...                        "ordered_at": ["2024-01-10", "2024-01-20"]})
    >>> panel = build_features(wb.load_tables({"orders": orders}), as_of="2024-01-25").to_pandas()
    >>> panel[["days_since_order", "usual_gap_days", "silence_against_usual", "net_revenue"]].values.tolist()
    [[5.0, 10.0, 0.5, 12.0]]
    """
    view = crm.as_of(as_of)
    declared = usable_features(crm)
    tables = dict.fromkeys(f.table for f in declared if f.table)
    if not tables:
        raise DataError(f"no feature can be built from {', '.join(crm)}; map the table orders in the source file.")
    panel = reduce(_join, (_aggregate(view, name, declared) for name in tables))
    for feature in declared:
        if not feature.table:
            panel = panel.mutate(**{feature.name: feature.value(panel)})
    panel = panel.filter(panel.days_since_order.notnull())
    return panel.select(*KEY, *(f.name for f in declared))


def usable_features(crm: Crm) -> list[Feature]:
    """Return the declared features whose table and columns this source has, in order."""
    return [f for f in FEATURES.values() if not f.table or (f.table in crm and {*f.needs} <= {*crm[f.table].columns})]


def dictionary() -> list[dict[str, str]]:
    """Return the features' data dictionary: feature, family, unit, meaning, direction that worries."""
    return [
        {"feature": f.name, "family": f.family, "unit": f.unit, "meaning": f.meaning, "worry": f.worry}
        for f in FEATURES.values()
    ]


def _aggregate(view: AsOf, table: str, declared: list[Feature]) -> ir.Table:
    rows = view[table]
    values = {f.name: f.value(rows) for f in declared if f.table == table}
    return rows.group_by(KEY).aggregate(**values)


def _join(left: ir.Table, right: ir.Table) -> ir.Table:
    return left.left_join(right, KEY).drop("customer_id_right", "as_of_right")
