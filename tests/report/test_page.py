"""The page of a company too small for a model, whose source has no amounts: what is unknown is neither zero nor advice."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.features import build_categories, dictionary, read_words
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
    categories = build_categories(crm, [*snapshots, AS_OF]).to_pandas()
    tables = {"categories": categories, "labels": labels, "states": states, "features": panel, "scores": scores, "evaluation": evaluation,
              "rules": rules}  # fmt: skip
    return Stages(folder, tables)


def test_too_few_leavers_end_in_a_report_without_a_model(report: tuple[str, Path]) -> None:
    page, folder = report
    assert "No model: Too few departures for a model" in page
    assert "No model: Too few departures for a model" in page
    assert "customers active on" in page
    assert {path.name for path in folder.iterdir()} == {"index.html", "segments.xlsx", "actions.csv", "summary.json"}


def test_unknown_amounts_are_shown_as_such(report: tuple[str, Path]) -> None:
    page, _ = report
    assert "What is at stake cannot be computed" in page
    assert "XXX" not in page
    assert "Revenue at risk</span>" not in page
    assert "Contact nobody" not in page
    assert "A scenario, not a gain" not in page
    assert "Predicted against observed" not in page
    assert "NPS</span>" not in page


def test_no_single_customer_stands_on_the_page(report: tuple[str, Path]) -> None:
    page, folder = report
    customers = pd.read_parquet(folder.parent / "made" / "customers.parquet")["customer_id"]
    assert not [customer for customer in customers if re.search(rf"\b{re.escape(str(customer))}\b", page)]


def test_a_question_that_the_source_cannot_answer_is_left_out_with_its_reason(report: tuple[str, Path]) -> None:
    page, _ = report
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "How many customers leave, and how?", "Do new customers stay?", "Why do they leave?",
        "Which customers leave most?", "What is a customer worth, and where does keeping pay?", "What to expect of the next period?", "Whom to contact first?",
        "How sure are we?", "How is each figure defined?",
    ]  # fmt: skip
    for question, reason in {
        "Is recurring revenue growing?": "no MRR is known",
        "What do customers say, and how long do they wait?": "neither answered surveys nor tickets",
        "What did past campaigns bring?": "no campaign is recorded",
        "What would other assumptions change?": "no model says who is at risk",
    }.items():
        assert re.search(rf"<dd>{re.escape(question)} Left out: [^<]*{reason}", page), question


def test_one_churn_stands_on_the_card_in_the_sentence_and_in_the_table(report: tuple[str, Path]) -> None:
    page, folder = report
    churn = json.loads((folder / "summary.json").read_text())["metrics"]["churn_rate"]
    counted = f"{churn['count']:,.0f} of {churn['of']:,.0f} active customers left"
    assert page.count(counted) == 2
    whole = re.search(r'<tr class="all">(.*?)</tr>', page)
    assert whole is not None
    assert f"{churn['count']:,.0f} of {churn['of']:,.0f}" in whole[1]


def test_every_chart_has_a_name_and_its_table_and_the_page_fetches_nothing(report: tuple[str, Path]) -> None:
    page, _ = report
    charts = re.findall(r'<figure><div role="img" aria-label="([^"]+)">', page)
    assert len(charts) >= 2
    assert page.count("<summary>Show the table") >= len(charts) - 1  # that of the segments stands under its own chart
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
