"""Charts. Each function takes an axes and computed numbers, draws, and returns the axes; nothing is computed here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from io import BytesIO
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from workbench.engines import notebook_shell
from workbench.errors import SettingError
from workbench.report.number_texts import MINUS
from workbench.report.privacy_counts import FEW

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"
"""From Okabe and Ito's palette, which colour-blind readers can distinguish."""
FEW_MONTHS = 8
"""Up to so many months each is named; of more, as many as fit."""
INK = "#333333"
"""The colour of letters and lines; the page replaces all colours by those of a light or a dark screen."""
KINDS = {"stayed": (BLUE, "-"), "active": (ORANGE, "-"), "financial": (ORANGE, "--"), "passive": (ORANGE, ":")}
"""Colour and line of those who stayed and of each churn kind."""
STACKED = {"active": ORANGE, "financial": "#E69F00", "passive": BLUE, FEW: GREY}
"""Colour of each churn kind where they are stacked."""
GAINS = ("new", "expansion", "reactivation")
MOVES = {"new": BLUE, "expansion": "#009E73", "reactivation": "#CC79A7", "contraction": "#E69F00", "churn": ORANGE}
"""Colour of each movement of recurring revenue."""
SERIES = ((BLUE, "-"), (ORANGE, "--"), ("#009E73", "-."), ("#CC79A7", ":"), (GREY, (0, (5, 1, 1, 1, 1, 1))))
"""Colour and dash of the curves in one chart; print without colours keeps the dashes."""


def style() -> AbstractContextManager[None]:
    """Return the charts' style as a context, so that no other charts change."""
    return mpl.rc_context(
        {
            "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.edgecolor": INK,
            "font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
            "axes.titlesize": 11, "svg.fonttype": "path", "svg.hashsalt": "workbench",
            "figure.dpi": 110,
        }
    )  # fmt: skip


class Chart(Figure):
    """A figure that a notebook shows with a text for readers who cannot see the picture."""

    @property
    def alternative(self) -> str:
        """What the chart shows, in words: its title, and what stands along its axes."""
        axes = [f"{ax.get_ylabel()} by {ax.get_xlabel()}" for ax in self.axes]
        words = ". ".join(filter(None, [str(self.get_suptitle()), *axes]))
        return " ".join(words.replace("\n", " ").split())


def draw(
    painter: Callable[..., Axes],
    *numbers: Any,
    width: float = 5.2,
    height: float = 3.2,
    title: str = "",
    **options: Any,
) -> Figure:
    """Return a figure of its own with one chart in it, under a title that says what is shown, of how many."""
    show_with_alternatives()
    with style():
        figure, ax = plt.subplots(figsize=(width, height), layout="constrained", FigureClass=Chart)
        painter(ax, *numbers, **options)
        if title:
            figure.suptitle(textwrap.fill(title, round(width * 11)), x=0.01, ha="left", fontsize=11)
        plt.close(figure)
    return figure


def show_with_alternatives() -> None:
    """Let a notebook show each chart with its alternative text; outside IPython nothing changes."""
    if (shell := notebook_shell()) is not None:
        shell.display_formatter.formatters["image/png"].for_type(Chart, _as_png)


def _as_png(chart: Chart) -> tuple[bytes, dict[str, str]]:
    picture = BytesIO()
    chart.savefig(picture, format="png")
    return picture.getvalue(), {"alt": chart.alternative}


def churn_by_period(ax: Axes, periods: pd.DataFrame, *, goal: float | None = None) -> Axes:
    """Draw churn per period as a line with its 95 % interval, and the acceptable churn of a period if there is one.

    Columns: start, end, churn, low, high, lost, at_start.
    """
    shown = periods.reset_index(drop=True)
    spread = [shown["churn"] - shown["low"], shown["high"] - shown["churn"]]
    ax.errorbar(shown.index, shown["churn"], yerr=spread, fmt="o-", color=BLUE, capsize=4, markersize=6)
    decimals = _decimals(shown)
    for i, row in enumerate(shown.to_dict("records")):
        share = f"{row['churn']:.{decimals}%}"
        ax.annotate(share, (i, row["high"]), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=10)
    top = float(shown["high"].max())
    if goal is not None:
        ax.axhline(goal, color=GREY, linestyle="--", linewidth=1, label="target")
        ax.legend(frameon=False, loc="lower left")
        top = max(top, goal)
    ax.set_xticks(shown.index, [_until(end) for end in shown["end"]], fontsize=9.5)
    ax.set_xlim(-0.5, len(shown) - 0.5)
    ax.set_ylim(0, min(1.08, top * 1.25))
    _percents(ax.yaxis, top)
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
    ax.set_xticks(below.index, [_until(end) for end in ends], fontsize=9.5)
    ax.set_ylabel("customers lost")
    ax.set_xlabel("end of the period")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False, ncols=len(kinds.columns), loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def spark(ax: Axes, values: Sequence[float]) -> Axes:
    """Draw the small line of a figure over all periods, its newest value marked."""
    ax.plot(range(len(values)), values, color=BLUE, linewidth=1.5)
    ax.plot(len(values) - 1, values[-1], marker="o", color=BLUE, markersize=4)
    ax.margins(x=0.08, y=0.2)
    ax.set_axis_off()
    return ax


def _until(end: datetime) -> str:
    return f"{end.day} {end:%b}\n{end:%Y}"


def _decimals(shown: pd.DataFrame) -> int:
    """Return the decimals of all rates of a chart, in percent: one where a rate is small or an interval narrow."""
    return int((shown["churn"].min() < 0.1) or (shown["high"] - shown["low"]).min() < 0.06)


def _percents(axis: Axis, top: float) -> None:
    """Label an axis of shares so that no two ticks read the same."""
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(PercentFormatter(1, decimals=1 if top < 0.05 else 0))


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
    ax.set_xticks(above.index, [_until(end) for end in movements["ends"]], fontsize=9.5)
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylabel(f"monthly revenue, {currency}".rstrip(", "))
    ax.set_xlabel("end of the period")
    ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.1, 1), fontsize=9)
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
    _percents(ax.xaxis, top)
    _percents(ax.yaxis, top)
    ax.set_xlabel("predicted: mean probability of churn")
    ax.set_ylabel("observed: share that churned")
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9)
    return ax


def driver_bars(ax: Axes, drivers: pd.DataFrame) -> Axes:
    """Draw how much each warning sign moves the probabilities. Columns: family, share, direction, meaning."""
    shown = drivers.iloc[::-1]
    ax.barh(shown["family"], shown["share"], color=BLUE, height=0.6)
    for i, share in enumerate(shown["share"]):
        ax.annotate(f"{share:.0%}", (share, i), xytext=(4, -3), textcoords="offset points", fontsize=9)
    _percents(ax.xaxis, float(shown["share"].max()))
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
    ax.annotate(f" all: {overall:.1%}", (overall, len(shown) - 0.4), fontsize=9, color=INK)
    ax.set_yticks(range(len(shown)), [f"{s} ({n:,.0f})" for s, n in zip(shown["segment"], shown["n"], strict=True)])
    ax.set_ylim(-0.6, len(shown))
    ax.set_xlim(left=0)
    _percents(ax.xaxis, float(shown["high"].max()))
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
    if known[feature].mod(1).eq(0).all():
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_xlabel(textwrap.fill(label, 60))
    ax.set_ylabel("share of customers up to here")
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.legend(frameon=False, loc="lower right")
    return ax


def medians_over_time(ax: Axes, medians: pd.DataFrame) -> Axes:
    """Draw features' medians per snapshot (row), each (column) as a share of its largest."""
    for (name, values), (colour, dash), marker in zip(medians.items(), SERIES, "os^Dv", strict=False):
        ax.plot(medians.index, values, color=colour, linestyle=dash, marker=marker, label=str(name))
    ax.set_xticks(medians.index, [_until(t) for t in medians.index], fontsize=9.5)
    ax.set_ylabel("median, of its largest")
    ax.set_xlabel("snapshot")
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
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
        ax.annotate(f" inactive_days {inactive_days}", (inactive_days, 0.03), fontsize=9, color=INK)
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
        colour = INK if len(counted) == 1 else SERIES[line][0]
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
