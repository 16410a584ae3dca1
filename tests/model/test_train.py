import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SettingError
from workbench.features import FEATURES
from workbench.model import train
from workbench.model.explain import drivers, main_sign, reasons
from workbench.model.scores import score_customers


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


def told(*rows: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return contributions and panel of customers told as feature: (contribution, value)."""
    return pd.DataFrame(rows).map(lambda cell: cell[0]), pd.DataFrame(rows).map(lambda cell: cell[1])


ORDINARY = {"days_since_order": (0, 30), "usual_gap_days": (0, 9), "n_orders": (0, 4), "net_revenue": (0, 5)}


def test_reasons_name_the_customers_own_figures_one_per_sign_strongest_first() -> None:
    one = {
        "days_since_order": (0.5, 62),
        "usual_gap_days": (0.9, np.nan),
        "n_orders": (0.3, 2),
        "net_revenue": (-0.4, 9),
    }
    added, panel = told(one, ORDINARY)
    assert reasons(added, panel, FEATURES).iloc[0] == "last order 62 days ago; orders so far: 2"
    assert reasons(added, panel, FEATURES, towards=-1).iloc[0] == "9 spent so far"
    assert main_sign(added, panel, FEATURES).iloc[0] == "silence"


def test_a_figure_better_than_most_is_no_reason_to_leave_nor_a_worse_one_to_return() -> None:
    best = {**ORDINARY, "days_since_order": (0.5, 1), "n_orders": (0.1, 2), "net_revenue": (0.4, 900)}
    added, panel = told(best, ORDINARY, {**ORDINARY, "days_since_order": (0, 80)})
    assert reasons(added, panel, FEATURES).iloc[0] == "orders so far: 2"
    assert main_sign(added, panel, FEATURES).iloc[0] == "frequency"
    assert reasons(-added, panel, FEATURES, towards=-1).iloc[0] == "last order 1 day ago; 900 spent so far"
    assert main_sign(-added, panel, FEATURES, towards=-1).iloc[0] == "silence"


def test_where_nothing_is_unusual_there_is_neither_reason_nor_sign() -> None:
    added, panel = told({"n_orders": (0.7, 4)}, {"n_orders": (0.7, 4)})
    assert reasons(added, panel, FEATURES).tolist() == ["", ""]
    assert main_sign(added, panel, FEATURES).tolist() == ["", ""]


def test_a_figure_that_most_share_is_a_reason_where_the_others_do_better() -> None:
    added, panel = told({"n_orders": (0.3, 1)}, {"n_orders": (0.3, 1)}, {"n_orders": (-0.3, 7)})
    assert reasons(added, panel, FEATURES).tolist() == ["orders so far: 1", "orders so far: 1", ""]


def test_what_worries_neither_way_is_told_either_way_unless_all_share_it() -> None:
    neither = next(name for name, words in FEATURES.items() if words.worry == "neither")
    for values, said in (((1, 5), [True, True]), ((5, 5), [False, False])):
        added, panel = told(*({neither: (0.3, value)} for value in values))
        assert [bool(text) for text in reasons(added, panel, FEATURES)] == said


def test_the_lapsed_do_not_make_the_silence_of_those_at_risk_look_short() -> None:
    data = rows(400).assign(at_risk=lambda d: np.arange(len(d)) % 4 == 0)
    data["days_since_order"] += np.where(data["at_risk"], 0, 1000)
    data["silent"] = (data["days_since_order"] % 1000 > 45).astype(float)
    states = data[["customer_id", "as_of", "at_risk"]].assign(state=np.where(data["at_risk"], "paying", "lapsed"))
    model = train.fit_model(data, ["days_since_order"], seed=1)
    scores = score_customers(model, data.drop(columns=["at_risk", "silent"]), states, as_of=data["as_of"].max())
    scored = scores[scores["at_risk"]].merge(data, on=["customer_id", "as_of"])
    long_silent = scored[scored["days_since_order"] > 60]
    assert (long_silent["sign"] == "silence").all()
    assert (scored[scored["days_since_order"] < 30]["why"] == "").all()
