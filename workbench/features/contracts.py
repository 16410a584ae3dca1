"""The contract: how long it has lasted and how many subscriptions live (D9)."""

from __future__ import annotations

from workbench.features.declare import Feature, count, days_between

FEATURES = [
    Feature(
        "subscription_days", "tenure", "subscriptions", "days", "whole days since the first subscription began",
        "low", "subscriber for {value} days",
        lambda t: days_between(t.as_of.max(), t.started_at.min()),
    ),
    Feature(
        "n_live_subscriptions", "contract", "subscriptions", "subscriptions", "subscriptions whose service is not over",
        "low", "live subscriptions: {value}",
        lambda t: count(t.ended_at.isnull()), needs=("ended_at",), none=0,
    ),
]  # fmt: skip
