from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.model.group_calibration import LAPSED, LIKELIEST, TOP, calibration_by_group
from workbench.model.shift import warnings
from workbench.model.trial import LAST_LIST, Trial, try_models
from workbench.model.verdict import untested

NAMES = [f"c{n:03}" for n in range(400)]


def trial(predicted: np.ndarray, outcome: np.ndarray, learned: pd.DataFrame | None = None) -> Trial:
    given = {} if learned is None else {"learned": learned}
    nothing = pd.DataFrame()
    return Trial(outcome, {"rule": predicted}, nothing, nothing, untested("", "rule"), "rule", {}, **given)


def at_the_test(n: int, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": NAMES[:n], "as_of": pd.Timestamp("2024-06-01"), "at_risk": True, **columns})


def test_a_segment_whose_churn_is_predicted_too_high_is_named_and_the_others_are_not() -> None:
    plan = np.repeat(["basic", "pro"], 200)
    outcome = np.tile([1.0, 0.0, 0.0, 0.0], 100)  # a quarter of each plan left
    predicted = np.where(plan == "pro", 0.5, 0.25)
    found = calibration_by_group(trial(predicted, outcome), at_the_test(400, plan=plan)).set_index(["by", "group"])
    assert found.loc[("plan", "pro"), ["n", "predicted", "observed", "off"]].tolist() == [200, 0.5, 0.25, "too high"]
    assert found.loc[("plan", "basic"), "off"] == ""
    assert found.loc[("probability", TOP), "n"] == 40


def test_chances_of_return_are_compared_with_returns_and_a_promise_that_was_off_is_a_warning() -> None:
    tested = trial(np.full(100, 0.5), np.tile([1.0, 0.0], 50))
    predicted = np.repeat([0.2, 0.3], [900, 100])
    returned = np.concatenate([np.tile([1.0, 0, 0, 0, 0], 180), np.tile([1.0, 0], 50)])
    lapsed = pd.DataFrame({"predicted": predicted, "returned": returned})
    found = calibration_by_group(replace(tested, lapsed=lapsed), at_the_test(100)).set_index("group")
    assert found.loc[LIKELIEST, ["n", "predicted", "observed", "off"]].tolist() == [100, 0.3, 0.5, "too low"]
    assert found.loc[LAPSED, "off"] == ""
    level = {"off": False}
    doubts = warnings(level, pd.DataFrame(), None, "", test_as_of="2024-06-01", by_group=found.reset_index())
    assert [doubt["kind"] for doubt in doubts] == ["returns"]
    assert "50.0 % of the tenth of the lapsed likeliest to return came back where 30.0 %" in doubts[0]["sentence"]


def test_a_sampled_snapshot_counts_each_row_for_as_many_as_it_stands_for() -> None:
    learned = pd.DataFrame({"as_of": pd.Timestamp("2024-01-01"), "silent": [1.0, 0.0], "predicted": [0.4, 0.2]})
    found = calibration_by_group(
        trial(np.full(100, 0.3), np.tile([1.0, 0.0], 50), learned.assign(weight=[1.0, 3.0])), at_the_test(100)
    ).set_index("group")
    assert found.loc["2024-01-01", ["n", "predicted", "observed"]].tolist() == [4, 0.25, 0.25]


def test_kinds_are_compared_with_the_departures_of_that_kind() -> None:
    kinds = pd.DataFrame({"active": np.full(100, 0.1), "passive": np.full(100, 0.2)})
    kind = ["active"] * 10 + [None] * 90
    found = calibration_by_group(
        trial(np.full(100, 0.3), np.repeat([1.0, 0.0], [10, 90])), at_the_test(100, kind=kind), kinds
    )
    observed = found[found["by"] == "kind of churn"].set_index("group")["observed"]
    assert observed.to_dict() == {"active": 0.1, "passive": 0.0}


def test_the_last_list_is_compared_and_has_no_part_in_the_verdict() -> None:
    rng = np.random.default_rng(1)

    def snapshot(as_of: str) -> pd.DataFrame:
        frame = at_the_test(400, n_orders=rng.integers(0, 9, 400).astype(float)).assign(as_of=pd.Timestamp(as_of))
        return frame.assign(silent=(rng.random(400) < 0.1 + 0.08 * (frame["n_orders"] < 4)).astype(float))

    earlier, last, before = snapshot("2024-01-01"), snapshot("2024-06-01"), snapshot("2024-05-01").head(10)
    with_list = try_models(earlier, last, ["n_orders"], seed=1, before=before)
    assert LAST_LIST in set(with_list.comparison["model"])
    assert len(set(with_list.predictions[LAST_LIST][10:])) == 1  # not there before: the base rate
    assert with_list.verdict == try_models(earlier, last, ["n_orders"], seed=1).verdict
