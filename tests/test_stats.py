import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from workbench.stats import auc, bootstrap, bootstrap_weights, psi, psi_counts


def test_auc_with_ties_and_weights_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    outcome, score, weights = rng.integers(0, 2, 200), rng.integers(0, 20, 200).astype(float), rng.random(200)
    expected = roc_auc_score(outcome, score, sample_weight=weights)
    assert auc(outcome.astype(float), score, weights) == pytest.approx(expected)


def test_a_missing_score_ties_with_every_other() -> None:
    outcome, score = np.array([1.0, 1, 0, 0]), np.array([2.0, np.nan, 1, np.nan])
    assert auc(outcome, score) == 0.5 + 0.5 / 4


def test_auc_of_one_outcome_is_unknown() -> None:
    assert np.isnan(auc(np.ones(3), np.arange(3.0)))


def test_a_number_on_a_bins_edge_lies_in_the_bin_that_begins_there() -> None:
    counts = psi_counts(pd.Series([0.0] * 50 + [1.0] * 50), pd.Series([0.0] * 25 + [1.0] * 70 + [np.nan] * 5))
    assert sorted(counts.T.tolist()) == [[0, 5], [50, 25], [50, 70]]


def test_psi_is_the_published_sum_with_half_a_value_added_to_each_bin() -> None:
    e, a = np.array([50.5, 50.5]) / 101, np.array([25.5, 75.5]) / 101
    assert psi(np.array([[50, 50], [25, 75]])) == pytest.approx(((a - e) * np.log(a / e)).sum())


def test_a_bin_without_values_in_one_period_gives_a_finite_index() -> None:
    assert 0 < psi(np.array([[10, 0], [0, 10]])) < np.inf


def test_the_interval_of_few_customers_holds_the_truth_more_often_than_percentiles_do() -> None:
    held, by_percentiles = 0, 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        size = rng.lognormal(0, 0.7, 30)
        kept = size * rng.binomial(1, 0.8, 30)
        drawn = bootstrap(lambda w, k=kept, s=size: float(w @ k / (w @ s)), 30, draws=300, seed=seed)
        held += drawn.low <= 0.8 <= drawn.high
        shares = [w @ kept / (w @ size) for w in bootstrap_weights(30, draws=300, seed=seed)]
        low, high = np.quantile(shares, [0.025, 0.975])
        by_percentiles += low <= 0.8 <= high
    assert held / 150 >= 0.91
    assert held > by_percentiles


def test_an_interval_without_spread_is_the_value_itself() -> None:
    same = bootstrap(lambda _: 1.0, 10)
    assert (same.low, same.value, same.high) == (1.0, 1.0, 1.0)
