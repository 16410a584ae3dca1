"""The thresholds of churn, and the words for its kinds; one object passed from rule to rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from workbench.asof import Crm
from workbench.errors import SettingError

Dated = Literal["notice", "service end"]
LeftBy = Literal["subscriptions", "cancellations"]

CANNOT_AFFORD = ("cannot afford", "can't afford", "no budget", "payment failed", "insufficient funds")
"""Reasons (in small letters) that make a cancellation financial."""


@dataclass(frozen=True)
class Rules:
    """When a customer counts as lost.

    ``inactive_days``: silence after which an orders customer has lapsed and a subscriber is dormant (None: never).
    ``grace_days``: who leaves and returns within them never left (not after financial churn). ``overdue_days``: days
    past due after which an unpaid invoice makes a customer delinquent. ``dated``: whether a cancellation counts from
    the notice or from the end of service. ``left_by``: whether subscriptions close by their own dates, or by the next
    recorded cancellation of the customer, where the company believes that record more.
    """

    inactive_days: int | None = 91
    grace_days: int = 30
    overdue_days: int = 30
    dated: Dated = "notice"
    left_by: LeftBy = "subscriptions"

    def settle_days(self, crm: Crm) -> int:
        """Return the days after an outcome window until its labels cannot change any more."""
        return self.grace_days if "subscriptions" in crm else 0

    def check(self, crm: Crm) -> None:
        """Raise SettingError naming the value that does not fit this history, and those that would."""
        history = crm.facts.known_until - crm.facts.begins_at
        longest = max((history - timedelta(microseconds=1)).days, 1)
        if self.inactive_days is not None and not 1 <= self.inactive_days <= longest:
            raise SettingError(
                f"inactive_days {self.inactive_days} does not fit a history of {history.days} days; use 1 to {longest}."
            )
        if self.left_by == "cancellations" and not {"subscriptions", "cancellations"} <= {*crm}:
            raise SettingError(
                "left_by cancellations needs the tables subscriptions and cancellations; "
                f"this source has {', '.join(crm)}."
            )
        for name, value in (("grace_days", self.grace_days), ("overdue_days", self.overdue_days)):
            if "subscriptions" in crm and not 0 <= value <= longest:
                raise SettingError(f"{name} {value} does not fit a history of {history.days} days; use 0 to {longest}.")
