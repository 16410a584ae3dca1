"""What a customer brought, or paid, in a year, as it stood at a moment of the customer's own."""

from __future__ import annotations

from datetime import datetime
from functools import reduce

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, service_spans
from workbench.engines import attach

MONTHS, DAYS = 12, 365


def worth_at(crm: Crm, moments: ir.Table) -> ir.Table:
    """Return the moments (customer_id, at) with worth: what the customer brought in a year as it stood then (currency).

    Twelve times the recurring revenue of the moment, and what was ordered, less returns, in the year before it; empty
    where neither is known.
    """
    parts = [part for part in (_paid(crm, moments), _ordered(crm, moments)) if part is not None]
    if not parts:
        return moments.mutate(worth=ibis.null("float64"))
    both = reduce(ibis.union, parts).group_by(moments.columns).aggregate(worth=ibis._.worth.sum())
    return attach(moments, both, [*moments.columns])


def worth_now(crm: Crm, at: datetime) -> pd.Series:
    """Return what each customer brought in a year as it stood at ``at``, by customer_id, of those who brought any."""
    known = [crm[name].select("customer_id") for name in ("subscriptions", "orders") if name in crm]
    if not known:
        return pd.Series(dtype="float64")
    customers = reduce(ibis.union, known).distinct()
    found = worth_at(crm, customers.mutate(at=ibis.timestamp(str(at)))).to_pandas()
    return found.set_index("customer_id")["worth"].astype("float64").dropna()


def _paid(crm: Crm, moments: ir.Table) -> ir.Table | None:
    if "subscriptions" not in crm:
        return None
    spans = service_spans(crm.counted()).select("customer_id", "mrr", "started_at", "ended_at")
    met = moments.inner_join(spans, "customer_id")
    met = met.filter((met.started_at < met["at"]) & (met.ended_at.isnull() | (met.ended_at >= met["at"])))
    return met.group_by(moments.columns).aggregate(worth=met.mrr.sum().cast("float64") * MONTHS)


def _ordered(crm: Crm, moments: ir.Table) -> ir.Table | None:
    if "orders" not in crm or "amount" not in crm["orders"].columns:
        return None
    met = moments.inner_join(crm["orders"].select("customer_id", "ordered_at", "amount"), "customer_id")
    met = met.filter((met.ordered_at < met["at"]) & (met.ordered_at >= met["at"] - ibis.interval(days=DAYS)))
    return met.group_by(moments.columns).aggregate(worth=met.amount.sum().cast("float64"))
