"""What went back of a sale, in the unit of its amount: without tax, or in cents, as the sale itself is read."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines import identifier
from workbench.propose.proposed.doubts import compose
from workbench.propose.proposed.exact_numbers import EXACT, exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import RawColumn

_SAME_FOR_BOTH = ("cents", "tax", "kept", "rate")
"""Doubts about an amount whose answer holds for what went back of it as well; a discount is off it already."""


@dataclass(frozen=True)
class ShareOfAmount:
    """A column of what went back of the whole that was paid, which another column holds."""

    part: RawColumn
    whole: RawColumn

    def sql(self, amount: Mapped) -> str:
        """Return SQL for it as the amount is read now: the share of the whole that went back, times the amount."""
        steps = tuple(step for step in amount.steps if step[0] in _SAME_FOR_BOTH)
        taken = compose(amount.base, steps)
        if taken == identifier(self.whole.name):
            return identifier(self.part.name)
        return f"{exact(self.part)} * {EXACT.replace('{}', taken)} / nullif({exact(self.whole)}, 0)"
