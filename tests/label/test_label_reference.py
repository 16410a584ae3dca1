"""The labels of ten thousand simulated customers are those of the reference, and their hidden truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests import reference
from tests.reference import Company, compare
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

CUSTOMERS = 2500
MONTHS = 18
SEEDS = (1, 2, 3, 4)
ENDS_AT = datetime(2026, 1, 1)
KINDS = ["active", "financial", "passive", "none"]
SNAPSHOTS = [datetime(2025, 2, 11), datetime(2025, 8, 1)]
SETTINGS: dict[str, tuple[int, dict[str, Any]]] = {
    **{f"as they come, company {seed}": (seed, {}) for seed in SEEDS},
    "dated at the end of service": (1, {"dated": "service end"}),
    "short clocks": (2, {"inactive_days": 30, "grace_days": 10, "overdue_days": 7, "failed_charges": 2, "recovery_days": 5}),
    "cancellations believed first": (3, {"left_by": "cancellations, closed_at, subscriptions", "grace_days": 60}),
}  # fmt: skip
"""The company and the settings of each comparison."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("companies")


@dataclass(frozen=True)
class Simulated:
    """A simulated company as the workbench and as the reference read it, and who left in truth."""

    crm: Crm
    read: Company
    truth: pd.DataFrame


@cache
def company(folder: Path, seed: int) -> Simulated:
    """Simulate a company, once for all tests."""
    wb.simulate(folder / str(seed), customers=CUSTOMERS, months=MONTHS, seed=seed, ends_at=ENDS_AT)
    crm = wb.load_tables(folder / str(seed) / "source.yaml")
    return Simulated(crm, reference.read(crm), pd.read_parquet(folder / str(seed) / "truth.parquet"))


@pytest.mark.parametrize(("seed", "settings"), SETTINGS.values(), ids=SETTINGS)
def test_the_labels_of_simulated_customers_are_those_of_the_reference(
    folder: Path, seed: int, settings: dict[str, Any]
) -> None:
    crm, read = company(folder, seed).crm, company(folder, seed).read
    assert compare.history_told(crm, **settings) == compare.history(read, **settings)
    assert compare.states_told(crm, SNAPSHOTS, **settings) == compare.states(read, SNAPSHOTS, **settings)
    assert compare.outcomes_told(crm, SNAPSHOTS, **settings) == compare.outcomes(read, SNAPSHOTS, **settings)


def test_ten_thousand_customers_are_compared_and_every_kind_is_among_them(folder: Path) -> None:
    companies = [company(folder, seed).read for seed in SEEDS]
    assert sum(company(folder, seed).crm.facts.loaded["customers"] for seed in SEEDS) == 10_000
    kinds = Counter(kind for read in companies for _, _, kind, _, _ in compare.history(read))
    assert min(kinds["active"], kinds["financial"], kinds["passive"]) > 100
    states = Counter(state for read in companies for _, _, state, _ in compare.states(read, SNAPSHOTS))
    seen = {"prospect", "trial", "free", "paying", "delinquent", "paused", "in notice", "gone"}
    assert seen <= set(states)
    assert all(states[name] > 10 for name in seen)


def confusion(truth: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Count departures by true kind (rows) and labelled kind (columns), matched by customer and date of leaving.

    "none" in a column: not labelled; in a row: labelled, and no departure in truth.
    """
    keys = ["customer_id", "left_at"]
    told = told.rename(columns={"occurred_at": "left_at"})
    both = truth[[*keys, "kind"]].merge(told[[*keys, "kind"]], on=keys, how="outer", suffixes=("_true", "_told"))
    counted = pd.crosstab(both["kind_true"].fillna("none"), both["kind_told"].fillna("none"))
    return counted.reindex(index=KINDS, columns=KINDS, fill_value=0)


def departures(truth: pd.DataFrame) -> pd.DataFrame:
    """Return the departures whose grace was over when the data end, of customers that count and did not come back in it."""
    is_known = truth["left_at"] + timedelta(days=30) <= ENDS_AT
    is_back = truth["returned_at"] <= truth["left_at"] + timedelta(days=30)
    return truth[is_known & ~is_back & ~truth["excluded"]]


def test_the_departures_told_are_those_of_the_hidden_truth_but_for_who_came_straight_back_or_had_lapsed(
    folder: Path,
) -> None:
    companies = [company(folder, seed) for seed in SEEDS]
    tables = [confusion(departures(one.truth), wb.churn_events(one.crm).to_pandas()) for one in companies]
    table = sum(tables[1:], start=tables[0])
    right = sum(table.loc[kind, kind] for kind in KINDS)
    assert right >= 0.99 * table.drop("none").to_numpy().sum()
    # Told and not true: debtors who show no sign of life, which the truth lets go when their service is shut off.
    assert table.loc["none", ["active", "passive"]].sum() == 0
    assert table.loc["none", "financial"] <= 0.01 * right
