"""Help asked for: tickets, complaints, how long answers take, what is still open, satisfaction (S4, K16, G8, G9)."""

from __future__ import annotations

import ibis.expr.types as ir

from workbench.crm import is_open, open_since
from workbench.features.declare import WINDOWS, Aggregate, Expression, Feature, days_between, difference, ratio, trend


def _hours(end: str) -> Expression:
    """Return the hours from opening a ticket to an instant, both in whole seconds."""
    return lambda t: (t[end].truncate("s").epoch_seconds() - t.opened_at.truncate("s").epoch_seconds()) / 3600


def _complains(tickets: ir.Table) -> ir.Value:
    return tickets.kind.lower() == "complaint"


def _mean_hours(end: str) -> Aggregate:
    """An instant before the opening is a mistake of the record, and no time taken."""
    return Aggregate("mean", of=_hours(end), where=lambda t: t[end] >= t.opened_at)


SATISFACTION = Aggregate("mean", of=lambda t: t.satisfaction)


def _took(name: str, called: str, value: Aggregate, needs: str) -> list[Feature]:
    """Declare a time tickets take: of 90 days and so far, against the customer's own and the company's."""
    recent = f"{name}_90d"
    return [
        Feature(
            name, "support", "tickets", "hours", f"mean hours to {called}, tickets of {{days}} days",
            "high", f"{{value}} hours to {called} on average in {{days}} days",
            value, windows=(90, 365), needs=(needs,),
        ),
        Feature(
            name, "support", "tickets", "hours", f"mean hours to {called} so far",
            "high", f"{{value}} hours to {called} on average", value, needs=(needs,),
        ),
        Feature(
            f"{name}_against_usual", "support", "", "times",
            f"hours to {called} of 90 days against the customer's mean so far",
            "high", f"hours to {called}: {{value}} times what this customer is used to",
            ratio(recent, name), needs=(recent, name),
        ),
        Feature(
            f"{name}_against_company", "support", "", "times",
            f"hours to {called} of 90 days against the mean of all customers at the snapshot",
            "high", f"hours to {called}: {{value}} times those of all customers",
            lambda f: f[recent] / f[recent].mean().over(group_by=f.as_of).nullif(0), needs=(recent,),
        ),
    ]  # fmt: skip


FEATURES = [
    Feature(
        "n_tickets", "support", "tickets", "tickets", "tickets opened in the last {days} days",
        "high", "tickets in the last {days} days: {value}", Aggregate("count"), windows=WINDOWS, none=0,
    ),
    Feature(
        "tickets_trend", "support", "", "times", "tickets a day in the last 30 days against the last 180",
        "high", "tickets in the last 30 days are {value} times those of the last 180",
        trend("n_tickets", 30, 180), needs=("n_tickets_30d", "n_tickets_180d"),
    ),
    Feature(
        "days_since_ticket", "support", "tickets", "days", "whole days since the last ticket",
        "neither", "last ticket {value} days ago", Aggregate("days since last"),
    ),
    Feature(
        "n_complaints", "support", "tickets", "tickets", "complaints in the last {days} days",
        "high", "complaints in the last {days} days: {value}",
        Aggregate("count", where=_complains), windows=WINDOWS, needs=("kind",), none=0,
    ),
    Feature(
        "complaints_against_usual", "support", "", "times",
        "complaints a day in the last 90 days against the customer's own year",
        "high", "complaints of the last 90 days are {value} times the customer's usual",
        trend("n_complaints", 90, 365), needs=("n_complaints_90d", "n_complaints_365d"),
    ),
    Feature(
        "n_urgent", "support", "tickets", "tickets", "tickets of high priority in the last {days} days",
        "high", "urgent tickets in the last {days} days: {value}",
        Aggregate("count", where=lambda t: t.priority.lower().isin(["high", "urgent", "critical"])),
        windows=(30, 90), needs=("priority",), none=0,
    ),
    Feature(
        "n_reopened", "support", "tickets", "tickets", "tickets reopened in the last {days} days",
        "high", "tickets reopened in the last {days} days: {value}",
        Aggregate("count", dated_by="reopened_at"), windows=(30, 90, 180), needs=("reopened_at",), none=0,
    ),
    Feature(
        "n_open_tickets", "support", "tickets", "tickets", "tickets still open",
        "high", "tickets still open: {value}", Aggregate("count", where=is_open), needs=("resolved_at",), none=0,
    ),
    Feature(
        "longest_open_days", "support", "tickets", "days", "days the oldest open ticket has been open",
        "high", "a ticket has been open for {value} days",
        Aggregate("max", of=lambda t: days_between(t.as_of, open_since(t)), where=is_open), needs=("resolved_at",),
    ),
    Feature(
        "n_unanswered_tickets", "support", "tickets", "tickets", "tickets nobody has answered yet",
        "high", "tickets without an answer: {value}",
        Aggregate("count", where=lambda t: t.first_response_at.isnull()), needs=("first_response_at",), none=0,
    ),
    Feature(
        "n_transfers", "support", "tickets", "transfers",
        "transfers between our people, tickets solved in the last {days} days",
        "high", "transfers of tickets between our people in {days} days: {value}",
        Aggregate("sum", of=lambda t: t.n_transfers, dated_by="resolved_at"), windows=(90, 365),
        needs=("n_transfers", "resolved_at"), none=0,
    ),
    *_took("first_response_hours", "the first answer", _mean_hours("first_response_at"), "first_response_at"),
    *_took("resolution_hours", "the solution", _mean_hours("resolved_at"), "resolved_at"),
    Feature(
        "satisfaction", "support", "tickets", "points", "mean satisfaction with the answers of {days} days",
        "low", "satisfaction with support in {days} days: {value}",
        SATISFACTION, windows=(30, 90, 365), needs=("satisfaction",),
    ),
    Feature(
        "satisfaction", "support", "tickets", "points", "mean satisfaction with the answers so far",
        "low", "satisfaction with support: {value}", SATISFACTION, needs=("satisfaction",),
    ),
    Feature(
        "satisfaction_against_usual", "support", "", "points",
        "mean satisfaction of 90 days less the customer's mean so far",
        "low", "satisfaction with support against the usual: {value}",
        difference("satisfaction_90d", "satisfaction"), needs=("satisfaction_90d", "satisfaction"),
        unchanged=0,
    ),
]  # fmt: skip
