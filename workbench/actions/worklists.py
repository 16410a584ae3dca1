"""The lists that people work off: one per cause, a task a row, and how many customers were left off each, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.actions import contact_limits as limit
from workbench.actions.alert_rules import Alerts
from workbench.actions.channel_names import channel_name
from workbench.actions.contact_channels import (
    consented,
    known_channels,
    may_be_mailed,
    reach_by,
    with_channels,
)
from workbench.actions.contact_limits import Limits, apply_limits, counted
from workbench.actions.playbook import AUDIENCE, CHANNELS, LISTS, OCCASION, Line
from workbench.actions.task_customers import column_needs, with_empty
from workbench.actions.task_texts import tidy
from workbench.actions.tasks import KEPT, chance_lost, find_tasks, in_order
from workbench.actions.working_days import days_until, nth_day
from workbench.crm import Crm
from workbench.errors import in_singular
from workbench.model import Money, expected_gain

COLUMNS = [
    "list", "rank", "customer_id", "name", "owner", "channel", "day", "when", "due", "why", "action", "say", "offer",
    "offer_cost", "contact_cost", "probability", "yearly_revenue", "margin_if_retained", "margin_at_stake",
    "expected_gain", "consent", "arm", "also_on", "line", "as_of", "value_segment", "rfm_segment", "country",
    "last_order_on",
]  # fmt: skip
LEFT = ["customer_id", "list", "reason"]
SOFT = ("health", "nurture", "occasion", "refer", "thank", "grow")
"""Lists a customer is left off who stands on a more urgent one; nobody stands on two of these."""
BY_CHANCE = ("keep", "win back")
"""Lists that are made only where the chances of leaving and returning tell customers apart."""
NO_OWNER = "no owner"
RESTED_ON = (
    "owner", "preferred_channel", "silent_on", "contact_hours", "time_zone", "days_since_contacted", "name",
    "person", "why", "save_share",
)  # fmt: skip
"""Columns that owner, channel, money and limits rest on."""
REACHED = ("reach_by", "may_email")
DECIDED_BY = ("at_risk", "state", "churn_probability", "return_probability")
JUDGED_BY = (*DECIDED_BY, "customer_id", "save_share", "margin_if_retained")
"""Columns that say whether a contact is worth it, and who is on no list."""
BY_STATE = {"in notice": "save", "lapsed": "win back", "gone": "win back", "trial": "convert", "free": "convert"}
"""The list of customers who are not at risk: those of them on no list are counted too."""


@dataclass(frozen=True)
class Worklists:
    """The lists by name, in the order in which they are worked off, and who is not on them.

    ``left_out``: list, reason, customers. ``held_out``: customer_id and list of those left alone to measure what
    contacting brings. ``unusable``: the lines of the playbook that this source has no columns for, and which.
    ``without_consent``: customers on no list for want of a consent.
    """

    lists: Mapping[str, pd.DataFrame]
    left_out: pd.DataFrame
    held_out: pd.DataFrame
    unusable: Mapping[str, Sequence[str]]
    without_consent: int

    def __repr__(self) -> str:
        counted = [in_singular(f"  {name}: {len(rows):,} tasks") for name, rows in self.lists.items()]
        return "\n".join(["Worklists", *counted])

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.lists.get(name, pd.DataFrame(columns=COLUMNS))


@dataclass(frozen=True)
class Tasks:
    """What a playbook makes of the customers at ``at``, before consents and limits.

    ``tasks`` is what :func:`find_tasks` returns, ``judged`` the columns JUDGED_BY of all customers; ``consents`` and
    ``columns`` are those of the source, ``money`` and ``playbook`` what the tasks were made with.
    """

    at: datetime
    tasks: pd.DataFrame
    judged: pd.DataFrame
    consents: Mapping[str, tuple[str, ...]] | None
    columns: frozenset[str]
    money: Money
    playbook: Sequence[Line]


def make_lists(
    crm: Crm,
    customers: pd.DataFrame,
    at: datetime,
    *,
    playbook: Sequence[Line],
    money: Money,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    scored: bool = True,
) -> Worklists:
    """Return the lists that a playbook makes of the customers at ``at``, within consents and limits.

    ``customers`` is what :func:`all_customers` returns. Customers of whom no amount is known are listed after the
    others, without money, where the chance of losing them is above the average. Not ``scored``: the chances do not tell
    customers apart, so no list is made that rests on them, and who would be on it is counted. Raises SettingError for a
    line that names an unknown column or channel.
    """
    return list_tasks(make_tasks(crm, customers, at, playbook=playbook, money=money), limits=limits, scored=scored)


def make_tasks(crm: Crm, customers: pd.DataFrame, at: datetime, *, playbook: Sequence[Line], money: Money) -> Tasks:
    """Return the tasks of :func:`make_lists`, for :func:`list_tasks`: of a large company much less than the customers.

    Raises SettingError as it does.
    """
    _check(crm, customers, playbook)
    consents, there = consented(crm, at), {*map(str, customers)} | ({"may_email"} if "consents" in crm else set())
    known = _with_all_columns(customers, playbook, consents)
    tasks = find_tasks(playbook, known, money, at)
    return Tasks(at, tasks, known[[*JUDGED_BY]], consents, frozenset(there | {"reach_by"}), money, playbook)


def list_tasks(found: Tasks, *, limits: Limits, scored: bool = True) -> Worklists:
    """Return the lists of tasks, as :func:`make_lists` does."""
    at, tasks, known, consents, lines = found.at, found.tasks, found.judged, found.consents, found.playbook
    mailing, tasks = tasks[tasks["list"] == AUDIENCE], tasks[tasks["list"] != AUDIENCE]
    tasks, without_gain = _worth_it(tasks, known, scored=scored)
    tasks, urgent = _one_soft_task(in_order(tasks))
    used = {*tasks["line"], *mailing["line"]}
    reasonless = _without_reason(known if scored else known.iloc[:0], pd.concat([tasks, without_gain]), found.money)
    asked = {customer for part in (tasks, without_gain, urgent) for customer in part["customer_id"]}
    lineless = _without_line(known, asked, {line.list for line in lines})
    tasks = _addressed(tasks, consents, at)
    remaining, left = apply_limits(tasks, limits)
    mailed = _addressed(in_order(mailing), consents, at).dropna(subset="channel").assign(slot=0)
    all_left = pd.concat([without_gain, urgent, left[LEFT], reasonless, lineless])
    return Worklists(
        lists=_sorted_out(remaining, at, limits) | _sorted_out(mailed, at, limits),
        left_out=counted(all_left),
        held_out=all_left.loc[all_left["reason"] == limit.HELD_OUT, ["customer_id", "list"]].reset_index(drop=True),
        unusable=_unusable(found.columns, lines, used),
        without_consent=left.loc[left["reason"] == limit.NO_CONSENT, "customer_id"].nunique(),
    )


def _check(crm: Crm, customers: pd.DataFrame, playbook: Sequence[Line]) -> None:
    columns, channels = {*column_needs(), *customers}, known_channels(crm) | {*CHANNELS}
    for line in playbook:
        line.check(columns, channels)


def columns_read(lines: Sequence[Line], alerts: Alerts | None = None) -> set[str]:
    """Return the names of all columns that the lists of a playbook and alerts rest on."""
    conditions = alerts.conditions().values() if alerts else ()
    asked = (*(line.all_columns for line in lines), *(each.columns for each in conditions))
    return {*KEPT, *RESTED_ON, *DECIDED_BY, *(name for names in asked for name in names)}


def _with_all_columns(
    customers: pd.DataFrame, lines: Sequence[Line], consents: Mapping[str, tuple[str, ...]] | None
) -> pd.DataFrame:
    """Return the columns that tasks rest on, empty where the source lacks them, and how customers are reached."""
    asked = dict.fromkeys(name for line in lines for name in line.all_columns)
    read = columns_read(lines)
    unread = [c for c in customers if c not in read]  # dropped, unlike a choice of columns, which copies them
    # All columns there are values for below, as pandas warns when columns are added to so many.
    known = with_empty(customers.drop(columns=unread), (*RESTED_ON, "state", *asked, *OCCASION, *REACHED))
    known = known.assign(silent_on=known["silent_on"].map(channel_name, na_action="ignore").astype("str"))
    return known.assign(reach_by=reach_by(known, consents), may_email=may_be_mailed(known, consents))


def _addressed(tasks: pd.DataFrame, consents: Mapping[str, tuple[str, ...]] | None, at: datetime) -> pd.DataFrame:
    owner = tasks["owner"].replace("", NO_OWNER)
    days_left = days_until(pd.to_datetime(tasks["due"]), at)
    return with_channels(tasks.assign(owner=owner, days_left=days_left), consents)


def _unusable(there: Collection[str], lines: Sequence[Line], used: set[str]) -> dict[str, list[str]]:
    """Return the lines that hold for nobody and ask for columns that are not there, and where these come from."""
    needs = column_needs()
    gaps = {line.name: line.lacking(there) for line in lines if line.name not in used}
    return {name: [f"{column} ({needs[column]})" for column in gone] for name, gone in gaps.items() if gone}


def _worth_it(tasks: pd.DataFrame, customers: pd.DataFrame, *, scored: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set apart the tasks of lists where money decides whose contact does not pay, or has no reason to be made."""
    if not scored:
        by_chance = tasks["list"].isin(BY_CHANCE)
        return tasks[~by_chance], tasks[by_chance].assign(reason=limit.NOT_SCORED)[LEFT]
    asked = tasks["list"].isin(limit.MONEY)
    unknown = tasks["expected_gain"].isna() & tasks["list"].isin(BY_CHANCE) & ~_above_average(tasks, customers)
    lost = asked & (tasks["expected_gain"] <= 0)
    out = tasks[unknown | lost]
    no_worth = np.where(_is_safe(out), limit.NOT_AT_RISK, limit.NO_WORTH)
    return tasks[~unknown & ~lost], out.assign(reason=np.where(unknown[out.index], no_worth, limit.NO_GAIN))[LEFT]


def _is_safe(tasks: pd.DataFrame) -> pd.Series:
    """Return which tasks would keep customers who are not at risk, so that there is no chance of losing them."""
    return (tasks["list"] == "keep") & tasks["probability"].isna()


def _above_average(tasks: pd.DataFrame, customers: pd.DataFrame) -> pd.Series:
    """Return which customers are more likely to be lost, left alone, than the average of those at risk or lapsed."""
    at_risk = customers["at_risk"].astype("bool")
    average = {
        "keep": customers.loc[at_risk, "churn_probability"].mean(),
        "win back": 1 - customers.loc[~at_risk, "return_probability"].mean(),
    }
    return chance_lost(tasks) > tasks["list"].map(average).astype("float64")


def _one_soft_task(tasks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    soft = tasks["list"].isin(SOFT)
    urgent = soft & tasks["customer_id"].isin(tasks.loc[~soft, "customer_id"])
    order = tasks["list"].map({name: i for i, name in enumerate(SOFT)})
    first = tasks[soft & ~urgent].assign(order=order).sort_values("order", kind="stable").drop_duplicates("customer_id")
    stays = ~soft | tasks.index.isin(first.index)
    return tasks[stays].reset_index(drop=True), tasks[~stays].assign(reason=limit.URGENT)[LEFT]


def _without_reason(customers: pd.DataFrame, found: pd.DataFrame, money: Money) -> pd.DataFrame:
    """Customers at risk for whom no line has anything to say: the contact would pay, or it would not anyway."""
    at_risk = customers[customers["at_risk"]]
    share = at_risk["save_share"].fillna(money.save_share)
    gain = expected_gain(at_risk["churn_probability"], at_risk["margin_if_retained"], money, save_share=share)
    likely = at_risk["churn_probability"] > at_risk["churn_probability"].mean()
    why = np.select(
        [(gain > 0) | (gain.isna() & likely), gain.notna()], [limit.NO_REASON, limit.NO_GAIN], limit.NO_WORTH
    )
    nothing = at_risk[["customer_id"]].assign(list="keep", reason=why)
    return nothing[~nothing["customer_id"].isin(found["customer_id"])]


def _without_line(customers: pd.DataFrame, found: set[object], lists: set[str]) -> pd.DataFrame:
    """Customers not at risk who may be kept, won back or convinced by a list, and fit none of its lines today."""
    place = customers["state"].map({state: name for state, name in BY_STATE.items() if name in lists})
    nothing = place.notna() & ~customers["customer_id"].isin(found)
    return customers.loc[nothing, ["customer_id"]].assign(list=place[nothing], reason=limit.NO_LINE)


def _when(hours: pd.Series, zone: pd.Series) -> pd.Series:
    """Return the contact hours with the customer's time zone, where both are known: without one, the source's clock."""
    parts = [column.fillna("").astype("str").map(tidy) for column in (hours, zone)]
    return pd.Series([f"{at} {where}".strip() if at else "" for at, where in zip(*parts, strict=True)], hours.index)


def _also_on(tasks: pd.DataFrame) -> list[str]:
    """Return the other lists that the customer of each task stands on, so that one contact may serve both."""
    lists = tasks.groupby("customer_id")["list"].agg(list)
    return [
        "; ".join(x for x in lists[c] if x != own) for c, own in zip(tasks["customer_id"], tasks["list"], strict=True)
    ]


def _sorted_out(tasks: pd.DataFrame, at: datetime, limits: Limits) -> dict[str, pd.DataFrame]:
    tasks = tasks.copy().assign(  # in one piece: pandas warns of a frame in many
        day=nth_day(tasks["slot"], at),
        when=_when(tasks["contact_hours"], tasks["time_zone"]),
        name=tasks["name"].fillna(tasks["person"]).map(tidy, na_action="ignore"),
        margin_at_stake=tasks["probability"] * tasks["margin_if_retained"],
        arm=np.where(tasks["list"].isin(limit.MEASURED) & (limits.holdout_share > 0), "treated", ""),
        also_on=_also_on(tasks),
    )
    lists = {}
    for name in LISTS:
        rows = tasks[tasks["list"] == name]
        if len(rows):
            rows = rows.assign(rank=range(1, len(rows) + 1), day=rows["day"].dt.date, due=rows["due"].dt.date)
            lists[name] = rows.reindex(columns=COLUMNS).reset_index(drop=True)
    return lists
