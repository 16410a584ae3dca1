"""Charts. Each function takes an axes and computed numbers, draws, and returns the axes; nothing is computed here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from workbench.errors import SettingError

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"
"""From Okabe and Ito's palette, which colour-blind readers can distinguish."""
KINDS = {"stayed": (BLUE, "-"), "active": (ORANGE, "-"), "financial": (ORANGE, "--"), "passive": (ORANGE, ":")}
"""Colour and line of those who stayed and of each churn kind."""
SERIES = ((BLUE, "-"), (ORANGE, "--"), ("#009E73", "-."), ("#CC79A7", ":"), (GREY, (0, (5, 1, 1, 1, 1, 1))))
"""Colour and dash of the curves in one chart; print without colours keeps the dashes."""


def style() -> AbstractContextManager[None]:
    """Return the charts' style as a context, so that no other charts change."""
    return mpl.rc_context(
        {
            "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
            "axes.titlesize": 10, "axes.labelcolor": "#333333", "svg.fonttype": "path", "svg.hashsalt": "workbench",
            "figure.dpi": 110,
        }
    )  # fmt: skip


def draw(
    painter: Callable[..., Axes], *numbers: Any, width: float = 5.2, height: float = 3.2, **options: Any
) -> Figure:
    """Return a figure of its own with one chart in it."""
    with style():
        figure, ax = plt.subplots(figsize=(width, height), layout="constrained")
        painter(ax, *numbers, **options)
        plt.close(figure)
    return figure


def churn_by_period(ax: Axes, periods: pd.DataFrame) -> Axes:
    """Draw churn per period with its 95 % interval. Columns: start, end, churn, low, high, lost, at_start."""
    shown = periods.iloc[::-1].reset_index(drop=True)
    spread = [shown["churn"] - shown["low"], shown["high"] - shown["churn"]]
    ax.errorbar(shown["churn"], shown.index, xerr=spread, fmt="o", color=BLUE, capsize=4, markersize=7)
    for i, churn in enumerate(shown["churn"]):
        ax.annotate(f"{churn:.0%}", (churn, i), xytext=(0, 8), textcoords="offset points", ha="center")
    labels = [f"{_days(r.start, r.end)}\n({r.lost:,} of {r.at_start:,})" for r in shown.itertuples()]  # type: ignore[arg-type]
    ax.set_yticks(shown.index, labels, fontsize=9)
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.set_xlim(0, min(1, float(shown["high"].max()) * 1.2))
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("customers at the start who were lost in the period")
    return ax


def _days(start: datetime, end: datetime) -> str:
    """Return a period's days, with both years where they differ.

    >>> _days(datetime(2023, 12, 5), datetime(2024, 3, 5)), _days(datetime(2024, 3, 5), datetime(2024, 6, 4))
    ('05 Dec 2023–05 Mar 2024', '05 Mar–04 Jun 2024')
    """
    return f"{start:%d %b}{'' if start.year == end.year else f' {start:%Y}'}–{end:%d %b %Y}"


def kinds_by_month(ax: Axes, counts: pd.DataFrame) -> Axes:
    """Draw departures per month, stacked by kind. Index: first days of months; columns: kinds."""
    colours = {"active": ORANGE, "financial": "#E69F00", "passive": BLUE}
    below = pd.Series(0.0, index=counts.index)
    for kind in counts:
        label = f"{kind} ({counts[kind].sum():,})"
        ax.bar(counts.index, counts[kind], bottom=below, width=25, color=colours[str(kind)], label=label)
        below += counts[kind]
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set_ylabel("customers lost in the month")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False, ncols=len(counts.columns), loc="lower left", bbox_to_anchor=(0, 1))
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
        text = f"{row['amount']:{',.0f' if whole else '+,.0f'}}"
        ends = shown["level"].iloc[[max(i - 1, 0), i]].max()
        ax.annotate(text, (row["level"] if whole else ends, i), xytext=(9, -3), textcoords="offset points", fontsize=9)
    labels = [f"{m} ({n:,})" for m, n in zip(shown["movement"], shown["customers"], strict=True)]
    ax.set_yticks(range(len(shown)), labels)
    ax.invert_yaxis()
    ax.use_sticky_edges = False
    ax.margins(x=0.12)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel(f"monthly recurring revenue, {currency} (customers)")
    return ax


def cohort_heatmap(ax: Axes, shares: pd.DataFrame) -> Axes:
    """Draw the share of each cohort (row) that ordered in each later month (column), in percent."""
    sizes, shares = shares.attrs["sizes"], shares.drop(columns=0).dropna(how="all")
    labels = [f"{m:%b %Y} ({sizes[str(m.date())]:,})" for m in shares.index]
    sns.heatmap(
        shares * 100, ax=ax, annot=True, fmt=".0f", cmap="cividis", vmin=0, cbar=False, linewidths=0.5,
        yticklabels=labels, annot_kws={"size": 8.5},
    )  # fmt: skip
    ax.set_xlabel("months since the first")
    ax.set_ylabel("month of the first (customers)")
    ax.tick_params(length=0)
    return ax


def calibration(ax: Axes, bins: pd.DataFrame) -> Axes:
    """Draw observed against predicted shares per tenth of the customers. Columns: predicted, observed, low, high."""
    top = max(float(bins["high"].max()), float(bins["predicted"].max())) * 1.05
    ax.plot([0, top], [0, top], color=GREY, linestyle="--", linewidth=1, label="as predicted")
    spread = [bins["observed"] - bins["low"], bins["high"] - bins["observed"]]
    ax.errorbar(
        bins["predicted"], bins["observed"], yerr=spread, fmt="o", color=BLUE, capsize=3, markersize=5,
        label="a tenth of the customers",
    )  # fmt: skip
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("predicted: mean probability of churn")
    ax.set_ylabel("observed: share that churned")
    ax.legend(frameon=False, loc="upper left", fontsize=9)
    return ax


def driver_bars(ax: Axes, drivers: pd.DataFrame) -> Axes:
    """Draw how much each warning sign moves the probabilities. Columns: family, share, direction, meaning."""
    shown = drivers.iloc[::-1]
    ax.barh(shown["family"], shown["share"], color=BLUE, height=0.6)
    for i, share in enumerate(shown["share"]):
        ax.annotate(f"{share:.0%}", (share, i), xytext=(4, -3), textcoords="offset points", fontsize=9)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlim(0, float(shown["share"].max()) * 1.15)
    ax.set_xlabel("share of all movement in the probabilities")
    return ax


def segment_churn(ax: Axes, segments: pd.DataFrame, overall: float) -> Axes:
    """Draw observed churn per segment beside that of all. Columns: segment, churn, low, high (95 %), n, differs."""
    shown = segments.sort_values("churn").reset_index(drop=True)
    for i, row in enumerate(shown.to_dict("records")):
        colour = ORANGE if row["differs"] else BLUE
        spread = [[row["churn"] - row["low"]], [row["high"] - row["churn"]]]
        ax.errorbar(row["churn"], i, xerr=spread, fmt="s" if row["differs"] else "o", color=colour, capsize=3)
    ax.axvline(overall, color=GREY, linestyle="--", linewidth=1)
    ax.annotate(f" all: {overall:.0%}", (overall, len(shown) - 0.4), fontsize=9, color="#333333")
    ax.set_yticks(range(len(shown)), [f"{s} ({n:,.0f})" for s, n in zip(shown["segment"], shown["n"], strict=True)])
    ax.set_ylim(-0.6, len(shown))
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("churn (square: differs from all others)")
    return ax


def feature_by_kind(ax: Axes, labelled: pd.DataFrame, *, feature: str, label: str) -> Axes:
    """Draw a feature's distribution for stayers and for each churn kind. Columns: the feature, churned, kind."""
    known = labelled[labelled[feature].notna()]
    group = known["kind"].where(known["churned"], "stayed")
    for kind, (colour, line) in KINDS.items():
        values = known.loc[group == kind, feature]
        if len(values):
            sns.ecdfplot(x=values, ax=ax, color=colour, linestyle=line, label=f"{kind} (n {len(values):,})")
    low, high = known[feature].quantile([0.01, 0.97])
    ax.set_xlim(min(0, float(low)), float(high) if high > min(0, low) else None)
    ax.set_xlabel(textwrap.fill(label, 60))
    ax.set_ylabel("share of customers up to here")
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.legend(frameon=False, loc="lower right")
    return ax


def medians_over_time(ax: Axes, medians: pd.DataFrame) -> Axes:
    """Draw features' medians per snapshot (row), each (column) as a share of its largest."""
    for name, marker in zip(medians, "os^Dv", strict=False):
        ax.plot(medians.index, medians[name], marker=marker, label=name)
    ax.set_xticks(medians.index, [f"{t:%d %b %y}" for t in medians.index], rotation=30)
    ax.set_ylabel("median, of its largest")
    ax.legend(frameon=False, fontsize=9)
    return ax


def survival_curves(ax: Axes, curves: pd.DataFrame) -> Axes:
    """Draw the share still customers over the days since their start. Columns of metrics.survival.survival_curves."""
    _curves(ax, curves, by="segment", share="survival")
    ax.set_ylabel("still customers")
    ax.set_xlabel("days since the start\n(below the axis: customers at risk; band: 95 % interval)")
    return ax


def incidence(ax: Axes, shares: pd.DataFrame) -> Axes:
    """Draw the share gone by each kind of churn over the days since the start, of one segment.

    Columns of metrics.incidence.cumulative_incidence.
    """
    gone = shares[shares["kind"] != "still a customer"]
    _curves(ax, gone, by="kind", share="share", one_at_risk=True)
    ax.set_ylim(0, max(float(gone["high"].max()), 0.01) * 1.1)
    ax.set_ylabel("gone by that kind of churn")
    ax.set_xlabel("days since the start\n(below the axis: customers at risk; band: 95 % interval)")
    return ax


def comeback_curve(ax: Axes, curve: pd.DataFrame, *, inactive_days: int | None = None) -> Axes:
    """Draw the share of silences ended by a return over their days, with ``inactive_days`` marked.

    Columns of metrics.comeback.comeback_curve.
    """
    _curves(ax, curve, by="segment", share="returned")
    if inactive_days is not None:
        ax.axvline(inactive_days, color=GREY, linestyle="--", linewidth=1)
        ax.annotate(f" inactive_days {inactive_days}", (inactive_days, 0.03), fontsize=9, color="#333333")
    ax.set_ylabel("silences ended by a return")
    ax.set_xlabel("days of silence\n(below the axis: silences at risk; band: 95 % interval)")
    return ax


def _curves(ax: Axes, frame: pd.DataFrame, *, by: str, share: str, one_at_risk: bool = False) -> None:
    """Draw one stepped curve with its band per value of ``by``, and how many are at risk below the axis."""
    ax.set_xlim(0, float(frame["day"].max()))
    ax.set_ylim(0, 1)
    groups = list(frame.groupby(by, sort=False))
    if len(groups) > len(SERIES):
        raise SettingError(f"{len(groups)} curves cannot be distinguished in one chart; draw at most {len(SERIES)}.")
    for (name, rows), (colour, dash) in zip(groups, SERIES, strict=False):
        ax.step(rows["day"], rows[share], where="post", color=colour, linestyle=dash, label=name)
        ax.fill_between(rows["day"], rows["low"], rows["high"], step="post", color=colour, alpha=0.15, linewidth=0)
    ticks = [day for day in ax.get_xticks() if 0 <= day <= frame["day"].max()]
    counted = groups[:1] if one_at_risk else groups
    for line, (_, rows) in enumerate(counted):
        colour = "#333333" if len(counted) == 1 else SERIES[line][0]
        _at_risk(ax, rows, ticks, below=-24 - 11 * line, colour=colour)
    ax.xaxis.labelpad = 4 + 11 * len(counted)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    if len(groups) > 1:
        ax.legend(frameon=False, fontsize=9)


def _at_risk(ax: Axes, rows: pd.DataFrame, ticks: list[float], *, below: float, colour: str) -> None:
    for tick in ticks:
        later = rows.loc[rows["day"] >= tick, "at_risk"]
        if len(later):
            ax.annotate(
                f"{later.iloc[0]:,}", (tick, 0), xycoords=("data", "axes fraction"), xytext=(0, below),
                textcoords="offset points", ha="center", fontsize=8, color=colour, annotation_clip=False,
            )  # fmt: skip
