import numpy as np
import pandas as pd
import pytest

from workbench import train
from workbench.errors import DataError, SettingError
from workbench.explain import drivers, main_sign, reasons
from workbench.features import FEATURES


def rows(n: int = 600, *, snapshots: int = 2, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = n * snapshots
    frame = pd.DataFrame(
        {
            "customer_id": np.tile([f"c{i}" for i in range(n)], snapshots),
            "as_of": np.repeat(pd.date_range("2024-01-01", periods=snapshots, freq="91D"), n),
            "days_since_order": rng.integers(1, 91, size).astype(float),
            "n_orders": rng.integers(1, 20, size).astype(float),
            "net_revenue": rng.uniform(10, 500, size),
            "tenure_days": rng.integers(30, 300, size).astype(float),
            "at_risk": True,
        }
    )
    risk = 1 / (1 + np.exp(0.4 * (frame["n_orders"] - 8)))
    return frame.assign(silent=(rng.random(size) < risk).astype(float))


def test_the_last_snapshot_is_for_testing_and_the_earlier_for_training() -> None:
    earlier, last = train.split_last(rows(snapshots=3))
    assert earlier["as_of"].max() < last["as_of"].min()
    assert len(set(last["as_of"])) == 1


def test_one_snapshot_or_too_few_departures_are_refused() -> None:
    with pytest.raises(SettingError, match="two labelled snapshots"):
        train.split_last(rows(snapshots=1))
    with pytest.raises(DataError, match="0 customers at risk left"):
        train.split_last(rows().assign(silent=0.0))


def test_the_model_finds_the_sign_that_was_planted_and_its_probabilities_are_calibrated() -> None:
    earlier, last = train.split_last(rows(1500))
    columns = train.feature_columns(earlier)
    model = train.fit_model(earlier, columns, seed=1)
    promised = model.probability(last)
    assert abs(promised.mean() - last["silent"].mean()) < 0.04
    added = train.contributions(model, last)
    told = drivers(added, last, FEATURES)
    assert told.iloc[0]["family"] == "frequency"
    assert told.iloc[0]["direction"] == "low values raise the risk"


def test_rare_departures_keep_honest_probabilities_from_the_lowest_to_the_highest() -> None:
    rng, data = np.random.default_rng(3), rows(20_000)
    data["sign"] = rng.choice(3, len(data), p=[0.6, 0.3, 0.1]).astype(float)
    risk = np.array([0.01, 0.06, 0.5])
    data["silent"] = (rng.random(len(data)) < risk[data["sign"].astype(int)]).astype(float)
    earlier, last = train.split_last(data)
    promised = train.fit_model(earlier, train.feature_columns(earlier), seed=1).probability(last)
    for sign, told in pd.Series(promised).groupby(last["sign"].to_numpy()):
        assert told.mean() == pytest.approx(risk[int(sign)], rel=0.25)


def test_the_same_seed_gives_the_same_probabilities_whatever_the_order_of_labels() -> None:
    labels = pd.DataFrame({"customer_id": ["b", "a"], "as_of": pd.Timestamp("2024-01-01"), "churned": [True, False]})
    returns = pd.DataFrame({"customer_id": ["c"], "as_of": pd.Timestamp("2024-01-01"), "returned": [True]})
    got = train.outcomes(labels, returns)
    assert got["customer_id"].tolist() == ["a", "b", "c"]
    assert got["silent"].tolist() == [0, 1, 0]
    assert got["at_risk"].tolist() == [True, True, False]


def test_treeshap_contributions_add_up_to_the_models_log_odds() -> None:
    data = rows(400)
    model = train.fit_model(data, train.feature_columns(data), seed=1)
    boosted = model.estimator.calibrated_classifiers_[0].estimator
    odds = boosted.predict(data[model.columns], output_margin=True)
    rest = odds - train.contributions(model, data).sum(axis=1).to_numpy()
    assert rest.max() - rest.min() < 1e-3


def test_a_column_that_gives_the_answer_away_is_refused_by_name() -> None:
    data = rows().assign(closed_flag=lambda d: d["silent"])
    with pytest.raises(DataError, match="closed_flag"):
        train.check_leaks(data, ["n_orders", "closed_flag"])
    filled_for_leavers = data.assign(closed_flag=data["silent"].where(data["silent"] == 1))
    with pytest.raises(DataError, match="closed_flag"):
        train.check_leaks(filled_for_leavers, ["closed_flag"])


def test_outcome_and_key_are_never_features() -> None:
    assert set(train.feature_columns(rows())) == {"days_since_order", "n_orders", "net_revenue", "tenure_days"}


def test_reasons_name_the_customers_own_figures_one_per_sign_strongest_first() -> None:
    panel = pd.DataFrame(
        {"days_since_order": [62.0], "usual_gap_days": [np.nan], "n_orders": [2.0], "net_revenue": [9.0]}
    )
    added = pd.DataFrame({"days_since_order": [0.5], "usual_gap_days": [0.9], "n_orders": [0.3], "net_revenue": [-0.4]})
    assert reasons(added, panel, FEATURES).iloc[0] == "last order 62 days ago; orders so far: 2"
    assert reasons(added, panel, FEATURES, towards=-1).iloc[0] == "9 spent so far"
    assert main_sign(added, FEATURES).iloc[0] == "silence"
