"""Alerts that hold on the day of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Alert:
    """An alert that holds.

    ``causes`` are the ids of customers (``about`` is then 'customers'), or segments, tables or figures with a sentence
    each in ``sentences``. ``entered``: only who comes new to it is reported, so that a first run merely notes them.
    """

    name: str
    words: str
    about: str
    causes: Sequence[str]
    sentences: Sequence[str] = ()
    entered: bool = False


@dataclass(frozen=True)
class FoundAlerts:
    """The alerts of a run that hold, those that hold for nothing too; ``unusable``: columns this source lacks."""

    found: Sequence[Alert] = ()
    unusable: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the alerts as plain values, for the end of the run to compare with those already reported."""
        return [asdict(alert) for alert in self.found]

    def table(self) -> pd.DataFrame:
        """Return one row per alert and cause: alert, about, cause (a customer's id, or what it is about), why."""
        rows = [
            (alert.name, alert.about, cause, alert.sentences[i] if alert.sentences else alert.words)
            for alert in self.found
            for i, cause in enumerate(alert.causes)
        ]
        return pd.DataFrame(rows, columns=["alert", "about", "cause", "why"], dtype="str")

    def counts(self) -> pd.DataFrame:
        """Return one row per alert: alert, what, n (customers, or other causes, for which it holds)."""
        rows = [(a.name, a.words or "; ".join(a.sentences), len(a.causes)) for a in self.found]
        return pd.DataFrame(rows, columns=["alert", "what", "n"])


NO_ALERTS = FoundAlerts()
"""Where a run names no alert file."""
