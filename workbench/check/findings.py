"""Findings with their figures, and the limits above which one is a warning or stops a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.errors import DataError

Severity = Literal["warning", "stop"]


@dataclass(frozen=True)
class Limit:
    """Shares of rows: above ``warn`` a finding is a warning, above ``stop`` (if any) no report should be built."""

    warn: float
    stop: float | None
    why: str


LIMITS: dict[str, Limit] = {
    "unreadable value": Limit(0, 0.5, "the rows are set aside; half a table gone is no table"),
    "missing value": Limit(0, 0.5, "as above; shops take a quarter of their orders without an account"),
    "duplicate id": Limit(0, 0.05, "doubled rows count twice in every figure"),
    "orphan": Limit(0, 0.5, "rows of unknown customers are left out of every figure about customers"),
    "impossible order": Limit(0, 0.2, "a duration below zero is an error of the export"),
    "before the start": Limit(0, 0.9, "a product may be used before it is paid for, so only nearly all of it stops"),
    "after the export": Limit(0, 0.2, "what has not happened yet would count as known"),
    "implausible date": Limit(0, 0.2, "dates before 1980 are placeholders"),
    "gap": Limit(0, None, "a month without rows looks like churn"),
    "empty column": Limit(0, None, "nothing can be learned from it"),
    "constant column": Limit(0, None, "nothing can be learned from it"),
    "contradiction": Limit(0.01, None, "one of the two is wrong, and only the company knows which"),
    "looks like the answer": Limit(0, None, "a model that sees it learns the outcome, not a warning sign"),
}


@dataclass(frozen=True)
class Finding:
    """One thing wrong: rule, table, column, rows concerned of how many rows, a sentence, examples and the cure."""

    rule: str
    table: str
    column: str
    rows: int
    of: int
    sentence: str
    cure: str
    examples: tuple[str, ...] = ()
    severity: Severity = "warning"

    @property
    def where(self) -> str:
        """The table, with the column if the finding is about one."""
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def share(self) -> float:
        """Share of rows concerned."""
        return self.rows / self.of if self.of else 0.0


@dataclass(frozen=True)
class Report:
    """All findings of one source, stops first, then in the order of the rules."""

    source: str
    loaded: dict[str, int]
    span: str
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that stop a report."""
        return tuple(f for f in self.findings if f.severity == "stop")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings a report must mention."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def summary(self) -> str:
        """The count of findings in a sentence."""
        if not self.findings:
            return "Nothing was found wrong."
        stops = _count(len(self.stops), "finding stops", "findings stop") if self.stops else "Nothing stops"
        return f"{stops} a report; {_count(len(self.warnings), 'warning', 'warnings')}."

    def raise_stops(self) -> None:
        """Raise DataError with every finding that stops, where it is and its cure; do nothing when none does."""
        if self.stops:
            listed = "\n".join(f"{f.where}: {f.sentence} {f.cure}" for f in self.stops)
            raise DataError(f"no report should be built on these data:\n{listed}")

    @property
    def exit_code(self) -> int:
        """2 when anything stops, else 0."""
        return 2 if self.stops else 0


def judge(findings: list[Finding], limits: dict[str, Limit]) -> tuple[Finding, ...]:
    """Return the findings above their limit, with their severity, stops first.

    >>> found = Finding("duplicate id", "tickets", "ticket_id", 10, 100, "…", "…")
    >>> [f.severity for f in judge([found], LIMITS)]
    ['stop']
    """
    order = list(LIMITS)
    judged = [_judged(f, limits[f.rule]) for f in findings if f.rows and f.share > limits[f.rule].warn]
    return tuple(sorted(judged, key=lambda f: (f.severity != "stop", order.index(f.rule))))


def _judged(finding: Finding, limit: Limit) -> Finding:
    stops = limit.stop is not None and finding.share > limit.stop
    values = {name: getattr(finding, name) for name in Finding.__dataclass_fields__}
    return Finding(**{**values, "severity": "stop" if stops else "warning"})


def share_of(rows: int, of: int, what: str = "rows") -> str:
    """Return rows, of how many, and the share.

    >>> share_of(19142, 25000)
    '19,142 of 25,000 rows (76.6 %)'
    """
    return f"{rows:,} of {of:,} {what} ({rows / of:.1%})".replace("%", " %") if of else f"{rows:,} {what}"


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
