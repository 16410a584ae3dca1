"""What customers say when asked: the last marks, how they changed, and silence after a bad one (G18, G19, K17, T4)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.features.declare import Aggregate, Expression, Feature, difference

DETRACTOR = 6
"""The highest mark, of 0 to 10, of a customer who would not recommend the company."""


def _asked(instrument: str) -> Expression:
    return lambda surveys: surveys.instrument.strip().lower() == instrument


def _detracts(surveys: ir.Table) -> ir.Value:
    return (surveys.instrument.strip().lower() == "nps") & (surveys.score <= DETRACTOR)


def _silence_after_detractor(f: ir.Table) -> ir.Value:
    """Days without a message since the bad mark; the message may have come before the mark, or after it."""
    quiet = ibis.least(f.days_since_contact.fill_null(f.days_since_nps), f.days_since_nps)
    return ibis.ifelse(f.last_nps <= DETRACTOR, quiet, None)


def _marks(instrument: str, asked: str, points: str) -> list[Feature]:
    """Declare an instrument's last mark, mean so far, change and age."""
    needs = ("score", "instrument")
    of, where = (lambda t: t.score), _asked(instrument)
    return [
        Feature(
            f"last_{instrument}", "feedback", "surveys", "points", f"the last answer to {asked}, {points}",
            "low", f"last answer to {asked}: {{value}}", Aggregate("last", of, where), needs=needs,
        ),
        Feature(
            f"mean_{instrument}", "feedback", "surveys", "points", f"mean answer to {asked} so far, {points}",
            "low", f"mean answer to {asked}: {{value}}", Aggregate("mean", of, where), needs=needs,
        ),
        Feature(
            f"{instrument}_against_usual", "feedback", "", "points",
            f"the last answer to {asked} less the customer's mean so far",
            "low", f"last answer to {asked} against the usual: {{value}}",
            difference(f"last_{instrument}", f"mean_{instrument}"), needs=(f"last_{instrument}", f"mean_{instrument}"),
            unchanged=0,
        ),
        Feature(
            f"days_since_{instrument}", "feedback", "surveys", "days", f"whole days since the last answer to {asked}",
            "neither", f"answered {asked} {{value}} days ago",
            Aggregate("days since last", where=lambda t: where(t) & t.score.notnull()), needs=needs,
        ),
    ]  # fmt: skip


FEATURES = [
    *_marks("nps", "'would you recommend us'", "0 to 10"),
    *_marks("csat", "'how satisfied are you'", "on the source's scale"),
    Feature(
        "n_detractor_answers", "feedback", "surveys", "answers",
        "recommendations of 6 or less in the last {days} days",
        "high", "recommendations of 6 or less in {days} days: {value}",
        Aggregate("count", where=_detracts), windows=(90, 180, 365), needs=("score", "instrument"), none=0,
    ),
    Feature(
        "silence_after_detractor_days", "feedback", "", "days",
        "days without any message since a last recommendation of 6 or less",
        "high", "no word for {value} days after a bad recommendation",
        _silence_after_detractor, needs=("last_nps", "days_since_nps", "days_since_contact"),
    ),
    Feature(
        "n_answers", "feedback", "surveys", "answers", "surveys answered in the last {days} days",
        "low", "surveys answered in {days} days: {value}", Aggregate("count"), windows=(90, 365), none=0,
    ),
]  # fmt: skip
