"""The tables of what customers are worth and of the forecast, as texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench.metrics import Metric
from workbench.report.findings.contents import Findings
from workbench.report.formats import number_texts as texts
from workbench.report.text_tables.tables import Table, first_groupings, other_groupings, records
from workbench.segments import ALL


def value_tables(f: Findings) -> dict[str, Table | None]:
    """Return the tables of value and forecast by name; None where there is nothing to show."""
    found = {
        "value_figures": _figures(f),
        "value_segments": _segments(f, [ALL, *first_groupings(f)]),
        "more_value_segments": _segments(f, other_groupings(f)),
        "forecast": _forecast(f),
        "backtest": _backtest(f),
    }
    return {name: table if table.rows else None for name, table in found.items()}


def _figures(f: Findings) -> Table:
    rows = [
        (metric.name[:1].upper() + metric.name[1:], texts.figure(metric, f.currency),
         texts.interval(metric, f.currency), metric.definition)
        for metric in f.value.figures.values() if metric.value == metric.value
    ]  # fmt: skip
    return Table(("Figure", "Value", "95 %", "Counted"), rows, texts=(3,))


def _segments(f: Findings, groupings: Sequence[str]) -> Table:
    heads = ("Segment", "Customers", "CLV", "95 %", "Cost of winning one", "CLV to cost", "Payback, months",
             "Contacts that pay", "Expected gain", "Gain per unit of cost")  # fmt: skip
    rows: list[tuple[str, ...]] = []
    groups = []
    shown = f.value.segments[f.value.segments["segmentation"].isin(groupings)]
    for name, part in shown.groupby("segmentation", sort=False):
        if name != ALL:
            groups.append(len(rows))
            rows.append((f.segmentations.get(str(name), str(name)), *[""] * (len(heads) - 1)))
        rows += [_segment(row, f) for row in records(part)]
    if shown[["clv", "cac", "gain"]].isna().all(axis=None):
        rows, groups = [], []  # how many customers a segment has stands elsewhere
    return Table(heads, rows, whole=0 if ALL in groupings and rows else None, groups=tuple(groups)).known()


def _segment(row: dict[str, Any], f: Findings) -> tuple[str, ...]:
    def money(name: str) -> str:
        return texts.amount(float(row[name]), f.currency)

    clv = Metric("CLV", row["clv"], row["clv_low"], row["clv_high"], 0, 0, "", 0, unit="currency")
    below = " (costs more than it brings)" if row["below_cac"] is True else ""
    return (
        "All active customers" if row["segment"] == ALL else str(row["segment"]), f"{row['customers']:,}",
        texts.figure(clv, f.currency), texts.interval(clv, f.currency), money("cac"), _plain(row["clv_to_cac"]) + below,
        _plain(row["payback_months"]), texts.counted(row["contacts"]), texts.scenario(float(row["gain"]), f.currency),
        _plain(row["gain_per_cost"]),
    )  # fmt: skip


def _plain(value: Any) -> str:
    return "–" if pd.isna(value) else f"{float(value):,.1f}"


def _forecast(f: Findings) -> Table:
    rows = [
        (_what(row), *_sizes(row, f), _share(row), _size(row["of"], row, f))
        for row in records(f.forecast.rows)
    ]  # fmt: skip
    return Table(("Lost in the next period", "Expected", "95 %", "Share", "Of"), rows)


def _what(row: dict[str, Any]) -> str:
    kind = "all kinds" if row["kind"] == ALL else row["kind"]
    return f"{'Customers' if row['what'] == 'customers' else 'Revenue of a year'}, {kind}"


def _sizes(row: dict[str, Any], f: Findings) -> tuple[str, str]:
    """Return what is expected and its interval, amounts rounded to what the interval supports."""
    if pd.isna(row["low"]):
        return _size(row["expected"], row, f), "too few periods"
    if row["what"] == "customers":
        return _size(row["expected"], row, f), f"{row['low']:,.0f} to {row['high']:,.0f}"
    amount = Metric("revenue", row["expected"], row["low"], row["high"], 0, row["of"], "", 0, unit="currency")
    return texts.figure(amount, f.currency), texts.interval(amount, f.currency)


def _share(row: dict[str, Any]) -> str:
    return texts.share_and_range({**row, "low": row["share_low"], "high": row["share_high"]}, "share")[0]


def _size(value: float, row: dict[str, Any], f: Findings) -> str:
    return f"{value:,.0f}" if row["what"] == "customers" else texts.amount(float(value), f.currency)


def _backtest(f: Findings) -> Table:
    tested = f.forecast.backtest
    whole = tested[(tested["what"] == "customers") & (tested["kind"] == ALL)] if len(tested) else tested
    rows = [
        (texts.day(row["as_of"]), *texts.share_and_range(row, "expected"), texts.share(row["observed"]),
         "yes" if row["held"] else "no")
        for row in records(whole) if pd.notna(row.get("held")) and pd.notna(row["low"])
    ]  # fmt: skip
    return Table(("Period from", "Forecast then", "95 %", "What came", "Held"), rows)
