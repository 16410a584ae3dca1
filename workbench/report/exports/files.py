"""The lists of customers for a CRM, as CSV."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.report.findings.contents import Findings

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


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


def write_held_out(findings: Findings, path: Path) -> None:
    """Write ``held_out.csv``: customer_id, list and as_of of those to leave alone, to measure contacting."""
    ids = findings.held_out["customer_id"].map(harmless_id)
    rows = findings.held_out[["customer_id", "list"]].assign(customer_id=ids, as_of=findings.as_of.date().isoformat())
    rows.sort_values(["list", "customer_id"]).to_csv(path, index=False, encoding="utf-8-sig")


def write_alerts(findings: Findings, path: Path) -> None:
    """Write ``alerts.csv``: what holds today of the run's alerts, one row per alert and customer or other cause."""
    rows = findings.alerts.table()
    ids = rows["cause"].map(harmless_id).where(rows["about"] == "customers", rows["cause"].map(harmless))
    shown = rows.map(harmless).assign(cause=ids, as_of=findings.as_of.date().isoformat())
    shown.to_csv(path, index=False, encoding="utf-8-sig")


def harmless_id(customer_id: str) -> str:
    """Return an id as it is, so that a CRM finds it, unless a spreadsheet would run it: +49 30 123 is a number."""
    return customer_id if re.fullmatch(r"[+-][\d .()/-]*", customer_id) else str(harmless(customer_id))


def harmless(text: Any) -> Any:
    """Return a value for a spreadsheet, a text that it would run as a formula quoted.

    >>> harmless("=1+1"), harmless("ann"), harmless(-5)
    ("'=1+1", 'ann', -5)
    """
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_SIGNS) else text
