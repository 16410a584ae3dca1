"""Folders of published runs, with just what the next run and a comparison read of them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.runs.stages.folders import Run
from workbench.runs.stages.locks import locked

FIGURE = {
    "name": "churn rate", "low": 0.0, "high": 1.0, "count": 1.0, "of": 4.0, "definition": "lost / at risk", "n": 4,
    "n_of": "customers", "unit": "share", "named": "",
}  # fmt: skip


def published(root: Path, name: str, day: str, lost: list[bool], **different: Any) -> Run:
    """Write what a run of four customers leaves: two snapshots of features, one of outcomes, scores."""
    run = Run(name, root, "")
    with locked(run):
        for folder in (run.derived / "crm", run.reports):
            folder.mkdir(parents=True, exist_ok=True)
    as_of, ids = pd.Timestamp(day), list("abcd")
    rows = pd.DataFrame({"customer_id": ids, "as_of": as_of})
    base = rows.assign(at_risk=True, churn_probability=[0.8, 0.2, 0.2, 0.2], yearly_revenue=10.0, revenue_at_risk=2.0)
    base.assign(country_segment="NL").to_parquet(run.derived / "customer_base.parquet")
    older = as_of - pd.Timedelta(days=30)
    labels = pd.DataFrame(
        {"customer_id": ids, "as_of": older, "churned": lost, "kind": [(x and "active") or None for x in lost]}
    )
    labels.to_parquet(run.derived / "labels.parquet")
    panel = pd.concat([rows.assign(as_of=older, n_orders=1), rows.assign(n_orders=range(4))])
    panel.to_parquet(run.derived / "features.parquet")
    churn = {**FIGURE, "value": sum(lost) / 4}
    history = [
        {"as_of": "2024-01-01", "at_risk": 3, "churn_rate": 0.5},
        {"as_of": day, "at_risk": 4, "churn_rate": 0.25},
    ]
    plain = {
        run.reports / "summary.json": {"as_of": day, "metrics": {"churn_rate": churn}, "history": history},
        run.reports / "manifest.json": {"parameters": {"as_of": day}, "started_at": "2024-05-01", "seconds": {"01": 3.0}},
        run.derived / "started.json": {"inactive_days": 91, **different},
        run.derived / "crm" / "crm.json": {"loaded": {"orders": 9}, "refused": []},
        run.derived / "evaluation.json": {"comparison": [{"model": "base rate", "auc": 0.5, "auc_low": 0.5,
            "auc_high": 0.5, "log_loss": 0.6, "calibration_error": 0.0}]},
    }  # fmt: skip
    for path, content in plain.items():
        path.write_text(json.dumps(content))
    return run


def day(text: str) -> date:
    return date.fromisoformat(text)
