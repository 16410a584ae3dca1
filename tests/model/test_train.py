import json
import re

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SettingError
from workbench.features import FEATURES
from workbench.model import boosting, estimators, examples, leaks, train
from workbench.model.baselines import BASE_RATE, SPARSE, fit_baseline, fit_logistic, sparse_settings
from workbench.model.estimators import Constant, Model, from_dict
from workbench.model.explain import drivers, reasons, reasons_and_signs
from workbench.model.kinds import fit_kinds
from workbench.model.scores import score_customers
from workbench.model.train import MODEL
from workbench.model.trial import _chosen, try_models
from workbench.model.verdict import as_json, judge


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


@pytest.fixture(scope="module")
def planted() -> tuple[Model, pd.DataFrame]:
    """A model of one planted sign, few orders, and the snapshot it did not see."""
    earlier, last = examples.split_last(rows(1000))
    return train.fit_model(earlier, examples.feature_columns(earlier), seed=1), last


def test_the_last_snapshot_is_for_testing_and_the_earlier_for_training() -> None:
    earlier, last = examples.split_last(rows(snapshots=3))
    assert earlier["as_of"].max() < last["as_of"].min()
    assert len(set(last["as_of"])) == 1


def test_only_outcomes_settled_on_the_day_of_the_test_are_learned_from() -> None:
    data = rows(10, snapshots=4)
    days = sorted(data["as_of"].unique())
    earlier, last = examples.split_last(data, settle_days=91 + 30)
    assert sorted(earlier["as_of"].unique()) == days[:2]
    assert examples.unsettled(earlier, last, settle_days=91 + 30) == []


def test_rows_of_further_snapshots_are_learned_from_once_settled_and_never_tested_on() -> None:
    data = rows(10, snapshots=4)
    more = data.assign(as_of=data["as_of"] + pd.Timedelta(days=30))
    earlier, last = examples.split_last(data, settle_days=121, more=more)
    days = sorted(data["as_of"].unique())
    assert sorted(earlier["as_of"].unique()) == [
        days[0],
        days[0] + pd.Timedelta(days=30),
        days[1],
        days[1] + pd.Timedelta(days=30),
    ]
    assert (last["as_of"] == days[3]).all()


def test_a_company_of_many_rows_needs_no_snapshots_between() -> None:
    labels = pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01", "2024-04-01"] * 50_000)})
    assert examples.more_snapshots(labels) == []
    assert len(examples.more_snapshots(labels.iloc[:-1])) == 2


def test_where_no_outcome_was_settled_the_earlier_ones_are_taken_and_named() -> None:
    earlier, last = examples.split_last(rows(10, snapshots=2), settle_days=500)
    assert examples.unsettled(earlier, last, settle_days=500) == ["2024-01-01"]


def test_no_snapshot_is_refused() -> None:
    with pytest.raises(SettingError, match="no customer was at risk"):
        examples.split_last(rows().iloc[:0])


def test_of_a_single_snapshot_nothing_is_learned_and_every_customer_has_its_base_rate() -> None:
    data = rows(snapshots=1)
    earlier, last = examples.split_last(data)
    trial = try_models(earlier, last, [], seed=1)
    assert (len(earlier), trial.verdict.word) == (0, "no model")
    assert "one labelled snapshot" in trial.verdict.sentence
    assert set(trial.predictions[trial.chosen]) == {data["silent"].mean()}


def test_where_nobody_left_the_base_rate_is_0_and_no_area_is_known() -> None:
    earlier, last = examples.split_last(rows(100).assign(silent=0.0))
    trial = try_models(earlier, last, examples.feature_columns(earlier), seed=1)
    assert set(trial.predictions[trial.chosen]) == {0.0}
    assert trial.comparison["auc"].isna().all()


def test_twenty_departures_are_enough_to_learn_from_and_nineteen_are_not() -> None:
    for lost in (19, 20):
        data = rows(100, snapshots=1).assign(silent=lambda d, lost=lost: (np.arange(len(d)) < lost).astype(float))
        if lost < 20:
            with pytest.raises(DataError, match="19 customers at risk left"):
                examples.check_enough(data)
        else:
            examples.check_enough(data)


def test_too_few_departures_give_the_base_rate_and_the_reason_in_place_of_a_model() -> None:
    data = rows(100).assign(silent=lambda d: (np.arange(len(d)) % 100 < 5).astype(float))
    earlier, last = examples.split_last(data)
    trial = try_models(earlier, last, examples.feature_columns(earlier), seed=1)
    assert (trial.verdict.word, trial.chosen) == ("no model", "base rate (the same for all)")
    assert "5 customers at risk left" in trial.verdict.sentence
    assert set(trial.predictions[trial.chosen]) == {0.05}
    json.dumps(as_json(trial.verdict), allow_nan=False)


def test_the_model_finds_the_sign_that_was_planted_and_its_probabilities_are_calibrated(
    planted: tuple[Model, pd.DataFrame],
) -> None:
    model, last = planted
    assert abs(model.probability(last).mean() - last["silent"].mean()) < 0.04
    first = drivers(model.contributions(last), last, FEATURES).iloc[0]
    assert (first["family"], first["direction"]) == ("frequency", "low values go with leaving")


def test_contributions_add_up_to_the_calibrated_log_odds(planted: tuple[Model, pd.DataFrame]) -> None:
    model, last = planted
    p = model.probability(last)
    rest = np.log(p / (1 - p)) - model.contributions(last).sum(axis=1).to_numpy()
    assert rest.max() - rest.min() < 1e-3


def test_rows_predicted_some_at_a_time_get_what_they_get_together(
    planted: tuple[Model, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, last = planted
    together = model.probability(last), model.contributions(last)
    monkeypatch.setattr(estimators, "PREDICTED_TOGETHER", 300)
    assert (model.probability(last) == together[0]).all()
    pd.testing.assert_frame_equal(model.contributions(last), together[1])


def test_a_model_read_from_plain_values_gives_the_same_probabilities(planted: tuple[Model, pd.DataFrame]) -> None:
    model, last = planted
    again = from_dict(json.loads(json.dumps(model.as_dict())))
    assert (again.probability(last) == model.probability(last)).all()


def test_text_is_learned_from_and_a_new_value_counts_as_unknown() -> None:
    data = rows(400).assign(plan=lambda d: np.where(d["n_orders"] > 10, "pro", "basic"))
    model = train.fit_model(data, ["plan"], seed=1)
    pro, basic, new, empty = model.probability(pd.DataFrame({"plan": ["pro", "basic", "gold", None]}))
    assert pro < basic
    assert new == empty


def test_rare_departures_keep_honest_probabilities_from_the_lowest_to_the_highest() -> None:
    rng, data = np.random.default_rng(3), rows(5000)[["customer_id", "as_of", "at_risk"]]
    data["n_orders"] = rng.choice(3, len(data), p=[0.6, 0.3, 0.1]).astype(float)
    risk = np.array([0.01, 0.06, 0.5])
    data["silent"] = (rng.random(len(data)) < risk[data["n_orders"].astype(int)]).astype(float)
    predicted = train.fit_model(data, ["n_orders"], seed=1).probability(data)
    for sign, shares in pd.Series(predicted).groupby(data["n_orders"].to_numpy()):
        assert shares.mean() == pytest.approx(risk[int(sign)], rel=0.25)


def test_margins_that_say_nothing_or_the_contrary_give_all_the_share_that_left() -> None:
    outcome = np.repeat([1.0, 0.0], [3, 7])
    for margin in (np.zeros(10), -outcome + np.tile([0.0, 0.1], 5)):
        slope, intercept = boosting._line(margin, outcome, np.ones(10))
        assert slope == 0
        assert 1 / (1 + np.exp(-intercept)) == pytest.approx(0.3)


def test_the_same_seed_gives_the_same_probabilities_whatever_the_order_of_labels() -> None:
    labels = pd.DataFrame({"customer_id": ["b", "a"], "as_of": pd.Timestamp("2024-01-01"), "churned": [True, False]})
    returns = pd.DataFrame({"customer_id": ["c"], "as_of": pd.Timestamp("2024-01-01"), "returned": [True]})
    got = examples.outcomes(labels, returns)
    assert got["customer_id"].tolist() == ["a", "b", "c"]
    assert got["silent"].tolist() == [0, 1, 0]
    assert got["at_risk"].tolist() == [True, True, False]


def test_a_sparse_regression_does_not_depend_on_numbers_drawn_before() -> None:
    more = rows(300).assign(n_tickets=np.arange(600.0) % 7, n_events=np.arange(600.0) % 11)
    slopes = []
    for drawn in (1, 2):
        np.random.seed(drawn)  # noqa: NPY002  # what liblinear draws from where it is given no seed
        slopes.append(fit_baseline(SPARSE, more).as_dict())
    assert slopes[0] == slopes[1]


def test_the_solver_for_many_rows_finds_what_that_for_few_does() -> None:
    data = rows(1000)
    columns = ["days_since_order", "n_orders", "net_revenue", "tenure_days"]
    penalty = {"l1_ratio": 1, "C": 0.05, "random_state": 0}
    few = fit_logistic(data, columns, solver="liblinear", **penalty).probability(data)
    many = fit_logistic(data, columns, solver="saga", tol=1e-2, max_iter=1000, **penalty).probability(data)
    assert np.abs(few - many).max() < 0.02


def test_a_column_that_gives_the_answer_away_is_refused_by_name() -> None:
    data = rows().assign(closed_flag=lambda d: d["silent"])
    with pytest.raises(DataError, match="closed_flag"):
        leaks.check_leaks(data, ["n_orders", "closed_flag"])
    filled_for_leavers = data.assign(closed_flag=data["silent"].where(data["silent"] == 1))
    with pytest.raises(DataError, match="closed_flag"):
        leaks.check_leaks(filled_for_leavers, ["closed_flag"])


def test_a_column_at_the_leak_bound_is_refused_and_one_just_under_it_is_none() -> None:
    outcome = pd.Series(np.repeat([0.0, 1.0], 20))
    data = pd.DataFrame({"at_risk": True, "silent": outcome, "same": 0.0})
    # One leaver scores under 20 of the 20 stayers, so 20 of 400 pairs lie the wrong way; a tie more makes it 20.5.
    at_bound = np.arange(40.0)
    at_bound[20] = -1.0
    under = at_bound.copy()
    under[21] = 19.0
    with pytest.raises(DataError, match=re.escape("n (AUC 0.950)")):
        leaks.check_leaks(data.assign(n=at_bound), ["n"])
    leaks.check_leaks(data.assign(n=under), ["n"])


def test_outcome_and_key_are_never_features() -> None:
    assert set(examples.feature_columns(rows())) == {"days_since_order", "n_orders", "net_revenue", "tenure_days"}


def explained(*rows: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return contributions and panel of customers given as feature: (contribution, value)."""
    return pd.DataFrame(rows).map(lambda cell: cell[0]), pd.DataFrame(rows).map(lambda cell: cell[1])


ORDINARY = {"days_since_order": (0, 30), "usual_gap_days": (0, 9), "n_orders": (0, 4), "net_revenue": (0, 5)}


def test_reasons_name_the_customers_own_figures_one_per_sign_strongest_first() -> None:
    one = {
        "days_since_order": (0.5, 62),
        "usual_gap_days": (0.9, np.nan),
        "n_orders": (0.3, 2),
        "net_revenue": (-0.4, 9),
    }
    added, panel = explained(one, ORDINARY)
    assert reasons(added, panel, FEATURES).iloc[0] == "last order 62 days ago; orders so far: 2"
    assert reasons(added, panel, FEATURES, towards=-1).iloc[0] == "9 spent so far"
    assert reasons_and_signs(added, panel, FEATURES)["sign"].iloc[0] == "silence"


def test_a_figure_better_than_most_is_no_reason_to_leave_nor_a_worse_one_to_return() -> None:
    best = {**ORDINARY, "days_since_order": (0.5, 1), "n_orders": (0.1, 2), "net_revenue": (0.4, 900)}
    added, panel = explained(best, ORDINARY, {**ORDINARY, "days_since_order": (0, 80)})
    assert reasons(added, panel, FEATURES).iloc[0] == "orders so far: 2"
    assert reasons_and_signs(added, panel, FEATURES)["sign"].iloc[0] == "frequency"
    assert reasons(-added, panel, FEATURES, towards=-1).iloc[0] == "last order 1 day ago; 900 spent so far"
    assert reasons_and_signs(-added, panel, FEATURES, towards=-1)["sign"].iloc[0] == "silence"


def test_no_change_and_a_change_for_the_better_are_no_reason_to_leave() -> None:
    """Monthly revenue, compared with customers whose revenue grew by half and use with those whose use doubled."""
    grown = {"mrr_trend": (0.0, 0.5), "usage_trend": (0.0, 2.0)}
    for change, use, said in (
        (0.0, 1.0, ""), (0.004, 1.04, ""), (0.1, 1.2, ""),
        (-0.2, 0.5, "monthly revenue changed by -20 % in 180 days; use in the last 30 days is 0.5 times that of the last 90"),
    ):  # fmt: skip
        added, panel = explained({"mrr_trend": (0.6, change), "usage_trend": (0.5, use)}, grown, grown)
        assert reasons(added, panel, FEATURES).iloc[0] == said


def test_where_nothing_is_unusual_there_is_neither_reason_nor_sign() -> None:
    added, panel = explained({"n_orders": (0.7, 4)}, {"n_orders": (0.7, 4)})
    assert reasons(added, panel, FEATURES).tolist() == ["", ""]
    assert reasons_and_signs(added, panel, FEATURES)["sign"].tolist() == ["", ""]


def test_a_figure_that_most_share_is_a_reason_where_the_others_do_better() -> None:
    added, panel = explained({"n_orders": (0.3, 1)}, {"n_orders": (0.3, 1)}, {"n_orders": (-0.3, 7)})
    assert reasons(added, panel, FEATURES).tolist() == ["orders so far: 1", "orders so far: 1", ""]


def test_what_worries_neither_way_is_shown_either_way_unless_all_share_it() -> None:
    neither = next(name for name, words in FEATURES.items() if words.worry == "neither")
    for values, said in (((1, 5), [True, True]), ((5, 5), [False, False])):
        added, panel = explained(*({neither: (0.3, value)} for value in values))
        assert [bool(text) for text in reasons(added, panel, FEATURES)] == said


def test_the_lapsed_do_not_make_the_silence_of_those_at_risk_look_short() -> None:
    data = rows(400).assign(at_risk=lambda d: np.arange(len(d)) % 4 == 0)
    data["days_since_order"] += np.where(data["at_risk"], 0, 1000)
    data["silent"] = (data["days_since_order"] % 1000 > 45).astype(float)
    states = data[["customer_id", "as_of", "at_risk"]].assign(state=np.where(data["at_risk"], "paying", "lapsed"))
    model = train.fit_model(data, ["days_since_order"], seed=1)
    scores = score_customers(model, data.drop(columns=["at_risk", "silent"]), states, as_of=data["as_of"].max())
    assert set(scores["as_of"]) == {data["as_of"].max()}, "of the day asked for, not of those learned from"
    scored = scores[scores["at_risk"]].merge(data, on=["customer_id", "as_of"])
    long_silent = scored[scored["days_since_order"] > 60]
    assert (long_silent["sign"] == "silence").all()
    assert (scored[scored["days_since_order"] < 30]["why"] == "").all()


def test_what_nobody_can_act_on_is_context_and_no_reason() -> None:
    rich = {"acquisition_cost": (0.9, 500), "company_size_from": (0.8, 1), "n_orders": (0.2, 1)}
    poor = {"acquisition_cost": (-0.9, 5), "company_size_from": (-0.8, 90), "n_orders": (-0.2, 9)}
    added, panel = explained(rich, poor)
    assert reasons(added, panel, FEATURES).tolist() == ["orders so far: 1", ""]
    assert reasons_and_signs(added, panel, FEATURES)["sign"].tolist() == ["frequency", ""]


def test_a_weighted_sample_of_those_who_stayed_gives_probabilities_as_honest_as_all_rows() -> None:
    data = rows(3000)
    few = data[(data["silent"] == 0) | (data.index % 5 == 0)].reset_index(drop=True)  # departures are rarer
    sample = examples.training_sample(few, seed=1, enough=len(few) // 2)
    assert sample["silent"].sum() == few["silent"].sum()
    assert examples.weights(sample).sum() == pytest.approx(len(few))
    assert examples.feature_columns(sample) == examples.feature_columns(few)
    columns = examples.feature_columns(few)
    for name in (train.MODEL, "frequency rule (number of orders)", "base rate (the same for all)"):
        whole, part = (train.fit(name, part, columns, seed=1).probability(few) for part in (few, sample))
        assert part.mean() == pytest.approx(few["silent"].mean(), abs=0.01)
        assert np.abs(whole - part).mean() < 0.02
    small = examples.training_sample(few, seed=1)
    assert small is few, "few rows are all learned from"


def test_what_scores_a_customer_unseen_was_not_chosen_by_that_customer() -> None:
    """Each fold alone would choose its own best number of trees; it gets that of the others."""
    places = [np.array([k]) for k in range(3)]
    curve = np.array([[0.1, 0.3, 0.3], [0.3, 0.1, 0.2], [0.4, 0.3, 0.1]])
    for step in (1, 10):
        margins = [np.array([[1], [2], [3]], dtype=np.float32)] * 3
        form = boosting.CrossFitted(curve, margins, step)
        choice = boosting.Choice(np.zeros(3), np.ones(3), np.arange(3), places)
        assert boosting._unseen(choice, {"one": form}).tolist() == [2, 1, 1]


@pytest.mark.parametrize(("gain", "form"), [(0.0, "simple"), (0.01, "simple"), (0.2, "rich"), (-0.2, "simple")])
def test_of_forms_that_do_about_as_well_the_simpler_is_chosen(gain: float, form: str) -> None:
    """The rich form's margins are better by ``gain``, and by chance better or worse for each customer."""
    rng = np.random.default_rng(1)
    outcome, by_chance = np.tile([0.0, 1.0], 150), rng.normal(0, 0.5, 300)
    margins = {"simple": np.zeros(300), "rich": gain * (2 * outcome - 1) + by_chance - by_chance.mean()}
    choice = boosting.Choice(outcome, np.ones(300), np.arange(300), [np.arange(300)])
    tried = {
        name: boosting.CrossFitted(np.zeros((1, 1)), [margin[None].astype(np.float32)], 1)
        for name, margin in margins.items()
    }
    assert choice.form(tried, [0]) == form


def test_of_many_rows_one_fold_chooses_the_form_and_the_whole_grows_beside(
    planted: tuple[Model, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, last = examples.split_last(rows(1000))
    monkeypatch.setattr(boosting, "MANY_ROWS", 1000)
    fitted, unseen = boosting.best_boosting(
        earlier, examples.feature_columns(earlier), earlier["silent"].to_numpy(float), seed=1
    )
    assert fitted.booster.num_boosted_rounds() % boosting.STEP == 0
    assert np.abs(fitted.probability(last) - planted[0].probability(last)).mean() < 0.03
    assert unseen.mean() == pytest.approx(earlier["silent"].mean(), abs=0.01)


def test_scores_that_gain_no_more_than_those_of_shuffled_outcomes_are_due_to_chance() -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"customer_id": np.arange(60), "noise": rng.random(60)})
    outcome = (rng.random(60) < 0.4).astype(float)
    assert boosting.shuffled_p(rows, ["noise"], outcome, np.full(60, 0.9), seed=1, words={}) == 1.0


def test_a_rule_that_ranks_no_better_than_chance_gives_no_probabilities() -> None:
    rng = np.random.default_rng(0)
    outcome, noise = (rng.random(200) < 0.3).astype(float), rng.uniform(0.2, 0.4, 200)
    base = {BASE_RATE: np.full(200, 0.5), "rule": noise, MODEL: noise}
    assert _chosen(judge(outcome, noise, {"rule": noise}, seed=1), outcome, base, 1) == BASE_RATE


def test_features_that_tell_nobody_apart_give_the_base_rate_and_shares_of_the_kinds() -> None:
    data = rows(120).assign(kind=lambda t: pd.Series(["active", "passive"] * 120).where(t["silent"] == 1, None))
    earlier, last = examples.split_last(data)
    found = try_models(earlier, last, [], seed=1)
    assert (found.verdict.word, found.chosen) == ("no model", BASE_RATE)
    assert found.verdict.sentence.startswith("No feature tells customers apart")
    shares = fit_kinds(earlier, [], seed=1)
    assert shares is not None
    assert {type(model) for model in shares.models.values()} == {Constant}


def test_a_single_number_makes_a_sparse_model_and_a_title_may_hold_any_sign() -> None:
    data = rows(200)[["customer_id", "at_risk", "silent", "n_orders"]]
    assert fit_baseline(SPARSE, data.assign(n=data["n_orders"])).columns == ["n_orders", "n"]
    assert 0 < sparse_settings(data, ["n_orders"])["C"] < np.inf
    odd = data.rename(columns={"n_orders": "größe [n] <b>"})
    fitted = boosting.fit_boosting(odd, ["größe [n] <b>"], odd["silent"].to_numpy(float), seed=1)
    again = from_dict(json.loads(json.dumps(fitted.as_dict())))
    assert again.probability(odd) == pytest.approx(fitted.probability(odd))
    assert list(again.contributions(odd)) == ["größe [n] <b>"]
