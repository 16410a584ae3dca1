"""What a feature is: declared once, and from that computed, documented and put into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import ibis
import ibis.expr.types as ir

from workbench.contract import own_name

Worry = Literal["high", "low", "neither"]
How = Literal["count", "sum", "count distinct", "mean", "min", "max", "last", "days since first", "days since last"]
Expression = Callable[[ir.Table], ir.Value]

WINDOWS = (7, 30, 90, 180, 365)
"""The days a windowed feature looks back, unless it says otherwise."""


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a table's rows per customer and snapshot.

    ``of`` is the row's value (none for a count, nor for ``days since``), ``where`` says which rows count: an unknown
    condition does not. ``dated_by`` is the column that dates a row for windows, ``last`` and ``days since``; empty: the
    table's own date. ``last`` is the value of the latest row that has one; of several at one instant the greatest.
    ``days since`` counts the midnights from the first or last row to the snapshot.

    Without any row in the table all are empty (but see ``none``). Where there are rows and none counts, ``count``,
    ``sum`` and ``count distinct`` are 0: known to be none; the others are empty: nothing is known.
    """

    how: How
    of: Expression | None = None
    where: Expression | None = None
    dated_by: str = ""


@dataclass(frozen=True)
class Feature:
    """One sign of what a customer does: a column of the panel, or one column per window.

    ``value`` is an :class:`Aggregate`, or an expression: any aggregate over the as-of view of ``table`` (one group per
    customer and snapshot) or, when ``table`` is empty, an expression over the columns before it. It is a number, or yes
    or no; what is made of a row reads that row alone, or those of its own snapshot: ``.over(group_by=t.as_of)``. What
    is divided by 0 is empty; a logarithm of nothing fails in the engine. ``windows`` are days before the snapshot;
    empty means all that is known. With windows, ``meaning`` and ``reason`` hold ``{days}``.
    ``family`` is the warning sign it belongs to, ``worry`` the direction that worries, ``reason`` the words for a
    person, with ``{value}`` in it, ``needs`` the optional columns (or earlier features) it reads, ``none`` the value of
    a customer without a row in the table, where that is known to be none; empty where nothing is known then;
    ``unchanged`` the value of a change that is none: 1 for ``times`` unless stated, empty for what is no change.
    """

    name: str
    family: str
    table: str
    unit: str
    meaning: str
    worry: Worry
    reason: str
    value: Aggregate | Expression
    windows: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()
    none: float | None = None
    unchanged: float | None = None


@dataclass(frozen=True)
class Words:
    """What a column of the panel means, for people: the data dictionary's row, kept with a run."""

    name: str
    family: str
    table: str
    window_days: int | None
    unit: str
    meaning: str
    worry: Worry
    reason: str
    unchanged: float | None = None

    def in_words(self, value: float | str) -> str:
        """Return the reason with the customer's own figure or text.

        >>> from workbench.features import FEATURES
        >>> FEATURES["days_since_order"].in_words(62)
        'last order 62 days ago'
        """
        return self.reason.format(value=_shown(value, self.unit))


@dataclass(frozen=True)
class Column(Words):
    """One column of the panel: a feature within one window."""

    feature: Feature = field(kw_only=True)

    def __repr__(self) -> str:
        return f"{self.name} ({self.family}; {self.unit}): {self.meaning}"


class Catalogue(dict[str, Column]):
    """Columns by name; shows itself as the number of columns of each warning sign."""

    def __repr__(self) -> str:
        return "\n".join([self._heading, *(f"  {family}: {n}" for family, n in self._families.items())])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{family}</th><td>{n}</td></tr>" for family, n in self._families.items())
        return f"<p>{self._heading}</p><table>{rows}</table>"

    @property
    def _heading(self) -> str:
        return f"{len(self)} features by warning sign; FEATURES['{next(iter(self), '')}'] shows one"

    @property
    def _families(self) -> Counter[str]:
        return Counter(column.family for column in self.values())


@dataclass(frozen=True)
class Category:
    """A text of a customer, such as the country, that a model takes as one of a few kinds: a column of ``table``."""

    name: str
    family: str
    table: str
    meaning: str

    @property
    def words(self) -> Words:
        """What the column means, for people."""
        reason = f"{own_name(self.name)}: {{value}}"
        return Words(self.name, self.family, self.table, None, "text", self.meaning, "neither", reason)


def columns(features: Iterable[Feature]) -> list[Column]:
    """Return the panel's columns: each feature once, or once per window with the days in the name.

    >>> orders = Feature("n_orders", "frequency", "orders", "orders", "orders of {days} days", "low", "{value} orders",
    ...                  Aggregate("count"), windows=(7, 30))
    >>> [(c.name, c.window_days, c.meaning) for c in columns([orders])]
    [('n_orders_7d', 7, 'orders of 7 days'), ('n_orders_30d', 30, 'orders of 30 days')]
    """
    return [_column(feature, days) for feature in features for days in feature.windows or (None,)]


def _column(feature: Feature, days: int | None) -> Column:
    name = f"{feature.name}_{days}d" if days else feature.name
    meaning, reason = (text.replace("{days}", str(days)) for text in (feature.meaning, feature.reason))
    unchanged = 1.0 if feature.unit == "times" and feature.unchanged is None else feature.unchanged
    about = (name, feature.family, feature.table, days, feature.unit, meaning, feature.worry, reason, unchanged)
    return Column(*about, feature=feature)


def _shown(value: float | str, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit == "share":
        return f"{value * 100:.0f} %"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"


def days_between(later: ir.Value, earlier: ir.Value) -> ir.Value:
    """Return the whole days from one instant to another: midnights crossed."""
    return later.date().delta(earlier.date(), unit="day").cast("float64")


def ratio(part: str, whole: str) -> Expression:
    """Return one column of the panel divided by another; empty where that is 0."""
    return lambda f: f[part] / f[whole].nullif(0)


def difference(one: str, other: str) -> Expression:
    """Return one column of the panel less another."""
    return lambda f: f[one] - f[other]


def trend(name: str, recent_days: int, earlier_days: int) -> Expression:
    """Return a count or sum per day in a short window against a longer one around it; empty unless that is above 0."""
    recent, earlier = f"{name}_{recent_days}d", f"{name}_{earlier_days}d"
    return lambda f: ibis.ifelse(f[earlier] > 0, f[recent] / f[earlier].nullif(0) * (earlier_days / recent_days), None)


def usual_gap(since_first: str, since_last: str, n_days: str) -> Expression:
    """Return the mean days between two active days: the span over the gaps in it; empty for one day only."""
    return lambda f: (f[since_first] - f[since_last]) / (f[n_days] - 1).nullif(0)


def against_usual(days: str, gap: str) -> Expression:
    """Return the days of silence as a multiple of the customer's own usual gap."""
    return lambda f: f[days] / f[gap].nullif(0)
