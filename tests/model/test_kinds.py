"""How a customer is likely to leave: the kinds add up to leaving, and each is judged by itself."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.model import boosting
from workbench.model.estimators import Boosted, Constant
from workbench.model.kinds import SHARED, Kinds, fit_kinds, judge_kinds, kinds_from


def rows(n: int = 3000, seed: int = 0, *, rare: int = 7) -> pd.DataFrame:
    """Customers at risk of three kinds of churn: active by one sign, financial by another, passive a few times."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"complaints": rng.integers(0, 3, n).astype(float), "failed": rng.integers(0, 3, n).astype(float)}
    )
    frame["customer_id"] = [f"c{i}" for i in range(n)]
    frame["at_risk"] = True
    kind = np.full(n, None, dtype=object)
    kind[rng.random(n) < 0.08 * frame["failed"]] = "financial"
    kind[rng.random(n) < 0.08 * frame["complaints"]] = "active"
    kind[:rare] = "passive"
    return frame.assign(kind=kind)


@pytest.fixture(scope="module")
def fitted() -> Kinds:
    kinds = fit_kinds(rows(), ["complaints", "failed"], seed=1)
    assert kinds is not None
    return kinds


def test_the_kinds_add_up_to_the_probability_of_leaving_and_follow_their_own_signs(fitted: Kinds) -> None:
    panel = pd.DataFrame({"complaints": [2.0, 0.0], "failed": [0.0, 2.0]})
    chances = fitted.probability(panel, np.array([0.3, 0.2]))
    assert chances.sum(axis=1).to_numpy() == pytest.approx([0.3, 0.2])
    assert chances.idxmax(axis=1).tolist() == ["active", "financial"]


def test_each_kind_is_calibrated(fitted: Kinds) -> None:
    later = rows(seed=1)
    whole = np.full(len(later), later["kind"].notna().mean())
    expected = fitted.probability(later, whole).sum()
    observed = later["kind"].value_counts()
    assert expected["active"] == pytest.approx(observed["active"], rel=0.15)
    assert expected["financial"] == pytest.approx(observed["financial"], rel=0.15)


def test_a_kind_with_too_few_cases_gets_its_share_of_all_departures(fitted: Kinds) -> None:
    leavers = rows()["kind"].notna().sum()
    assert fitted.models["passive"] == Constant(pytest.approx(7 / leavers))


def test_customers_who_leave_in_one_way_only_need_no_kinds() -> None:
    one = rows(200).assign(kind=lambda d: d["kind"].where(d["kind"] == "active"))
    assert fit_kinds(one, ["complaints"], seed=1) is None


def test_each_kind_has_its_own_verdict_and_one_with_too_few_cases_says_so(fitted: Kinds) -> None:
    later = rows(seed=1, rare=4)
    whole = np.full(len(later), later["kind"].notna().mean())
    found = judge_kinds(fitted, rows(), later, whole, seed=1).set_index("kind")
    assert found["verdict"].to_dict() == {"active": "better", "financial": "better", "passive": "not enough data"}
    assert found.loc["passive", "rule"] == SHARED
    assert found["cases"].to_dict() == later["kind"].value_counts().to_dict()


def test_kinds_read_from_plain_values_give_the_same_probabilities(fitted: Kinds) -> None:
    panel = rows(50)
    again = kinds_from(json.loads(json.dumps(fitted.as_dict())))
    whole = np.full(50, 0.2)
    assert again.probability(panel, whole).equals(fitted.probability(panel, whole))


def test_of_many_rows_kinds_are_fitted_again_with_as_many_trees(fitted: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "ENOUGH_LEARNED", 100)
    again = fit_kinds(rows(), ["complaints", "failed"], seed=1, like=fitted)
    assert again is not None
    for kind in ("active", "financial"):
        first, second = fitted.models[kind], again.models[kind]
        assert isinstance(first, Boosted) and isinstance(second, Boosted)
        assert (second.slope, second.intercept, second.shape) == (first.slope, first.intercept, first.shape)
        assert np.abs(second.probability(rows()) - first.probability(rows())).max() < 1e-6
