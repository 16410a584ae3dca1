"""Who is left off the lists, and why: cooling-off, the hold-out group, money, and owners' time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.actions.control_group import held_out

NO_CONSENT = "no consent to any channel"
NO_GAIN = "a contact would cost more than it brings"
NO_WORTH = "what the customer brings is not known, and the chance of losing them is not above the average"
NO_REASON = "no reason the company can act on"
NOT_AT_RISK = "not at risk: a line of keep asks for at_risk = true"
NOT_SCORED = "no usable chance of leaving or returning"
URGENT = "stands on a more urgent list"
HELD_OUT = "held out, to measure what contacting brings"
OVER_CALLS = "over the number of contacts"
OVER_BUDGET = "over the budget"
OVER_ALLOWANCE = "over the allowance for offers"
NO_TIME = "the owner has no time before it is due"

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
    """Return the tasks that remain, and those left out, with ``reason``; both in the order given, the best first.

    Input columns: customer_id, list, line, owner, channel (None: no consent), expected_gain, days_since_contacted
    (empty: never), days_left (working days until due), allowance, offer_cost and cost (expected, in currency). Each
    limit counts only the tasks that the limits before it let through. Tasks that remain get ``slot``: in how many
    working days the owner has time for it.
    """
    steps: list[tuple[str, Callable[[pd.DataFrame], NDArray[np.bool_]]]] = [
        (NO_CONSENT, lambda t: t["channel"].notna().to_numpy(bool)),
        (limits.cooling, lambda t: ~_lately(t, limits.cooling_off_days)),
        (HELD_OUT, lambda t: ~_held_out(t, limits.holdout_share)),
        (OVER_ALLOWANCE, lambda t: _within(t["offer_cost"], t["line"], t["allowance"])),
        (OVER_ALLOWANCE, lambda t: _within(t["offer_cost"], t["owner"], limits.owner_allowance or np.inf)),
        (OVER_BUDGET, lambda t: _within(t["cost"], np.zeros(len(t)), limits.budget or np.inf)),
        (OVER_CALLS, lambda t: np.arange(len(t)) < (limits.most_calls or np.inf)),
        (NO_TIME, lambda t: (_slots(t, limits.calls_a_day) <= t["days_left"]).to_numpy(bool)),
    ]  # fmt: skip
    out = []
    for reason, stays in steps:
        keep = stays(tasks)
        out.append(tasks[~keep].assign(reason=reason))
        tasks = tasks[keep]
    return tasks.assign(slot=_slots(tasks, limits.calls_a_day)), pd.concat(out)


def _lately(tasks: pd.DataFrame, days: int) -> NDArray[np.bool_]:
    recent = tasks["days_since_contacted"] < days
    return (recent & tasks["list"].isin(UNSOLICITED)).to_numpy(bool)


def _held_out(tasks: pd.DataFrame, share: float) -> NDArray[np.bool_]:
    chosen = np.array(held_out(tasks["customer_id"], share), bool)
    return chosen & tasks["list"].isin(MEASURED).to_numpy(bool)


def _within(cost: pd.Series, group: Iterable[object], most: float | pd.Series) -> NDArray[np.bool_]:
    """Return which tasks fit below ``most`` in their group, taken in order; one that does not fit uses nothing up."""
    limit = pd.Series(most, index=cost.index, dtype="float64").fillna(np.inf)
    spent: dict[object, float] = {}
    fits = []
    for each, amount, top in zip(group, cost.fillna(0), limit, strict=True):
        fits.append(spent.get(each, 0.0) + amount <= top)
        spent[each] = spent.get(each, 0.0) + (amount if fits[-1] else 0.0)
    return np.array(fits, bool)


def _slots(tasks: pd.DataFrame, calls_a_day: int) -> pd.Series:
    """Return in how many working days an owner who takes the tasks in order comes to each."""
    place = tasks.groupby("owner", dropna=False).cumcount()
    return place // calls_a_day if calls_a_day else place * 0


def counted(left_out: pd.DataFrame) -> pd.DataFrame:
    """Return how many customers were left off each list, and why: list, reason, customers, most first."""
    n = left_out.groupby(["list", "reason"])["customer_id"].nunique().rename("customers").reset_index()
    return n.sort_values(["customers", "list", "reason"], ascending=[False, True, True], ignore_index=True)
