"""What a report says: computed figures only, ready to be put into words, a page, a workbook or JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from workbench.actions import HealthReport
from workbench.contract import UNKNOWN_CURRENCY
from workbench.crm import Facts
from workbench.metrics import Metric, Trend
from workbench.model import YEAR, Forecast, Money, MoneyBasis
from workbench.report.findings.alert_findings import NO_ALERTS, FoundAlerts
from workbench.report.findings.changes import Changes
from workbench.report.findings.details import Details
from workbench.report.findings.headline import Goals
from workbench.segments import Value, segment_history

UNSAID = ("not given", "not stated", "unmapped", "other")
"""Reasons of leaving that say nothing."""


def most_revealing(segments: pd.DataFrame) -> str | None:
    """Return the segmentation worth a picture: where most segments differ; RFM, or one of several, where as many do.

    Input columns: segmentation, segment, churn (empty where not observed), differs. None where there is but one segment
    of each.

    >>> shown = pd.DataFrame({"segmentation": ["value_segment"] * 2 + ["plan"] * 2, "segment": list("abcd"),
    ...                      "churn": [0.1, 0.1, 0.0, 0.3], "differs": [False, False, True, True]})
    >>> most_revealing(shown)
    'plan'
    """
    observed = segments.dropna(subset="churn").groupby("segmentation", sort=False)["differs"].agg(["size", "sum"])
    several = observed[observed["size"] > 1]
    if several.empty:
        return None
    several = several.assign(pair=several["size"] == 2, other=several.index != "rfm_segment")
    ordered = several.sort_values(["sum", "pair", "other"], ascending=[False, True, True], kind="stable")
    return str(ordered.index[0])


@dataclass(frozen=True)
class Company:
    """The company and the question: its tables, the day, the rules that judged its customers.

    ``by_subscription``: most customers at risk are judged by subscriptions; ``by_orders`` and ``subscribers``: some
    are judged by the one or the other; ``recurring``: revenue is what subscriptions bring in a year, there being
    neither orders nor invoices; ``not_counted_yet`` left after the last period, and may still come back or pay;
    ``not_judged`` counts the customers in a state that is neither at risk nor lapsed;
    ``control_group``: some campaign left one alone. ``evaluation`` is what notebook 04 wrote: verdict, comparison,
    drivers, calibration, and which model gave the probabilities. ``money`` is what was used, ``money_basis`` which of
    it was measured. ``goals`` are the analyst's target and the industry's benchmark. ``run`` is the run's name; figures
    of groups of fewer than ``min_cell`` customers are hidden (0: none).
    """

    run: str
    facts: Facts
    as_of: datetime
    horizon_days: int
    inactive_days: int
    grace_days: int
    by_subscription: bool
    by_orders: bool
    subscribers: bool
    recurring: bool
    n_known: int
    not_counted_yet: int
    not_judged: Mapping[str, int]
    control_group: bool
    evaluation: Mapping[str, Any]
    money: Money
    money_basis: MoneyBasis
    goals: Goals
    vip_share: float
    min_cell: int


@dataclass(frozen=True)
class Figures:
    """What happened in the periods whose outcome is known, and what to expect of the next.

    ``trends`` has the figures of the last period, each beside those of the periods before; ``metrics`` the same figures
    alone, ``asked`` the first and last day of a survey that was asked since or before that period, by figure,
    ``other_definitions`` churn and retention as others define them, ``bridge`` the recurring revenue of that
    period; ``missing`` says why a figure cannot be computed from this source. Churn is one everywhere: of the customers
    at risk on a day, the share lost in the horizon after it. ``periods`` has it per period, ``kinds`` the number lost
    per period and kind. ``outlook`` belongs to the horizon after ``as_of``. ``feedback`` and ``feedback_tables`` are
    what the last period shows of service and comments, ``details`` the tables that single sections show;
    ``campaigns`` has the effects of campaigns, no rows where none is recorded.
    """

    trends: Mapping[str, Trend]
    metrics: Mapping[str, Metric]
    asked: Mapping[str, tuple[date, date]]
    feedback: Mapping[str, Metric]
    feedback_tables: Mapping[str, pd.DataFrame]
    other_definitions: Mapping[str, Metric]
    missing: Mapping[str, str]
    bridge: pd.DataFrame | None
    periods: pd.DataFrame
    kinds: pd.DataFrame
    cohorts: pd.DataFrame
    details: Details
    outlook: Mapping[str, Metric]
    forecast: Forecast
    campaigns: pd.DataFrame


@dataclass(frozen=True)
class Customers:
    """The customers at risk and lapsed on the day, and the segments they are in.

    ``base`` has the customers scored, one row each, ``now`` the same with all that the report reads of each, and
    ``read_features`` reads any feature of the day from the run (its ``read``); ``segmentations`` are the columns of
    the segments with their titles, ``segmented`` the segments of customers at the last two snapshots,
    ``segment_doubts`` rules of the analyst's that hold for no customer or for all, ``health`` the scores by the
    analyst's own points.
    """

    base: pd.DataFrame
    now: pd.DataFrame
    read_features: Callable[..., pd.DataFrame]
    segments: pd.DataFrame
    segmentations: Mapping[str, str]
    segmented: pd.DataFrame
    segment_doubts: Sequence[str]
    health: HealthReport
    value: Value
    n_at_risk: int
    n_lapsed: int


@dataclass(frozen=True)
class Work:
    """Whom to contact, and who is left out.

    ``lists`` has the lists to work off, by name, of which ``keep``, ``win_back`` and ``check_in`` (the customers whose
    health score warns) are three; ``left_out`` how many customers were left off each and why (list, reason, customers),
    ``held_out`` those left alone to measure what contacting brings (customer_id, list), ``playbook_gaps`` the lines of
    the playbook that this source cannot serve, and the columns they miss. ``without_consent`` is the number of
    customers left off all lists because no consent of theirs holds.
    """

    keep: pd.DataFrame
    win_back: pd.DataFrame
    check_in: pd.DataFrame
    lists: Mapping[str, pd.DataFrame]
    left_out: pd.DataFrame
    held_out: pd.DataFrame
    playbook_gaps: Mapping[str, Sequence[str]]
    without_consent: int


@dataclass(frozen=True)
class Findings(Work, Customers, Figures, Company):
    """Everything a report shows, of four parts.

    ``changes`` is what differs from the run before, None for a first run; ``history`` the key figures of this run and
    those before it, oldest first; ``alerts`` what is to be reported unasked.
    """

    changes: Changes | None
    history: Sequence[Mapping[str, Any]]
    alerts: FoundAlerts = NO_ALERTS

    @property
    def accuracies(self) -> pd.DataFrame:
        """The AUC in the last period of each model and baseline, and of the health score: model, auc."""
        compared = pd.DataFrame(self.evaluation["comparison"]).reindex(columns=["model", "auc"])
        if math.isnan(self.health.auc) or not self.health.score.behaviours:
            return compared
        own = pd.DataFrame({"model": ["health score (points, not learnt)"], "auc": [self.health.auc]})
        return pd.concat([compared, own], ignore_index=True) if len(compared) else own

    @cached_property
    def segment_history(self) -> pd.DataFrame:
        """How many customers entered and left each segment between the last two snapshots."""
        earlier = self.segmented["as_of"] < self.as_of
        then, now = self.segmented[earlier], self.segmented[~earlier]
        known = [n for n in self.segmentations if n in now and now[n].notna().any() and then[n].notna().any()]
        return segment_history(then, now, known)

    @property
    def kinds_until(self) -> list[datetime]:
        """The end of each row of ``kinds``: of one period, or of several where few left in one."""
        return [pd.Timestamp(day).to_pydatetime() for day in [*self.kinds.index[1:], self.end]]

    @property
    def start(self) -> datetime:
        """The first day of the last period whose outcome is known."""
        return pd.Timestamp(self.periods["start"].iloc[-1]).to_pydatetime()

    @property
    def end(self) -> datetime:
        """The end of that period; the day itself is not in it."""
        return pd.Timestamp(self.periods["end"].iloc[-1]).to_pydatetime()

    def __repr__(self) -> str:
        """The day, how many customers there are, the figures, and the lists with their lengths."""
        head = f"{self.run}, {self.as_of:%Y-%m-%d}: {self.n_at_risk:,} customers at risk, {self.n_lapsed:,} lapsed"
        lists = ", ".join(f"{name} {len(rows):,}" for name, rows in self.lists.items())
        return "\n".join([head, *(f"  {metric}" for metric in self.metrics.values()), f"  lists: {lists or 'none'}"])

    @property
    def until(self) -> datetime:
        """The end of the horizon."""
        return self.as_of + timedelta(days=self.horizon_days)

    @property
    def tested_on(self) -> datetime:
        """The day the test period began, from which segments are compared too."""
        return datetime.fromisoformat(self.evaluation["test_as_of"][:10])

    @property
    def priced(self) -> bool:
        """Whether a customer who churns within the horizon may be priced as lost."""
        return self.by_subscription or self.horizon_days >= self.inactive_days

    @property
    def a_quarter(self) -> timedelta:
        """The time after the data begin in which a first order may well be an old customer's."""
        return timedelta(days=91)

    @property
    def buys(self) -> bool:
        """Whether customers order, so that a silent one bought nothing; else they are merely not seen."""
        return "orders" in self.facts.loaded

    @property
    def cohorts_order(self) -> bool:
        """Whether the cohorts count who ordered in a month; else who was still a customer."""
        return self.buys and not self.by_subscription

    @property
    def revenue_meaning(self) -> str:
        """What a customer's revenue is, in words."""
        if self.recurring:
            return "twelve times the monthly recurring revenue of the day"
        return f"orders less returns and cancelled ones, and invoices, {self.year}"

    @property
    def revenue_title(self) -> str:
        """What stands over a column of it."""
        return "Revenue of a year" if self.recurring else "Revenue, last 365 days"

    @property
    def brought(self) -> str:
        """What the active customers did with their revenue, and when."""
        return "that active customers pay in a year" if self.recurring else f"brought by active customers {self.year}"

    @property
    def year(self) -> str:
        """The time that revenue is counted over, in words."""
        days = (self.as_of - self.facts.begins_at).days
        begun = f"{self.facts.begins_at.day} {self.facts.begins_at:%B %Y}"
        return "in the last 365 days" if days >= YEAR else f"in the {days} days since the data begin, {begun}"

    @property
    def currency(self) -> str:
        """ISO code of every amount; empty where the source does not state it."""
        return "" if self.facts.currency == UNKNOWN_CURRENCY else self.facts.currency

    @property
    def amounts_known(self) -> bool:
        """Whether the revenue of any active customer is known."""
        return not math.isnan(self.outlook["revenue_at_risk"].of)
