"""The report's other files: Excel for the manager, CSV for the CRM, JSON for machines."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.report.changes import Changes
from workbench.report.contents import Findings
from workbench.report.wording import has_left, how_lost, will_leave
from workbench.segments import REPORTED

WHOLE = "#,##0"
OF_UNIT = {"share": "0.0%", "points": "0.0", "hours": "0.0", "days": "0.0", "currency": WHOLE}
"""How Excel shows a figure of each unit."""
OF_COLUMN = {**dict.fromkeys(["expected_churn", "churn", "low", "high"], "0.0%"), "expected_lost": "#,##0.0",
             "p_adjusted": "0.0000"}  # fmt: skip
"""How Excel shows the columns that hold no whole numbers."""
RENAMED = {"name": "figure", "low": "low 95 %", "high": "high 95 %"}
IN_UNITS = ["value", "low 95 %", "high 95 %"]
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_segments(findings: Findings, path: Path) -> None:
    """Write ``segments.xlsx``: figures, segments, periods, and a sheet that says what each column means."""
    sheets = {
        "Figures": _metric_rows(findings),
        "Segments": _segment_rows(findings),
        "Periods": findings.periods.assign(
            start=findings.periods["start"].dt.date, end=findings.periods["end"].dt.date
        ),
        "Read me": _read_me(findings),
    }
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs=options) as workbook:
        for name, rows in sheets.items():
            rows.to_excel(workbook, sheet_name=name, index=False)
            _lay_out(workbook, name, rows)


def _lay_out(workbook: Any, sheet: str, rows: pd.DataFrame) -> None:
    page = workbook.sheets[sheet]
    forms = {
        number: workbook.book.add_format({"num_format": number})
        for number in {WHOLE, *OF_UNIT.values(), *OF_COLUMN.values()}
    }
    for i, column in enumerate(rows.columns):
        kind = rows[column]
        widest = max([len(str(column)), *(len(str(v)) for v in kind.head(200) if isinstance(v, str))])
        number = OF_COLUMN.get(column, WHOLE) if pd.api.types.is_numeric_dtype(kind) else None
        page.set_column(i, i, min(max(widest, 10) + 2, 70), forms[number] if number else None)
    if "unit" in rows:
        _write_in_units(page, rows, forms)
    page.freeze_panes(1, 1)
    if len(rows):
        page.autofilter(0, 0, len(rows), len(rows.columns) - 1)


def _write_in_units(page: Any, rows: pd.DataFrame, forms: Mapping[str, Any]) -> None:
    """Write figures of several units in one column, each cell in its own form, which any program shows."""
    for column in IN_UNITS:
        place = list(rows.columns).index(column)
        for i, (value, unit) in enumerate(zip(rows[column], rows["unit"], strict=True), start=1):
            if pd.notna(value):
                page.write_number(i, place, value, forms[OF_UNIT[unit]])


def _metric_rows(findings: Findings) -> pd.DataFrame:
    metrics = [*findings.metrics.values(), *findings.outlook.values()]
    rows = pd.DataFrame([asdict(metric) for metric in metrics])
    return rows.rename(columns=RENAMED)


def _segment_rows(findings: Findings) -> pd.DataFrame:
    segments = findings.segments
    return segments.assign(segmentation=segments["segmentation"].map(findings.segmentations))[REPORTED]


def _read_me(findings: Findings) -> pd.DataFrame:
    """Say what each column of the other sheets means."""
    sheets = {"Figures": _of_figures(), "Segments": _of_segments(findings), "Periods": _of_periods(findings)}
    rows = [(sheet, column, meaning) for sheet, columns in sheets.items() for column, meaning in columns.items()]
    return pd.DataFrame(rows, columns=["sheet", "column", "meaning"])


def _of_figures() -> dict[str, str]:
    return {
        "figure": "its name; those of the last period first, then those expected of the next",
        "value": "in the unit of its row",
        "low 95 %, high 95 %": "95 % interval of the value",
        "count, of": "what was counted, of how many: numerator and denominator",
        "definition": "the formula in words",
        "n, n_of": "how many things the figure rests on, and which",
        "unit": "share (of 1, shown in percent), points, hours, days or currency",
        "named": "whose definition it is, where there are several",
    }


def _of_segments(findings: Findings) -> dict[str, str]:
    horizon, last = findings.horizon_days, findings.evaluation["test_as_of"][:10]
    return {
        "segmentation, segment": "what customers are sorted by, and the group",
        "customers": f"customers scored on {findings.as_of:%Y-%m-%d}: at risk, or lapsed; no others",
        "at_risk": "those of them who are active and so can be lost",
        "expected_churn": f"mean probability of those at risk to {will_leave(findings)} in the next {horizon} days",
        "expected_lost": "sum of those probabilities: customers",
        "yearly_revenue": f"{findings.revenue_meaning}, {findings.currency or 'currency not stated'}; empty: not known",
        "revenue_at_risk": "probability of churn times that revenue, summed; empty: not known",
        "n, lost, churn": f"customers at risk on {last}, who {has_left(findings)} in the {horizon} days after, share",
        "low, high": "95 % Wilson interval of churn",
        "p_adjusted, differs": "comparison with all other customers, Benjamini–Hochberg within the segmentation",
    }


def _of_periods(findings: Findings) -> dict[str, str]:
    return {
        "start, end": f"the period, {findings.horizon_days} days; the day of the end is not in it",
        "churn": f"lost / at_start. {how_lost(findings)}",
        "low, high": "95 % Wilson interval of churn",
        "lost": "customers at the start who were lost in the period",
        "at_start": "customers at the start of the period",
    }


def write_actions(findings: Findings, path: Path) -> None:
    """Write ``actions.csv``: all lists, ready for a CRM; text that a spreadsheet would run as a formula is quoted."""
    parts = [part.dropna(axis=1, how="all") for part in findings.lists.values()]
    columns = findings.keep.columns
    rows = pd.concat(parts, ignore_index=True).reindex(columns=columns) if parts else findings.keep
    amounts = ["yearly_revenue", "margin_if_retained", "expected_gain", "margin_at_stake", "offer_cost", "contact_cost"]
    rounded = rows.round({"probability": 4, **dict.fromkeys(amounts, 2)})
    rounded = rounded.assign(as_of=rounded["as_of"].dt.date) if len(rounded) else rounded
    text = [c for c in rounded.columns if pd.api.types.is_string_dtype(rounded[c])]
    rounded[text] = rounded[text].map(harmless)
    if len(rounded):
        rounded["customer_id"] = rows["customer_id"].map(harmless_id)
    rounded.to_csv(path, index=False, encoding="utf-8-sig")


def harmless_id(customer_id: str) -> str:
    """Return an id as it is, so that a CRM finds it, unless a spreadsheet would run it: +49 30 123 is a number."""
    return customer_id if re.fullmatch(r"[+-][\d .()/-]*", customer_id) else str(harmless(customer_id))


def harmless(text: Any) -> Any:
    """Return a value for a spreadsheet, a text that it would run as a formula quoted.

    >>> harmless("=1+1"), harmless("ann"), harmless(-5)
    ("'=1+1", 'ann', -5)
    """
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_SIGNS) else text


def write_summary(findings: Findings, path: Path) -> None:
    """Write ``summary.json``: every figure with value, interval, numbers and definition."""
    fewest = 0 if findings.amounts_known else 1  # no amounts: not known, rather than 0
    summary = {
        "as_of": findings.as_of.date().isoformat(),
        "horizon_days": findings.horizon_days,
        "inactive_days": findings.inactive_days,
        "currency": findings.currency or None,
        "customers": {"known": findings.n_known, "at_risk": findings.n_at_risk, "lapsed": findings.n_lapsed},
        "metrics": {key: asdict(metric) for key, metric in {**findings.metrics, **findings.outlook}.items()},
        "periods": json.loads(findings.periods.to_json(orient="records", date_format="iso")),
        "model": findings.evaluation,
        "kinds_last_period": {str(kind): int(n) for kind, n in findings.kinds.iloc[-1].items()},
        "not_told": dict(findings.missing),
        "revenue_bridge": None
        if findings.bridge is None
        else findings.bridge.astype({"amount": "str", "level": "str"}).to_dict("records"),
        "not_at_risk": dict(findings.not_judged),
        "lists": {
            "keep": len(findings.keep),
            "win_back": len(findings.win_back),
            "health": len(findings.check_in),
            "without_consent": findings.without_consent,
            **{name.replace(" ", "_"): len(rows) for name, rows in findings.lists.items()},
        },
        "left_out": findings.left_out.to_dict("records"),
        "expected_gain_scenario": round(float(findings.keep["expected_gain"].sum(min_count=fewest)), 2),
        "assumptions": asdict(findings.money),
        "refused": findings.facts.refused,
        "changes": _changes(findings.changes),
        "history": list(findings.history),
    }
    path.write_text(json.dumps(_finite(summary), indent=2, default=str) + "\n", encoding="utf-8")


def _changes(changes: Changes | None) -> dict[str, Any] | None:
    """Return what changed as plain values; None for a first run."""
    if changes is None:
        return None
    tables = {name: getattr(changes, name) for name in ("figures", "segments", "definitions", "data", "drift")}
    return {
        "since": changes.since.date().isoformat(),
        "risk": dict(changes.risk),
        **{name: json.loads(table.to_json(orient="records")) for name, table in tables.items()},
    }


def _finite(content: Any) -> Any:
    """Return plain values with None for what is not known: JSON has no NaN."""
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content
