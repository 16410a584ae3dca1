"""The health score: points anybody can add up, warnings, and mistakes in the file."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import workbench as wb
from workbench.actions import customer_profile
from workbench.actions.health import (
    STARTERS,
    HealthScore,
    fitting,
    health,
    health_between,
    health_from,
    health_report,
    health_snapshots,
    health_warnings,
    read_health,
)
from workbench.actions.old_lists import health_list
from workbench.errors import SettingError
from workbench.features import FEATURES, all_but

FILE = """
start: 50
warn: {below: 30, fall: 20, within_days: 100}
points:
  - {when: n_uses >= 8, points: 30, meaning: uses it often}
  - {when: n_uses < 2, points: -15, meaning: hardly uses it}
  - {when: n_failed > 0, points: -20, meaning: a charge failed}
"""
THEN, NOW = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-04-01")


def panel() -> pd.DataFrame:
    rows = [
        ("ann", THEN, 9, 0), ("bob", THEN, 9, 0), ("cid", THEN, 5, 0),
        ("ann", NOW, 9, 0), ("bob", NOW, 5, 0), ("cid", NOW, 1, 1), ("dee", NOW, 1, None),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["customer_id", "as_of", "n_uses", "n_failed"])


def score_of(tmp_path: Path, text: str = FILE) -> HealthScore:
    path = tmp_path / "health.yaml"
    path.write_text(text)
    return read_health(path)


def test_points_add_up_by_hand_and_what_is_not_known_costs_nothing(tmp_path: Path) -> None:
    found = health(score_of(tmp_path), panel())
    assert found["health"].tolist() == [80, 80, 50, 80, 50, 15, 35]
    assert found["health_why"].tolist()[-2:] == ["a charge failed (-20); hardly uses it (-15)", "hardly uses it (-15)"]


def test_a_score_written_down_is_read_back_as_it_was(tmp_path: Path) -> None:
    score = score_of(tmp_path)
    again = health_from(json.loads(json.dumps(score.as_file())), where="health_points.json")
    assert repr(again) == repr(score)
    assert health(again, panel()).equals(health(score, panel()))


def test_a_profile_shows_the_health_score_of_its_run(tmp_path: Path) -> None:
    (tmp_path / "health_points.json").write_text(json.dumps(score_of(tmp_path).as_file()))
    rows = panel().query("customer_id == 'ann'")
    run = SimpleNamespace(
        derived=tmp_path,
        read=lambda *_, **__: rows,
        read_json=lambda name: json.loads((tmp_path / f"{name}.json").read_text()),
    )
    assert customer_profile._health(run, "ann")["health"].tolist() == [80, 80]


def test_a_low_score_and_a_fall_warn(tmp_path: Path) -> None:
    score = score_of(tmp_path)
    warned = health_warnings(score, health(score, panel()), NOW).set_index("customer_id")
    assert warned["health_warning"].to_dict() == {
        "bob": "fell by 20 or more",
        "cid": "under 30 and fell by 20 or more",
    }
    assert warned["health_fall"].to_dict() == {"bob": 30, "cid": 35}


def test_a_fall_longer_ago_than_the_file_says_does_not_warn(tmp_path: Path) -> None:
    score = score_of(tmp_path, FILE.replace("within_days: 100", "within_days: 30"))
    assert health_warnings(score, health(score, panel()), NOW)["customer_id"].tolist() == ["cid"]


def test_a_fall_is_measured_from_the_best_score_of_its_time(tmp_path: Path) -> None:
    scored = pd.DataFrame({"customer_id": "ann", "as_of": [NOW - pd.Timedelta(days=d) for d in (90, 30, 0)]})
    warned = health_warnings(score_of(tmp_path), scored.assign(health=[40, 70, 45]), NOW)
    assert warned["health_fall"].tolist() == [25]


def test_the_score_stays_between_0_and_100(tmp_path: Path) -> None:
    best = score_of(tmp_path, FILE.replace("start: 50", "start: 95"))
    worst = score_of(tmp_path, FILE.replace("start: 50", "start: 0"))
    assert health(best, panel())["health"].max() == 100
    assert health(worst, panel())["health"].min() == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("points: 30, ", "points, line 1: points: missing"),
        ("start: 50", "start: missing"),
        ("n_uses >= 8", "points, line 1: .*is not a condition"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(tmp_path: Path, wrong: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        score_of(tmp_path, FILE.replace(wrong, "n_uses >=" if wrong.startswith("n_") else ""))


def test_an_unknown_behaviour_names_the_closest(tmp_path: Path) -> None:
    score = score_of(tmp_path, FILE.replace("n_uses >= 8", "n_usess >= 8"))
    with pytest.raises(SettingError, match=r"points, line 1: unknown column 'n_usess'; did you mean n_uses\?"):
        health(score, panel())


@pytest.mark.parametrize("starter", STARTERS.values(), ids=STARTERS.keys())
def test_the_starters_name_features_that_there_are_and_leave_out_what_a_source_does_not_record(starter: Path) -> None:
    score = read_health(starter)
    assert {c for b in score.behaviours for c in b.condition.columns} <= set(FEATURES)
    left, missing = fitting(score, pd.DataFrame(columns=["days_since_order", "days_since_event"]))
    assert len(left.behaviours) + len(missing) == len(score.behaviours)
    assert all(len(b.condition.columns) == 1 and "days_since" in b.condition.columns[0] for b in left.behaviours)
    assert len(left.behaviours) == 2


def test_the_report_says_how_accurate_the_score_was_and_lists_the_largest_margins_first(tmp_path: Path) -> None:
    labels = pd.DataFrame({"customer_id": ["ann", "bob", "cid"], "as_of": THEN, "churned": [False, False, True]})
    found = health_report(score_of(tmp_path), panel(), pd.Series(["ann", "bob", "cid"]), labels, starter="orders")
    assert (found.auc, found.tested, len(found.now)) == (1.0, 3, 3)
    assert "2 of 3 customers at risk have a warning" in found.sentence
    assert "The last score before" not in found.sentence
    short = score_of(tmp_path, FILE.replace("within_days: 100", "within_days: 60"))
    said = health_report(short, panel(), pd.Series(["ann", "bob", "cid"]), labels, starter="orders").sentence
    assert "The last score before is 91 days old: a fall is seen only with within_days of 91 or more." in said
    base = pd.DataFrame(
        {"customer_id": ["ann", "bob", "cid"], "margin_if_retained": [5.0, 90.0, 40.0], "churn_probability": 0.2}
    )
    with pytest.warns(DeprecationWarning, match="health_list goes with the next release: make_lists"):
        listed = health_list(base, found.warnings)
    assert listed["customer_id"].tolist() == ["bob", "cid"]
    assert listed["why"].tolist() == [
        "health 50, fell by 20 or more",
        "health 15, under 30 and fell by 20 or more: a charge failed (-20); hardly uses it (-15)",
    ]


def test_a_feature_this_source_does_not_record_is_left_out_and_a_misspelt_one_refused(tmp_path: Path) -> None:
    score = score_of(tmp_path, FILE.replace("n_failed > 0", "n_complaints_90d > 0"))
    left, missing = fitting(score, panel())
    assert missing == ("a charge failed",)
    assert len(left.behaviours) == 2


def test_only_snapshots_that_the_score_looks_at_are_needed() -> None:
    days = ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01", "2024-12-01"]
    snapshots = pd.Series(pd.to_datetime([*days, *days]))
    needed = health_snapshots(None, snapshots, pd.Timestamp("2024-04-01"), starter="orders")
    assert [f"{t:%Y-%m-%d}" for t in needed] == ["2024-04-01", "2024-10-01", "2024-12-01"]


def test_a_fall_since_the_last_snapshot_warns_also_of_who_was_no_customer_then(tmp_path: Path) -> None:
    """ann bought every day from 100 to 40 days ago; the last snapshot before today's is 121 days old."""
    text = FILE.replace("n_uses >= 8", "days_since_order <= 7").replace("n_uses < 2", "days_since_order > 30")
    score = score_of(tmp_path, text.replace("n_failed > 0", "n_failed_charges_30d > 0"))
    days = [
        *pd.date_range(NOW - pd.Timedelta(days=100), NOW - pd.Timedelta(days=40)),
        NOW,
        NOW - pd.Timedelta(days=300),
    ]
    orders = pd.DataFrame(
        {"order_id": range(63), "customer_id": ["ann"] * 61 + ["bob"] * 2, "ordered_at": days, "amount": 1}
    )
    crm = wb.load_tables({"orders": orders})
    panel = wb.build_features(crm, NOW, leave_out=all_but("days_since_order")).to_pandas()
    snapshots = [t.to_pydatetime() for t in panel["as_of"].unique()]
    between = health_between(score, crm, [*panel], snapshots, starter="orders")
    assert between.query("customer_id == 'ann'")["days_since_order"].tolist() == [1.0]
    labels = pd.DataFrame({"customer_id": ["bob"], "as_of": [NOW - pd.Timedelta(days=121)], "churned": [False]})
    ids = pd.Series(["ann", "bob"])
    found = health_report(score, panel, ids, labels, starter="orders", between=between)
    assert found.warnings[["customer_id", "health_before", "health"]].to_numpy().tolist() == [["ann", 80.0, 35]]
    assert "The last score before" not in found.sentence
    assert health_report(score, panel, ids, labels, starter="orders").warnings.empty
