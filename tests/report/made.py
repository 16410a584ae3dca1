"""Stage tables of a small company, made without notebooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

import workbench as wb
from workbench.features import build_categories, dictionary, read_words
from workbench.model import Money, as_json, as_records, seasons_tested
from workbench.report import Findings, gather

MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)


@dataclass
class Stages:
    """Stage tables in memory, as a run would write them."""

    derived: Path
    tables: dict[str, Any]
    name: str = "small"
    whole: list[int] = field(default_factory=list)

    @property
    def before(self) -> Path:
        """The folder of the run before: none."""
        return self.derived / "before"

    def read(
        self,
        stage: str,
        *,
        columns: Sequence[str] | None = None,
        as_of: Sequence[datetime] | None = None,
        customer_id: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return a stage's table, or the key and some columns, or the rows of some snapshots or customers.

        Of how many snapshots all features were read at once is added to ``whole``.
        """
        if stage == "features" and columns is None and customer_id is None:
            self.whole.append(len(self.tables[stage]["as_of"].unique() if as_of is None else as_of))
        rows = self.tables[stage] if columns is None else self.tables[stage][["customer_id", "as_of", *columns]]
        rows = rows.copy() if customer_id is None else rows[rows["customer_id"].isin(customer_id)]
        return rows if as_of is None else rows[rows["as_of"].isin(as_of)].reset_index(drop=True)

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


SIX_AS_OF = "2024-06-01"
ORDERS = [
    ("1", "ann", "2024-03-03", 100), ("2", "bob", "2024-03-03", 10), ("3", "cid", "2024-03-03", 10),
    ("4", "dan", "2024-03-03", 10), ("5", "eva", "2024-03-03", 10), ("6", "fay", "2024-03-03", 10),
    ("7", "ann", "2024-04-10", 300), ("8", "bob", "2024-04-10", 10), ("9", "cid", "2024-04-10", 10),
    ("10", "dan", "2024-04-10", 10), ("11", "eva", "2024-04-10", 10), ("12", "fay", "2024-04-10", 10),
    ("13", "ann", "2024-05-10", 400), ("14", "bob", "2024-05-10", 10), ("15", "cid", "2024-05-10", 10),
    ("16", "dan", "2024-05-10", 10), ("17", "dan", "2024-05-31", 10),
]  # fmt: skip
"""Of the six who ordered in April, eva and fay did not in May; ann brings most of the revenue."""


def six_customers(folder: Path, *, inactive_days: int = 30) -> Findings:
    """Return what a run on the six customers finds, with a limit of silence of so many days in its report."""
    orders = pd.DataFrame(ORDERS, columns=["order_id", "customer_id", "ordered_at", "amount"])
    crm = wb.load_tables({"orders": orders})
    wb.write_crm(crm, folder / "crm")
    made = stages(crm, folder, SIX_AS_OF, days=30)
    made.tables["rules"]["inactive_days"] = inactive_days
    return gather(made, money=MONEY, vip_share=0.8)
