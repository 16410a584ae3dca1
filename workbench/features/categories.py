"""Texts beside the panel: what a customer is, and the plan at the snapshot, for models that take kinds as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, AsOf, Crm, Moment, check_current, service_spans
from workbench.engines import attach, first_of
from workbench.features.catalogue import categories_of, check_leave_out
from workbench.features.panel import spine
from workbench.features.rows import prepared


def build_categories(crm: Crm, as_of: Moment | Iterable[Moment], *, leave_out: Sequence[str] = ()) -> ir.Table:
    """Return one row per customer and snapshot of the panel with the texts the source's tables allow.

    Columns: customer_id, as_of, then one text column per category of :data:`CATEGORIES` and own column of customers;
    NULL where none is known. Only what was known before the snapshot is used; ``leave_out`` names categories that are
    not built.

    Raises DataError when the source has no customers (see :func:`build_features`); SettingError for an unknown name,
    and for a snapshot outside the data.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1"], "customer_id": ["ann"], "amount": [5], "ordered_at": ["2024-01-10"]})
    >>> customers = pd.DataFrame({"customer_id": ["ann"], "country": ["Norway"]})
    >>> build_categories(wb.load_tables({"orders": orders, "customers": customers}), "2024-01-11").country.to_list()
    ['Norway']
    """
    crm = prepared(crm)
    check_leave_out(leave_out, crm)
    view = crm.as_of(as_of)
    for t in view.moments:
        check_current(crm.facts, t)
    usable = {name: c.table for name, c in categories_of(crm).items() if name not in leave_out}
    rows = spine(view).select(*KEY)
    static = [name for name, table in usable.items() if table == "customers"]
    if static:
        rows = attach(rows, view["customers"].select(*KEY, *static), KEY)
    if "plan" in usable:
        rows = attach(rows, _plans(view), KEY)
    return rows.select(*KEY, *usable)


def _plans(view: AsOf) -> ir.Table:
    """The plan of each customer's service at the snapshot; of several the dearest, then the one that began last."""
    spans = service_spans(view)
    spans = spans.filter(spans.ended_at.isnull() & spans["plan"].notnull())
    return first_of(spans, KEY, ibis.desc(spans.mrr.fill_null(0)), ibis.desc("started_at"), "plan").select(*KEY, "plan")
