"""What changed between two runs, on customers few enough to count."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from workbench.metrics import share
from workbench.report.findings.changes import changes_between, changes_since
from workbench.report.findings.found import Found, history_of
from workbench.report.text_tables.change_tables import _definition, figure_changes
from workbench.report.text_tables.tables import records

FIRST, LATER = datetime(2024, 3, 1), datetime(2024, 4, 1)
IDS = list("abcdefgh")


def found(as_of: datetime, chances: list[float], lost: list[bool], **different: Any) -> Found:
    """Return what a run of eight customers found, half of whom live in each of two countries."""
    base = pd.DataFrame(
        {"customer_id": IDS, "as_of": as_of, "at_risk": True, "churn_probability": chances,
         "yearly_revenue": 100.0, "country_segment": ["NL"] * 4 + ["DE"] * 4}
    )  # fmt: skip
    base["revenue_at_risk"] = base["churn_probability"] * base["yearly_revenue"]
    known = {
        "run": "nightly", "as_of": as_of, "base": base, "started": {"inactive_days": 91, "as_of": str(as_of)},
        "metrics": {"churn_rate": share("churn rate", sum(lost), len(lost), "lost / at risk")},
        "outcomes": pd.DataFrame({"customer_id": IDS, "churned": lost}), "loaded": {"orders": 10}, "refused": 0,
        "panel": pd.DataFrame({"customer_id": IDS, "as_of": as_of, "n_orders": range(8), "constant": 1}),
    }  # fmt: skip
    return Found(**{**known, **different})


def test_a_change_is_judged_customer_by_customer_where_both_runs_know_them() -> None:
    lost_before, lost_now = [True, *[False] * 7], [True] * 8
    changes = changes_between(found(LATER, [0.5] * 8, lost_now), found(FIRST, [0.5] * 8, lost_before))
    (row,) = changes.figures.itertuples()
    assert (row.before, row.now, row.change, row.paired, row.clear) == (0.125, 1.0, 0.875, True, True)
    # seven customers changed by 1/8 and one by 0: the half-width is 1.96 x sqrt(8 x the variance of those eight)
    assert row.high - row.change == pytest.approx(1.96 * (8 * pd.Series([0] + [1 / 8] * 7).var()) ** 0.5, abs=1e-4)


def test_where_all_have_the_same_chance_no_customer_came_to_high_risk_and_no_segment_changed() -> None:
    coming = [{"metrics": {"expected_churn": share("expected churn", n, 8, "mean")}} for n in (2, 3)]
    before, now = (
        found(FIRST, [0.25] * 8, [False] * 8, **coming[0]),
        found(LATER, [0.375] * 8, [False] * 8, **coming[1]),
    )
    changes = changes_between(now, before)
    (row,) = changes.figures.itertuples()
    assert (row.clear, row.paired) == (False, False), "an interval without width would call it clear"
    assert (len(changes.segments), changes.risk) == (0, {})


def test_the_same_customers_doing_the_same_are_no_change_and_no_noise() -> None:
    run = found(FIRST, [0.2] * 8, [True] * 4 + [False] * 4)
    (row,) = changes_between(replace(run, as_of=LATER), run).figures.itertuples()
    assert (row.change, row.low, row.high, row.clear) == (0, 0, 0, False)


def test_a_figure_whose_customers_are_not_known_is_compared_as_an_independent_one() -> None:
    def nps_of(promoters: int) -> dict[str, Any]:
        return {"metrics": {"csat": share("CSAT", promoters, 100, "satisfied / answers")}}

    before, now = (found(FIRST, [0.2] * 8, [False] * 8, **nps_of(n)) for n in (50, 60))
    (row,) = changes_between(now, before).figures.itertuples()
    assert not row.paired
    assert row.low < 0 < row.high, "10 points more of 100 answers are within the noise"


def test_a_segment_that_moved_is_found_and_one_that_did_not_is_not() -> None:
    before = found(FIRST, [0.1, 0.12, 0.1, 0.12] + [0.1] * 4, [False] * 8)
    now = found(LATER, [0.6, 0.6, 0.6, 0.64, 0.1, 0.1, 0.1, 0.12], [False] * 8)
    moved = changes_between(now, before).segments.set_index("segment")
    assert moved["clear"].to_dict() == {"NL": True, "DE": False}
    assert moved.loc["NL", "change"] == pytest.approx(0.5)


def test_every_customer_at_high_risk_is_accounted_for() -> None:
    before = found(FIRST, [0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1], [False] * 8)
    now = found(LATER, [0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1], [False] * 8)
    now = replace(now, base=now.base[now.base["customer_id"] != "c"])
    moved = dict(changes_between(now, before).risk)
    assert moved.pop("threshold") == pytest.approx(2 * 0.4 / 1.4)
    assert moved == {"high_before": 3, "lower": 1, "no_longer_at_risk": 1, "entered": 1, "new_at_risk": 0, "high": 2}


def test_a_setting_a_definition_and_a_table_that_changed_are_named() -> None:
    before = found(FIRST, [0.2] * 8, [False] * 8)
    now = found(
        LATER, [0.2] * 8, [False] * 8, started={"inactive_days": 60, "as_of": "x"}, loaded={"orders": 12, "tickets": 3},
        metrics={"churn_rate": share("churn rate", 0, 8, "lost / all")},
    )  # fmt: skip
    changes = changes_between(now, before)
    assert changes.definitions.values.tolist() == [
        ["inactive_days", "91", "60"], ["definition of churn rate", "lost / at risk", "lost / all"],
    ]  # fmt: skip
    rows = changes.data.astype(object).where(changes.data.notna(), None).values.tolist()
    assert rows == [["orders", 10, 12], ["refused rows", 0, 0], ["tickets", None, 3]]


def test_settings_that_move_no_figure_are_not_named_and_of_a_file_only_that_it_differs() -> None:
    same = ([0.2] * 8, [False] * 8)
    before = found(
        FIRST, *same, started={"alerts": "", "alerts_sha256": None, "report_style": "", "reasons_sha256": None}
    )
    now = found(LATER, *same, started={"alerts": "a.yaml", "alerts_sha256": "12", "report_style": "b.yaml",
                                       "reasons_sha256": "e212a15e3a3e3425"})  # fmt: skip
    rows = records(changes_between(now, before).definitions)
    assert [_definition(row) for row in rows] == [("content of reasons", "none", "e212a15e")]


def test_a_feature_that_moved_is_named_and_a_constant_one_is_left_out() -> None:
    many = [str(i) for i in range(400)]
    panels = [pd.DataFrame({"customer_id": many, "n_orders": pd.Series(range(400)) + shift, "same": 1, "still": range(400)})
              for shift in (0, 100)]  # fmt: skip
    before, now = (replace(found(FIRST, [0.2] * 8, [False] * 8), panel=panel) for panel in panels)
    assert changes_between(now, before).drift[["feature", "drifted"]].values.tolist() == [
        ["n_orders", True], ["still", False],
    ]  # fmt: skip


def test_a_first_run_has_no_changes_and_a_history_of_one(tmp_path: Any) -> None:
    run = found(FIRST, [0.2] * 8, [True] * 2 + [False] * 6)
    assert changes_since(run, tmp_path / "before") is None
    assert history_of(run, tmp_path / "before") == [{"as_of": "2024-03-01", "at_risk": 8, "churn_rate": 0.25}]


def test_columns_that_came_went_or_changed_their_type_are_named() -> None:
    before = found(
        FIRST, [0.2] * 8, [False] * 8, columns={"orders": {"amount": "double", "plan": "string"}, "old": {"x": "y"}}
    )
    now = found(LATER, [0.2] * 8, [False] * 8, columns={"orders": {"amount": "string", "city": "string"}})
    assert changes_between(now, before).columns.values.tolist() == [
        ["orders", "amount", "double", "string"], ["orders", "city", None, "string"], ["orders", "plan", "string", None],
    ]  # fmt: skip


def test_a_change_of_an_amount_has_its_sign_as_every_change_has() -> None:
    row = {"name": "revenue at risk", "unit": "currency", "before": 740_000.0, "now": 815_000.0}
    row |= {"now_low": 430_000.0, "now_high": 1_540_000.0, "change": 75_000.0, "low": -4_000.0, "high": 136_000.0}
    shown = figure_changes(pd.DataFrame([row | {"clear": False}]), "EUR")
    assert shown["Change (95 %)"].tolist() == ["+€75,000 (−€4,000 to +€136,000)"]
