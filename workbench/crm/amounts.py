"""What a sale is, and what customers brought in, and when: net revenue and its margin."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm.asof import AsOf, Crm, keys
from workbench.errors import DataError

AMOUNT = "decimal(18, 4)"


def is_sale(orders: ir.Table) -> ir.BooleanValue:
    """Return whether an order line is a sale: a negative amount takes goods back."""
    return orders.amount >= 0


def sales(tables: Crm | AsOf) -> ir.Table:
    """Return the order lines that are sales, with the columns of orders.

    Raises DataError for a source without orders.
    """
    orders = tables["orders"]
    return orders.filter(is_sale(orders))


def tells_amounts(tables: Crm | AsOf) -> bool:
    """Return whether a source has what customers brought in, and when."""
    return "orders" in tables or "invoices" in tables


def net_amounts(tables: Crm | AsOf) -> ir.Table:
    """Return what customers brought in, from orders, returns and invoices.

    Columns: customer_id (and as_of, in an as-of view), at, amount, margin (both currency; margin empty where unknown).
    Where a source has orders, only invoices of subscriptions count beside them, for an invoice may bill an order; the
    voided and the orders known to be cancelled never count. Raises DataError for a source without amounts.
    """
    by, parts = keys(tables), []
    if "orders" in tables:
        orders = not_cancelled(tables["orders"])
        margin = orders.margin_amount if "margin_amount" in orders.columns else ibis.null(AMOUNT)
        parts.append(orders.select(*by, at=orders.ordered_at, amount=orders.amount, margin=margin))
    if "invoices" in tables and ("orders" not in tables or "subscription_id" in tables["invoices"].columns):
        invoices = _billed(tables["invoices"], beside_orders="orders" in tables)
        parts.append(invoices.select(*by, at=invoices.issued_at, amount=invoices.amount, margin=ibis.null(AMOUNT)))
    if not parts:
        known = ", ".join(tables.crm if isinstance(tables, AsOf) else tables)
        raise DataError(f"revenue needs the table orders or invoices; this source has {known}.")
    same = [part.cast({"at": "timestamp", "margin": AMOUNT}) for part in parts]
    return ibis.union(*same) if len(same) > 1 else same[0]


def not_cancelled(orders: ir.Table) -> ir.Table:
    """Return the order lines that are not known to be cancelled."""
    return orders.filter(orders.cancelled_at.isnull()) if "cancelled_at" in orders.columns else orders


def _billed(invoices: ir.Table, *, beside_orders: bool) -> ir.Table:
    if "voided_at" in invoices.columns:
        invoices = invoices.filter(invoices.voided_at.isnull())
    return invoices.filter(invoices.subscription_id.notnull()) if beside_orders else invoices
