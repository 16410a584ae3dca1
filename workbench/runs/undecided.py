"""Which customers' labels depend on more than their last and next activity, and which rows labels of a day need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, activity_rows, with_ends
from workbench.engines import materialized, rows_of
from workbench.label import Rules

READ = (
    "customers", "subscriptions", "subscription_changes", "cancellations", "orders", "invoices", "charges", "events",
)  # fmt: skip
"""The tables that labels are made of."""


@dataclass(frozen=True)
class Undecided:
    """The customers (customer_id) who closed something, owe something or are corrected."""

    customers: ir.Table

    def of(self, crm: Crm) -> Crm:
        """Return the Crm of these customers alone."""
        return _restricted(crm, lambda rows: rows.semi_join(self.customers, "customer_id"))

    def others(self, crm: Crm) -> Crm:
        """Return the Crm of all other customers."""
        return _restricted(crm, lambda rows: rows.anti_join(self.customers, "customer_id"))


def _restricted(crm: Crm, restrict: Callable[[ir.Table], ir.Table]) -> Crm:
    some = crm.restricted(restrict)
    tables = dict(some.tables)
    if "subscription_changes" in tables:
        tables["subscription_changes"] = tables["subscription_changes"].semi_join(
            tables["subscriptions"], "subscription_id"
        )
    return replace(some, tables={name: materialized(rows) for name, rows in tables.items()})


def undecided(crm: Crm, as_of: datetime, rules: Rules) -> Undecided:
    """Return the customers whose label at ``as_of`` may depend on any threshold other than that of silence."""
    tables = crm.counted()
    found = [watched(tables, as_of, rules)]
    if "subscriptions" in tables:
        subscriptions = with_ends(tables["subscriptions"])
        over = subscriptions.cancelled_at.notnull() | subscriptions.ended_at.notnull()
        found.append(subscriptions.filter(over).select("customer_id"))
    return Undecided(materialized(ibis.union(*found).distinct() if len(found) > 1 else found[0]))


def watched(tables: Crm, as_of: datetime, rules: Rules) -> ir.Table:
    """Return the customers of whom any activity may decide: with a closed account, a debt, or a correction."""
    first = next(rows for rows in tables.tables.values() if "customer_id" in rows.columns)
    found = [first.filter(ibis.literal(False))]
    if rules.corrections:
        found.append(rows_of([{"customer_id": c.customer_id} for c in rules.corrections]))
    if "customers" in tables and "closed_at" in tables["customers"].columns:
        found.append(tables["customers"].filter(ibis._.closed_at.notnull()))
    if "cancellations" in tables:
        found.append(tables["cancellations"])
    if "invoices" in tables and "due_at" in tables["invoices"].columns:
        found.append(_late(tables["invoices"], as_of, rules))
    if "charges" in tables:
        found.append(_failing(tables["charges"], rules))
    ids = [rows.select("customer_id") for rows in found]
    return materialized(ibis.union(*ids).distinct() if len(ids) > 1 else ids[0])


def _late(invoices: ir.Table, as_of: datetime, rules: Rules) -> ir.Table:
    """Return the invoices owed at ``as_of``, or for so long that the customer may be lost for it."""
    now = ibis.timestamp(str(as_of))
    paid_at = invoices.paid_at if "paid_at" in invoices.columns else ibis.null("timestamp")
    long = paid_at >= invoices.due_at + ibis.interval(days=rules.recovery_days)
    owed = (invoices.due_at < now) & (paid_at >= now)
    return invoices.filter(invoices.due_at.notnull() & (paid_at.isnull() | long | owed))


def _failing(charges: ir.Table, rules: Rules) -> ir.Table:
    """Return the customers with as many failed charges in a row as make one delinquent."""
    order = ibis.cumulative_window(group_by="customer_id", order_by=["attempted_at", "charge_id"])
    runs = charges.select("customer_id", "succeeded", run=charges.succeeded.cast("int64").sum().over(order))
    failed = runs.filter(~runs.succeeded)
    often = failed.group_by("customer_id", "run").aggregate(n=failed.count())
    return often.filter(often.n >= rules.failed_charges)


def needed(crm: Crm, as_of: datetime, rules: Rules) -> Crm:
    """Return the Crm with the rows that labels of one day may ask for, whatever the thresholds.

    Of most customers that is the first activity, and the last and next one at that day. Excluded accounts are left out.
    """
    counted = crm.counted()
    tables = {name: counted[name] for name in READ if name in counted}
    some = watched(counted, as_of, rules)
    for name in ("orders", "events"):
        if name in tables:
            tables[name] = _at_the_edges(tables[name], activity_rows(counted, name), as_of, some)
    return replace(crm, tables=tables, codes=None)


def _at_the_edges(rows: ir.Table, activity: ir.Table, as_of: datetime, some: ir.Table) -> ir.Table:
    at, now = activity["at"], ibis.timestamp(str(as_of))
    sides = activity.group_by("customer_id").aggregate(a=at.min(), b=at.max(where=at < now), c=at.min(where=at >= now))
    edges = ibis.union(*(sides.select("customer_id", at=side) for side in "abc"), distinct=True)
    when = rows["ordered_at" if "ordered_at" in rows.columns else "occurred_at"].cast("timestamp")
    chosen = rows.semi_join(edges, [rows.customer_id == edges.customer_id, when == edges["at"]])
    return materialized(ibis.union(chosen.anti_join(some, "customer_id"), rows.semi_join(some, "customer_id")))
