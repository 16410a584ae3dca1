"""The tables of what changed since the run before, as texts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.report import number_texts as texts
from workbench.report.contents import Findings
from workbench.report.tables import Table, records

UNITS = {"share": 100.0}
"""What a change of a unit is shown times: shares change by percentage points."""


def change_tables(f: Findings) -> dict[str, Table | None]:
    """Return the tables of the changes by name; None where nothing of the kind changed, or there was no run before."""
    names = ("changed_figures", "changed_segments", "changed_definitions", "changed_data", "changed_columns")
    if f.changes is None:
        return dict.fromkeys(names)
    found = (_figures(f), _segments(f), _definitions(f), _data(f), _columns(f))
    return {name: table if table.rows else None for name, table in zip(names, found, strict=True)}


def _figures(f: Findings) -> Table:
    assert f.changes is not None
    shown = records(f.changes.figures.sort_values("clear", ascending=False, kind="stable"))
    rows = [
        (texts.sentence_case(str(row["name"])), _in_unit(row["before"], row, f), _in_unit(row["now"], row, f),
         _change(row, f), "yes" if row["clear"] else "no")
        for row in shown if pd.notna(row["change"])
    ]  # fmt: skip
    return Table(("Figure", "Before", "Now", "Change (95 %)", "Clear"), rows)


def _in_unit(value: float, row: dict[str, Any], f: Findings) -> str:
    if row["unit"] == "currency":
        return texts.amount(value, f.currency)
    return texts.share(value) if row["unit"] == "share" else f"{value:,.1f}"


def _change(row: dict[str, Any], f: Findings) -> str:
    if row["unit"] == "currency":
        change, low, high = (texts.amount(row[name], f.currency) for name in ("change", "low", "high"))
        return f"{change} ({low} to {high})"
    change, low, high = (_signed(row[name], row["unit"]) for name in ("change", "low", "high"))
    return f"{change} ({low} to {high})"


def _signed(value: float, unit: str) -> str:
    return f"{value * UNITS.get(unit, 1.0):+.1f}".replace("-", texts.MINUS)


def _segments(f: Findings) -> Table:
    assert f.changes is not None
    clear = f.changes.segments[f.changes.segments["clear"]]
    rows = [
        (f"{row['segment']} ({f.segmentations.get(row['segmentation'], row['segmentation']).lower()})",
         texts.share(row["before"]), texts.share(row["now"]), texts.points(row["change"]))
        for row in records(clear)
    ]  # fmt: skip
    return Table(("Segment", "Expected churn before", "Now", "Change"), rows)


def _definitions(f: Findings) -> Table:
    assert f.changes is not None
    rows = [(str(row["setting"]), str(row["before"]), str(row["now"])) for row in records(f.changes.definitions)]
    return Table(("Setting", "Before", "Now"), rows, texts=(1, 2))


def _data(f: Findings) -> Table:
    assert f.changes is not None
    rows = [(str(row["table"]), _count(row["before"]), _count(row["now"])) for row in records(f.changes.data)]
    return Table(("Table", "Rows before", "Rows now"), rows)


def _columns(f: Findings) -> Table:
    assert f.changes is not None
    rows = [
        (f"{row['table']}.{row['column']}", str(row["before"] or "not there"), str(row["now"] or "not there"))
        for row in records(f.changes.columns)
    ]
    return Table(("Column", "Before", "Now"), rows, texts=(1, 2))


def _count(rows: Any) -> str:
    return "not there" if pd.isna(rows) else f"{int(rows):,}"
