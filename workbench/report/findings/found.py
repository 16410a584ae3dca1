"""What a run found, as the next run or another one compares itself with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.crm import stored_columns
from workbench.errors import DataError
from workbench.metrics import Metric

BASE = ["customer_id", "as_of", "at_risk", "churn_probability", "yearly_revenue", "revenue_at_risk"]
"""The columns of the customer base that a run keeps, beside one per segmentation."""
LONGEST_HISTORY = 400
"""Runs a history holds at the most: a year of nights."""
SUMMARY, STARTED, COLUMNS = "summary.json", "started.json", "columns.json"
Schemas = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Found:
    """What a run found and from what.

    ``base``: the customers scored at ``as_of`` (BASE and a column per segmentation); ``outcomes``: customer_id and
    churned of the newest period whose outcome is known; ``panel``: the features at ``as_of``; ``started``: parameters
    and fingerprints of its files; ``loaded``: rows per table of the source, ``refused`` the rows that were not loaded;
    ``columns``: of each of its tables the columns and their types; ``currency``: empty where the source states none.
    """

    run: str
    as_of: datetime
    metrics: Mapping[str, Metric]
    base: pd.DataFrame
    outcomes: pd.DataFrame
    panel: pd.DataFrame
    started: Mapping[str, Any]
    loaded: Mapping[str, int]
    refused: int
    columns: Schemas = field(default_factory=dict)
    currency: str = ""


def read_found(run: str, derived: Path, reports: Path) -> Found:
    """Return what a run found from its folders of stage tables and of the report.

    Raises DataError where the run has written none, or is of a release that did not write all of it.
    """
    needed = [derived / f"{name}.parquet" for name in ("customer_base", "labels", "features")]
    lacking = [path.name for path in [*needed, derived / STARTED, reports / SUMMARY] if not path.is_file()]
    if lacking:
        raise DataError(f"run {run!r} cannot be compared: it has no {', '.join(lacking)}; run it again.")
    base, labels = (pd.read_parquet(path) for path in needed[:2])
    summary, card = _json(reports / SUMMARY), _json(derived / "crm" / "crm.json")
    as_of = datetime.fromisoformat(summary["as_of"])
    return Found(
        run=run,
        as_of=as_of,
        metrics={key: _metric(plain) for key, plain in summary["metrics"].items()},
        base=base,
        outcomes=newest_outcomes(labels),
        panel=pd.read_parquet(needed[2], filters=[("as_of", "==", as_of)]),
        started=read_started(derived),
        loaded=card["loaded"],
        refused=refused_rows(card["refused"]),
        columns=read_columns(derived),
        currency=summary.get("currency") or "",
    )


def read_columns(derived: Path) -> Schemas:
    """Return the columns of each loaded table with their types, as a run keeps them of the run before; else its own."""
    kept = derived / COLUMNS
    return _json(kept) if kept.is_file() else stored_columns(derived / "crm")


def newest_outcomes(labels: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id and churned of the newest labelled snapshot."""
    return labels.loc[labels["as_of"] == labels["as_of"].max(), ["customer_id", "churned"]]


def kept_base(now: pd.DataFrame) -> pd.DataFrame:
    """Return of the customer base the columns that a run keeps."""
    return now[[c for c in now.columns if c in BASE or str(c).endswith("_segment")]]


def read_started(derived: Path) -> dict[str, Any]:
    """Return the parameters a run was started with and the fingerprints of their files; nothing where not recorded."""
    path = derived / STARTED
    return _json(path) if path.is_file() else {}


def refused_rows(refused: Iterable[Mapping[str, Any]]) -> int:
    """Return how many rows were not loaded."""
    return sum(int(part["rows"]) for part in refused)


def history_of(now: Found, before: Path) -> list[dict[str, Any]]:
    """Return the figures of this run and of those before it, oldest first: as_of, at_risk, and a value per metric."""
    earlier = _json(before / SUMMARY).get("history", []) if before.is_dir() else []
    row = {"as_of": now.as_of.date().isoformat(), "at_risk": int(now.base["at_risk"].sum())}
    return [*earlier, row | {key: metric.value for key, metric in now.metrics.items()}][-LONGEST_HISTORY:]


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _metric(plain: Mapping[str, Any]) -> Metric:
    """Return a metric as it was before JSON, which has no NaN."""
    known: dict[str, Any] = {key: float("nan") if value is None else value for key, value in plain.items()}
    return Metric(**known)
