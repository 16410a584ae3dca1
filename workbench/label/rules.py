"""The settings of churn labels: one object, checked once, passed from rule to rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, TypedDict, get_args

from workbench.crm import Crm
from workbench.errors import SettingError, check_choice, check_whole, did_you_mean
from workbench.label.corrections import Correction, read_corrections
from workbench.label.reasons import STARTER, Reason, read_reasons

Dated = Literal["notice", "service end"]
ClosingSource = Literal["subscriptions", "closed_at", "cancellations"]
CLOSING_SOURCES: tuple[ClosingSource, ...] = get_args(ClosingSource)


WHY = ["kind", "billing_outcome", "rule", "reason", "reason_text", "avoidable", "evidence"]
"""The columns that explain a departure."""

LIFE = ["customer_id", "started_at", "last_at", "record_id", "ended_at", *WHY]
"""The columns of a life."""


class Settings(TypedDict, total=False):
    """What the verbs of this room take by keyword; each is explained at :class:`Rules`."""

    inactive_days: int | None
    grace_days: int
    overdue_days: int
    failed_charges: int
    recovery_days: int
    dated: Dated
    left_by: str | Sequence[str]
    reasons: str | Path
    corrections: str | Path


@dataclass(frozen=True)
class Rules:
    """When a customer counts as lost.

    ``inactive_days``: silence after which an orders customer has lapsed and a subscriber is dormant (None: never).
    ``grace_days``: who returns by so many days after the end of service never left (not after
    financial churn). ``overdue_days``: days
    past due, and ``failed_charges``: failures in a row, after which a customer is delinquent; ``recovery_days``: a
    customer without payment and activity for them is lost, though nobody ended the service. ``dated``: whether a
    cancellation counts from the notice or from the end of service. ``left_by``: the records of a departure believed
    (the subscriptions' own dates, ``closed_at`` of customers, recorded cancellations); the earliest counts, and of
    those within ``grace_days`` of each other the one named first.
    """

    inactive_days: int | None = 91
    grace_days: int = 30
    overdue_days: int = 30
    failed_charges: int = 3
    recovery_days: int = 30
    dated: Dated = "notice"
    left_by: tuple[ClosingSource, ...] = CLOSING_SOURCES
    reasons: tuple[Reason, ...] = field(default_factory=cache(lambda: read_reasons(STARTER)))
    corrections: tuple[Correction, ...] = ()

    def __repr__(self) -> str:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["left_by"] = ", ".join(self.left_by)
        counted = {"reasons": f"{len(self.reasons)} phrases", "corrections": f"{len(self.corrections)} labels"}
        return "Rules\n" + "\n".join(f"  {name}: {value}" for name, value in {**values, **counted}.items())

    @classmethod
    def of(cls, crm: Crm, settings: Settings) -> Rules:
        """Return the rules of some settings, checked against the tables of a Crm.

        Raises SettingError naming the setting, its value, and the values that would work.
        """
        known = [f.name for f in fields(cls)]
        unknown = [name for name in settings if name not in known]
        if unknown:
            named = {*known, "horizon_days"} - {*unknown}  # the keyword of those verbs that look ahead
            raise SettingError(f"{unknown[0]} is not a setting of churn labels; {did_you_mean(unknown[0], named)}")
        values: dict[str, object] = dict(settings)
        if "left_by" in values:
            values["left_by"] = _closing_sources(crm, settings["left_by"])
        if "reasons" in values:
            values["reasons"] = read_reasons(settings["reasons"])
        if "corrections" in values:
            values["corrections"] = read_corrections(crm, settings["corrections"])
        rules = cls(**values)  # type: ignore[arg-type]
        rules._check_choices(crm)
        return rules

    def uncorrected(self) -> Rules:
        """Return the same rules without corrections: what they give is remembered whatever is corrected."""
        return replace(self, corrections=())

    def settle_days(self, crm: Crm) -> int:
        """Return the days after an outcome window until its labels cannot change any more."""
        if "subscriptions" in crm:
            return max(self.grace_days, self.recovery_days)
        return self.grace_days if has_closings(crm, self.left_by) else 0

    def _check_choices(self, crm: Crm) -> None:
        if not {"orders", "subscriptions", "events"} & {*crm}:
            raise SettingError(
                f"churn labels need a table of activity, orders, subscriptions or events; this source has "
                f"{', '.join(crm)}."
            )
        self._check_numbers()
        check_choice("dated", self.dated, get_args(Dated))
        if self.failed_charges < 1:
            raise SettingError(f"failed_charges {self.failed_charges} counts no failure; use 1 or more.")

    def _check_numbers(self) -> None:
        for name in ("inactive_days", "grace_days", "overdue_days", "failed_charges", "recovery_days"):
            value = getattr(self, name)
            if name != "inactive_days" or value is not None:
                check_whole(name, value)

    def check_history(self, crm: Crm) -> None:
        """Raise SettingError naming the threshold that does not fit this history, and the values that would."""
        history = crm.facts.known_until - crm.facts.begins_at
        longest = max((history - timedelta(microseconds=1)).days, 1)
        for name, least in (("inactive_days", 1), ("grace_days", 0), ("overdue_days", 0), ("recovery_days", 0)):
            value = getattr(self, name)
            idle = name != "inactive_days" and "subscriptions" not in crm
            if value is not None and not idle and not least <= value <= longest:
                raise SettingError(
                    f"{name} {value} does not fit a history of {history.days} days; use {least} to {longest}."
                )


PRESENT = {name: getattr(Rules, name, ...) for name in Settings.__annotations__}
"""The settings and their defaults, for completion; ``...`` stands for the file that comes with the package."""


def has_closings(crm: Crm, left_by: Sequence[ClosingSource]) -> bool:
    """Return whether accounts may be closed by a record other than a subscription's own dates."""
    closed = "closed_at" in left_by and "customers" in crm and "closed_at" in crm["customers"].columns
    return closed or ("cancellations" in left_by and "cancellations" in crm)


def _closing_sources(crm: Crm, named: str | Sequence[str]) -> tuple[ClosingSource, ...]:
    """Return the sources believed, in order; a single text may name several, separated by commas."""
    names = [n.strip() for n in named.split(",")] if isinstance(named, str) else list(named)
    wrong = [n for n in names if n not in CLOSING_SOURCES]
    if wrong or not names or len(set(names)) < len(names):
        raise SettingError(
            f"left_by {named!r}: name each of {', '.join(CLOSING_SOURCES)} once at the most, the best one first."
        )
    chosen = tuple(t for n in names for t in CLOSING_SOURCES if t == n)
    if chosen != CLOSING_SOURCES:
        _check_present(crm, chosen)
    return chosen


def _check_present(crm: Crm, chosen: Sequence[ClosingSource]) -> None:
    there = {
        "subscriptions": "subscriptions" in crm,
        "closed_at": has_closings(crm, ["closed_at"]),
        "cancellations": "cancellations" in crm,
    }
    absent = [t for t in chosen if not there[t]]
    if absent:
        raise SettingError(
            f"left_by {', '.join(chosen)}: this source has no {absent[0]}; it has {', '.join(crm)}. "
            f"Leave {absent[0]} out of left_by, or map it in the source file."
        )
