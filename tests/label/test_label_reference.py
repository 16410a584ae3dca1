"""The labels of a simulated company are those of the reference, and their hidden truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import pytest

import workbench as wb
from tests import reference
from tests.reference import Company, compare
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

CUSTOMERS = 1900
MONTHS = 18
ENDS_AT = datetime(2026, 1, 1)
KINDS = ["active", "financial", "passive", "none"]
SNAPSHOTS = [datetime(2025, 2, 11), datetime(2025, 8, 1)]


@dataclass(frozen=True)
class Simulated:
    """A simulated company as the workbench and as the reference read it, who left in truth, and by the labels."""

    crm: Crm
    read: Company
    truth: pd.DataFrame
    departures: pd.DataFrame


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("company") / "1"
    wb.simulate(folder, customers=CUSTOMERS, months=MONTHS, seed=1, ends_at=ENDS_AT)
    crm = wb.load_tables(folder / "source.yaml")
    truth = pd.read_parquet(folder / "truth.parquet")
    return Simulated(crm, reference.read(crm), truth, wb.churn_events(crm).to_pandas())


def test_the_labels_of_simulated_customers_are_those_of_the_reference(company: Simulated) -> None:
    assert compare.departures_of(company.departures) == compare.history(company.read)
    assert compare.states_of(company.crm, SNAPSHOTS) == compare.states(company.read, SNAPSHOTS)
    assert compare.outcomes_of(company.crm, SNAPSHOTS) == compare.outcomes(company.read, SNAPSHOTS)


def test_later_data_never_change_a_mature_label(company: Simulated) -> None:
    as_of = SNAPSHOTS[0]  # 91 days of outcome, and the 30 in which it can be undone, end before the cut
    whole = wb.label_churn(company.crm, as_of).to_pandas().sort_values("customer_id", ignore_index=True)
    cut = wb.label_churn(company.crm.known_at("2025-06-12"), as_of).to_pandas()
    pd.testing.assert_frame_equal(whole, cut.sort_values("customer_id", ignore_index=True))


def test_every_kind_and_state_is_among_them(company: Simulated) -> None:
    kinds = Counter(kind for _, _, kind, _, _ in compare.history(company.read))
    assert min(kinds["active"], kinds["financial"], kinds["passive"]) > 25
    states = Counter(state for _, _, state, _ in compare.states(company.read, SNAPSHOTS))
    seen = {"prospect", "trial", "free", "paying", "delinquent", "paused", "in notice", "gone"}
    assert {name for name in seen if states[name] < 3} == set()


def confusion(truth: pd.DataFrame, labelled: pd.DataFrame) -> pd.DataFrame:
    """Count departures by true kind (rows) and labelled kind (columns), matched by customer and date of leaving.

    "none" in a column: not labelled; in a row: labelled, and no departure in truth.
    """
    keys = ["customer_id", "left_at"]
    labelled = labelled.rename(columns={"occurred_at": "left_at"})
    both = truth[[*keys, "kind"]].merge(labelled[[*keys, "kind"]], on=keys, how="outer", suffixes=("_true", "_label"))
    counted = pd.crosstab(both["kind_true"].fillna("none"), both["kind_label"].fillna("none"))
    return counted.reindex(index=KINDS, columns=KINDS, fill_value=0)


def departures(truth: pd.DataFrame) -> pd.DataFrame:
    """Return the departures whose grace was over when the data end, of customers that count and did not return in it."""
    is_known = truth["left_at"] + timedelta(days=30) <= ENDS_AT
    # A return after the data end is in the truth, and no label can know it.
    is_back = truth["back_within_grace"].eq(True) & (truth["returned_at"] < ENDS_AT)
    return truth[is_known & ~is_back & ~truth["excluded"]]


def test_the_departures_are_those_of_the_hidden_truth_but_for_immediate_returns_and_lapses(company: Simulated) -> None:
    table = confusion(departures(company.truth), company.departures)
    right = sum(table.loc[kind, kind] for kind in KINDS)
    assert right >= 0.99 * table.drop("none").to_numpy().sum()
    # Labelled and not true: debtors without any activity, whom the truth lets go when their service is shut off.
    assert table.loc["none", ["active", "passive"]].sum() == 0
    assert table.loc["none", "financial"] <= 0.01 * right
