"""What a playbook makes of the customers: one task per customer and list, in the customer's own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.actions.contact_limits import MONEY
from workbench.actions.playbook import LISTS, Line
from workbench.actions.task_texts import written
from workbench.actions.working_days import or_after, or_before
from workbench.model import Money, expected_gain, win_back_gain
from workbench.segments import hold_each

KEPT = (
    "customer_id", "as_of", "name", "person", "owner", "why", "yearly_revenue", "margin_if_retained", "value_segment",
    "rfm_segment", "country", "last_order_on", "preferred_channel", "silent_on", "contact_hours",
    "time_zone", "days_since_contacted",
)  # fmt: skip
"""What is kept of a customer's columns on a task."""
BY_CHURN = ("answer", "pay", "renew", "keep", "health", "onboard")
"""Lists on which what is expected of a contact rests on the chance of churn."""


def find_tasks(lines: Sequence[Line], customers: pd.DataFrame, money: Money, at: datetime) -> pd.DataFrame:
    """Return the tasks of all lines: of the lines of one list a customer gets the first whose condition holds.

    A line is not written for a customer without a value for one of its fields. Columns beside those KEPT of the
    customer: list, line, why, action, say, offer, offer_cost, contact_cost, cost, allowance, owner, wanted, due,
    probability, expected_gain (empty where it cannot be computed), adds (the chance that the contact changes the
    outcome).
    """
    taken = {name: np.zeros(len(customers), bool) for name in LISTS}
    found = []
    lines = [line for line in lines if line.occasion is None or line.occasion.next(at.date())]
    for line, everyone, holds in _who(lines, customers, at):
        holds = holds & everyone[list(line.needed)].notna().all(axis=1).to_numpy(bool)
        holds &= ~taken[line.list]
        taken[line.list] |= holds
        if holds.any():
            found.append(_tasks(line, everyone[holds], money, at))
    return pd.concat(found, ignore_index=True) if found else _none(customers)


def _who(
    lines: Sequence[Line], customers: pd.DataFrame, at: datetime
) -> Iterator[tuple[Line, pd.DataFrame, npt.NDArray[np.bool_]]]:
    """Yield each line with the customers as it sees them, its own occasion among their columns, and whom it is for."""
    usual = [line for line in lines if line.occasion is None]
    held = dict(zip([line.name for line in usual], hold_each([line.when for line in usual], customers), strict=True))
    for line in lines:
        day = line.occasion.next(at.date()) if line.occasion else None
        if day is None:
            yield line, customers, held[line.name]
        else:
            ahead = (day - at.date()).days
            seen = customers.assign(occasion_on=pd.Timestamp(day), days_to_occasion=float(ahead))
            yield line, seen, hold_each([line.when], seen)[0]


def _none(customers: pd.DataFrame) -> pd.DataFrame:
    added = ["list", "line", "action", "say", "offer", "offer_cost", "contact_cost", "cost", "allowance", "wanted",
             "due", "probability", "expected_gain", "adds"]  # fmt: skip
    kept = [name for name in customers if name in KEPT]
    return customers.iloc[:0].reindex(columns=[*kept, *(c for c in added if c not in kept)])


def _tasks(line: Line, customers: pd.DataFrame, money: Money, at: datetime) -> pd.DataFrame:
    offer_cost = (money.offer_cost if line.offer_cost is None else line.offer_cost) if line.offer else 0.0
    contact_cost = money.contact_cost if line.cost is None else line.cost
    costs = replace(money, offer_cost=offer_cost, contact_cost=contact_cost)
    chance = _chance(line, customers)
    gain = _gain(line, customers, costs)
    taken = chance * customers["save_share"].fillna(money.save_share) + (1 - chance) * money.taken_by_stayers
    why = written(line.why, customers) if line.why else customers["why"].fillna("")
    return customers[[name for name in customers if name in KEPT]].assign(
        list=line.list, line=line.name, why=why, action=written(line.do, customers), say=written(line.say, customers),
        offer=written(line.offer, customers), offer_cost=offer_cost, contact_cost=contact_cost,
        cost=contact_cost + offer_cost * taken.fillna(1.0),
        allowance=np.nan if line.allowance is None else line.allowance,
        owner=line.owner or customers["owner"].fillna(""),
        wanted=pd.Series([line.channels] * len(customers), index=customers.index, dtype="object"),
        due=_due(line, customers, at), probability=chance, expected_gain=gain,
        adds=_adds(line, customers, chance, money),
    )  # fmt: skip


def _chance(line: Line, customers: pd.DataFrame) -> pd.Series:
    """The chance of churn, or of a return; empty where there is neither."""
    if line.list == "win back":
        return customers["return_probability"]
    return customers["churn_probability"] if line.list in BY_CHURN else customers["churn_probability"] * np.nan


def _gain(line: Line, customers: pd.DataFrame, money: Money) -> pd.Series:
    margin = customers["margin_if_retained"]
    share = customers["save_share"].fillna(money.save_share)
    if line.list == "win back":  # the chance that those who left by a notice return by themselves is not known: none
        return win_back_gain(customers["return_probability"].fillna(0.0), margin, money)
    chance = pd.Series(1.0, index=customers.index) if line.list == "save" else _chance(line, customers)
    return expected_gain(chance, margin, money, save_share=share)


def _adds(line: Line, customers: pd.DataFrame, chance: pd.Series, money: Money) -> pd.Series:
    """The chance that the contact keeps the customer, or brings back who would not return."""
    if line.list == "win back":
        return (1 - chance.fillna(0.0)) * money.win_back_share
    return chance * customers["save_share"].fillna(money.save_share)


def _due(line: Line, customers: pd.DataFrame, at: datetime) -> pd.Series:
    """The working day by which a task is to be done, the earliest where there are several."""
    today = pd.Series(pd.Timestamp(at), index=customers.index)
    days = [
        or_after(today + pd.Timedelta(days=due.days))
        if due.column is None
        else or_before(pd.to_datetime(customers[due.column]) + pd.Timedelta(days=due.days))
        for due in line.due
    ]
    earliest, first = pd.concat(days, axis=1).min(axis=1), or_after(today)
    return earliest.where(earliest >= first, first)


def chance_lost(tasks: pd.DataFrame) -> pd.Series:
    """Return the chance that a customer left alone is lost: leaves, or has left and does not return.

    >>> rows = pd.DataFrame({"list": ["keep", "win back", "win back"], "probability": [0.2, 0.3, None]})
    >>> chance_lost(rows).tolist()
    [0.2, 0.7, 1.0]
    """
    returns = tasks["probability"].fillna(0.0)
    return tasks["probability"].where(tasks["list"] != "win back", 1 - returns).astype("float64")


def in_order(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return the tasks in the order in which they are worked off.

    First what is owed to customers; then by expected gain; where it cannot be computed, by the chance that the contact
    changes the outcome on lists where money decides, else by due date and margin.
    """
    place = tasks["list"].map({name: i for i, name in enumerate(LISTS)})
    first = tasks["list"].isin(["answer", "save", "pay"])
    by_money = tasks["list"].isin(MONEY)
    order = pd.DataFrame({
        "first": ~first, "place": place.where(first, 0), "unknown": ~first & tasks["expected_gain"].isna(),
        "due": tasks["due"].where(~by_money, pd.Timestamp.min),
        "adds": -tasks["adds"].where(by_money & tasks["expected_gain"].isna()), "gain": -tasks["expected_gain"],
        "margin": -tasks["margin_if_retained"], "id": tasks["customer_id"],
    })  # fmt: skip
    return tasks.loc[order.sort_values([*order.columns]).index].reset_index(drop=True)
