"""Invented customers: each a handful of rows whose dates lie where the rules turn, a day around their limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pandas as pd

Tables = dict[str, list[dict[str, Any]]]

BEGIN = datetime(2023, 1, 1)
DAYS = 700
"""The data run from BEGIN over so many days."""

TURNS = (0, 0, 1, 5, 10, 29, 30, 31, 59, 60, 61, 90, 91, 92, 121, 200)
"""Days from one date of a customer to another."""


def invent(seed: int, customers: int) -> Tables:
    """Return the tables of so many customers, and of one who makes the data begin and end."""
    rng = Random(seed)
    tables: Tables = defaultdict(list)
    for number in range(customers):
        _Inventor(rng, f"c{number}", tables).invent()
    for day in (0, DAYS):
        tables["events"].append({"customer_id": "anchor", "occurred_at": BEGIN + timedelta(days=day)})
    return tables


class _Inventor:
    """Adds one customer's rows to the tables."""

    def __init__(self, rng: Random, name: str, tables: Tables) -> None:
        self.rng, self.name, self.tables = rng, name, tables
        self.dates = [BEGIN + timedelta(days=rng.randrange(DAYS - 300))]

    def invent(self) -> None:
        subscriptions = self.rng.choice((0, 1, 1, 2, 3))
        for number in range(subscriptions):
            self._subscribe(f"{self.name}-s{number}")
        for number in range(self.rng.choice((0, 0, 1, 4))):
            amount = self.rng.choice((9, 9, 0, -9))
            self._add("orders", order_id=f"{self.name}-o{number}", ordered_at=self._date(), amount=amount)
        for _ in range(self.rng.choice((0, 0, 1, 4))):
            self._add("events", occurred_at=self._date())
        for number in range(self.rng.choice((0, 1, 3)) if subscriptions else 0):
            self._bill(f"{self.name}-i{number}")
        for number in range(self.rng.choice((0, 0, 3, 6)) if subscriptions else 0):
            charge = {"charge_id": f"{self.name}-c{number}", "succeeded": self.rng.random() < 0.3}
            self._add("charges", attempted_at=self._date(), **charge)
        for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
            self._add("cancellations", occurred_at=self._date(), reason=self._reason())
        self._list()

    def _add(self, table: str, **row: Any) -> None:
        self.tables[table].append({"customer_id": self.name, **row})

    def _date(self, since: datetime | None = None) -> datetime:
        """Return a date a rule's length away from another one of the customer, not before ``since``."""
        from_ = since or self.rng.choice(self.dates)
        sign = 1 if since else self.rng.choice((1, 1, -1))
        day = from_ + sign * timedelta(days=self.rng.choice(TURNS))
        if self.rng.random() < 0.2:
            day += timedelta(hours=self.rng.randrange(24), seconds=self.rng.randrange(3600))
        day = min(max(day, BEGIN), BEGIN + timedelta(days=DAYS))
        self.dates.append(day)
        return day

    def _perhaps(self, chance: float, since: datetime) -> datetime | None:
        return self._date(since) if self.rng.random() < chance else None

    def _reason(self) -> str | None:
        return self.rng.choice((None, "moved", "cannot afford"))

    def _subscribe(self, name: str) -> None:
        start = self._date()
        cancelled = self._perhaps(0.4, start)
        ended = self._perhaps(0.5, cancelled or start)
        kind = self.rng.choice(("paid", "paid", "paid", "paid", None, "trial", "free"))
        reason = self._reason() if cancelled else None
        trial_ends_at = self._perhaps(0.15, start)
        dates = {"started_at": start, "trial_ends_at": trial_ends_at, "cancelled_at": cancelled, "ended_at": ended}
        self._add("subscriptions", subscription_id=name, kind=kind, cancel_reason=reason, **dates)
        since = start
        for change in ("paused", "resumed")[: self.rng.choice((0, 0, 0, 1, 2))]:
            since = self._date(since) + timedelta(hours=1)
            self.tables["subscription_changes"].append({"subscription_id": name, "changed_at": since, "change": change})

    def _bill(self, name: str) -> None:
        issued = self._date()
        settled = {
            column: self._perhaps(chance, issued)
            for column, chance in (
                ("due_at", 0.9), ("paid_at", 0.5), ("voided_at", 0.1), ("disputed_at", 0.1), ("written_off_at", 0.1),
            )
        }  # fmt: skip
        amount = self.rng.choice((9, 9, 9, -9))
        settled = settled if amount > 0 else dict.fromkeys(settled)  # a credit note is never due, nor paid
        self._add("invoices", invoice_id=name, issued_at=issued, amount=amount, **settled)

    def _list(self) -> None:
        if self.rng.random() < 0.6:
            first = min(self.dates)
            self._add(
                "customers",
                signed_up_at=self.rng.choice((None, first, first)),
                closed_at=self._perhaps(0.25, first),
                exclude_reason=self.rng.choice((None,) * 19 + ("test",)),
            )


def shifted(tables: Tables, days: int) -> Tables:
    """Return the tables with every date so many days later."""
    move = timedelta(days=days)
    return {
        name: [{c: v + move if isinstance(v, datetime) else v for c, v in row.items()} for row in rows]
        for name, rows in tables.items()
    }


def shuffled(tables: Tables, seed: int) -> Tables:
    """Return the tables with their rows in another order."""
    return {name: Random(seed).sample(rows, len(rows)) for name, rows in tables.items()}


def frames(tables: Tables, only: Iterable[str] | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables, or only some of them, as frames to load."""
    return {name: _frame(tables[name]) for name in only or tables}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    return table.astype(object).where(table.notna(), None)
