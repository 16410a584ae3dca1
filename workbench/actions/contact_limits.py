"""Who is left off the lists, and why: cooling-off, the hold-out group, money, and owners' time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.actions.control_group import held_out

NO_CONSENT = "no consent to any channel"
NO_GAIN = "a contact would cost more than it brings"
NO_WORTH = "what the customer brings is not known, and the chance of losing them is not above the average"
NO_REASON = "no reason the company can act on"
NO_LINE = "no line of the playbook applies to them now"
NOT_AT_RISK = "not at risk: a line of keep asks for at_risk = true"
NOT_SCORED = "no usable chance of leaving or returning"
URGENT = "is on a more urgent list"
HELD_OUT = "held out, to measure what contacting brings"
OVER_CALLS = "over the number of contacts"
OVER_BUDGET = "over the budget"
OVER_ALLOWANCE = "over the allowance for offers"
NO_TIME = "the owner has no time before it is due"

OWED = "answer"
"""The list of customers who wait for an answer: no limit cuts it before another."""
MEASURED = ("renew", "keep", "win back", "occasion", "refer", "thank", "grow")
"""Lists of contacts that are a choice: of these some customers are held out, to measure what contacting brings."""
UNSOLICITED = ("keep", "health", "win back", "onboard", "refer", "thank", "grow")
"""Lists a customer is left off who was contacted lately; the others answer the customer, or hang on a day."""
MONEY = ("keep", "renew", "win back")
"""Lists where a customer is contacted only if the contact is expected to bring more than it costs, as far as known."""


@dataclass(frozen=True)
class Limits:
    """How many may be contacted, and how often; 0 means no limit.

    ``cooling_off_days`` after a contact a customer is left alone, ``holdout_share`` of customers are held out,
    ``budget`` (currency) is the most that contacts and offers may cost in all, ``most_calls`` the most contacts in all,
    ``calls_a_day`` the most contacts of one owner a day, ``owner_allowance`` (currency) the most that the offers of one
    owner may cost.
    """

    cooling_off_days: int = 14
    holdout_share: float = 0.1
    budget: float = 0.0
    most_calls: int = 0
    calls_a_day: int = 0
    owner_allowance: float = 0.0

    @property
    def cooling(self) -> str:
        """The reason to leave out who was contacted lately."""
        return f"contacted in the last {self.cooling_off_days} days"


def apply_limits(tasks: pd.DataFrame, limits: Limits) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tasks that remain, and those left out, with ``reason``; both in the order given.

    Input columns: customer_id, list, line, owner, channel (None: no consent), expected_gain, days_since_contacted
    (empty: never), days_left (working days until due), allowance, offer_cost and cost (expected, in currency). Money
    and time go first to those who wait for an answer, then to the tasks that bring most. A task that is left out uses
    up neither. Tasks that remain get ``slot``: in how many working days the owner
    does it, the earliest due first.
    """
    steps: list[tuple[str, Callable[[pd.DataFrame], NDArray[np.bool_]]]] = [
        (NO_CONSENT, lambda t: t["channel"].notna().to_numpy(bool)),
        (limits.cooling, lambda t: ~_lately(t, limits.cooling_off_days)),
        (HELD_OUT, lambda t: ~_held_out(t, limits.holdout_share)),
    ]  # fmt: skip
    out = []
    for reason, stays in steps:
        keep = stays(tasks)
        out.append(tasks[~keep].assign(reason=reason))
        tasks = tasks[keep]
    reasons = _too_much(tasks.loc[_served_first(tasks)], limits).reindex(tasks.index)
    fits = reasons == ""
    out.append(tasks[~fits].assign(reason=reasons[~fits]))
    return tasks[fits].assign(slot=_slots(tasks[fits], limits.calls_a_day)), pd.concat(out)


def _lately(tasks: pd.DataFrame, days: int) -> NDArray[np.bool_]:
    recent = tasks["days_since_contacted"] < days
    return (recent & tasks["list"].isin(UNSOLICITED)).to_numpy(bool)


def _held_out(tasks: pd.DataFrame, share: float) -> NDArray[np.bool_]:
    chosen = np.array(held_out(tasks["customer_id"], share), bool)
    return chosen & tasks["list"].isin(MEASURED).to_numpy(bool)


def _served_first(tasks: pd.DataFrame) -> pd.Index:
    """Return the tasks in the order in which money and time go to them, else in the order given.

    Answers are owed; then comes what is expected to bring most, what cannot be priced, and last what costs more.
    """
    gain = tasks["expected_gain"].astype("float64")
    turn = np.select([tasks["list"] == OWED, gain > 0, gain.isna()], [0, 1, 2], 3)
    order = pd.DataFrame({"turn": turn, "gain": -gain.where(turn != 0)}, tasks.index)
    return order.sort_values(["turn", "gain"], kind="stable").index


def _too_much(tasks: pd.DataFrame, limits: Limits) -> pd.Series:
    """Return for each task, taken in order, which limit it goes over; empty for one that fits."""
    spent: dict[object, float] = defaultdict(float)
    free = dict[object, NDArray[np.int64]]()
    days = np.arange(1, int(tasks["days_left"].max() if len(tasks) else 0) + 2)
    asked = tasks[["line", "owner", "days_left", "offer_cost", "cost", "allowance"]]
    asked = asked.fillna({"offer_cost": 0, "cost": 0, "allowance": 0})
    over = [_take(task, limits, spent, free.setdefault(task.owner, limits.calls_a_day * days))
            for task in asked.itertuples()]  # fmt: skip
    return pd.Series(over, index=tasks.index, dtype="str")


def _take(task: Any, limits: Limits, spent: dict[object, float], free: NDArray[np.int64]) -> str:
    """Take up a task if it fits: add to what is ``spent``, and fill a place of the owner's ``free`` up to each day."""
    uses = [
        (OVER_ALLOWANCE, ("line", task.line), task.offer_cost, task.allowance),
        (OVER_ALLOWANCE, ("owner", task.owner), task.offer_cost, limits.owner_allowance),
        (OVER_BUDGET, "all", task.cost, limits.budget),
        (OVER_CALLS, "calls", 1, limits.most_calls),
    ]
    for reason, what, amount, most in uses:
        if most and spent[what] + amount > most:
            return reason
    if limits.calls_a_day:
        until = free[int(task.days_left) :]
        if until.min() < 1:
            return NO_TIME
        until -= 1
    for _, what, amount, _ in uses:
        spent[what] += amount
    return ""


def _slots(tasks: pd.DataFrame, calls_a_day: int) -> pd.Series:
    """Return in how many working days an owner comes to each task, taking first what is due first."""
    place = tasks.sort_values("days_left", kind="stable").groupby("owner", dropna=False).cumcount()
    return (place // calls_a_day if calls_a_day else place * 0).reindex(tasks.index)


def counted(left_out: pd.DataFrame) -> pd.DataFrame:
    """Return how many customers were left off each list, and why: list, reason, customers, most first."""
    n = left_out.groupby(["list", "reason"])["customer_id"].nunique().rename("customers").reset_index()
    return n.sort_values(["customers", "list", "reason"], ascending=[False, True, True], ignore_index=True)
