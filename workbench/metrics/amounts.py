"""What customers brought in, and when: net revenue and its margin."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.asof import Crm
from workbench.errors import DataError


def net_amounts(crm: Crm) -> ir.Table:
    """Return customer_id, at, amount, margin (both currency; margin empty where unknown): orders, returns, invoices.

    Where a source has orders, only invoices of subscriptions count beside them, for an invoice may bill an order; the
    voided never count. Excluded accounts are left out. Raises DataError for a source that tells no amounts.
    """
    crm, parts = crm.counted(), []
    if "orders" in crm:
        orders = crm["orders"]
        margin = orders.margin_amount if "margin_amount" in orders.columns else ibis.null("decimal(18, 4)")
        parts.append(orders.select("customer_id", at=orders.ordered_at, amount=orders.amount, margin=margin))
    if "invoices" in crm and ("orders" not in crm or "subscription_id" in crm["invoices"].columns):
        invoices = _billed(crm["invoices"], beside_orders="orders" in crm)
        parts.append(
            invoices.select(
                "customer_id", at=invoices.issued_at, amount=invoices.amount, margin=ibis.null("decimal(18, 4)")
            )
        )
    if not parts:
        raise DataError(f"revenue needs the table orders or invoices; this source has {', '.join(crm)}.")
    same = [part.cast({"at": "timestamp", "margin": "decimal(18, 4)"}) for part in parts]
    return ibis.union(*same) if len(same) > 1 else same[0]


def _billed(invoices: ir.Table, *, beside_orders: bool) -> ir.Table:
    if "voided_at" in invoices.columns:
        invoices = invoices.filter(invoices.voided_at.isnull())
    return invoices.filter(invoices.subscription_id.notnull()) if beside_orders else invoices
