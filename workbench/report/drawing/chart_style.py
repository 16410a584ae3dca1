"""The house style of all charts: colours, sizes, ticks, and a text for readers who cannot see them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from io import BytesIO
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from workbench.engines import notebook_shell
from workbench.report.formats.number_texts import PERCENT

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"
"""From Okabe and Ito's palette, which colour-blind readers can distinguish."""
INK = "#333333"
"""The colour of letters and lines; the page replaces all colours by those of a light or a dark screen."""
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


def fit_labels(figure: Figure) -> None:
    """Break the words under each axis so that none ends beyond the chart: beside long names there is little room."""
    if not any(len(line) > SHORT for ax in figure.axes for line in ax.get_xlabel().splitlines()):
        return
    figure.draw_without_rendering()
    for ax in figure.axes:
        words, middle = ax.get_xlabel().splitlines(), (ax.bbox.x0 + ax.bbox.x1) / 2
        room = 2 * min(middle - figure.bbox.x0, figure.bbox.x1 - middle) / ax.xaxis.label.get_window_extent().width
        if room < 1:
            letters = int(max(map(len, words)) * room)
            ax.set_xlabel("\n".join(textwrap.fill(line, letters) for line in words))


SHORT = 28
"""Letters that fit under the axis of any chart."""


def show_with_alternatives() -> None:
    """Let a notebook show each chart with its alternative text; outside IPython nothing changes."""
    if (shell := notebook_shell()) is not None:
        shell.display_formatter.formatters["image/png"].for_type(Chart, _as_png)


def _as_png(chart: Chart) -> tuple[bytes, dict[str, str]]:
    fit_labels(chart)
    picture = BytesIO()
    chart.savefig(picture, format="png")
    return picture.getvalue(), {"alt": chart.alternative}


def until(end: datetime) -> str:
    """Return the day on which a period ends, on two lines, as it stands under a chart."""
    return f"{end.day} {end:%b}\n{end:%Y}"


def percents(axis: Axis, top: float) -> None:
    """Label an axis of shares so that no two ticks read the same."""
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(PercentFormatter(1, decimals=1 if top < 0.05 else 0, symbol=PERCENT))
