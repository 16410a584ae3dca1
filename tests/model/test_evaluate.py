import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from workbench.errors import DataError
from workbench.model import calibration, verdict
from workbench.stats import Estimate, bootstrap, wilson

RNG = np.random.default_rng(0)


def sample(n: int, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(-(strength * rng.normal(size=n) - 0.8)))
    return (rng.random(n) < risk).astype(float), risk


def test_a_model_that_knows_more_than_the_baseline_is_better() -> None:
    outcome, risk = sample(2000, 1.5, seed=1)
    found = verdict.judge(outcome, risk, {"base": np.full(2000, outcome.mean())}, seed=1)
    assert found.word == "better"
    assert found.p_value < 0.01


def test_a_model_that_equals_the_baseline_is_not_better() -> None:
    outcome, risk = sample(2000, 1.5, seed=2)
    assert verdict.judge(outcome, risk, {"rule": risk}, seed=1).word == "not better"


def test_noise_on_many_customers_is_no_usable_signal_and_on_few_not_enough_data() -> None:
    for n, word in ((4000, "no usable signal"), (60, "not enough data")):
        outcome = (np.random.default_rng(3).random(n) < 0.3).astype(float)
        noise = np.random.default_rng(5).uniform(0.2, 0.4, n)
        found = verdict.judge(outcome, noise, {"base": np.full(n, 0.3)}, seed=1)
        assert found.word == word


def test_signal_of_an_auc_just_under_the_usable_one_is_none_and_one_above_may_be() -> None:
    few = Estimate(0.001, -0.1, 0.1, 100)
    words = [
        verdict._in_words(np.array([0.0, 1.0]), Estimate(0.55, 0.51, high, 100), few, "rule")[0]
        for high in (0.599, 0.6)
    ]
    assert words == ["no usable signal", "not better"]


def test_what_is_used_is_the_model_wherever_it_gained_and_ranks_better_than_chance() -> None:
    area = Estimate(0.66, 0.6, 0.7, 100)
    for word, gain, p_value, used in (
        ("not better", 0.001, 0.01, "model"), ("not enough data", 0.001, 0.025, "model"), ("better", 0.01, 0.01, "model"),
        ("not better", -0.001, 0.01, "rule"), ("no usable signal", 0.001, 0.01, "rule"),
        ("not enough data", 0.001, 0.03, "rule"),
    ):  # fmt: skip
        found = verdict.Verdict(word, "", "rule", area, Estimate(gain, -1, 1, 100), p_value)
        assert verdict.choose(found, "model") == used


def test_a_loss_that_is_surely_higher_is_called_worse() -> None:
    outcome, risk = sample(2000, 1.5, seed=2)
    found = verdict.judge(outcome, np.clip(risk * 1.4, 0.01, 0.99), {"rule": risk}, seed=1)
    assert (found.word, "surely worse" in found.sentence) == ("not better", True)


def test_shuffled_targets_are_called_better_in_at_most_five_percent_of_seeds() -> None:
    outcome, risk = sample(150, 1.0, seed=4)
    base = {"base": np.full(150, outcome.mean())}
    words = [verdict.judge(np.random.default_rng(s).permutation(outcome), risk, base, seed=s).word for s in range(20)]
    assert words.count("better") <= 1


def test_one_outcome_only_is_refused() -> None:
    with pytest.raises(DataError, match="all 3 customers"):
        verdict.judge(np.ones(3), np.array([0.1, 0.2, 0.3]), {"base": np.full(3, 0.5)}, seed=1)


def test_calibration_error_of_a_calibrated_model_is_what_chance_gives() -> None:
    outcome, risk = sample(3000, 1.0, seed=5)
    chance = calibration.calibration_error_if_perfect(risk, seed=1)
    assert calibration.calibration_error(outcome, risk) < 2 * chance
    assert calibration.calibration_error(outcome, np.clip(risk * 1.6, 0, 1)) > 4 * chance


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


def test_the_best_of_many_baselines_of_nothing_is_found_by_chance_as_often_as_stated() -> None:
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        outcome = (np.arange(120) < 18).astype(float)
        tried = [np.clip(0.15 + 0.03 * rng.standard_normal(120), 0.01, 0.99) for _ in range(8)]
        best = min(tried, key=lambda probability: verdict.losses(outcome, probability).mean())
        found.append(tuple(verdict.by_chance(outcome, *some, seed=1, draws=200) for some in ([best], tried)))
    alone, among = (np.mean([p <= 0.1 for p in each]) for each in zip(*found, strict=True))
    assert alone > 0.3
    assert among <= 0.2
