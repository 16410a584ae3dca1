"""A company whose records of leaving disagree: restarts, late notices, debts, and accounts closed by and by."""

from __future__ import annotations

import random

import pandas as pd

DAYS = 430
SNAPSHOT = 245
COLUMNS = {
    "customers": ["customer_id", "closed_at"],
    "subscriptions": [
        "subscription_id", "customer_id", "started_at", "cancelled_at", "ended_at", "mrr", "cancel_reason",
    ],
    "cancellations": ["customer_id", "occurred_at", "reason"],
    "orders": ["order_id", "customer_id", "ordered_at", "amount"],
    "events": ["customer_id", "occurred_at"],
    "invoices": ["invoice_id", "customer_id", "issued_at", "due_at", "paid_at", "amount"],
    "charges": ["charge_id", "customer_id", "attempted_at", "succeeded"],
}  # fmt: skip


class Entangled:
    """Draws the rows of customers, one after the other; many dates meet at the snapshot, or by a few days."""

    def __init__(self, customers: int, seed: int) -> None:
        self._draw = random.Random(seed)
        self._rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in COLUMNS}
        for i in range(customers):
            self._customer(f"c{i}")
        self._rows["orders"] += [("zz1", "zz", on(0), 1.0), ("zz2", "zz", on(DAYS - 0.1), 1.0)]

    def frames(self) -> dict[str, pd.DataFrame]:
        return {name: pd.DataFrame(rows, columns=COLUMNS[name]) for name, rows in self._rows.items()}

    def _add(self, table: str, *values: object) -> None:
        self._rows[table].append(values)

    def _id(self, table: str) -> str:
        return f"{table[0]}{len(self._rows[table])}"

    def _day(self, first: float = 0) -> float:
        near = self._draw.choice([self._draw.uniform(first, DAYS), self._draw.gauss(SNAPSHOT, 40), SNAPSHOT])
        return min(max(first, near), DAYS - 1)

    def _customer(self, who: str) -> None:
        self._add("customers", who, on(self._day()) if self._draw.random() < 0.12 else None)
        closings = self._subscriptions(who)
        for _ in range(self._draw.choice([0, 0, 1, 2])):
            close = self._draw.choice(closings) + self._draw.choice([0, 0.2, -3, 20]) if closings else self._day()
            self._add(
                "cancellations", who, on(min(max(close, 0), DAYS - 1)), self._draw.choice([None, "cannot afford"])
            )
        for _ in range(self._draw.randint(0, 3)):
            self._add("orders", self._id("orders"), who, on(self._day()), 1.0)
        for _ in range(self._draw.randint(0, 4)):
            self._add("events", who, on(self._day()))
        self._payments(who)

    def _subscriptions(self, who: str) -> list[float]:
        begun, closings = self._draw.choice([0, self._draw.uniform(0, 300)]), list[float]()
        for i in range(self._draw.choice([0, 1, 1, 1, 2, 3])):
            noticed = ended = None
            if self._draw.random() < 0.55:
                closings.append(self._day(begun + 1))
                noticed = self._draw.choice([closings[-1], None])
                ends = noticed is None or self._draw.random() < 0.8
                ended = closings[-1] + self._draw.choice([0, 5, 30, 90]) if ends else None
            why = self._draw.choice([None, "too expensive", "competitor", "payment failed"])
            self._add("subscriptions", f"{who}-{i}", who, on(begun), on(noticed), on(ended), 10.0, why)
            begun = min((closings or [begun])[-1] + self._draw.choice([0, 0.5, 3, 25, 31, 45, 80]), DAYS - 2)
        return closings

    def _payments(self, who: str) -> None:
        for _ in range(self._draw.choice([0, 2, 5])):
            due = self._draw.uniform(14, 400)
            paid = due + self._draw.choice([-1, 20, 50, 100, 999])
            self._add("invoices", self._id("invoices"), who, on(due - 14), on(due), on(paid), 10.0)
        first = self._draw.uniform(0, 400)
        for i in range(self._draw.choice([0, 0, 3, 6])):
            self._add("charges", self._id("charges"), who, on(first + i), self._draw.random() < 0.35)


def on(day: float | None) -> str | None:
    """An instant by its day of the history; empty for one after its end."""
    if day is None or day >= DAYS:
        return None
    return str(pd.Timestamp("2024-01-01") + pd.Timedelta(hours=int(day * 24)))
