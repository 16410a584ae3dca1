"""One proposed column: its SQL in steps, where it comes from, how sure that is, and what is doubtful about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.propose.proposed.doubts import Doubt, compose


@dataclass(frozen=True)
class Mapped:
    """One column: its SQL, the raw columns in it, how sure (0 to 1), why, and what a person should look at."""

    base: str
    raw: tuple[str, ...]
    confidence: float
    why: str
    doubts: tuple[Doubt, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()

    @property
    def sql(self) -> str:
        """The SQL expression over the raw columns."""
        return compose(self.base, self.steps)

    @property
    def unsure(self) -> str:
        """All doubts about it as one text; empty when there is none."""
        return "; ".join(doubt.text for doubt in self.doubts)

    def doubted(self, *doubts: Doubt) -> Mapped:
        """Return the column with more doubts; each one with choices adds its first as a step."""
        steps = tuple((doubt.topic, doubt.choices[0].step) for doubt in doubts if doubt.choices)
        return replace(self, doubts=(*self.doubts, *doubts), steps=(*self.steps, *steps))

    def answered(self, topic: str, step: str) -> Mapped:
        """Return the column with the step of one topic replaced and its doubt gone."""
        steps = tuple((name, step if name == topic else old) for name, old in self.steps)
        return replace(self, steps=steps, doubts=tuple(d for d in self.doubts if d.topic != topic))
