"""Silence: how long ago the last order was, and how unusual that is for this customer."""

from __future__ import annotations

import ibis.expr.types as ir

from workbench.features.declare import Feature, days_between, is_sale

FAMILY = "silence"


def _first(orders: ir.Table) -> ir.Value:
    return orders.ordered_at.min(where=is_sale(orders))


def _last(orders: ir.Table) -> ir.Value:
    return orders.ordered_at.max(where=is_sale(orders))


def _usual_gap(orders: ir.Table) -> ir.Value:
    order_days = orders.ordered_at.date().nunique(where=is_sale(orders))
    return days_between(_last(orders), _first(orders)) / (order_days - 1).nullif(0)


FEATURES = [
    Feature(
        "days_since_order", FAMILY, "orders", "days", "whole days since the last order",
        "high", "last order {value} days ago",
        lambda t: days_between(t.as_of.max(), _last(t)),
    ),
    Feature(
        "tenure_days", "tenure", "orders", "days", "whole days since the first order on record",
        "low", "customer for {value} days",
        lambda t: days_between(t.as_of.max(), _first(t)),
    ),
    Feature(
        "usual_gap_days", FAMILY, "orders", "days",
        "usual days between two days with orders; empty for who ordered on one day only",
        "high", "usually {value} days between orders",
        _usual_gap,
    ),
    Feature(
        "silence_against_usual", FAMILY, "", "times",
        "days since the last order against the customer's own usual gap",
        "high", "silent {value} times as long as usual",
        lambda f: f.days_since_order / f.usual_gap_days, needs=("usual_gap_days",),
    ),
]  # fmt: skip
