"""The sections of the page: each a question, each left out with its reason where the source cannot answer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.report.findings.contents import Findings
from workbench.report.findings.simulator import simulator
from workbench.report.sentences.wording import no_amounts


@dataclass(frozen=True)
class Section:
    """A section: ``name`` is its template and its anchor, ``absent`` why it is left out (empty: it is there)."""

    name: str
    question: str
    absent: Callable[[Findings], str] = lambda _: ""


def _no_recurring(f: Findings) -> str:
    if f.bridge is not None:
        return ""
    return f.missing.get("net revenue retention", "no recurring revenue is known.")


def _no_cohorts(f: Findings) -> str:
    few = f", or no month had {f.min_cell} new customers" if f.min_cell > 1 else ""
    return "" if len(f.cohorts) else f"the history is shorter than the first month of a cohort and the one after{few}."


def _no_segments(f: Findings) -> str:
    many = f" of {f.min_cell} or more" if f.min_cell > 1 else ""
    return "" if len(f.segments) else f"nothing in this source sorts customers into groups{many}."


def _no_feedback(f: Findings) -> str:
    if f.details.service or f.feedback_tables or {"NPS", "CSAT"} & set(f.metrics):
        return ""
    return "the source has neither answered surveys nor tickets with times in this period."


def _no_run_before(f: Findings) -> str:
    return "" if f.changes is not None else "this is the first run kept under its name."


def _no_value(f: Findings) -> str:
    return "" if f.value.figures or f.value.customers["clv"].notna().any() else f.value.missing or no_amounts(f)


def _no_campaigns(f: Findings) -> str:
    many = f" whose arms have {f.min_cell} customers or more" if f.min_cell > 1 else ""
    return "" if len(f.campaigns) else f"no campaign is recorded{many}, so what contacting brings is not known."


def _no_simulator(f: Findings) -> str:
    return "" if simulator(f) else "no customer's loss can be priced."


DEFINITIONS = "definitions"
SECTIONS = (
    Section("leave", "How many customers leave, and how?"),
    Section("revenue", "Is recurring revenue growing?", _no_recurring),
    Section("new_customers", "Do new customers stay?", _no_cohorts),
    Section("why", "Why do they leave?"),
    Section("segments", "Which customers leave most?", _no_segments),
    Section("support", "What do customers say, and how long do they wait?", _no_feedback),
    Section("value", "What is a customer worth, and where does keeping pay?", _no_value),
    Section("forecast", "What to expect of the next period?"),
    Section("campaigns", "What did past campaigns bring?", _no_campaigns),
    Section("contact", "Whom to contact first?"),
    Section("since", "What changed since the run before?", _no_run_before),
    Section("simulator", "What would other assumptions change?", _no_simulator),
    Section("sure", "How sure are we?"),
    Section(DEFINITIONS, "How is each figure defined?"),
)
"""All sections, in the order of the page."""


def shown(f: Findings, wanted: Sequence[str] = ()) -> list[Section]:
    """Return the sections that this source can answer, of those ``wanted`` (empty: all), in their order.

    The definitions are always there, for no figure goes without its own.
    """
    by_name = {section.name: section for section in SECTIONS}
    asked = [by_name[name] for name in wanted if name != DEFINITIONS] or [s for s in SECTIONS if s.name != DEFINITIONS]
    return [section for section in [*asked, by_name[DEFINITIONS]] if not section.absent(f)]


def left_out(f: Findings) -> list[tuple[str, str]]:
    """Return the question of each section that is not there, and why."""
    return [(section.question, why) for section in SECTIONS if (why := section.absent(f))]
