"""What a playbook makes of the customers: one task per customer and list, in the customer's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.actions.contact_limits import MONEY
from workbench.actions.playbook import LISTS, Line
from workbench.actions.task_texts import written
from workbench.model import Money, expected_gain, win_back_gain

BY_CHURN = ("answer", "pay", "renew", "keep", "health", "onboard")
"""Lists on which what is expected of a contact rests on the chance of churn."""


def find_tasks(lines: Sequence[Line], customers: pd.DataFrame, money: Money, at: datetime) -> pd.DataFrame:
    """Return the tasks of all lines: of the lines of one list a customer gets the first whose condition holds.

    A line is not written for a customer without a value for one of its fields. Columns added to those of the customer:
    list, line, why, action, say, offer, offer_cost, contact_cost, cost, allowance, owner, wanted, due, probability,
    expected_gain (empty where it cannot be computed).
    """
    taken = {name: np.zeros(len(customers), bool) for name in LISTS}
    found = []
    for line in lines:
        holds = line.when.holds(customers) & customers[list(line.needed)].notna().all(axis=1).to_numpy(bool)
        holds &= ~taken[line.list]
        taken[line.list] |= holds
        if holds.any():
            found.append(_tasks(line, customers[holds], money, at))
    return pd.concat(found, ignore_index=True) if found else _none(customers)


def _none(customers: pd.DataFrame) -> pd.DataFrame:
    added = ["list", "line", "action", "say", "offer", "offer_cost", "contact_cost", "cost", "allowance", "wanted",
             "due", "probability", "expected_gain"]  # fmt: skip
    return customers.iloc[:0].reindex(columns=[*customers, *(c for c in added if c not in customers)])


def _tasks(line: Line, customers: pd.DataFrame, money: Money, at: datetime) -> pd.DataFrame:
    offer_cost = (money.offer_cost if line.offer_cost is None else line.offer_cost) if line.offer else 0.0
    contact_cost = money.contact_cost if line.cost is None else line.cost
    costs = replace(money, offer_cost=offer_cost, contact_cost=contact_cost)
    chance = _chance(line, customers)
    gain = _gain(line, customers, costs)
    taken = chance * money.save_share + (1 - chance) * money.taken_by_stayers
    why = written(line.why, customers) if line.why else customers["why"].fillna("")
    return customers.assign(
        list=line.list, line=line.name, why=why, action=written(line.do, customers), say=written(line.say, customers),
        offer=written(line.offer, customers), offer_cost=offer_cost, contact_cost=contact_cost,
        cost=contact_cost + offer_cost * taken.fillna(1.0),
        allowance=np.nan if line.allowance is None else line.allowance,
        owner=line.owner or customers["owner"].fillna(""),
        wanted=pd.Series([line.channels] * len(customers), index=customers.index, dtype="object"),
        due=_due(line, customers, at), probability=chance, expected_gain=gain,
    )  # fmt: skip


def _chance(line: Line, customers: pd.DataFrame) -> pd.Series:
    """The chance of churn, or of a return; empty where there is neither."""
    if line.list == "win back":
        return customers["return_probability"]
    return customers["churn_probability"] if line.list in BY_CHURN else customers["churn_probability"] * np.nan


def _gain(line: Line, customers: pd.DataFrame, money: Money) -> pd.Series:
    margin = customers["margin_if_retained"]
    leaves = pd.Series(1.0, index=customers.index)
    if line.list == "save":
        return expected_gain(leaves, margin, money)
    if line.list == "win back":
        returns = win_back_gain(customers["return_probability"], margin, money)
        return returns.where(customers["state"] == "lapsed", expected_gain(leaves, margin, money))
    return expected_gain(_chance(line, customers), margin, money)


def _due(line: Line, customers: pd.DataFrame, at: datetime) -> pd.Series:
    """The day by which a task is to be done: so many days from now, or the day before another day."""
    today = pd.Timestamp(at)
    if isinstance(line.due, int):
        return pd.Series(today + pd.Timedelta(days=line.due), index=customers.index)
    day_before = pd.to_datetime(customers[line.due]) - pd.Timedelta(days=1)
    return day_before.where(day_before >= today, today)


def in_order(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return the tasks in the order in which they are worked off.

    First what is owed to customers; then by expected gain, where it can be computed; then by due date and margin.
    """
    place = tasks["list"].map({name: i for i, name in enumerate(LISTS)})
    first = tasks["list"].isin(["answer", "save", "pay"])
    by_money = tasks["list"].isin(MONEY)
    order = pd.DataFrame({
        "first": ~first, "place": place.where(first, 0), "unknown": ~first & tasks["expected_gain"].isna(),
        "due": tasks["due"].where(~by_money, pd.Timestamp.min), "gain": -tasks["expected_gain"],
        "margin": -tasks["margin_if_retained"], "id": tasks["customer_id"],
    })  # fmt: skip
    return tasks.loc[order.sort_values([*order.columns]).index].reset_index(drop=True)
