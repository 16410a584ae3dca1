"""The report's other files: Excel for the manager, CSV for the CRM, JSON for machines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.metrics import Metric
from workbench.report.findings import SEGMENTATIONS, Findings
from workbench.report.words import has_left, will_leave
from workbench.segment import REPORTED

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_segments(findings: Findings, path: Path) -> None:
    """Write ``segments.xlsx``: figures, segments, periods, and a sheet that says what each column means."""
    sheets = {
        "Figures": _metric_rows(findings),
        "Segments": _segment_rows(findings.segments),
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
    page, book = workbook.sheets[sheet], workbook.book
    percent, money = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "#,##0"})
    if "unit" in rows:
        _lay_out_units(page, rows, {"share": percent, "hours": book.add_format({"num_format": "0.0"})})
    for i, column in enumerate(rows.columns):
        kind = rows[column]
        widest = max([len(str(column)), *(len(str(v)) for v in kind.head(200) if isinstance(v, str))])
        shares = pd.api.types.is_float_dtype(kind) and kind.abs().max() <= 1
        form = percent if shares else money if pd.api.types.is_numeric_dtype(kind) else None
        page.set_column(i, i, min(max(widest, 10) + 2, 70), form)
    page.freeze_panes(1, 1)
    if len(rows):
        page.autofilter(0, 0, len(rows), len(rows.columns) - 1)


def _lay_out_units(page: Any, rows: pd.DataFrame, forms: Mapping[str, Any]) -> None:
    """Show figures of several units in one column, each in its own form."""
    first, last = (list(rows.columns).index(column) for column in ("value", "high 95 %"))
    for i, unit in enumerate(rows["unit"], start=1):
        if unit in forms:
            page.conditional_format(i, first, i, last, {"type": "no_errors", "format": forms[unit]})


def _metric_rows(findings: Findings) -> pd.DataFrame:
    metrics = [*findings.metrics.values(), *findings.outlook.values()]
    rows = pd.DataFrame([asdict(metric) for metric in metrics])
    return rows.rename(columns={"name": "figure", "low": "low 95 %", "high": "high 95 %"})


def _segment_rows(segments: pd.DataFrame) -> pd.DataFrame:
    return segments.assign(segmentation=segments["segmentation"].map(SEGMENTATIONS))[REPORTED]


def _read_me(findings: Findings) -> pd.DataFrame:
    horizon, last = findings.horizon_days, findings.evaluation["test_as_of"][:10]
    leave = will_leave(findings)
    meaning = {
        "customers": "customers known on the day of the report",
        "at_risk": "of them, who are active and so can be lost",
        "expected_churn": f"mean probability that a customer at risk will {leave} in the next {horizon} days",
        "expected_lost": "sum of those probabilities: customers",
        "yearly_revenue": f"{findings.revenue_meaning}, {findings.currency}",
        "revenue_at_risk": f"probability of churn times that revenue, summed, {findings.currency}",
        "n, lost, churn": f"customers at risk on {last}, who {has_left(findings)} in the {horizon} days after, share",
        "low, high": "95 % Wilson interval of churn",
        "p_adjusted, differs": "comparison with all other customers, Benjamini–Hochberg within the segmentation",
    }
    return pd.DataFrame({"column": list(meaning), "meaning": list(meaning.values())})


def write_actions(findings: Findings, path: Path) -> None:
    """Write ``actions.csv``: both lists, ready for a CRM; text that a spreadsheet would run as a formula is quoted."""
    parts = [part for part in (findings.keep, findings.win_back) if len(part)]
    rows = pd.concat(parts, ignore_index=True) if parts else findings.keep
    amounts = ["yearly_revenue", "margin_if_retained", "expected_gain", "margin_at_stake"]
    rounded = rows.round({"probability": 4, **dict.fromkeys(amounts, 2)})
    rounded = rounded.assign(as_of=rounded["as_of"].dt.date) if len(rounded) else rounded
    text = [c for c in rounded.columns if pd.api.types.is_string_dtype(rounded[c])]
    rounded[text] = rounded[text].map(_harmless)
    rounded.to_csv(path, index=False, encoding="utf-8-sig")


def _harmless(text: Any) -> Any:
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_SIGNS) else text


def write_summary(findings: Findings, path: Path) -> None:
    """Write ``summary.json``: every figure with value, interval, numbers and definition."""
    summary = {
        "as_of": findings.as_of.date().isoformat(),
        "horizon_days": findings.horizon_days,
        "inactive_days": findings.inactive_days,
        "currency": findings.currency,
        "customers": {"known": findings.n_known, "at_risk": findings.n_at_risk, "lapsed": findings.n_lapsed},
        "metrics": {key: _plain(metric) for key, metric in {**findings.metrics, **findings.outlook}.items()},
        "periods": json.loads(findings.periods.to_json(orient="records", date_format="iso")),
        "model": findings.evaluation,
        "kinds_last_period": dict(findings.kinds),
        "not_told": dict(findings.not_told),
        "revenue_bridge": None
        if findings.bridge is None
        else findings.bridge.astype({"amount": "str", "level": "str"}).to_dict("records"),
        "not_at_risk": dict(findings.not_judged),
        "lists": {"keep": len(findings.keep), "win_back": len(findings.win_back)},
        "expected_gain_scenario": round(float(findings.keep["expected_gain"].sum()), 2),
        "assumptions": asdict(findings.money),
        "refused": findings.facts.refused,
    }
    path.write_text(json.dumps(summary, indent=2, default=str) + "\n", encoding="utf-8")


def _plain(metric: Metric) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(metric).items()}
