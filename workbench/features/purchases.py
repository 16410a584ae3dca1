"""What, when and how customers buy: frequency, money, basket, breadth and returns (articles' K11, T7, D21)."""

from __future__ import annotations

import ibis.expr.types as ir

from workbench.crm import is_sale
from workbench.features.declare import WINDOWS, Aggregate, Feature, difference, ratio, trend

ORDERS = Aggregate("count distinct", of=lambda t: t.order_id, where=is_sale)
NET = Aggregate("sum", of=lambda t: t.amount)
GROSS = Aggregate("sum", of=lambda t: t.amount, where=is_sale)
PRODUCTS = Aggregate("count distinct", of=lambda t: t["product"], where=is_sale)


def _is_return(orders: ir.Table) -> ir.Value:
    return orders.amount < 0


def _on_weekend(orders: ir.Table) -> ir.Value:
    return (orders.ordered_at.day_of_week.index() >= 5).cast("float64")


FEATURES = [
    Feature(
        "n_orders", "frequency", "orders", "orders", "orders so far",
        "low", "orders so far: {value}", ORDERS,
    ),
    Feature(
        "n_orders", "frequency", "orders", "orders", "orders in the last {days} days",
        "low", "orders in the last {days} days: {value}", ORDERS, windows=WINDOWS,
    ),
    Feature(
        "share_of_orders_90d", "frequency", "", "share", "share of all orders that fall in the last 90 days",
        "low", "{value} of all orders fall in the last 90 days",
        ratio("n_orders_90d", "n_orders"), needs=("n_orders_90d", "n_orders"),
    ),
    Feature(
        "orders_trend", "frequency", "", "times", "orders a day in the last 90 days against the last 180",
        "low", "orders in the last 90 days are {value} times those of the last 180",
        trend("n_orders", 90, 180), needs=("n_orders_90d", "n_orders_180d"),
    ),
    Feature(
        "net_revenue", "money", "orders", "currency", "value of all orders so far, less returns",
        "low", "{value} spent so far", NET,
    ),
    Feature(
        "net_revenue", "money", "orders", "currency", "value of orders in the last {days} days, less returns",
        "low", "{value} spent in the last {days} days", NET, windows=WINDOWS,
    ),
    Feature(
        "revenue_trend", "money", "", "times", "spending a day in the last 90 days against the last 180",
        "low", "spending in the last 90 days is {value} times that of the last 180",
        trend("net_revenue", 90, 180), needs=("net_revenue_90d", "net_revenue_180d"),
    ),
    Feature(
        "gross_revenue", "money", "orders", "currency", "value of all orders so far, before returns",
        "low", "orders worth {value} so far", GROSS,
    ),
    Feature(
        "gross_revenue", "money", "orders", "currency", "value of orders in the last {days} days, before returns",
        "low", "orders worth {value} in the last {days} days", GROSS, windows=(90, 365),
    ),
    Feature(
        "margin", "money", "orders", "currency", "margin of orders in the last {days} days, less returns",
        "low", "{value} margin in the last {days} days",
        Aggregate("sum", of=lambda t: t.margin_amount), windows=(90, 365), needs=("margin_amount",),
    ),
    Feature(
        "average_order", "money", "", "currency", "average value of an order, before returns",
        "low", "{value} an order on average", ratio("gross_revenue", "n_orders"),
        needs=("gross_revenue", "n_orders"),
    ),
    Feature(
        "basket_against_usual", "money", "", "times",
        "average order of the last 90 days against the customer's average so far",
        "low", "orders of the last 90 days are {value} times the usual size",
        lambda f: f.gross_revenue_90d / f.n_orders_90d.nullif(0) / (f.gross_revenue / f.n_orders.nullif(0)).nullif(0),
        needs=("gross_revenue_90d", "n_orders_90d", "gross_revenue", "n_orders"),
    ),
    Feature(
        "largest_line", "money", "orders", "currency", "largest order line so far",
        "neither", "largest order line: {value}", Aggregate("max", of=lambda t: t.amount, where=is_sale),
    ),
    Feature(
        "n_lines", "breadth", "orders", "lines", "order lines so far",
        "low", "order lines so far: {value}", Aggregate("count", where=is_sale),
    ),
    Feature(
        "lines_per_order", "breadth", "", "lines", "order lines per order so far",
        "low", "lines per order: {value}", ratio("n_lines", "n_orders"), needs=("n_lines", "n_orders"),
    ),
    Feature(
        "n_products", "breadth", "orders", "products", "different products bought so far",
        "low", "different products so far: {value}", PRODUCTS, needs=("product",),
    ),
    Feature(
        "n_products", "breadth", "orders", "products", "different products bought in the last {days} days",
        "low", "different products in the last {days} days: {value}",
        PRODUCTS, windows=(90, 365), needs=("product",),
    ),
    Feature(
        "weekend_share", "frequency", "orders", "share", "share of order lines bought on a weekend",
        "neither", "{value} bought on weekends", Aggregate("mean", of=_on_weekend, where=is_sale),
    ),
    Feature(
        "returned_share", "returns", "", "share", "value returned as a share of value bought",
        "high", "{value} of the value returned",
        lambda f: 1 - f.net_revenue / f.gross_revenue.nullif(0), needs=("net_revenue", "gross_revenue"),
    ),
    Feature(
        "returned_share_90d", "returns", "", "share", "value returned as a share of value bought in the last 90 days",
        "high", "{value} of the value of the last 90 days returned",
        lambda f: 1 - f.net_revenue_90d / f.gross_revenue_90d.nullif(0), needs=("net_revenue_90d", "gross_revenue_90d"),
    ),
    Feature(
        "n_returns", "returns", "orders", "returns", "returns in the last {days} days",
        "high", "returns in the last {days} days: {value}",
        Aggregate("count distinct", of=lambda t: t.order_id, where=_is_return), windows=(30, 90, 365),
    ),
    Feature(
        "returns_against_usual", "returns", "", "share",
        "share of the value returned in the last 90 days less the customer's share so far",
        "high", "returns of the last 90 days against the usual share: {value} more",
        difference("returned_share_90d", "returned_share"), needs=("returned_share_90d", "returned_share"),
        unchanged=0,
    ),
]  # fmt: skip
