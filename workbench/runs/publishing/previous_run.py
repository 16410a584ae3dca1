"""The run before: what a run keeps of the published run of its name, so that its report can say what changed."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from workbench.crm import stored_columns
from workbench.runs.stages.folders import Run

SUMMARY = "summary.json"
PLAIN = ("started.json", "crm/crm.json")
TABLES = {"customer_base": None, "labels": ["customer_id", "as_of", "churned"], "features": None}
"""The stage tables kept, each with all columns or those named; of their snapshots only the newest."""
COLUMNS, PREDICTIONS = "columns.json", "predictions.parquet"
MONTHS = 13
"""Months of predictions kept, so that those of a year ahead are scored too."""


def keep_before(target: Run, staged: Run, as_of: date) -> None:
    """Keep in a staged run what the newest published run of its name with an earlier ``as_of`` found; none: nothing.

    A run made again for the same day compares itself with the same run as the first time: the published run of that day
    kept it too.
    """
    if _is_earlier(target.reports, target.derived, as_of):
        _keep(target, staged.before)
    elif _is_earlier(target.before, target.before, as_of):
        shutil.copytree(target.before, staged.before)


def _is_earlier(reports: Path, derived: Path, as_of: date) -> bool:
    """Return whether a report is of an earlier day, and of a release that keeps all that is compared."""
    needed = [reports / SUMMARY, *(derived / name for name in PLAIN), *(derived / f"{name}.parquet" for name in TABLES)]
    if not all(path.is_file() for path in needed):
        return False
    return date.fromisoformat(json.loads((reports / SUMMARY).read_text(encoding="utf-8"))["as_of"]) < as_of


def _keep(target: Run, kept: Path) -> None:
    (kept / "crm").mkdir(parents=True)
    shutil.copyfile(target.reports / SUMMARY, kept / SUMMARY)
    for name in PLAIN:
        shutil.copyfile(target.derived / name, kept / name)
    for name, columns in TABLES.items():
        path = target.derived / f"{name}.parquet"
        newest = pq.read_table(path, columns=["as_of"])["as_of"].to_pandas().max()
        rows = pq.read_table(path, columns=columns, filters=[("as_of", "=", newest)])
        pq.write_table(rows, kept / path.name)
    (kept / COLUMNS).write_text(json.dumps(stored_columns(target.derived / "crm"), indent=2) + "\n", encoding="utf-8")
    _predictions(target, kept / "customer_base.parquet").to_parquet(kept / PREDICTIONS, index=False)


def _predictions(target: Run, base: Path) -> pd.DataFrame:
    """Return what the run and those before it predicted, the first of each month, to be scored later."""
    horizon = json.loads((target.derived / "started.json").read_text(encoding="utf-8")).get("horizon_days", 0)
    newest = pd.read_parquet(base, columns=["customer_id", "as_of", "at_risk", "churn_probability"])
    newest = newest[newest["at_risk"]].drop(columns="at_risk").assign(horizon_days=horizon)
    earlier = target.before / PREDICTIONS
    kept = pd.read_parquet(earlier) if earlier.is_file() else newest.iloc[:0]
    if (kept["as_of"].dt.to_period("M") == newest["as_of"].iloc[0].to_period("M")).any():
        return kept
    oldest = newest["as_of"].iloc[0] - pd.DateOffset(months=MONTHS)
    return pd.concat([kept[kept["as_of"] >= oldest], newest], ignore_index=True)
