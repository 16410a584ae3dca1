"""Stepped curves over days with their bands, and how many are at risk below the axis. Computed numbers in, axes out."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from workbench.errors import SettingError
from workbench.report.drawing.chart_style import GREY, INK, SERIES
from workbench.report.formats.number_texts import PERCENT


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
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=PERCENT))
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
