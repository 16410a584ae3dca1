"""What a feature is: declared once, and from that computed, documented and put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

Worry = Literal["high", "low", "neither"]


@dataclass(frozen=True)
class Feature:
    """One column of the panel.

    ``value`` is an aggregate over the as-of view of ``table`` (one group per customer and snapshot), or, when
    ``table`` is empty, an expression over the features before it. ``family`` is the warning sign it belongs to,
    ``worry`` the direction that worries, ``reason`` the words for a person, with ``{value}`` in it,
    ``needs`` the optional columns (or earlier features) it reads, ``none`` the value of a customer without a row in the
    table, where that is known to be none; empty where nothing is known then.
    """

    name: str
    family: str
    table: str
    unit: str
    meaning: str
    worry: Worry
    reason: str
    value: Callable[[ir.Table], ir.Value]
    window_days: int | None = None
    needs: tuple[str, ...] = ()
    none: float | None = None

    def in_words(self, value: float) -> str:
        """Return the reason with the customer's own figure.

        >>> from workbench.features import FEATURES
        >>> FEATURES["days_since_order"].in_words(62)
        'last order 62 days ago'
        """
        return self.reason.format(value=_shown(value, self.unit))


def _shown(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.0%}"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"


def days_between(later: ir.Value, earlier: ir.Value) -> ir.Value:
    """Return the whole days from one instant to another: midnights crossed."""
    return later.date().delta(earlier.date(), unit="day").cast("float64")


def recent(rows: ir.Table, moment: ir.Value, days: int) -> ir.Value:
    """Return whether an instant falls in the ``days`` before the snapshot, the edge included."""
    return moment >= rows.as_of - ibis.interval(days=days)


def count(where: ir.Value) -> ir.Value:
    """Return how many rows of a group fulfil a condition; an unknown condition does not count."""
    return where.fill_null(False).cast("int64").sum().cast("float64")


def is_sale(orders: ir.Table) -> ir.Value:
    """Return whether an order line is a sale; a negative amount takes goods back."""
    return orders.amount >= 0
