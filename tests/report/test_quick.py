"""A table with one row per customer and a given label, and no dates."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import ROOT
from workbench.errors import DataError, SourceError, UserError
from workbench.report.html_page.quick_report import CANNOT_KNOW, Quick, render_quick

TELCO = ROOT.parent / "shared" / "data" / "ibm_telco" / "WA_Fn-UseC_-Telco-Customer-Churn.csv"


def table(n: int = 300, seed: int = 0) -> pd.DataFrame:
    """Customers of whom those on a monthly plan, and those with many calls, left more often."""
    rng = np.random.default_rng(seed)
    plan, calls = rng.choice(["monthly", "yearly"], n), rng.integers(0, 9, n)
    left = rng.random(n) < np.where(plan == "monthly", 0.1, 0.02) * (1 + calls)
    return pd.DataFrame(
        {
            "id": [f"k{i}" for i in range(n)],
            "row": np.arange(n),
            "country": "NL",
            "comment": [f"said {i}" for i in range(n)],
            "plan": plan,
            "calls": calls.astype(str),
            "spent": [f"{1000 + i},50" for i in rng.permutation(n)],
            "Churn": np.where(left, "Yes", "No"),
        }
    )


@pytest.fixture(scope="module")
def found() -> Quick:
    return wb.quick(table(), label="Churn", id="id")


def test_the_first_line_says_what_a_label_without_dates_cannot_show(found: Quick) -> None:
    assert found.summary[0] == CANNOT_KNOW
    first = re.search("<p[^>]*>(.*?)</p>", render_quick(found))
    assert first is not None
    assert first[1] == CANNOT_KNOW


def test_the_page_looks_as_the_report_does_in_the_dark_too_and_writes_an_interval_as_it_does(found: Quick) -> None:
    page = render_quick(found)
    assert "prefers-color-scheme: dark" in page
    assert re.search(r"\d\xa0%\*? \(\d+\.\d to \d+\.\d\xa0%\)", page)


def test_every_customer_gets_a_score_that_is_calibrated_and_ranks(found: Quick) -> None:
    scores = found.scores
    assert scores["id"].tolist() == table()["id"].tolist()
    assert scores["score"].mean() == pytest.approx(scores["left"].mean(), abs=0.02)
    assert found.verdict.auc.low > 0.6


def test_drivers_and_segments_are_those_that_were_planted(found: Quick) -> None:
    assert set(found.drivers["family"][:2]) == {"plan", "calls"}
    plans = found.segments[found.segments["segmentation"] == "plan"].set_index("segment")
    assert plans["differs"].all()
    assert plans.loc["monthly", "churn"] > plans.loc["yearly", "churn"]
    assert plans["n"].sum() == 300


def test_numbers_are_compared_in_quarters_in_their_order(found: Quick) -> None:
    spent = found.segments[found.segments["segmentation"] == "spent"]
    assert spent["segment"].tolist() == [
        "1000.5 to 1074.5", "1075.5 to 1149.5", "1150.5 to 1224.5", "1225.5 to 1299.5",
    ]  # fmt: skip


def test_what_explains_nothing_is_named_with_the_reason(found: Quick) -> None:
    assert set(found.unused) == {"row", "country", "comment"}
    assert "same in every row" in found.unused["country"]


@pytest.mark.parametrize(
    "values",
    [("1", "0"), ("true", "false"), ("Churned", "Stayed"), ("Attrited Customer", "Existing Customer"), ("1", "-1"),
     ("1.0", "0.0"), ("Churn", "No Churn"), ("exited", "not-exited"), ("Gekündigt", "Aktiv"), ("Sí", "No"),
     ("بله", "خیر"), ("да", "нет"), ("Baja", "Activo")],
)  # fmt: skip
def test_labels_are_read_in_any_of_their_usual_forms(values: tuple[str, str]) -> None:
    rows = table(60).assign(Churn=np.where(np.arange(60) < 15, *values))
    assert wb.quick(rows, label="Churn", id="id").scores["left"].sum() == 15


def test_columns_that_say_nothing_give_the_base_rate_and_no_drivers() -> None:
    rows = pd.DataFrame({"id": range(400), "noise": np.random.default_rng(4).random(400), "Churn": [1, 0, 0, 0] * 100})
    none = wb.quick(rows, label="Churn", id="id")
    assert (set(none.scores["score"]), set(none.scores["why"]), len(none.drivers)) == ({0.25}, {""}, 0)
    assert none.summary[2].startswith(
        "No scores beyond the base rate: the columns find those who left no better than chance could (AUC 0."
    )
    assert "no better than chance" in render_quick(none)
    assert repr(none) == "\n".join(none.summary)


def test_headings_and_values_are_read_in_the_encoding_in_which_the_file_was_saved(tmp_path: Path) -> None:
    rows = table(60).assign(Kündigung=["Ja", "Nein", "Nein"] * 20).drop(columns="Churn")
    rows.to_csv(tmp_path / "kunden.csv", sep=";", index=False, encoding="windows-1252")
    found = wb.quick(tmp_path / "kunden.csv", label="Kündigung", id="id")
    assert (found.scores["left"].sum(), found.words) == (20, {"left": ["Ja"], "stayed": ["Nein"]})


def test_rows_without_a_label_are_set_aside_and_counted_and_few_leavers_get_the_base_rate() -> None:
    rows = table(60).assign(Churn=["Yes"] * 10 + [""] * 20 + ["No"] * 30)
    few = wb.quick(rows, label="Churn", id="id")
    assert (few.without_label, len(few.scores), set(few.scores["score"])) == (20, 40, {0.25})
    assert "20 are needed" in few.summary[2]
    assert "Highest scores" not in render_quick(few)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda t: t.rename(columns={"Churn": "Churned"}), "no column 'Churn'; did you mean Churned?"),
        (lambda t: t.assign(Churn=["maybe", *t["Churn"][1:]]), "'maybe' (1 rows)"),
        (lambda t: t.assign(Churn="No"), "all 300 customers stayed"),
        (lambda t: t.assign(Churn=""), "is empty in every row"),
        (lambda t: t.assign(id="same"), "stand more than once, the first 'same'"),
        (lambda t: t.assign(closed=t["Churn"].map({"Yes": 3, "No": 0})), "leave them out: --leave-out closed"),
    ],
)
def test_a_mistake_is_named_with_its_column_and_values(
    change: Callable[[pd.DataFrame], pd.DataFrame], problem: str
) -> None:
    with pytest.raises(DataError, match=re.escape(problem)):
        wb.quick(change(table()), label="Churn", id="id")


def test_a_title_that_says_who_stayed_is_not_read_the_wrong_way_round() -> None:
    with pytest.raises(DataError, match="seems to say who stayed"):
        wb.quick(table().rename(columns={"Churn": "Is active"}), label="Is active", id="id")


def test_a_column_that_may_know_the_answer_is_named_and_one_left_out_is_not_used() -> None:
    rows = table()
    rng = np.random.default_rng(1)
    hint = np.where(rng.random(300) < 0.8, rows["Churn"] == "Yes", rng.random(300) < 0.5).astype(int)
    doubted = wb.quick(rows.assign(hint=hint), label="Churn", id="id")
    assert set(doubted.suspects) == {"hint"}
    assert "hint (AUC 0.9" in doubted.summary[-1]
    assert "hint" in wb.quick(rows.assign(hint=hint), label="Churn", id="id", leave_out=["hint"]).unused


def test_a_missing_file_is_reported_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "telco.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match=r"no such file; did you mean telco\.csv\?"):
        wb.quick(tmp_path / "telko.csv", label="b")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UserError, match="empty"):
        wb.quick(tmp_path / "empty.csv", label="b")


def test_a_folder_gets_a_page_that_opens_offline_the_scores_and_the_figures(tmp_path: Path) -> None:
    rows = table().assign(plan=lambda t: t["plan"].replace("monthly", "<script>alert(1)</script>"))
    rows.to_csv(tmp_path / "given.csv", index=False)
    page = wb.write_quick(wb.quick(tmp_path / "given.csv", label="Churn", id="id"), tmp_path / "out")
    text = page.read_text()
    assert all(loading not in text for loading in ("<script", 'src="http', 'href="http', "@import"))
    assert len(pd.read_csv(tmp_path / "out" / "scores.csv")) == 300
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["cannot_know"], summary["customers"]) == (CANNOT_KNOW, 300)


@pytest.mark.slow
@pytest.mark.skipif(not TELCO.is_file(), reason="the shared data are not here")
def test_the_telco_sample_is_ranked_as_well_as_is_known_to_be_possible() -> None:
    telco = wb.quick(TELCO, label="Churn", id="customerID")
    assert telco.verdict.auc.value >= 0.84
    assert telco.drivers["family"].iloc[0] in ("Contract", "tenure")
