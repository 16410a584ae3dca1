"""What holds of the labels whatever the customers do; customers are independent, so one example holds a hundred of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import workbench as wb
from tests import reference
from tests.reference import compare
from tests.reference.invent import BEGIN, Tables, frames, invent, shifted, shuffled
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

CUSTOMERS = 120
HORIZON = 91
SNAPSHOTS = [BEGIN + timedelta(days=day) for day in (180, 330)]
STATES = {
    "prospect", "trial", "free", "paying", "dormant", "delinquent", "paused", "in notice", "lapsed", "gone",
}  # fmt: skip
SETTINGS: list[dict[str, Any]] = [
    {},
    {"dated": "service end", "inactive_days": 60},
    {"grace_days": 0, "overdue_days": 5, "failed_charges": 1, "recovery_days": 10},
    {"left_by": "cancellations, subscriptions, closed_at", "grace_days": 60},
]
Told = tuple[set[tuple[Any, ...]], ...]

seeds = st.integers(0, 10**6)
few = settings(
    max_examples=1,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def load(tables: Tables) -> Crm:
    return wb.load_tables(frames(tables))


def told(crm: Crm, at: list[datetime] = SNAPSHOTS, **rules: Any) -> Told:
    """Return departures, states and outcomes as the verbs tell them."""
    return (
        compare.history_told(crm, **rules),
        compare.states_told(crm, at, **rules),
        compare.outcomes_told(crm, at, horizon_days=HORIZON, **rules),
    )


def later(answers: Told, days: int) -> Told:
    move = timedelta(days=days)
    return tuple(
        {tuple(v + move if isinstance(v, datetime) else v for v in row) for row in answer} for answer in answers
    )


@pytest.mark.parametrize("rules", SETTINGS, ids=str)
@few
@given(seed=seeds)
def test_the_verbs_tell_what_the_reference_tells(rules: dict[str, Any], seed: int) -> None:
    crm = load(invent(seed, 2 * CUSTOMERS))
    company = reference.read(crm)
    history, states, outcomes = told(crm, **rules)
    assert history == compare.history(company, **rules)
    assert states == compare.states(company, SNAPSHOTS, **rules)
    assert outcomes == compare.outcomes(company, SNAPSHOTS, horizon_days=HORIZON, **rules)


@few
@given(seed=seeds)
def test_everyone_known_has_one_state_and_everyone_at_risk_stays_or_churns_by_one_kind(seed: int) -> None:
    tables = invent(seed, CUSTOMERS)
    _, states, outcomes = told(load(tables))
    excluded = {row["customer_id"] for row in tables["customers"] if row["exclude_reason"]}
    for t in SNAPSHOTS:
        known = {row["customer_id"] for row in tables["subscriptions"] if row["started_at"] < t} - excluded
        named = [who for who, at, _, _ in states if at == t]
        assert len(named) == len(set(named))
        assert known <= set(named)
        assert not excluded & set(named)
    assert {state for _, _, state, _ in states} <= STATES
    assert {(who, at) for who, at, _, _, _ in outcomes} == {(who, at) for who, at, _, at_risk in states if at_risk}
    assert len({(who, at) for who, at, _, _, _ in outcomes}) == len(outcomes)
    assert all(
        (kind in {"active", "financial", "passive"}) if churned else kind is None for _, _, churned, kind, _ in outcomes
    )


@few
@given(seed=seeds, days=st.integers(1, 400))
def test_the_same_rows_in_another_order_and_some_days_later_have_the_same_labels_some_days_later(
    seed: int, days: int
) -> None:
    tables = invent(seed, CUSTOMERS)
    moved = told(load(shuffled(shifted(tables, days), seed)), [t + timedelta(days=days) for t in SNAPSHOTS])
    assert moved == later(told(load(tables)), days)


@pytest.mark.parametrize("rules", [{}, {"left_by": "closed_at, cancellations, subscriptions"}], ids=str)
@few
@given(seed=seeds)
def test_what_happens_after_a_label_is_mature_does_not_change_it(rules: dict[str, Any], seed: int) -> None:
    crm = load(invent(seed, 4 * CUSTOMERS))
    t = SNAPSHOTS[1]
    then = crm.known_at(t + timedelta(days=HORIZON + 30))
    assert compare.outcomes_told(then, [t], **rules) == compare.outcomes_told(crm, [t], **rules)


@few
@given(seed=seeds)
def test_nothing_known_at_a_snapshot_depends_on_what_happens_later(seed: int) -> None:
    crm = load(invent(seed, 4 * CUSTOMERS))
    t = SNAPSHOTS[1]
    assert compare.states_told(crm.known_at(t), [t]) == compare.states_told(crm, [t])


def write_source(folder: Path, tables: Tables, zone: str) -> Path:
    """Write the tables as CSV files, their wall-clock times in the zone as instants in UTC, and the source file."""

    def text(value: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        return f"{value.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    described: dict[str, Any] = {"name": "Invented", "currency": "EUR", "time_zone": zone, "files": {}, "tables": {}}
    for name, rows in tables.items():
        table = pd.DataFrame([{column: text(value) for column, value in row.items()} for row in rows])
        table.to_csv(folder / f"{name}.csv", index=False)
        described["files"][f"{name}_file"] = {"path": f"{name}.csv"}
        described["tables"][name] = {"from": f"{name}_file", "columns": {c: f'"{c}"' for c in table}}
    (folder / "source.yaml").write_text(yaml.safe_dump(described))
    return folder / "source.yaml"


def test_zones_and_summer_time_move_no_label_by_a_day(tmp_path: Path) -> None:
    tables = {
        name: [{c: v.replace(hour=0, minute=0, second=0) if isinstance(v, datetime) else v for c, v in row.items()} for row in rows]
        for name, rows in invent(8, CUSTOMERS).items()
        if name != "subscription_changes"
    }  # fmt: skip
    source = write_source(tmp_path, tables, "Europe/Berlin")
    assert told(wb.load_tables(source)) == told(load(tables))
