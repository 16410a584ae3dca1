"""Silence: how long ago the last order was, and how unusual that is for this customer (K6, G1)."""

from __future__ import annotations

from workbench.crm import is_sale
from workbench.features.declare import Aggregate, Feature, against_usual, usual_gap

FAMILY = "silence"

FEATURES = [
    Feature(
        "days_since_order", FAMILY, "orders", "days", "whole days since the last order",
        "high", "last order {value} days ago", Aggregate("days since last", where=is_sale),
    ),
    Feature(
        "tenure_days", "tenure", "orders", "days", "whole days since the first order on record",
        "low", "customer for {value} days", Aggregate("days since first", where=is_sale),
    ),
    Feature(
        "n_order_days", "frequency", "orders", "days", "days with an order so far",
        "low", "days with an order so far: {value}",
        Aggregate("count distinct", of=lambda t: t.ordered_at.date(), where=is_sale),
    ),
    Feature(
        "usual_gap_days", FAMILY, "", "days",
        "usual days between two days with orders; empty for who ordered on one day only",
        "high", "usually {value} days between orders",
        usual_gap("tenure_days", "days_since_order", "n_order_days"),
        needs=("tenure_days", "days_since_order", "n_order_days"),
    ),
    Feature(
        "silence_against_usual", FAMILY, "", "times",
        "days since the last order against the customer's own usual gap",
        "high", "silent {value} times as long as usual",
        against_usual("days_since_order", "usual_gap_days"), needs=("days_since_order", "usual_gap_days"),
    ),
]  # fmt: skip
