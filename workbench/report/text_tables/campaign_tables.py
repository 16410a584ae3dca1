"""The tables of what past campaigns brought, as texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbench.metrics import Metric
from workbench.report.findings.contents import Findings
from workbench.report.formats import number_texts as texts
from workbench.report.text_tables.tables import Table, records
from workbench.segments import ALL


def campaign_tables(f: Findings) -> dict[str, Table | None]:
    """Return the tables of campaigns by name; None where there is nothing to show."""
    return {"campaigns": _effects(f), "campaign_costs": _costs(f)}


def _effects(f: Findings) -> Table | None:
    heads = ("Campaign", "Assigned", "Left alone", "Lost, assigned", "Lost, left alone", "Difference", "95 %",
             "Smallest fall it would show")  # fmt: skip
    rows = [
        (_campaign(row), texts.counted(row["treated"]), texts.counted(row["control"]),
         texts.share_of(row["churn_treated"], row["treated"]), texts.share_of(row["churn_control"], row["control"]),
         *texts.change_and_range(row["difference"], row["low"], row["high"]), texts.points(-row["detectable"]))
        for row in records(f.campaigns)
    ]  # fmt: skip
    return Table(heads, rows).known() if rows else None


def _costs(f: Findings) -> Table | None:
    """Return whom each campaign reached, whom it kept and what that cost: of all customers, not by kind or segment."""
    whole = f.campaigns[(f.campaigns["kind"] == ALL) & (f.campaigns["segment"] == ALL)]
    heads = ("Campaign", "Assigned", "Not reached", "Customers kept", "95 %", "Cost", "Cost of one kept")
    rows = [
        (_campaign(row), texts.counted(row["treated"]), texts.counted(row["treated"] - row["reached"]), *_kept(row),
         texts.amount(float(row["cost"]), f.currency), _cost_of_one(row, f.currency))
        for row in records(whole)
    ]  # fmt: skip
    return Table(heads, rows).known() if rows else None


def _campaign(row: Mapping[str, Any]) -> str:
    """Return what a row of campaigns counts: all of them, or one, or a part of one."""
    whole = "All campaigns" if row["campaign"] == ALL else str(row["campaign"])
    parts = [str(row[name]) for name in ("among", "kind", "segment") if row[name] not in (ALL, "customers")]
    return ", ".join([whole, *parts])


def _kept(row: Mapping[str, Any]) -> tuple[str, str]:
    found = [float(row[name]) for name in ("saved", "saved_low", "saved_high")]
    if not all(map(math.isfinite, found)):
        return "–", "–"
    kept, low, high = (f"{round(n):,}".replace("-", texts.MINUS) for n in found)
    return kept, f"{low} to {high}"


def _cost_of_one(row: Mapping[str, Any], currency: str) -> str:
    """Return what one kept customer cost, with its bounds; a dash where nobody was kept."""
    value, low, high = (float(row[f"cost_per_saved{end}"]) for end in ("", "_low", "_high"))
    if math.isnan(value):
        return "–"
    found = Metric("", value, low, high, 0, 0, "", 0, unit="currency")
    return f"{texts.figure(found, currency)} ({texts.interval(found, currency)})"
