import numpy as np
import pandas as pd
import pytest

from workbench.features import FEATURES, diagnostics, drift


def frame(**columns: list[float]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(n)], "as_of": [1] * (n // 2) + [2] * (n - n // 2), **columns}
    )


def test_psi_is_the_published_sum_over_the_first_snapshots_bands() -> None:
    before, after = [0.0] * 50 + [1.0] * 50, [0.0] * 25 + [1.0] * 75
    found = drift(frame(n=before + after)).loc["n"]
    e, a = np.array([50.5, 50.5]) / 101, np.array([25.5, 75.5]) / 101
    assert found["psi"] == pytest.approx(((a - e) * np.log(a / e)).sum())
    assert found["expected"] == pytest.approx(1 / 100 + 1 / 100)


def test_the_psi_of_samples_of_one_distribution_is_about_what_chance_gives() -> None:
    rng = np.random.default_rng(3)
    panel = frame(**{f"n{i}": list(rng.normal(size=2000)) for i in range(60)})
    found = drift(panel)
    assert found["psi"].mean() == pytest.approx(found["expected"].mean(), rel=0.15)


def test_a_feature_known_at_one_of_the_snapshots_only_has_not_drifted() -> None:
    panel = frame(n=[1.0, 2, 3, 4], late=[np.nan, np.nan, 1, 2])
    assert drift(panel).index.tolist() == ["n"]


def test_pairs_that_say_the_same_are_those_of_pandas_rank_correlation() -> None:
    rng = np.random.default_rng(5)
    one = rng.normal(size=300)
    panel = frame(one=list(one), same=list(np.exp(one)), turned=list(-one), other=list(rng.normal(size=300)))
    pairs = diagnostics.alike(panel).set_index(["one", "other"])["correlation"]
    assert pairs.round(6).to_dict() == {("one", "same"): 1.0, ("one", "turned"): -1.0, ("same", "turned"): -1.0}
    noisy = panel.assign(noisy=one + rng.normal(scale=0.2, size=300))
    expected = noisy["one"].corr(noisy["noisy"], method="spearman")
    assert diagnostics.alike(noisy, at_least=0.9).query("one == 'one' and other == 'noisy'")["correlation"].iloc[
        0
    ] == pytest.approx(expected, abs=1e-6)


def test_a_feature_that_does_not_vary_where_the_other_is_known_correlates_with_nothing() -> None:
    panel = frame(one=[1.0, 2, 3, 4, 5, 6], other=[7.0, 7, 7, 7, np.nan, 8], again=[1.0, 2, 3, 4, 5, 7])
    later = panel.assign(one=panel["one"].where(panel["other"].eq(7)))
    assert diagnostics.alike(later)[["one", "other"]].to_numpy().tolist() == [["one", "again"]]


def test_who_has_no_value_does_not_tell_leavers_apart() -> None:
    labelled = pd.DataFrame({"churned": [True, True, False, False], "kind": ["active", "active", None, None]})
    found = diagnostics.by_kind(labelled.assign(all=[1.0, 2, 3, 4], some=[1.0, np.nan, 3, np.nan]), ["some", "all"])
    assert found["apart"].to_dict() == {"all": 1.0, "some": 0.5 + 0.5 / 4}


def test_coverage_says_how_much_is_known_per_table() -> None:
    panel = frame(n_orders=[1.0, 2, 3, 4], usual_gap_days=[np.nan, 5, np.nan, np.nan], n_orders_365d=[np.nan] * 4)
    by_table = diagnostics.coverage_by_table(diagnostics.coverage(panel, dict(FEATURES)))
    assert by_table.loc["orders"].tolist() == [2, 0.5, 1]
    assert by_table.loc["other features"].tolist() == [1, 0.25, 0]
