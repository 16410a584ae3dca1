"""Tables in a notebook, in one style: text on the left, numbers formatted, nothing cut, a sentence where nothing is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from workbench.errors import DataError
from workbench.metrics import Metric
from workbench.report.formats.cell_texts import heading, is_number, is_share, text, texts
from workbench.report.formats.number_texts import based_on, figure, interval, rows

FIRST_ROWS = 20
WIDEST = "44em"
"""Longer texts are continued on the next line."""
CELL = "padding: .3em .8em; vertical-align: top; text-align: "


@dataclass(frozen=True)
class Column:
    """A column as it is read: its heading, the text of each row, and on which side it is aligned."""

    heading: str
    texts: Sequence[str]
    side: str


@dataclass(frozen=True)
class Shown:
    """A table that shows itself in a notebook as HTML, elsewhere as text; made by :func:`show`."""

    columns: Sequence[Column]
    size: int
    caption: str
    empty: str
    fold: str

    def __repr__(self) -> str:
        """The table as text."""
        if not self.size:
            return self.empty
        widths = [max(map(len, [c.heading, *c.texts])) for c in self.columns]
        lines = [[c.heading for c in self.columns], *map(list, zip(*(c.texts for c in self.columns), strict=True))]
        drawn = ["  ".join(map(self._padded, line, self.columns, widths)).rstrip() for line in lines]
        return "\n".join([*drawn, *filter(None, [self.caption])])

    @staticmethod
    def _padded(text: str, column: Column, width: int) -> str:
        return text.rjust(width) if column.side == "right" else text.ljust(width)

    def _repr_html_(self) -> str:
        """The table as HTML that needs neither scripts nor a style sheet; every text is escaped."""
        if not self.size:
            return f"<p>{escape(self.empty)}</p>"
        heads = "".join(
            f'<th scope="col" style="{CELL}{c.side}; vertical-align: bottom">{escape(c.heading)}</th>'
            for c in self.columns
        )
        lines = zip(*([_cell(text, c.side) for text in c.texts] for c in self.columns), strict=True)
        body = "".join(f"<tr>{''.join(line)}</tr>" for line in lines)
        named = escape(f"Table of {', '.join(filter(None, (c.heading for c in self.columns)))}")
        table = (  # one that is wider than the screen is scrolled by keyboard too
            f'<div style="overflow-x: auto" tabindex="0" role="group" aria-label="{named}">'
            f'<table style="margin: 0"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
        caption = f"<p><small>{escape(self.caption)}</small></p>" if self.caption else ""
        if not self.fold:
            return table + caption
        return f"<details><summary>{escape(self.fold)}</summary>{table}{caption}</details>"


def _cell(shown: str, side: str) -> str:
    wrap = "nowrap" if side == "right" or len(shown) <= 20 else "normal"
    width = f"; min-width: 14em; max-width: {WIDEST}" if len(shown) > 60 else ""
    long = "; overflow-wrap: anywhere" if width else ""  # raw values have no blanks to break at
    return f'<td style="{CELL}{side}; white-space: {wrap}{width}{long}">{escape(shown)}</td>'


def show(
    data: pd.DataFrame | pd.Series | Sequence[Metric],
    *,
    empty: str = "Nothing to show.",
    most: int = FIRST_ROWS,
    shares: Collection[str] = (),
    fold: str = "",
    raw: bool = False,
) -> Shown:
    """Return a table, a column, or metrics as a table for readers, the data unchanged.

    Columns named ``…share``, ``…rate``, ``churn``, ``…probability`` and those in ``shares`` hold shares of 0 to 1 and
    are shown in percent. An index with names becomes columns. Of more than ``most`` rows the first are shown, which the
    caption says; a table without rows is the sentence ``empty``; ``fold`` is the line under which the table is folded
    away. Headings are words, or with ``raw`` the names of the columns.

    >>> show(pd.DataFrame({"plan": ["team", "solo"], "due": [None, pd.Timestamp("2024-03-01")], "at_start": [1200, 7]}))
    plan  due         at start
    team  –              1,200
    solo  2024-03-01         7
    >>> show(pd.DataFrame(columns=["plan"]), empty="No plan is recorded.")
    No plan is recorded.
    """
    frame = _with_index(_framed(data))
    first = frame.head(most)
    columns = [
        Column(
            str(name) if raw else heading(name),
            texts(first.iloc[:, i], share=name in shares or (not raw and is_share(name))),
            "right" if is_number(first.iloc[:, i]) else "left",
        )
        for i, name in enumerate(frame.columns)
    ]
    caption = f"The first {most:,} of {rows(len(frame))}." if len(frame) > most else ""
    return Shown(columns, len(frame), caption, empty, fold)


def _framed(data: pd.DataFrame | pd.Series | Sequence[Metric]) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, pd.Series):
        return data.map(text).to_frame("value" if data.name is None else data.name)
    if not isinstance(data, Iterable) or not all(isinstance(m, Metric) for m in data):
        raise DataError(
            f"wb.show shows a data frame, a column or a list of metrics, not {type(data).__name__}; "
            "take [metric] for one metric, and .head(20).to_pandas() for a table that is not in memory."
        )
    named = any(metric.named for metric in data)
    return pd.DataFrame(
        [
            {
                "figure": f"{m.name} ({m.named})" if named and m.named else m.name,
                "value": figure(m),
                "95 %": interval(m),
                "counted": based_on(m),
                "definition": m.definition,
            }
            for m in data
        ]
    )


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its index as columns where it says something: names, or texts and dates."""
    named = any(name is not None for name in frame.index.names)
    frame = frame.set_axis(list(frame.columns), axis=1)
    if not named and (pd.api.types.is_integer_dtype(frame.index) or not len(frame)):
        return frame
    names = ["name" if name is None else name for name in frame.index.names]
    index = pd.DataFrame({i: frame.index.get_level_values(i) for i in range(len(names))}).set_axis(names, axis=1)
    return pd.concat([index, frame.reset_index(drop=True)], axis=1)
