"""The rows features are made from: the as-of view of a table, with what else a row is known by beside it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm

BESIDE_MESSAGES = ("preferred_channel", "contact_hours")


def known_rows(view: AsOf, table: str) -> ir.Table:
    """Return a table's rows as they stood at each snapshot, with customer_id.

    ``messages`` have the customer's preferred_channel and contact_hours beside them, ``subscription_changes`` the
    subscription's customer_id and ended_at, and mrr_before, what it was before the change.
    """
    rows = view[table]
    if table == "subscription_changes":
        return _of_customer(rows, view["subscriptions"])
    if table == "messages" and "customers" in view:
        return _beside(rows, view["customers"], [c for c in BESIDE_MESSAGES if c in view["customers"].columns])
    return rows


def column_names(crm: Crm, table: str) -> set[str]:
    """Return the columns that ``known_rows`` of a table will have; none where the source lacks the table."""
    if table not in crm or (table == "subscription_changes" and "subscriptions" not in crm):
        return set()
    if table == "subscription_changes":
        return {*crm[table].columns, "customer_id", *({"ended_at"} & {*crm["subscriptions"].columns})}
    beside = crm["customers"].columns if table == "messages" and "customers" in crm else ()
    return {*crm[table].columns, *(c for c in BESIDE_MESSAGES if c in beside)}


def _of_customer(changes: ir.Table, subscriptions: ir.Table) -> ir.Table:
    # Earlier rows of a subscription are known whenever a later one is, so looking back needs no view of its own.
    if "mrr" in changes.columns:
        history = ibis.window(group_by=["as_of", "subscription_id"], order_by=["changed_at", "change", "plan", "mrr"])
        changes = changes.mutate(mrr_before=changes.mrr.lag().over(history))
    owners = subscriptions.select(
        "as_of", "subscription_id", "customer_id", *(c for c in ["ended_at"] if c in subscriptions.columns)
    )
    return changes.inner_join(owners, ["as_of", "subscription_id"])


def _beside(rows: ir.Table, customers: ir.Table, names: list[str]) -> ir.Table:
    if not names:
        return rows
    return rows.left_join(customers.select(*KEY, *names), KEY).drop("customer_id_right", "as_of_right")
