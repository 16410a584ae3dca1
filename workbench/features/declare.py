"""What a feature is: declared once, and from that computed, documented and put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

Worry = Literal["high", "low", "neither"]


@dataclass(frozen=True)
class Feature:
    """One column of the panel.

    ``value`` is an aggregate over the as-of view of ``table`` (one group per customer and snapshot), or, when
    ``table`` is empty, an expression over the features before it. ``family`` is the warning sign it belongs to,
    ``worry`` the direction that worries, ``reason`` the words for a person, with ``{value}`` in it,
    ``needs`` the optional columns of the table it reads.
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


def is_sale(orders: ir.Table) -> ir.Value:
    """Return whether an order line is a sale; a negative amount takes goods back."""
    return orders.amount >= 0
