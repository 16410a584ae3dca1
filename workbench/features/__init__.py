"""Features that know nothing of the future: built from the as-of view only, one small file per warning sign."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import ibis
import ibis.expr.types as ir
from ibis.common.exceptions import IbisTypeError

from workbench import contract
from workbench.asof import KEY, AsOf, Crm, Moment
from workbench.errors import DataError
from workbench.features import contact, contracts, payments, purchases, silence, support, usage
from workbench.features.declare import Column, Feature, columns, is_sale

ROOMS = (silence, purchases, contracts, usage, contact, support, payments)
FEATURES: dict[str, Column] = {c.name: c for room in ROOMS for c in columns(room.FEATURES)}


def build_features(crm: Crm, as_of: Moment | Iterable[Moment]) -> ir.Table:
    """Return the panel: one row per customer and snapshot with every feature the source's tables allow.

    Columns: customer_id, as_of, then one float column per feature of :data:`FEATURES`, in the unit declared there;
    NULL where nothing is known. Who has neither ordered nor subscribed before the snapshot has no row.

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
    if "orders" not in crm and "subscriptions" not in crm:
        raise DataError(f"no feature can be built from {', '.join(crm)}; map the table orders or subscriptions.")
    panel = reduce(_join, (_aggregate(view, name, declared) for name in tables), _spine(view))
    for feature in declared:
        if not feature.table:
            panel = panel.mutate(**{feature.name: feature.value(panel)})
        elif feature.none is not None:
            panel = panel.mutate(**{feature.name: panel[feature.name].fill_null(feature.none)})
    return panel.select(*KEY, *(f.name for f in declared))


def usable_features(crm: Crm) -> list[Feature]:
    """Return the declared features whose table and columns this source has, in order."""
    usable: dict[str, Feature] = {}
    for feature in (column.feature for column in FEATURES.values()):
        there = {*usable} if not feature.table else {*crm[feature.table].columns} if feature.table in crm else set()
        if there and {*feature.needs} <= there:
            usable[feature.name] = feature
    return list(usable.values())


def dictionary() -> list[dict[str, str]]:
    """Return the features' data dictionary: feature, family, unit, meaning, direction that worries."""
    return [
        {"feature": c.name, "family": c.family, "unit": c.feature.unit, "meaning": c.meaning, "worry": c.feature.worry}
        for c in FEATURES.values()
    ]


def _spine(view: AsOf) -> ir.Table:
    """Customers who have ordered or subscribed before each snapshot."""
    parts = []
    if "orders" in view:
        orders = view["orders"]
        parts.append(orders.filter(is_sale(orders)).select(KEY))
    if "subscriptions" in view:
        parts.append(view["subscriptions"].select(KEY))
    return (ibis.union(*parts) if len(parts) > 1 else parts[0]).distinct()


def _aggregate(view: AsOf, table: str, declared: list[Feature]) -> ir.Table:
    rows = view[table]
    values = {f.name: _value(f, rows) for f in declared if f.table == table}
    return rows.group_by(KEY).aggregate(**values)


def _value(feature: Feature, rows: ir.Table) -> ir.Value:
    """Build a feature's expression; a column that is not in the as-of view is refused by name."""
    try:
        return feature.value(rows)
    except (AttributeError, IbisTypeError) as problem:
        columns = contract.table(feature.table).columns
        read = [c.name for c in columns if c.time_class == "overwritten" and f"'{c.name}'" in str(problem)]
        if read:
            raise DataError(
                f"feature {feature.name}: {feature.table}.{read[0]} is overwritten: it holds today's value; what it "
                "was at a snapshot is not known. Use the history in subscription_changes instead."
            ) from None
        raise DataError(f"feature {feature.name}: {problem}") from None


def _join(left: ir.Table, right: ir.Table) -> ir.Table:
    return left.left_join(right, KEY).drop("customer_id_right", "as_of_right")
