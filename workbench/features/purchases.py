"""What, when and how customers buy: frequency, money, breadth and returns (articles' K11, T7)."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir

from workbench.features.declare import Feature, is_sale, recent

WINDOWS = (30, 90)


def _net(orders: ir.Table, where: ir.Value | None = None) -> ir.Value:
    # Sums stay DECIMAL until they are whole: floating sums differ between two runs of the same query.
    return orders.amount.sum(where=where).fill_null(0).cast("float64")


def _gross(orders: ir.Table) -> ir.Value:
    return _net(orders, is_sale(orders))


def _n_orders(orders: ir.Table) -> ir.Value:
    return orders.order_id.nunique(where=is_sale(orders)).cast("float64")


def _orders_within(days: int) -> Callable[[ir.Table], ir.Value]:
    return lambda t: t.order_id.nunique(where=is_sale(t) & recent(t, t.ordered_at, days)).cast("float64")


def _net_within(days: int) -> Callable[[ir.Table], ir.Value]:
    return lambda t: _net(t, recent(t, t.ordered_at, days))


FEATURES = [
    Feature(
        "n_orders", "frequency", "orders", "orders", "orders so far",
        "low", "orders so far: {value}", _n_orders,
    ),
    *(
        Feature(
            f"n_orders_{days}d", "frequency", "orders", "orders", f"orders in the last {days} days",
            "low", f"orders in the last {days} days: {{value}}", _orders_within(days),
        )
        for days in WINDOWS
    ),
    Feature(
        "share_of_orders_90d", "frequency", "", "share", "share of all orders that fall in the last 90 days",
        "low", "{value} of all orders fall in the last 90 days",
        lambda f: f.n_orders_90d / f.n_orders.nullif(0), needs=("n_orders_90d",),
    ),
    Feature(
        "net_revenue", "money", "orders", "currency", "value of all orders so far, less returns",
        "low", "{value} spent so far", _net,
    ),
    *(
        Feature(
            f"net_revenue_{days}d", "money", "orders", "currency",
            f"value of orders in the last {days} days, less returns",
            "low", f"{{value}} spent in the last {days} days", _net_within(days),
        )
        for days in WINDOWS
    ),
    Feature(
        "gross_revenue", "money", "orders", "currency", "value of all orders so far, before returns",
        "low", "{value} ordered so far", _gross,
    ),
    Feature(
        "average_order", "money", "", "currency", "average value of an order, before returns",
        "low", "{value} an order on average",
        lambda f: f.gross_revenue / f.n_orders.nullif(0), needs=("gross_revenue",),
    ),
    Feature(
        "n_products", "breadth", "orders", "products", "different products bought so far",
        "low", "different products so far: {value}",
        lambda t: t["product"].nunique(where=is_sale(t)).cast("float64"), needs=("product",),
    ),
    Feature(
        "returned_share", "returns", "", "share", "value returned as a share of value bought",
        "high", "{value} of the value returned",
        lambda f: 1 - f.net_revenue / f.gross_revenue.nullif(0), needs=("gross_revenue",),
    ),
]  # fmt: skip
