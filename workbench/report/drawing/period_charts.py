"""Charts over time: churn and its kinds, activity, recurring revenue, medians. Computed numbers in, axes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from workbench.report.drawing.chart_style import BLUE, GREY, INK, ORANGE, SERIES, percents, until
from workbench.report.formats.number_texts import MINUS, PERCENT
from workbench.report.privacy.privacy_counts import FEW

FINE = 0.06
"""Rates with a narrower interval are shown with a decimal, as everywhere on the page."""
LABEL = 0.12
"""How much of a chart's height a label and its distance take."""
FEW_MONTHS = 8
"""Up to so many months each is named; of more, as many as fit."""
STACKED = {"active": ORANGE, "financial": "#E69F00", "passive": BLUE, FEW: GREY}
"""Colour of each churn kind where they are stacked."""
GAINS = ("new", "expansion", "reactivation")
MOVES = {"new": BLUE, "expansion": "#009E73", "reactivation": "#CC79A7", "contraction": "#E69F00", "churn": ORANGE}
"""Colour of each movement of recurring revenue."""


def churn_by_period(ax: Axes, periods: pd.DataFrame, *, goal: float | None = None) -> Axes:
    """Draw churn per period as a line with its 95 % interval, and the acceptable churn of a period if there is one.

    Columns: start, end, churn, low, high, lost, at_start.
    """
    shown = periods.reset_index(drop=True)
    spread = [shown["churn"] - shown["low"], shown["high"] - shown["churn"]]
    ax.errorbar(shown.index, shown["churn"], yerr=spread, fmt="o-", color=BLUE, capsize=4, markersize=6)
    decimals = _decimals(shown)
    top = max(float(shown["high"].max()), goal or 0.0)
    for i, row in enumerate(shown.to_dict("records")):
        struck = goal is not None and -0.02 * top <= goal - row["high"] <= LABEL * top  # by the line of the target
        end, way, side = (row["low"], -5, "top") if struck else (row["high"], 5, "bottom")
        ax.annotate(
            f"{row['churn'] * 100:.{decimals}f}{PERCENT}", (i, end), xytext=(0, way), textcoords="offset points",
            ha="center", va=side, fontsize=10,
        )  # fmt: skip
    if goal is not None:
        ax.axhline(goal, color=GREY, linestyle="--", linewidth=1, label="target")
        ax.legend(frameon=False, loc="lower left")
    ax.set_xticks(shown.index, [until(end) for end in shown["end"]], fontsize=9.5)
    ax.set_xlim(-0.5, len(shown) - 0.5)
    ax.set_ylim(0, min(1.08, top * 1.25))
    percents(ax.yaxis, top)
    ax.set_xlabel("end of the period")
    ax.set_ylabel("churn of the period")
    return ax


def kinds_by_period(ax: Axes, kinds: pd.DataFrame, ends: Sequence[datetime]) -> Axes:
    """Draw how many were lost per period, stacked by kind, few of a kind together. Index: starts; columns: kinds."""
    below = pd.Series(0.0, index=range(len(kinds)))
    for kind in kinds:
        counts = kinds[kind].reset_index(drop=True)
        ax.bar(below.index, counts, bottom=below, width=0.6, color=STACKED[str(kind)], label=str(kind))
        below += counts
    ax.set_xticks(below.index, [until(end) for end in ends], fontsize=9.5)
    ax.set_ylabel("customers lost")
    ax.set_xlabel("end of the period")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.legend(frameon=False, ncols=len(kinds.columns), loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def spark(ax: Axes, values: Sequence[float]) -> Axes:
    """Draw the small line of a figure over all periods, its newest value marked."""
    ax.plot(range(len(values)), values, color=BLUE, linewidth=1.5)
    ax.plot(len(values) - 1, values[-1], marker="o", color=BLUE, markersize=4)
    ax.margins(x=0.08, y=0.2)
    ax.set_axis_off()
    return ax


def _decimals(shown: pd.DataFrame) -> int:
    """Return the decimals of all rates of a chart, in percent: one where an interval supports it, as in the table."""
    return int((shown["high"] - shown["low"]).min() < FINE)


def kinds_by_month(ax: Axes, counts: pd.DataFrame) -> Axes:
    """Draw departures per month, stacked by kind. Index: first days of months; columns: kinds."""
    below = pd.Series(0.0, index=counts.index)
    for kind in counts:
        label = f"{kind} ({counts[kind].sum():,})"
        ax.bar(counts.index, counts[kind], bottom=below, width=25, color=STACKED[str(kind)], label=label)
        below += counts[kind]
    if len(counts) <= FEW_MONTHS:
        ax.set_xticks(counts.index, [f"{month:%b}\n{month:%Y}" for month in counts.index])
    else:
        ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set_xlabel("month")
    ax.set_ylabel("customers lost in the month")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.legend(frameon=False, ncols=len(counts.columns), loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def activity_by_month(ax: Axes, months: pd.DataFrame) -> Axes:
    """Draw counts per month, one curve each. Columns: month and any counts."""
    for name, (colour, dash) in zip(months.columns.drop("month"), SERIES, strict=False):
        ax.plot(months["month"], months[name], color=colour, linestyle=dash, marker="o", label=name.replace("_", " "))
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("month")
    ax.set_ylabel("count in the month")
    ax.legend(frameon=False)
    return ax


def mrr_bridge(ax: Axes, bridge: pd.DataFrame, *, currency: str) -> Axes:
    """Draw how monthly recurring revenue moved from start to end. Columns: movement, amount, level, customers.

    The axis does not begin at 0, so start and end are points, and only the movements are bars.
    """
    shown = bridge[~bridge["movement"].isin(["total", "difference"])].astype({"amount": float, "level": float})
    for i, row in enumerate(shown.to_dict("records")):
        whole = row["movement"] in ("start", "end")
        if whole:
            ax.plot(row["level"], i, marker="D", markersize=8, color=GREY)
        else:
            colour = BLUE if row["amount"] >= 0 else ORANGE
            ax.barh(i, -row["amount"], left=row["level"], height=0.55, color=colour)
        text = f"{row['amount']:{',.0f' if whole else '+,.0f'}}".replace("-", MINUS)
        ends = shown["level"].iloc[[max(i - 1, 0), i]].max()
        ax.annotate(text, (row["level"] if whole else ends, i), xytext=(9, -3), textcoords="offset points", fontsize=9)
    known = shown["customers"].notna()
    labels = [f"{m} ({n:,})" if k else m for m, n, k in zip(shown["movement"], shown["customers"], known, strict=True)]
    ax.set_yticks(range(len(shown)), labels)
    ax.invert_yaxis()
    ax.use_sticky_edges = False
    ax.margins(x=0.12)
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel(f"{', '.join(filter(None, ['monthly recurring revenue', currency]))} (customers)")
    return ax


def revenue_movements(ax: Axes, movements: pd.DataFrame, *, currency: str) -> Axes:
    """Draw what each movement brought per period: gains above the line, losses below. Columns: ends and movements."""
    above, below = pd.Series(0.0, index=range(len(movements))), pd.Series(0.0, index=range(len(movements)))
    for name, colour in MOVES.items():
        amounts = movements[name].reset_index(drop=True)
        base = above if name in GAINS else below
        ax.bar(base.index, amounts, bottom=base, width=0.6, color=colour, label=name)
        base += amounts
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xticks(above.index, [until(end) for end in movements["ends"]], fontsize=8.5)
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylabel(f"monthly revenue, {currency}".rstrip(", "))
    ax.set_xlabel("end of the period")
    ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.1, 1), fontsize=9)
    return ax


def medians_over_time(ax: Axes, medians: pd.DataFrame) -> Axes:
    """Draw features' medians per snapshot (row), each (column) as a share of its largest."""
    for (name, values), (colour, dash), marker in zip(medians.items(), SERIES, "os^Dv", strict=False):
        ax.plot(medians.index, values, color=colour, linestyle=dash, marker=marker, label=str(name))
    ax.set_xticks(medians.index, [until(t) for t in medians.index], fontsize=9.5)
    ax.set_ylabel("median, of its largest")
    ax.set_xlabel("snapshot")
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return ax
