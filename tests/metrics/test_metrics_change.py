"""A rate's change split exactly, and a PSI beside what chance gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from workbench import metrics
from workbench.errors import DataError


def counts(**segments: tuple[int, int]) -> pd.DataFrame:
    """Type lost and all per segment."""
    rows = [(name, lost, of) for name, (lost, of) in segments.items()]
    return pd.DataFrame(rows, columns=["segment", "count", "of"])


def test_when_only_the_sizes_change_all_is_mix() -> None:
    parts = metrics.mix_and_rate(counts(small=(20, 100), big=(5, 100)), counts(small=(40, 200), big=(2, 40)))
    assert parts["rate"].tolist() == pytest.approx([0, 0])
    assert parts["mix"].sum() == pytest.approx(42 / 240 - 25 / 200)
    assert (parts["mix"] > 0).all(), "the worse segment grew and the better one shrank"


def test_when_only_the_behaviour_changes_all_is_rate() -> None:
    parts = metrics.mix_and_rate(counts(small=(20, 100), big=(5, 100)), counts(small=(30, 100), big=(5, 100)))
    assert parts["mix"].tolist() == [0, 0]
    assert parts["rate"].tolist() == pytest.approx([0.05, 0])


def test_a_segment_of_one_period_only_is_all_mix() -> None:
    parts = metrics.mix_and_rate(counts(old=(10, 100)), counts(old=(10, 100), new=(50, 100))).set_index("segment")
    assert parts["rate"].tolist() == [0, 0]
    assert parts["change"].sum() == pytest.approx(60 / 200 - 10 / 100)
    assert np.isnan(parts.loc["new", "rate_before"])


tables = st.dictionaries(
    st.sampled_from("abcd"), st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1
).filter(lambda t: sum(of for _, of in t.values()) > 0)


@given(tables, tables)
def test_mix_and_rate_add_up_to_the_change(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    parts = metrics.mix_and_rate(counts(**before), counts(**after))
    lost = [sum(count for count, _ in t.values()) / sum(of for _, of in t.values()) for t in (before, after)]
    assert parts["mix"].sum() + parts["rate"].sum() == pytest.approx(lost[1] - lost[0], abs=1e-12)


@given(tables, tables)
def test_looking_backwards_turns_every_sign(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    ahead, back = (
        metrics.mix_and_rate(counts(**before), counts(**after)),
        metrics.mix_and_rate(counts(**after), counts(**before)),
    )
    assert ahead[["mix", "rate"]].sum().tolist() == pytest.approx((-back[["mix", "rate"]].sum()).tolist(), abs=1e-12)


def test_the_change_of_a_rate_stands_with_its_interval() -> None:
    parts = metrics.change_of_rate(counts(small=(20, 100), big=(5, 100)), counts(small=(60, 200), big=(2, 40)))
    assert parts["change"].value == pytest.approx(62 / 240 - 25 / 200)
    assert parts["mix"].value + parts["rate"].value == pytest.approx(parts["change"].value)
    assert all(m.low < m.value < m.high for m in parts.values())
    assert parts["change"].n == 440
    by_hand = 1.96 * np.sqrt(0.125 * 0.875 / 200 + 0.2583 * 0.7417 / 240)
    assert (parts["change"].high - parts["change"].low) / 2 == pytest.approx(by_hand, rel=0.1)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (counts(a=(1, 2)).drop(columns="of"), "counts after have no column of"),
        (counts(a=(3, 2)), "more count than of in segment 'a'"),
        (counts(a=(0, 0)), "counts after hold nobody"),
        (pd.concat([counts(a=(1, 2))] * 2), "name segment 'a' twice"),
    ],
)
def test_counts_that_make_no_rate_are_refused(rows: pd.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words):
        metrics.mix_and_rate(counts(a=(1, 2)), rows)


def test_two_samples_of_one_population_are_no_drift_however_small_they_are() -> None:
    rng = np.random.default_rng(7)
    parts = [metrics.psi(pd.Series(rng.normal(size=60)), pd.Series(rng.normal(size=60))) for _ in range(40)]
    assert np.mean([drift.value > 0.25 for drift in parts]) > 0.3, "the usual bands would cry wolf"
    assert np.mean([drift.p_value < 0.05 for drift in parts]) <= 0.15


def test_by_chance_a_psi_of_large_samples_is_chi_squared() -> None:
    rng = np.random.default_rng(7)
    drift = metrics.psi(pd.Series(rng.normal(size=20_000)), pd.Series(rng.normal(size=10_000)))
    scale = 1 / 20_000 + 1 / 10_000
    assert drift.bins == 10
    assert drift.chance_95 == pytest.approx(chi2.ppf(0.95, 9) * scale, rel=0.06)
    assert drift.chance_median == pytest.approx(chi2.ppf(0.5, 9) * scale, rel=0.06)


def test_a_moved_distribution_is_distinguished_from_chance() -> None:
    rng = np.random.default_rng(7)
    drift = metrics.psi(pd.Series(rng.normal(size=500)), pd.Series(rng.normal(0.5, size=500)))
    assert drift.value > drift.chance_95
    assert drift.p_value < 0.01


def test_missing_values_and_texts_are_bins_of_their_own() -> None:
    before = pd.Series([1.0, 2.0, None, None])
    assert metrics.psi(before, before).value == 0
    assert metrics.psi(before, pd.Series([1.0, 2.0, 1.0, 2.0])).bins == 3
    assert metrics.psi(pd.Series(["a", "b", None]), pd.Series(["a", "c", "c"])).bins == 4


def test_an_empty_column_has_no_drift() -> None:
    with pytest.raises(DataError, match="one is empty"):
        metrics.psi(pd.Series([1.0]), pd.Series([], dtype=float))
