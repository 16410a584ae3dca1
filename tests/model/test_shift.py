"""When the future differs: what is noticed, and what becomes of the probabilities."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.features import FEATURES
from workbench.model import shift
from workbench.model.learned import from_plain, learned_from
from workbench.stats import psi, psi_counts

TICKETS = "n_tickets_30d"


def panel(n: int, tickets: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {
        TICKETS: rng.poisson(tickets, n),
        "n_orders_30d": rng.poisson(3, n),
        "tenure_days": rng.uniform(0, 99, n),
    }
    return pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], **columns}).astype({TICKETS: float})


BEFORE = panel(800, 1.0, 0)
LEARNED = learned_from(BEFORE, [TICKETS, "n_orders_30d", "tenure_days"], FEATURES, lost_share=0.07)


def moved(now: pd.DataFrame) -> pd.DataFrame:
    contributions = pd.DataFrame({TICKETS: [0.5], "n_orders_30d": [0.4], "tenure_days": [0.3]})
    return shift.moved_features(LEARNED, now, contributions, FEATURES)


def test_a_feature_whose_level_rose_several_times_is_named_and_others_are_not() -> None:
    found = moved(panel(800, 5.6, 1))
    assert found["feature"].tolist() == [TICKETS]
    assert found.loc[0, "now"] / found.loc[0, "before"] == pytest.approx(5.6, rel=0.1)


def test_what_chance_moves_is_not_named_however_few_the_customers() -> None:
    for n in (15, 60, 800):
        assert [len(moved(panel(n, 1.0, seed))) for seed in range(2, 22)] == [0] * 20


def test_what_counts_everything_so_far_grows_and_is_not_judged() -> None:
    older = panel(800, 1.0, 1).assign(tenure_days=lambda d: d["tenure_days"] + 200)
    assert moved(older).empty


def test_a_level_that_chance_explains_raises_no_warning_and_one_off_by_half_does() -> None:
    rng = np.random.default_rng(0)
    risk = rng.uniform(0.02, 0.2, 2000)
    outcome = (rng.random(2000) < risk).astype(float)
    assert not shift.expected_against_observed(outcome, risk)["off"]
    assert shift.expected_against_observed(outcome, risk * 2)["off"]
    assert not shift.expected_against_observed(outcome[:20], risk[:20] * 2)["off"], "20 customers show nothing"


@pytest.mark.parametrize(("observed", "off"), [(640, True), (600, False), (410, False), (390, True)])
def test_a_level_that_is_surely_but_less_than_a_quarter_off_raises_no_warning(observed: int, off: bool) -> None:
    outcome = (np.arange(1000) < observed).astype(float)
    found = shift.expected_against_observed(outcome, np.full(1000, 0.5))
    assert (found["expected"], abs(found["deviation"]) > shift.SURE, found["off"]) == (500, True, off)


def test_probabilities_are_brought_to_the_share_last_observed_only_where_features_moved_and_the_level_is_far() -> None:
    given, found, none = pd.Series([0.1, 0.3, np.nan]), moved(panel(800, 5.6, 1)), moved(panel(800, 1.0, 1))
    assert shift.level_to_keep(given, 0.07, found) == 0.07
    assert shift.level_to_keep(given, 0.19, found) is None
    assert shift.level_to_keep(given, 0.07, none) is None


def test_damped_probabilities_keep_the_order_and_the_shares_of_the_kinds() -> None:
    scores = pd.DataFrame({"churn_probability": [0.1, 0.3, 0.2, np.nan], "return_probability": [np.nan] * 3 + [0.4]})
    scores = scores.assign(
        active_probability=scores["churn_probability"] * 0.75, passive_probability=[0.025, 0.075, 0.05, np.nan]
    )
    found = shift.damped(scores, 0.07)
    known = found.dropna(subset="churn_probability")
    assert known["churn_probability"].mean() == pytest.approx(0.07)
    assert known["churn_probability"].rank().tolist() == [1, 3, 2]
    both = known["active_probability"] + known["passive_probability"]
    assert both.to_numpy() == pytest.approx(known["churn_probability"].to_numpy())
    assert found["return_probability"].iloc[3] == 0.4
    assert found["undamped_probability"].equals(scores["churn_probability"])


def test_each_doubt_is_a_sentence_with_its_figures() -> None:
    level = {"customers": 200, "expected": 35.0, "observed": 14.0, "deviation": -4.0, "off": True}
    said = shift.warnings(level, moved(panel(800, 5.6, 1)), 0.07, "Untested across seasons.", test_as_of="2024-05-01")
    assert [each["kind"] for each in said] == ["level", "shift", "damped", "seasons"]
    assert "7.0 % against 17.5 %" in said[0]["sentence"]
    assert shift.warnings({**level, "off": False}, moved(panel(800, 1.0, 1)), None, "Fine.", test_as_of="") == []


def test_features_that_look_like_the_answer_are_the_first_doubt() -> None:
    level = {"customers": 200, "expected": 14.0, "observed": 14.0, "deviation": 0.0, "off": False}
    none = moved(panel(800, 1.0, 1))
    (said,) = shift.warnings(level, none, None, "Fine.", test_as_of="2024-05-01", suspects=["events of my list"])
    assert said["kind"] == "suspects" and "almost too well who leaves: events of my list." in said["sentence"]


def test_what_is_kept_of_the_rows_gives_the_index_of_the_rows_themselves() -> None:
    now = panel(300, 5.6, 1)
    now.loc[:9, TICKETS] = np.nan
    (row,) = moved(now).itertuples()
    assert row.psi == pytest.approx(psi(psi_counts(BEFORE[TICKETS], now[TICKETS])))
    assert from_plain(json.loads(json.dumps(LEARNED.as_dict()))) == LEARNED


def test_a_window_longer_than_the_history_was_is_reported_as_unknown_not_by_means_that_hardly_differ() -> None:
    before = BEFORE.assign(n_tickets_30d=BEFORE[TICKETS].where(BEFORE.index >= 480))
    learned = learned_from(before, [TICKETS], FEATURES, lost_share=0.07)
    found = shift.moved_features(learned, panel(800, 1.0, 1), pd.DataFrame({TICKETS: [0.5]}), FEATURES)
    level = {"off": False}
    (doubt,) = shift.warnings(level, found, None, "Fine.", test_as_of="")
    assert "(unknown for 60 % of customers before, 0 % now)" in doubt["sentence"]


class Risky:
    """A model in which tickets move the scores."""

    columns = (TICKETS,)

    def contributions(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[[TICKETS]] * 0.1


def test_a_run_and_scoring_without_training_damp_by_the_same_rule() -> None:
    now = panel(800, 5.6, 1).assign(as_of=1)
    scores = now[["customer_id", "as_of"]].assign(at_risk=True, churn_probability=np.linspace(0.1, 0.4, 800))
    found = shift.adjust(scores, now, Risky(), LEARNED, FEATURES)  # type: ignore[arg-type]
    assert (found.level, found.moved["feature"].tolist()) == (0.07, [TICKETS])
    assert found.scores["churn_probability"].mean() == pytest.approx(0.07)
    same = panel(800, 1.0, 1).assign(as_of=1)
    assert shift.adjust(scores, same, Risky(), LEARNED, FEATURES).scores is scores  # type: ignore[arg-type]


def test_a_feature_known_for_more_customers_than_before_is_not_worded_by_means_that_stayed() -> None:
    row = {"feature": TICKETS, "meaning": "tickets", "before": 0.484, "now": 0.468, "unknown_before": 0.056}
    moved_one = pd.DataFrame([{**row, "unknown_now": 0.0, "psi": 0.26, "by_chance": 0.02}])
    (said,) = shift.warnings({"off": False}, moved_one, None, "Fine.", test_as_of="2024-05-01")
    assert "tickets (unknown for 6 % of customers before, 0 % now)" in said["sentence"]
    (said,) = shift.warnings(
        {"off": False}, moved_one.assign(now=np.nan, unknown_now=1.0), None, "Fine.", test_as_of="2024-05-01"
    )
    assert "tickets (unknown for 6 % of customers before, 100 % now)" in said["sentence"]
