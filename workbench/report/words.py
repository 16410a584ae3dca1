"""The report's figures in plain words."""

from __future__ import annotations

import math
from datetime import datetime

from workbench.metrics import Metric
from workbench.report.findings import Findings

SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def share(value: float) -> str:
    """Return a share as a percentage with one decimal.

    >>> share(0.3094)
    '30.9\\xa0%'
    """
    return "–" if math.isnan(value) else f"{value * 100:.1f}\N{NO-BREAK SPACE}%"


def amount(value: float, currency: str) -> str:
    """Return an amount without pence.

    >>> amount(1234567.8, "GBP"), amount(-5, "TRY")
    ('£1,234,568', '-5 TRY')
    """
    if math.isnan(value):
        return "–"
    sign = SIGNS.get(currency)
    minus = "-" if round(value) < 0 else ""
    return f"{minus}{sign}{abs(value):,.0f}" if sign else f"{minus}{abs(value):,.0f} {currency}"


def day(moment: datetime) -> str:
    """Return a day for a reader.

    >>> day(datetime(2011, 9, 9))
    '9 September 2011'
    """
    return f"{moment.day} {moment:%B %Y}"


def interval(metric: Metric) -> str:
    """Return the 95 % interval of a share."""
    return f"{share(metric.low)} to {share(metric.high)}"


def based_on(metric: Metric) -> str:
    """Return what was counted, of how many."""
    return f"{metric.count:,.0f} of {metric.of:,.0f}"


def in_two_minutes(f: Findings) -> list[str]:
    """Return the report in a handful of sentences, each with the figure it rests on."""
    churn, kept = f.metrics["churn_rate"], f.metrics["cohort_retention"]
    expected, revenue = f.outlook["expected_churn"], f.outlook["revenue_at_risk"]
    start, end = f.periods["start"].iloc[-1], f.periods["end"].iloc[-1]
    before = f.evaluation["n_lost"] / f.evaluation["n_test"]
    sentences = [
        f"From {day(start)} to {day(end)}, {churn.count:,.0f} of {churn.of:,.0f} active customers {_left(f)}: "
        f"a churn rate of {share(churn.value)} ({interval(churn)}). {share(kept.value)} were customers, "
        "or customers again, at its end.",
        f"Of the {f.n_known:,} customers known on {day(f.as_of)}, {f.n_at_risk:,} are active. About "
        f"{expected.count:,.0f} of them ({share(expected.value)}) are expected to {will_leave(f)} by {day(f.until)}; "
        f"in the last tested period it was {share(before)}. At stake is {amount(revenue.value, f.currency)} of the "
        f"{amount(revenue.of, f.currency)} that the active customers brought in the last 365 days.",
        verdict(f),
        _contact(f),
    ]
    if f.not_judged:
        told = ", ".join(f"{n:,} {state}" for state, n in f.not_judged.items())
        sentences.append(f"Not at risk, and so not scored: {told}.")
    if f.horizon_days < f.inactive_days and not f.by_subscription:
        sentences.append(
            f"Mind the horizon: {f.horizon_days} days without an order are not yet the {f.inactive_days} after which a "
            "customer counts as lost, so many of those expected to buy nothing are merely between two orders."
        )
    if len(f.win_back):
        sentences.append(
            f"{f.n_lapsed:,} customers have lapsed but are not lost for good: {len(f.win_back):,} of them are worth "
            "winning back."
        )
    return sentences


def _left(f: Findings) -> str:
    if not f.by_subscription:
        return f"fell silent for {f.inactive_days} days"
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in f.kinds.items())
    return f"left (departures by kind: {kinds})"


def will_leave(f: Findings) -> str:
    """Return what a customer who churns does."""
    return "leave" if f.by_subscription else "buy nothing"


def how_lost(f: Findings) -> str:
    """Return when a customer counts as lost, as a sentence."""
    if not f.by_subscription:
        return f"A customer is lost when {f.inactive_days} days have passed without an order."
    return (
        "A customer is lost when the last paid subscription is cancelled (active churn), ends with money owed "
        f"(financial) or runs out (passive). Who is back within {f.grace_days} days never left."
    )


def verdict(f: Findings) -> str:
    """Return the verdict on the probabilities, and which model they come from."""
    told, area = f.evaluation["verdict"], f.evaluation["verdict"]["auc"]
    return (
        f"The model, tested on a later period: {told['word']}. {told['sentence']} "
        f"(AUC {area['value']:.2f}, 95 % {area['low']:.2f} to {area['high']:.2f}; 0.5 is chance.) "
        f"The probabilities here come from: {f.evaluation['scored_by']}."
    )


def _contact(f: Findings) -> str:
    if f.evaluation["verdict"]["word"] == "no usable signal":
        return "Contact nobody because of the score: it does not tell who leaves."
    if not len(f.keep):
        return "Under the assumed costs no contact is expected to bring more than it costs."
    total = amount(float(f.keep["expected_gain"].sum()), f.currency)
    return (
        f"Contacting {len(f.keep):,} of the active customers is expected to bring more than it costs, {total} in all. "
        "This is a scenario under the assumptions below, not a gain: no control group has been held out yet."
    )
