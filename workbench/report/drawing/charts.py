"""All charts: each takes an axes and computed numbers, draws, and returns the axes; nothing is computed here."""

from __future__ import annotations

import textwrap

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from workbench.metrics import Metric
from workbench.report.drawing.chart_style import BLUE, GREY, INK, ORANGE, percents
from workbench.report.drawing.chart_style import draw as draw
from workbench.report.drawing.chart_style import show_with_alternatives as show_with_alternatives
from workbench.report.drawing.chart_style import style as style
from workbench.report.drawing.curve_charts import comeback_curve as comeback_curve
from workbench.report.drawing.curve_charts import incidence as incidence
from workbench.report.drawing.curve_charts import survival_curves as survival_curves
from workbench.report.drawing.period_charts import activity_by_month as activity_by_month
from workbench.report.drawing.period_charts import churn_by_period as churn_by_period
from workbench.report.drawing.period_charts import kinds_by_month as kinds_by_month
from workbench.report.drawing.period_charts import kinds_by_period as kinds_by_period
from workbench.report.drawing.period_charts import medians_over_time as medians_over_time
from workbench.report.drawing.period_charts import mrr_bridge as mrr_bridge
from workbench.report.drawing.period_charts import revenue_movements as revenue_movements
from workbench.report.drawing.period_charts import spark as spark
from workbench.report.formats.number_texts import PERCENT, figure

KINDS = {"stayed": (BLUE, "-"), "active": (ORANGE, "-"), "financial": (ORANGE, "--"), "passive": (ORANGE, ":")}
"""Colour and line of those who stayed and of each churn kind."""


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
    percents(ax.xaxis, top)
    percents(ax.yaxis, top)
    ax.set_xlabel("predicted: mean probability of churn")
    ax.set_ylabel("observed: share that churned")
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9)
    return ax


def driver_bars(ax: Axes, drivers: pd.DataFrame) -> Axes:
    """Draw how much each warning sign moves the probabilities. Columns: family, share, direction, meaning."""
    shown = drivers.iloc[::-1]
    ax.barh(shown["family"], shown["share"], color=BLUE, height=0.6)
    for i, share in enumerate(shown["share"]):
        ax.annotate(f"{share * 100:.0f}{PERCENT}", (share, i), xytext=(4, -3), textcoords="offset points", fontsize=9)
    percents(ax.xaxis, float(shown["share"].max()))
    ax.set_xlim(0, float(shown["share"].max()) * 1.15)
    ax.set_xlabel("share of all movement in the probabilities")
    return ax


def segment_churn(ax: Axes, segments: pd.DataFrame, overall: Metric) -> Axes:
    """Draw observed churn per segment beside that of all. Columns: segment, churn, low, high (95 %), n, differs."""
    shown = segments.sort_values("churn").reset_index(drop=True)
    for i, row in enumerate(shown.to_dict("records")):
        colour = ORANGE if row["differs"] else BLUE
        spread = [[row["churn"] - row["low"]], [row["high"] - row["churn"]]]
        ax.errorbar(row["churn"], i, xerr=spread, fmt="s" if row["differs"] else "o", color=colour, capsize=3)
    ax.axvline(overall.value, color=GREY, linestyle="--", linewidth=1)
    ax.annotate(f" all: {figure(overall)}", (overall.value, len(shown) - 0.4), fontsize=9, color=INK)
    names = [textwrap.fill(f"{s} ({n:,.0f})", 28) for s, n in zip(shown["segment"], shown["n"], strict=True)]
    ax.set_yticks(range(len(shown)), names)
    ax.set_ylim(-0.6, len(shown))
    ax.set_xlim(left=0)
    percents(ax.xaxis, float(shown["high"].max()))
    ax.set_xlabel("churn (square: differs from all others)" if shown["differs"].any() else "churn")
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
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=PERCENT))
    ax.legend(frameon=False, loc="lower right")
    return ax
