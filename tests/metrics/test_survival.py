from datetime import datetime
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.metrics.incidence import STAYED, cumulative_incidence
from workbench.metrics.survival import follow_lives, logrank, observation_begins, survival_curves, survival_summary
from workbench.report import charts

KINDS = ["active", "financial", "passive"]


def followed(*rows: tuple[int, int, str | None]) -> pd.DataFrame:
    """Type lives by hand: entry, exit, kind (None: still a customer)."""
    lives = pd.DataFrame(rows, columns=["entry", "exit", "kind"])
    return lives.assign(customer_id=[f"c{i}" for i in range(len(lives))])


def at(curve: pd.DataFrame, day: int) -> float:
    return float(curve.loc[curve["day"] <= day, "survival"].iloc[-1])


def subscribers(*rows: tuple[str, str, str | None], **tables: pd.DataFrame) -> Crm:
    """Type subscriptions by hand: customer, start, end."""
    subscriptions = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    subscriptions["subscription_id"] = [f"s{i}" for i in range(len(subscriptions))]
    return wb.load_tables({"subscriptions": subscriptions.assign(kind="paid"), **tables})


def some_lives() -> st.SearchStrategy[pd.DataFrame]:
    life = st.tuples(st.integers(0, 20), st.integers(0, 30), st.sampled_from([None, *KINDS]))
    return st.lists(life, min_size=1, max_size=30).map(lambda rows: followed(*((a, a + b, k) for a, b, k in rows)))


def test_who_enters_late_is_at_risk_from_the_entry_only() -> None:
    lives = followed((0, 2, "active"), (0, 6, None), (3, 5, "active"))
    assert at(survival_curves(lives), 2) == pytest.approx(1 / 2)
    assert at(survival_curves(lives), 5) == pytest.approx(1 / 2 * 1 / 2)
    assert at(survival_curves(lives.assign(entry=0)), 2) == pytest.approx(2 / 3)


@given(some_lives())
def test_the_kinds_and_those_still_customers_add_up_to_one_on_every_day(lives: pd.DataFrame) -> None:
    shares = cumulative_incidence(lives)
    assert np.allclose(shares.groupby("day")["share"].sum(), 1)
    assert (shares["low"] <= shares["share"]).all()
    assert (shares["share"] <= shares["high"]).all()


@given(some_lives())
def test_still_customers_by_kinds_is_the_survival_curve(lives: pd.DataFrame) -> None:
    shares = cumulative_incidence(lives)
    stayed = shares[shares["kind"] == STAYED].set_index("day")["share"]
    curve = survival_curves(lives).set_index("day")["survival"]
    assert np.allclose(stayed[curve.index], curve)


@pytest.mark.parametrize("late", [False, True])
def test_incidence_agrees_with_lifelines_where_no_two_things_happen_on_one_day(late: bool) -> None:
    from lifelines import AalenJohansenFitter

    rng = np.random.default_rng(1)
    last, entered = 2 * rng.permutation(200) + 2, 2 * rng.permutation(200) + 1
    entry = np.where(late & (entered < last), entered, 0)
    lives = followed(*((int(a), int(b), [None, *KINDS][rng.integers(4)]) for a, b in zip(entry, last, strict=True)))
    shares = cumulative_incidence(lives)
    observed = lives["kind"].map({kind: i for i, kind in enumerate(KINDS, start=1)}).fillna(0).astype(int)
    for number, kind in enumerate(KINDS, start=1):
        theirs = AalenJohansenFitter(calculate_variance=False)
        theirs.fit(lives["exit"], observed, event_of_interest=number, entry=lives["entry"])
        expected = theirs.cumulative_density_.iloc[:, 0]
        ours = shares[shares["kind"] == kind].set_index("day")["share"]
        assert np.allclose(ours[expected.index.astype(int)], expected)


@pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")
def test_the_logrank_test_agrees_with_lifelines_where_nobody_enters_late() -> None:
    from lifelines.statistics import logrank_test

    rng = np.random.default_rng(2)
    lives = followed(*((0, int(d), "active" if d % 3 else None) for d in rng.integers(0, 40, 120)))
    lives.loc[:59, "exit"] += rng.integers(0, 15, 60)
    chosen = lives.index < 60
    left = lives["kind"].notna()
    theirs = logrank_test(lives["exit"][chosen], lives["exit"][~chosen], left[chosen], left[~chosen])
    assert logrank(lives, pd.Series(chosen)) == pytest.approx(theirs.p_value)


def test_segments_are_tested_against_the_rest_with_adjusted_p_values() -> None:
    short = followed(*((0, d, "active") for d in range(1, 31)))
    long = followed(*((0, d + 20, "active" if d % 2 else None) for d in range(1, 61)))
    lives = pd.concat([short, long.assign(customer_id="l" + long["customer_id"])], ignore_index=True)
    halves = ["short"] * 30 + ["a", "b"] * 30
    summary = survival_summary(lives, lives[["customer_id"]].assign(segment=halves)).set_index("segment")
    assert summary.loc["short", "p_adjusted"] < 0.001
    assert summary.loc["b", "p_adjusted"] == pytest.approx(summary.loc["b", "p"] * 3 / 2)
    assert summary.loc["short", "median"] == "half have left by day 15"


def test_a_median_that_is_not_reached_is_said_so() -> None:
    summary = survival_summary(followed((0, 10, "active"), (0, 20, None), (0, 30, None), (0, 30, None))).iloc[0]
    assert np.isnan(summary["median_days"])
    assert summary["median"] == "not reached: 75% are still customers on day 30, where the data end"


def test_a_curve_ends_where_all_at_risk_has_left_before_others_enter() -> None:
    lives = followed((0, 3, "active"), (10, 20, "active"), (10, 30, None))
    assert survival_curves(lives)["survival"].tolist() == [1.0]
    assert cumulative_incidence(lives)["day"].max() == 2


def test_old_starts_of_subscriptions_do_not_say_when_observation_began() -> None:
    events = pd.DataFrame({"customer_id": ["ann"], "occurred_at": ["2024-03-01"]})
    rows = [("ann", "2015-01-01", None), ("bob", "2024-05-01", "2024-09-01")]
    assert observation_begins(subscribers(*rows, events=events)) == datetime(2024, 3, 1)
    assert observation_begins(subscribers(*rows)) == datetime(2024, 9, 1)


def test_lives_are_followed_from_entry_to_the_last_whole_settled_day() -> None:
    customers = pd.DataFrame({"customer_id": ["old", "signed"], "signed_up_at": ["2023-12-02", "2023-12-22"]})
    crm = subscribers(
        ("old", "2023-12-02", "2024-01-11"), ("signed", "2024-01-01", None), ("new", "2024-02-01", "2024-03-25"),
        ("gone", "2023-01-01", "2023-12-01"), ("fresh", "2024-03-31", None),
        customers=customers,
    )  # fmt: skip
    lives = wb.lives(crm, grace_days=0)
    followed_lives = follow_lives(crm, lives, observed_from=datetime(2024, 1, 1), settle_days=10).set_index(
        "customer_id"
    )
    assert followed_lives.loc["old", ["entry", "exit", "kind"]].tolist() == [30, 40, "passive"]
    # Signed up ten days before observation began; the data end on 31 March, their last settled day is the 21st.
    assert followed_lives.loc["signed", ["entry", "exit"]].tolist() == [10, 90]
    assert followed_lives.loc["new", ["entry", "exit"]].tolist() == [0, 49]
    assert followed_lives.loc[["signed", "new"], "kind"].isna().all()
    assert {"gone", "fresh"}.isdisjoint(followed_lives.index)


def test_by_default_lives_are_followed_as_far_as_the_rules_they_were_made_by_settle_them() -> None:
    rows = [(f"c{i}", "2023-01-01", None if i else "2024-03-20") for i in range(5)]
    crm = subscribers(*rows, ("last", "2024-04-01", None))
    lives = wb.lives(crm, grace_days=30, recovery_days=30).cache()
    followed_lives = follow_lives(crm, lives, observed_from="2023-01-01")
    pd.testing.assert_frame_equal(followed_lives, follow_lives(crm, lives, observed_from="2023-01-01", settle_days=30))
    assert followed_lives["exit"].max() == (pd.Timestamp("2024-03-02") - pd.Timestamp("2023-01-01")).days


def test_delayed_entry_finds_the_simulated_truth_and_leaving_it_out_does_not(
    demo: Crm, demo_lives: ir.Table, demo_folder: Path
) -> None:
    hidden = pd.read_parquet(demo_folder / "truth.parquet")
    truth = hidden[~hidden["excluded"] & (hidden["life"] == 1) & (hidden["started_at"] > observation_begins(demo))]
    # Until then each life's first 300 days are in the truth, which reaches three months beyond the data.
    truth = truth[truth["started_at"] < demo.facts.known_until - pd.Timedelta(days=210)]
    left = ~truth["back_within_grace"].eq(True) & ((truth["left_at"] - truth["started_at"]).dt.days <= 300)
    lives = follow_lives(demo, demo_lives, settle_days=30)
    curve, biased = survival_curves(lives), survival_curves(lives.assign(entry=0))
    there = curve[curve["day"] <= 300].iloc[-1]
    assert there["low"] < 1 - left.mean() < there["high"]
    assert at(biased, 300) > there["high"] + 0.02


def test_a_customer_with_two_segments_is_refused() -> None:
    twice = pd.DataFrame({"customer_id": ["c0", "c0"], "segment": ["a", "b"]})
    with pytest.raises(DataError, match="customer_id 'c0' stands there more than once"):
        survival_curves(followed((0, 1, None)), twice)


def test_charts_show_each_curve_and_how_many_are_at_risk() -> None:
    lives = followed(*((0, d, "active" if d % 2 else "passive") for d in range(1, 101)))
    halves = lives[["customer_id"]].assign(segment=["a", "b"] * 50)
    (ax,) = charts.draw(charts.survival_curves, survival_curves(lives, halves)).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert [text.get_text() for text in ax.texts][:1] == ["50"]
    (ax,) = charts.draw(charts.incidence, cumulative_incidence(lives)).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["active", "passive"]


def test_more_curves_than_can_be_distinguished_are_refused() -> None:
    lives = followed(*((0, d, "active") for d in range(1, 13)))
    six = lives[["customer_id"]].assign(segment=[str(i % 6) for i in range(12)])
    with pytest.raises(SettingError, match="6 curves cannot be distinguished in one chart; draw at most 5"):
        charts.draw(charts.survival_curves, survival_curves(lives, six))
