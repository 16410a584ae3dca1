import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from workbench.errors import DataError
from workbench.model import evaluate
from workbench.stats import bootstrap, wilson

RNG = np.random.default_rng(0)


def sample(n: int, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(-(strength * rng.normal(size=n) - 0.8)))
    return (rng.random(n) < risk).astype(float), risk


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_auc_is_that_of_scikit_learn_ties_included(pairs: list[tuple[bool, int]]) -> None:
    outcome, score = (np.array(x, dtype=float) for x in zip(*pairs, strict=True))
    if 0 < outcome.sum() < len(outcome):
        assert evaluate.auc(outcome, score) == pytest.approx(roc_auc_score(outcome, score))


@given(st.lists(st.booleans(), min_size=4, max_size=30), st.integers(0, 10))
def test_weights_count_a_customer_as_often_as_drawn(outcomes: list[bool], seed: int) -> None:
    rng = np.random.default_rng(seed)
    outcome, score = np.array(outcomes, dtype=float), rng.integers(0, 4, len(outcomes)).astype(float)
    weights = rng.integers(0, 3, len(outcomes)).astype(float)
    repeated = np.repeat(np.arange(len(outcomes)), weights.astype(int))
    one, other = evaluate.auc(outcome, score, weights), evaluate.auc(outcome[repeated], score[repeated])
    assert one == pytest.approx(other, nan_ok=True)


def test_a_model_that_knows_more_than_the_baseline_is_better() -> None:
    outcome, risk = sample(2000, 1.5, seed=1)
    verdict = evaluate.judge(outcome, risk, {"base": np.full(2000, outcome.mean())}, seed=1)
    assert verdict.word == "better"
    assert verdict.p_value < 0.01


def test_a_model_that_equals_the_baseline_is_not_better() -> None:
    outcome, risk = sample(2000, 1.5, seed=2)
    assert evaluate.judge(outcome, risk, {"rule": risk}, seed=1).word == "not better"


def test_noise_on_many_customers_is_no_usable_signal_and_on_few_not_enough_data() -> None:
    for n, word in ((4000, "no usable signal"), (60, "not enough data")):
        outcome = (np.random.default_rng(3).random(n) < 0.3).astype(float)
        noise = np.random.default_rng(5).uniform(0.2, 0.4, n)
        verdict = evaluate.judge(outcome, noise, {"base": np.full(n, 0.3)}, seed=1)
        assert verdict.word == word


def test_shuffled_targets_are_called_better_in_at_most_five_percent_of_seeds() -> None:
    outcome, risk = sample(300, 1.0, seed=4)
    base = {"base": np.full(300, outcome.mean())}
    words = [evaluate.judge(np.random.default_rng(s).permutation(outcome), risk, base, seed=s).word for s in range(40)]
    assert words.count("better") <= 2


def test_one_outcome_only_is_refused() -> None:
    with pytest.raises(DataError, match="all 3 customers"):
        evaluate.judge(np.ones(3), np.array([0.1, 0.2, 0.3]), {"base": np.full(3, 0.5)}, seed=1)


def test_calibration_error_of_a_calibrated_model_is_what_chance_gives() -> None:
    outcome, risk = sample(3000, 1.0, seed=5)
    chance = evaluate.calibration_error_if_perfect(risk, seed=1)
    assert evaluate.calibration_error(outcome, risk) < 2 * chance
    assert evaluate.calibration_error(outcome, np.clip(risk * 1.6, 0, 1)) > 4 * chance


def test_wilson_matches_the_published_formula() -> None:
    z, n, k = norm.ppf(0.975), 10, 1
    low = (k + z**2 / 2 - z * np.sqrt(k * (n - k) / n + z**2 / 4)) / (n + z**2)
    assert wilson(k, n).low == pytest.approx(low)
    assert np.isnan(wilson(0, 0).value)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_inside_its_interval(counted: tuple[int, int]) -> None:
    e = wilson(*counted)
    assert -1e-12 <= e.low <= e.value <= e.high <= 1 + 1e-12


def test_bootstrap_covers_the_mean_about_as_often_as_promised() -> None:
    hits = 0
    for seed in range(60):
        x = np.random.default_rng(seed).normal(size=80)
        e = bootstrap(lambda w, x=x: float(w @ x / w.sum()), 80, draws=300, seed=seed)
        hits += e.low <= 0 <= e.high
    assert hits >= 51
