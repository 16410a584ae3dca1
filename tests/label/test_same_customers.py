"""On any invented history all figures name the same customers as gained, lost and still there."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import ibis
import pandas as pd
import pytest

import workbench as wb
from tests.reference.invent import BEGIN, Tables, frames, invent
from workbench.crm import paid_service, service_spans
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

START, END, KNOWN = (BEGIN + timedelta(days=day) for day in (180, 330, 420))
GRACE = 10
RULES: dict[str, Any] = {"dated": "service end", "grace_days": GRACE}
IN_SERVICE = ["paying", "dormant", "delinquent", "paused", "in notice"]
Row = dict[str, Any]
Customer = tuple[list[Row], list[Row]]

CONTRACT: dict[str, list[Any]] = {
    "gap": [-20, -1, 0, 1, 5, 9, 10, 11, 45],
    "days": [10, 14, 40, 90, 150, None],
    "trial": [0, 0, 0, 14],
    "mrr": [10, 30],
    "paused": [None, None, (5, 9), (20, 60), (8, None)],
    "switched": [None, None, 3, 25],
}
CUSTOMERS, INVENTED = 200, 400
"""Those drawn here and others with debts, charges and cancellations. They are independent of each other: one company, and
so one query of each kind, holds many examples."""


def drawn(seed: int) -> list[tuple[int, list[Row]]]:
    """Draw for each customer the first day and one to three contracts."""
    draw = Random(seed)
    return [
        (
            draw.randint(0, 290),
            [{name: draw.choice(values) for name, values in CONTRACT.items()} for _ in range(draw.randint(1, 3))],
        )
        for _ in range(CUSTOMERS)
    ]


def customer(name: str, first: int, contracts: list[Row]) -> Customer:
    """Return the contracts of one customer, one after another, and their changes of price, pauses and resumptions."""
    rows, changes, at = list[Row](), list[Row](), BEGIN + timedelta(days=first)
    for number, one in enumerate(contracts):
        id_, start = f"{name}-{number}", max(at + timedelta(days=one["gap"] if number else 0), BEGIN)
        end = start + timedelta(days=one["days"]) if one["days"] else None
        trial = start + timedelta(days=one["trial"]) if one["trial"] else None
        rows.append(
            {"subscription_id": id_, "customer_id": name, "started_at": start, "trial_ends_at": trial, "ended_at": end}
            | {
                "plan": f"P{one['mrr']}",
                "mrr": 50 if one["switched"] else one["mrr"],
                "renews_at": start + timedelta(days=30),
                "billing_period": "month",
            }
        )
        dates = [("price", 0, one["mrr"]), ("price", one["switched"], 50)] if one["switched"] else []
        if one["paused"]:
            since, until = one["paused"]
            dates += [("paused", since, None), *([("resumed", until, None)] if until else [])]
        changes += [
            {"subscription_id": id_, "changed_at": start + timedelta(days=days), "change": change, "mrr": mrr}
            for change, days, mrr in dates
        ]
        if end is None:
            break
        at = end
    return rows, changes


def company(lives: list[tuple[int, list[Row]]]) -> Crm:
    """Return a company that takes no orders: the customers drawn, named k0, k1 …, and those invented, renewing monthly."""
    made = [customer(f"k{place}", first, rows) for place, (first, rows) in enumerate(lives)]
    tables: Tables = {name: rows for name, rows in invent(4, INVENTED).items() if name != "orders"}
    for row in tables["subscriptions"]:
        row |= {"renews_at": row["started_at"] + timedelta(days=30), "billing_period": "month", "mrr": 10}
    tables["subscriptions"] += [row for rows, _ in made for row in rows]
    tables["subscription_changes"] += [row for _, changes in made for row in changes if row["changed_at"] < KNOWN]
    return wb.load_tables(frames(tables))


def there(rows: pd.DataFrame, at: datetime) -> set[str]:
    """Return whose rows are alive at an instant."""
    return set(rows.loc[(rows["started_at"] < at) & ~(rows["ended_at"] < at), "customer_id"])


def paid(crm: Crm, at: datetime) -> set[str]:
    """Return who of those drawn, who owe nothing, has a contract that runs and was paid: not one ended with its trial."""
    rows = crm["subscriptions"].filter(ibis._.customer_id.startswith("k")).to_pandas()
    begun = rows["trial_ends_at"].fillna(rows["started_at"])
    return set(rows.loc[(begun < at) & ~(rows["ended_at"] < at) & ~(rows["ended_at"] <= begun), "customer_id"])


def test_all_verbs_name_the_same_customers_as_gained_lost_and_kept() -> None:
    crm = company(drawn(seed=1))
    closed = wb.closed_by_rules(crm, **RULES)
    lives = wb.lives(crm, **RULES).cache()
    alive, spans = lives.to_pandas(), service_spans(closed).to_pandas()
    states = wb.states(crm, [START, END], **RULES).to_pandas()
    begun = paid_service(crm.counted()).to_pandas()
    serving = {at: there(alive, at) for at in (START, END)}
    for at in (START, END):
        now = set(states.loc[(states["as_of"] == at) & states["state"].isin(IN_SERVICE), "customer_id"])
        soon = begun[(begun["started_at"] >= at) & (begun["started_at"] <= at + timedelta(days=GRACE))]
        assert paid(crm, at) <= now
        assert there(spans, at) == serving[at]
        # A state knows no later return: who comes back within the grace was gone when looked at.
        assert serving[at] - set(soon["customer_id"]) <= now <= serving[at]
    gained, lost = serving[END] - serving[START], serving[START] - serving[END]
    assert len(gained) > 10 and len(lost) > 10
    moved = wb.movements(lives, START, END).set_index("customer_id")
    assert set(moved.index[(moved["at_start"] == 1) & (moved["at_end"] == 0)]) == lost
    assert set(moved.index[(moved["at_start"] == 0) & (moved["at_end"] == 1)]) == gained
    revenue = wb.mrr_movements(closed, START, END).to_pandas().set_index("customer_id")["movement"]
    assert set(revenue.index[revenue == "churn"]) == lost
    assert set(revenue.index[revenue.isin(["new", "reactivation"])]) == gained
    bridge = wb.mrr_bridge(closed, START, END).set_index("movement")["customers"]
    assert bridge[["start", "end"]].tolist() == [len(serving[START]), len(serving[END])]
    due = wb.renewals_due(crm, END, within_days=31, **RULES).to_pandas()
    at_risk = states[(states["as_of"] == END) & states["at_risk"]]
    assert set(due["customer_id"]) == set(at_risk["customer_id"])
