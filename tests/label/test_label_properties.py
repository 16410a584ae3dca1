"""What holds of labels whatever the customers do; customers are independent, so one company holds hundreds of examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import yaml

import workbench as wb
from tests import reference
from tests.reference import Company, compare
from tests.reference.invent import BEGIN, DAYS, Tables, frames, invent, shifted, shuffled
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

CUSTOMERS = 400
HORIZON = 91
SNAPSHOTS = [BEGIN + timedelta(days=day) for day in (180, 330)]
STATES = {
    "prospect", "trial", "free", "paying", "dormant", "delinquent", "paused", "in notice", "lapsed", "gone",
}  # fmt: skip
RULES: dict[str, Any] = {
    "dated": "service end", "inactive_days": 60, "grace_days": 10, "overdue_days": 5, "failed_charges": 1,
    "recovery_days": 40, "left_by": "cancellations, subscriptions, closed_at",
}  # fmt: skip
"""Other rules than the usual ones."""
Answers = tuple[set[tuple[Any, ...]], ...]


def load(tables: Tables) -> Crm:
    return wb.load_tables(frames(tables))


@cache
def company() -> tuple[Tables, Crm, Company]:
    """Invent a company, once for all tests."""
    tables = invent(20, CUSTOMERS)
    crm = load(tables)
    return tables, crm, reference.read(crm)


@cache
def invented(seed: int) -> tuple[Crm, Company]:
    """Invent one of several companies, once for all rules."""
    crm = load(invent(seed, CUSTOMERS))
    return crm, reference.read(crm)


@cache
def found() -> Answers:
    """Return departures, states and outcomes of the company by the verbs, asked once."""
    return answers(company()[1], SNAPSHOTS)


def answers(crm: Crm, at: list[datetime], **rules: Any) -> Answers:
    return (
        compare.history_of(crm, **rules),
        compare.states_of(crm, at, **rules),
        compare.outcomes_of(crm, at, horizon_days=HORIZON, **rules),
    )


def expected(read: Company, at: list[datetime], **rules: Any) -> Answers:
    return (
        compare.history(read, **rules),
        compare.states(read, at, **rules),
        compare.outcomes(read, at, horizon_days=HORIZON, **rules),
    )


def later(answers: Answers, days: int) -> Answers:
    move = timedelta(days=days)
    return tuple({tuple(v + move if isinstance(v, datetime) else v for v in row) for row in rows} for rows in answers)


def test_the_verbs_answer_as_the_reference_does() -> None:
    assert found() == expected(company()[2], SNAPSHOTS)


def test_by_other_rules_on_the_rows_in_another_order_and_some_days_later_they_answer_some_days_later() -> None:
    days = 113
    moved = load(shuffled(shifted(company()[0], days), 5))
    then = [t + timedelta(days=days) for t in SNAPSHOTS]
    assert answers(moved, then, **RULES) == later(expected(company()[2], SNAPSHOTS, **RULES), days)


def test_a_known_customer_has_one_state_and_one_at_risk_stays_or_churns_by_one_kind() -> None:
    tables, (_, states, outcomes) = company()[0], found()
    excluded = {row["customer_id"] for row in tables["customers"] if row["exclude_reason"]}
    for t in SNAPSHOTS:
        paid = [row for row in tables["subscriptions"] if row["kind"] == "paid"]
        known = {row["customer_id"] for row in paid if row["started_at"] < t} - excluded
        named = [who for who, at, _, _ in states if at == t]
        assert len(named) == len(set(named))
        assert known <= set(named)
        assert not excluded & set(named)
    assert {state for _, _, state, _ in states} == STATES
    assert {(who, at) for who, at, _, _, _ in outcomes} == {(who, at) for who, at, _, at_risk in states if at_risk}
    assert len({(who, at) for who, at, _, _, _ in outcomes}) == len(outcomes)
    assert all(
        (kind in {"active", "financial", "passive"}) if churned else kind is None for _, _, churned, kind, _ in outcomes
    )


@cache
def known_at(seed: int, then: datetime) -> Company:
    """Return what was known then of an invented company."""
    return reference.read(invented(seed)[0].known_at(then))


@pytest.mark.parametrize("rules", [{}, {"left_by": "closed_at, cancellations, subscriptions"}, RULES], ids=str)
@pytest.mark.parametrize("seed", range(2))
def test_what_happens_after_a_label_is_mature_does_not_change_it(seed: int, rules: dict[str, Any]) -> None:
    """Asked of the reference, which the verbs equal."""
    t = SNAPSHOTS[1]
    then = t + timedelta(days=HORIZON + max(rules.get("recovery_days", 30), rules.get("grace_days", 30)))
    read = (invented(seed)[1], known_at(seed, then))
    whole, cut = (compare.outcomes(one, [t], horizon_days=HORIZON, **rules) for one in read)
    assert whole == cut


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


def test_zones_and_summer_time_move_no_record_and_so_no_label_by_a_day(tmp_path: Path) -> None:
    tables = {
        name: [{c: v.replace(hour=0, minute=0, second=0) if isinstance(v, datetime) else v for c, v in row.items()} for row in rows]
        for name, rows in invent(8, CUSTOMERS).items()
        if name != "subscription_changes"
    }  # fmt: skip
    source = wb.load_tables(write_source(tmp_path, tables, "Europe/Berlin"))
    assert reference.read(source) == reference.read(load(tables))
    assert source.facts.known_until == BEGIN + timedelta(days=DAYS + 1)
