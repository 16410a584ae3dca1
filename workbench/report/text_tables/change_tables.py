"""The tables of what changed since the run before, as texts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.metrics import Metric
from workbench.report.findings.changes import CONTENT
from workbench.report.findings.contents import Findings
from workbench.report.formats import number_texts as texts
from workbench.report.text_tables.tables import Table, records

SHORT = 8
"""Digits of a fingerprint that are shown."""
MOST_SEGMENTS = 10
"""Segments shown, those that changed most; summary.json has all."""


def change_tables(f: Findings) -> dict[str, Table | None]:
    """Return the tables of the changes by name; None where nothing of the kind changed, or there was no run before."""
    names = ("changed_figures", "changed_segments", "changed_definitions", "changed_data", "changed_columns")
    if f.changes is None:
        return dict.fromkeys(names)
    found = (_figures(f), _segments(f), _definitions(f), _data(f), _columns(f))
    return {name: table if table.rows else None for name, table in zip(names, found, strict=True)}


def _figures(f: Findings) -> Table:
    assert f.changes is not None
    shown = figure_changes(f.changes.figures, f.currency)
    return Table(tuple(map(str, shown)), [tuple(row) for row in shown.itertuples(index=False)])


def figure_changes(figures: pd.DataFrame, currency: str = "") -> pd.DataFrame:
    """Return the changes of figures (of :class:`Changes`) as texts in the unit of each, the clear ones first.

    >>> churn = {"name": "churn", "unit": "share", "before": 0.05, "now": 0.0952, "now_low": 0.06, "now_high": 0.13}
    >>> change = {"change": 0.0452, "low": 0.0352, "high": 0.0552, "clear": True}
    >>> figure_changes(pd.DataFrame([churn | change])).iloc[0].tolist()
    ['Churn', '5\\xa0%', '10\\xa0%', '+4.5 points (+3.5 to +5.5 points)', 'yes']
    """
    shown = records(figures.sort_values("clear", ascending=False, kind="stable"))
    rows = [
        (texts.sentence_case(str(row["name"])), *_before_and_now(row, currency), _change(row, currency),
         "yes" if row["clear"] else "no")
        for row in shown if pd.notna(row["change"])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["Figure", "Before", "Now", "Change (95 %)", "Clear"])


def _before_and_now(row: dict[str, Any], currency: str) -> tuple[str, str]:
    """Return both values as far as the interval of the figure now supports: as its card shows it."""
    found = Metric("", row["now"], row["now_low"], row["now_high"], 0, 0, "", 0, unit=row["unit"])
    return texts.shown(row["before"], found, currency), texts.figure(found, currency)


def _change(row: dict[str, Any], currency: str) -> str:
    found = Metric("", row["change"], row["low"], row["high"], 0, 0, "", 0, unit=row["unit"])
    if row["unit"] == "currency":
        value, low, high = (
            texts.signed_amount(texts.shown(x, found, currency)) for x in (found.value, found.low, found.high)
        )
        return f"{value} ({low} to {high})"
    return f"{texts.change(found)} ({texts.change_interval(found)})"


def _segments(f: Findings) -> Table:
    assert f.changes is not None
    clear = f.changes.segments[f.changes.segments["clear"]]
    clear = clear.sort_values("change", key=abs, ascending=False, kind="stable").head(MOST_SEGMENTS)
    rows = [
        (f"{row['segment']} ({f.segmentations.get(row['segmentation'], row['segmentation']).lower()})",
         texts.share(row["before"]), texts.share(row["now"]), texts.points(row["change"]))
        for row in records(clear)
    ]  # fmt: skip
    return Table(("Segment", "Expected churn before", "Now", "Change"), rows)


def _definitions(f: Findings) -> Table:
    assert f.changes is not None
    rows = [_definition(row) for row in records(f.changes.definitions)]
    return Table(("Setting", "Before", "Now"), rows, texts=(1, 2))


def _definition(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return a setting before and now; of the fingerprint of a file only enough to see that they differ."""
    name = str(row["setting"])
    before, now = ("none" if row[side] in ("None", "") else str(row[side]) for side in ("before", "now"))
    if name.endswith(CONTENT):
        return f"content of {name.removesuffix(CONTENT)}", before[:SHORT], now[:SHORT]
    return name, before, now


def _data(f: Findings) -> Table:
    assert f.changes is not None
    rows = [(str(row["table"]), _count(row["before"]), _count(row["now"])) for row in records(f.changes.data)]
    return Table(("Table", "Rows before", "Rows now"), [row for row in rows if row[1] != row[2]])


def _columns(f: Findings) -> Table:
    assert f.changes is not None
    rows = [
        (f"{row['table']}.{row['column']}", str(row["before"] or "not there"), str(row["now"] or "not there"))
        for row in records(f.changes.columns)
    ]
    return Table(("Column", "Before", "Now"), rows, texts=(1, 2))


def _count(rows: Any) -> str:
    return "not there" if pd.isna(rows) else f"{int(rows):,}"
