"""Stage tables of a small company, made without notebooks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import workbench as wb
from workbench.features import build_categories, dictionary, read_words
from workbench.model import Money, as_json, as_records, seasons_tested

MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)


@dataclass
class Stages:
    """Stage tables in memory, as a run would write them."""

    derived: Path
    tables: dict[str, Any]
    name: str = "small"

    @property
    def before(self) -> Path:
        """The folder of the run before: none."""
        return self.derived / "before"

    def read(self, stage: str) -> pd.DataFrame:
        """Return a stage's table."""
        return self.tables[stage].copy()

    def read_json(self, name: str) -> Any:
        """Return plain values."""
        return dict(self.tables[name])


def stages(crm: Any, folder: Path, as_of: str, *, days: int = 91) -> Stages:
    """Return the tables of a run on a company, with a horizon and a limit of silence of so many days."""
    snapshots = wb.past_snapshots(
        crm.facts, as_of, horizon_days=days, history_days=days, settle_days=0 if days < 91 else 60, most=3
    )
    states = wb.states(crm, [*snapshots, as_of], inactive_days=days).to_pandas()
    labels = wb.label_churn(crm, snapshots, horizon_days=days, inactive_days=days).to_pandas()
    returns = wb.label_returns(crm, snapshots, horizon_days=days, inactive_days=days).to_pandas()
    panel = wb.build_features(crm, [*snapshots, as_of], windows=[min(days, 90)]).to_pandas()
    rows = wb.outcomes(labels, returns).merge(panel, on=["customer_id", "as_of"])
    earlier, last = wb.split_last(rows)
    columns = wb.feature_columns(earlier)
    trial = wb.try_models(earlier, last, columns, seed=1)
    final = wb.fit(trial.chosen, rows, columns, seed=1)
    words = read_words(dictionary())
    evaluation = {
        "scored_by": trial.chosen, "train_as_of": ["2025-01-01"], "test_as_of": "2025-08-01",
        "n_test": len(trial.outcome), "n_lost": int(trial.outcome.sum()), "auc_everyone": None,
        "verdict": as_json(trial.verdict), "seasons": seasons_tested(rows["as_of"]),
        "comparison": as_records(trial.comparison), "calibration": as_records(trial.calibration), "drivers": [],
        "kinds": [],
    }  # fmt: skip
    scores = wb.score_customers(final, panel, states, as_of=pd.Timestamp(as_of).to_pydatetime(), words=words)
    rules = {"inactive_days": days, "grace_days": 30, "horizon_days": days}
    categories = build_categories(crm, [*snapshots, as_of]).to_pandas()
    tables = {"categories": categories, "labels": labels, "states": states, "features": panel, "scores": scores, "evaluation": evaluation,
              "rules": rules}  # fmt: skip
    return Stages(folder, tables)
