"""What init is unsure of: each doubt with its readings, the likeliest first, and what a wrong one would spoil."""

from __future__ import annotations

from dataclasses import dataclass

COSTS = ("load", "customers", "money", "status", "dates", "service", "table", "column")
"""What a wrong reading would spoil, the dearest first: nothing loads, other customers, other money …"""

SAME = "{}"


@dataclass(frozen=True)
class Choice:
    """One reading: its label, the step it adds to the column's SQL ({} stands for it), or a setting of the source.

    ``shown`` has what a few raw values become under it.
    """

    label: str
    step: str = SAME
    setting: tuple[str, object] | None = None
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """One thing a person should look at; the first choice is the one proposed."""

    topic: str
    text: str
    cost: str
    choices: tuple[Choice, ...] = ()
    about: str = ""

    @property
    def sentence(self) -> str:
        """The doubt with what it is about."""
        return f"{self.about}: {self.text}" if self.about else self.text


def in_order(doubts: list[Doubt]) -> tuple[Doubt, ...]:
    """Return the doubts with the dearest first.

    >>> [doubt.topic for doubt in in_order([Doubt("plan", "", "column"), Doubt("cents", "", "money")])]
    ['cents', 'plan']
    """
    return tuple(sorted(doubts, key=lambda doubt: COSTS.index(doubt.cost)))


def compose(base: str, steps: tuple[tuple[str, str], ...]) -> str:
    """Return the SQL of a column after its steps.

    >>> compose("amount", (("cents", "({}) / 100"), ("quantity", "({}) * seats")))
    '((amount) / 100) * seats'
    """
    sql = base
    for _, step in steps:
        sql = step.replace(SAME, sql)
    return sql
