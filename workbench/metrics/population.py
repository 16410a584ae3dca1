"""Whose rows count: excluded accounts left out, the customers of one segment, and the same metric for each segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Facts, is_sale, paid_service
from workbench.errors import DataError
from workbench.metrics.definitions import Metric
from workbench.metrics.period_check import with_span

Data = TypeVar("Data", Crm, ir.Table, pd.DataFrame)
COLUMNS = ["segment", "name", "value", "low", "high", "count", "of", "n", "n_of", "unit", "named", "definition"]


def paid_subscriptions(crm: Crm) -> ir.Table:
    """Return the paid subscriptions that count, with started_at, cancelled_at and ended_at of their paid service.

    Raises DataError for a source without subscriptions.
    """
    if "subscriptions" not in crm:
        raise DataError(
            "recurring revenue and renewals need the table subscriptions, which this source does not map; "
            "for orders there are repeat purchases and returns instead."
        )
    return paid_service(crm.counted())


def orders_of(data: Crm | ir.Table) -> tuple[ir.Table, Facts | ir.Table]:
    """Return the orders of a Crm, or those given, and what says until when they are known."""
    return (data.counted()["orders"], data.facts) if isinstance(data, Crm) else (data, data)


def standing_sales(rows: ir.Table, finish: ir.TimestampScalar) -> ir.Table:
    """Return the sales that were neither cancelled nor taken back whole before an instant."""
    sales = rows.filter(is_sale(rows))
    if "cancelled_at" in rows.columns:
        sales = sales.filter(sales.cancelled_at.isnull() | (sales.cancelled_at >= finish))
    if "returns_order_id" not in rows.columns:
        return sales
    returned = rows.filter(~is_sale(rows) & rows.returns_order_id.notnull())
    returned = returned.group_by("customer_id", order_id=returned.returns_order_id).aggregate(
        back=returned.amount.sum()
    )
    whole = sales.group_by("customer_id", "order_id").aggregate(sold=sales.amount.sum())
    gone = whole.join(returned, ["customer_id", "order_id"]).filter(ibis._.sold + ibis._.back <= 0)
    return sales.anti_join(gone, ["customer_id", "order_id"])


def only(data: Data, customers: pd.Series) -> Data:
    """Return the rows of these customers: of a Crm, of a table or of a frame with the column customer_id."""
    if isinstance(data, pd.DataFrame):
        return data[data["customer_id"].isin(customers)]
    wanted = ibis.memtable({"customer_id": customers.dropna().astype("str").tolist()}, schema={"customer_id": "string"})
    if isinstance(data, Crm):
        return data.restricted(lambda rows: rows.semi_join(wanted, "customer_id"))
    return data.semi_join(wanted, "customer_id")


def with_segment(rows: ir.Table, segments: pd.DataFrame | None) -> ir.Table:
    """Add the column segment from a frame of customer_id and segment: 'all' without one, else 'unknown' where empty."""
    if segments is None:
        return rows.mutate(segment=ibis.literal("all"))
    joined = rows.left_join(ibis.memtable(one_segment_each(segments)), "customer_id").drop("customer_id_right")
    return joined.mutate(segment=joined.segment.fill_null("unknown"))


def one_segment_each(segments: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id and segment (text) of every customer that has one.

    Raises DataError when a column is missing or a customer stands there twice.

    >>> one_segment_each(pd.DataFrame({"customer_id": ["a", "b"], "segment": ["VIP", None]})).to_numpy().tolist()
    [['a', 'VIP']]
    """
    if missing := {"customer_id", "segment"} - {*segments.columns}:
        raise DataError(f"segments: the column {min(missing)} is missing; it has {', '.join(segments.columns)}.")
    known = segments[["customer_id", "segment"]].dropna()
    twice = known.loc[known["customer_id"].duplicated(), "customer_id"]
    if len(twice):
        raise DataError(f"segments: customer_id {twice.iloc[0]!r} stands there more than once; give each one segment.")
    return known.astype({"segment": str})


def by_segment(metric: Callable[[Data], Metric], data: Data, segments: pd.DataFrame) -> pd.DataFrame:
    """Return a metric for each segment: segment, name, value, low, high, count, of, n, n_of, unit, named, definition.

    ``metric`` is any metric of one argument: a function of a Crm, of lives, of orders or of movements, with its period
    and its choices filled in. ``segments`` has customer_id (each once) and segment; who is in none is not counted.

    >>> moved = pd.DataFrame({"customer_id": ["a", "b", "c"], "at_start": 1, "at_end": [1, 0, 1]})
    >>> plans = pd.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["small", "small", "big"]})
    >>> from workbench.metrics import cohort_retention
    >>> by_segment(cohort_retention, moved, plans)[["segment", "value", "of"]].values.tolist()
    [['big', 1.0, 1.0], ['small', 0.5, 2.0]]

    Raises DataError when segments lacks a column or names a customer twice.
    """
    each = one_segment_each(segments)
    data = with_span(data) if isinstance(data, ir.Table) else data
    figures = [
        {"segment": name, **asdict(metric(only(data, members["customer_id"])))}
        for name, members in each.groupby("segment", sort=True)
    ]
    return pd.DataFrame(figures, columns=COLUMNS)
