"""Findings with their figures, and the limits above which one is a warning or stops a report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from workbench.check.key_figures import KeyFigures
from workbench.crm import take_back
from workbench.errors import DataError, in_singular

Severity = Literal["warning", "stop"]


@dataclass(frozen=True)
class Limit:
    """Above ``warn`` a finding is a warning, above ``stop`` (if any) no report should be built.

    Both are shares of the rows a rule applies to, or areas under the ROC curve where ``unit`` says AUC.
    """

    warn: float
    stop: float | None
    why: str
    unit: Literal["share", "AUC"] = "share"


LIMITS: dict[str, Limit] = {
    "early end": Limit(0, None, "a table that ends before the others makes every customer look silent"),
    "stray date": Limit(0, 0.2, "one date in the far future moves the end of the data"),
    "placeholder customer": Limit(0, None, "rows of nobody would count as one very good customer"),
    "dominant customer": Limit(0, None, "one id with so many rows is rarely one customer"),
    "few customers covered": Limit(0, None, "a key that fits few customers is often the wrong key"),
    "amounts in cents": Limit(0, None, "every amount would be a hundred times too large"),
    "price taken away": Limit(0, None, "MRR of the past, and what was lost, would be too small"),
    "probable copy": Limit(0, None, "copies count twice in recurring revenue"),
    "repeated row": Limit(0.02, None, "rows exported twice count twice in every figure"),
    "duplicate id": Limit(0, 0.05, "doubled rows count twice in every figure"),
    "paid term": Limit(0, None, "an end in the future is the term paid for, not a departure"),
    "cancelled without a date": Limit(0, None, "they still count as customers"),
    "status not read": Limit(0, None, "cancelled, failed and refunded orders would count as revenue"),
    "status against dates": Limit(0, None, "customers would be missing among those who left, or stay among them"),
    "end of service": Limit(0, None, "a day without service between two terms looks like a departure"),
    "departures": Limit(0, None, "departures deleted or recorded all at once make every rate wrong"),
    "two date formats": Limit(0, None, "03/04/2024 may be read as the wrong day"),
    "set aside by status": Limit(0, None, "a word that means a sale, yet is refused, takes revenue and customers away"),
    "unreadable value": Limit(0, 0.5, "the rows are set aside; a table without half its rows is useless"),
    "missing value": Limit(0, 0.5, "as above; shops take a quarter of their orders without an account"),
    "orphan": Limit(0, 0.5, "rows without their customer, subscription or invoice count in some figures only"),
    "leak": Limit(0.80, 0.95, "no honest warning sign predicts departures so well on its own", unit="AUC"),
    "predicts too early": Limit(
        0.75, None, "a sign that knows departures a year ahead was written after them", unit="AUC"
    ),
    "only leavers": Limit(0, None, "what only customers have who left was often written because they left"),
    "looks like the answer": Limit(0, None, "a model that sees it learns the outcome, not a warning sign"),
    "impossible order": Limit(0, 0.2, "a duration below zero is an error of the export"),
    "before the start": Limit(0, 0.9, "a product may be used before it is paid for, so only nearly all of it stops"),
    "after the export": Limit(0, 0.2, "what has not happened yet would count as known"),
    "after today": Limit(0, None, "an appointment of next week is no visit yet, and until then all look silent"),
    "implausible date": Limit(0, 0.2, "dates before 1980 are placeholders"),
    "contradiction": Limit(0.01, None, "one of the two is wrong, and only the company knows which"),
    "gap": Limit(0, None, "a month without rows looks like churn"),
    "many kinds": Limit(0, None, "groups of few customers show chance alone"),
    "empty column": Limit(0, None, "nothing can be learned from it"),
    "constant column": Limit(0, None, "it has no warning sign; where it is needed, as a constant price, it stays"),
}
"""In the order of harm: what makes figures wrong stands before what leaves some out."""


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
    auc: float | None = None

    @property
    def where(self) -> str:
        """The table, with the column if the finding is about one."""
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def measure(self) -> float:
        """What limits are compared with: the area under the ROC curve, or the share of rows concerned."""
        if self.auc is not None:
            return self.auc
        return self.rows / self.of if self.of else 0.0


_MOST_SHOWN = 40


@dataclass(frozen=True)
class Report:
    """All findings of one source, stops first, then in the order of the rules; figures to compare; what loading did."""

    source: str
    loaded: dict[str, int]
    span: str
    findings: tuple[Finding, ...]
    key_figures: KeyFigures = field(default_factory=KeyFigures)
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = [f"  {f.severity}, {f.where}: {f.sentence}" for f in self.findings[:_MOST_SHOWN]]
        more = [f"  and {len(self.findings) - _MOST_SHOWN} more"] if len(self.findings) > _MOST_SHOWN else []
        return "\n".join([f"Check of {self.source}, {self.span}: {self.summary}", *shown, *more])

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
        stops = count_of(len(self.stops), "finding stops", "findings stop") if self.stops else "Nothing stops"
        return f"{stops} a report; {count_of(len(self.warnings), 'warning', 'warnings')}."

    def raise_stops(self, loaded: Path | None = None) -> None:
        """Raise DataError with every finding that stops, where it is and its cure; do nothing when none does.

        Tables ``loaded`` into a folder already are taken back then, so that no notebook builds on them.
        """
        if self.stops:
            if loaded:
                take_back(loaded)
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
    judged = [_judged(f, limits[f.rule]) for f in findings if f.rows and f.measure > limits[f.rule].warn]
    return tuple(sorted(judged, key=lambda f: (f.severity != "stop", order.index(f.rule))))


def _judged(finding: Finding, limit: Limit) -> Finding:
    stops = limit.stop is not None and finding.measure > limit.stop
    return replace(finding, sentence=in_singular(finding.sentence), severity="stop" if stops else "warning")


def share_of(rows: int, of: int, what: str = "rows") -> str:
    """Return rows, of how many, and the share.

    >>> share_of(19142, 25000)
    '19,142 of 25,000 rows (76.6 %)'
    """
    return f"{rows:,} of {of:,} {what} ({rows / of:.1%})".replace("%", " %") if of else f"{rows:,} {what}"


def count_of(n: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{n:,} {one if n == 1 else many}"
