"""The page of a company too small for a model, whose source has no amounts: what is unknown is neither zero nor advice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.features import dictionary, read_words
from workbench.model import Money, as_json, as_records, seasons_tested
from workbench.report import gather

AS_OF = "2025-12-22"
pytestmark = pytest.mark.slow
MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)


@dataclass
class Stages:
    """Stage tables in memory, as a run would write them."""

    derived: Path
    tables: dict[str, Any]

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


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The page and the folder of a report on a hundred subscribers whose prices nobody recorded."""
    folder = tmp_path_factory.mktemp("small")
    wb.simulate(folder / "made", customers=100, months=18, seed=3)
    made = {name: pd.read_parquet(folder / "made" / f"{name}.parquet") for name in ("customers", "subscriptions")}
    made["subscriptions"] = made["subscriptions"].drop(columns="mrr")
    crm = wb.load_tables(made)
    wb.write_crm(crm, folder / "crm")
    wb.write_report(gather(stages(crm, folder), money=MONEY, vip_share=0.8), folder / "report")
    return (folder / "report" / "index.html").read_text(), folder / "report"


def stages(crm: Any, folder: Path) -> Stages:
    snapshots = wb.past_snapshots(crm.facts, AS_OF, horizon_days=91, history_days=91, settle_days=60, most=3)
    states = wb.states(crm, [*snapshots, AS_OF], inactive_days=91).to_pandas()
    labels = wb.label_churn(crm, snapshots, horizon_days=91, inactive_days=91).to_pandas()
    returns = wb.label_returns(crm, snapshots, horizon_days=91, inactive_days=91).to_pandas()
    panel = wb.build_features(crm, [*snapshots, AS_OF], windows=[90]).to_pandas()
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
    scores = wb.score_customers(final, panel, states, as_of=pd.Timestamp(AS_OF).to_pydatetime(), words=words)
    rules = {"inactive_days": 91, "grace_days": 30, "horizon_days": 91}
    tables = {"labels": labels, "states": states, "features": panel, "scores": scores, "evaluation": evaluation,
              "rules": rules}  # fmt: skip
    return Stages(folder, tables)


def test_too_few_leavers_end_in_a_report_without_a_model(report: tuple[str, Path]) -> None:
    page, folder = report
    assert "No model: Too few departures for a model" in page
    assert "Churn rate" in page
    assert {path.name for path in folder.iterdir()} == {"index.html", "segments.xlsx", "actions.csv", "summary.json"}


def test_unknown_amounts_are_shown_as_such(report: tuple[str, Path]) -> None:
    page, _ = report
    assert "What is at stake cannot be computed" in page
    assert "XXX" not in page
    assert "Revenue at risk<b>" not in page
    assert "Contact nobody" not in page
    assert "A scenario, not a gain" not in page
    assert "Predicted against observed" not in page
    assert "NPS<b>" not in page
