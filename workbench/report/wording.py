"""The report's figures in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.metrics import Metric
from workbench.model import MODEL, NO_MODEL
from workbench.report.contents import Findings
from workbench.stats import Estimate

CHANCE = 0.5
NO_AMOUNTS = "the source has no amounts (orders.amount, invoices.amount or subscriptions.mrr)"
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def share(value: float) -> str:
    """Return a share as a percentage with one decimal.

    >>> share(0.3094)
    '30.9\\xa0%'
    """
    return "–" if math.isnan(value) else f"{value * 100:.1f}\N{NO-BREAK SPACE}%"


def amount(value: float, currency: str) -> str:
    """Return an amount without pence; a dash where it is not known, the bare number where the currency is not.

    >>> amount(1234567.8, "GBP"), amount(-5, "TRY"), amount(7, "")
    ('£1,234,568', '-5 TRY', '7')
    """
    if math.isnan(value):
        return "–"
    sign = SIGNS.get(currency)
    minus = "-" if round(value) < 0 else ""
    return f"{minus}{sign}{abs(value):,.0f}" if sign else f"{minus}{abs(value):,.0f} {currency}".strip()


def day(moment: datetime) -> str:
    """Return a day for a reader.

    >>> day(datetime(2011, 9, 9))
    '9 September 2011'
    """
    return f"{moment.day} {moment:%B %Y}"


def figure(value: float, unit: str) -> str:
    """Return a metric's value in its unit.

    >>> figure(0.3094, "share"), figure(-6.51, "points"), figure(4.69, "hours")
    ('30.9\\xa0%', '-7', '4.7 hours')
    """
    if unit == "share" or math.isnan(value):
        return share(value)
    return f"{value:+.0f}" if unit == "points" else f"{value:,.1f} {unit}"


def interval(metric: Metric) -> str:
    """Return the 95 % interval of a metric."""
    return f"{figure(metric.low, metric.unit)} to {figure(metric.high, metric.unit)}"


def rows(n: int) -> str:
    """Return a number of rows in words.

    >>> rows(1), rows(1200)
    ('1 row', '1,200 rows')
    """
    return f"{n:,} row{'' if n == 1 else 's'}"


def based_on(metric: Metric) -> str:
    """Return what was counted, of how many."""
    things = "" if metric.n_of == "customers" else f" {metric.n_of}"
    return f"{metric.count:,.0f} of {metric.of:,.0f}{things}"


def missing(f: Findings) -> list[str]:
    """Return which figures cannot be computed from the source, a sentence for each reason."""
    reasons = dict.fromkeys(f.missing.values())
    return [f"{', '.join(n for n, why in f.missing.items() if why == reason)}: {reason}" for reason in reasons]


def money_rests_on(f: Findings) -> str:
    """Return which of the money's figures were measured by campaigns with a control arm, and which are assumed."""
    basis, parts = f.money_basis, []
    if basis.save_share is not None:
        by = f" (by {basis.segmentation.replace('_', ' ')}: {_by_segment(f)})" if basis.segmentation else ""
        kept = _measured(basis.save_share)
        parts.append(f"campaigns with a control arm kept {kept} of those who would have left{by}")
    if basis.win_back_share is not None:
        parts.append(f"they brought back {_measured(basis.win_back_share)} of those who would not have returned")
    if not parts:
        return (
            f"The share of leavers an offer keeps ({share(f.money.save_share)}) and its cost are assumed: {basis.why}."
        )
    if basis.cost_each is not None:
        parts.append(f"each customer assigned cost {amount(basis.cost_each, f.currency)}, all included")
    return f"Measured, not assumed: {'; '.join(parts)}."


def _measured(found: Estimate) -> str:
    return f"{share(found.value)} ({share(found.low)} to {share(found.high)})"


def _by_segment(f: Findings) -> str:
    shares = f.money_basis.shares
    return ", ".join(f"{name} {share(x)}" for name, x in zip(shares["segment"], shares["save_share"], strict=True))


def how_revenue_moved(f: Findings) -> str:
    """Return what the bridge of recurring revenue shows, and whose amounts it lacks."""
    if f.bridge is None:
        return ""
    level, retained = f.bridge["level"], f.metrics["net_revenue_retention"]
    sentence = (
        f"Monthly recurring revenue went from {amount(float(level.iloc[0]), f.currency)} to "
        f"{amount(float(level.iloc[-1]), f.currency)}. Of what the customers at the start paid, "
        f"{share(retained.value)} ({interval(retained)}) came in at the end: net revenue retention."
    )
    if f.bridge.attrs["unknown"]:
        sentence += f" {f.bridge.attrs['unknown']:,} customers are left out, their amount not being known."
    return sentence


def in_two_minutes(f: Findings) -> list[str]:
    """Return the report in a handful of sentences, each with the figure it rests on."""
    churn, stayed = f.metrics["churn_rate"], f.metrics["cohort_retention"]
    expected = f.outlook["expected_churn"]
    start, end = f.periods["start"].iloc[-1], f.periods["end"].iloc[-1]
    before = f.evaluation["n_lost"] / f.evaluation["n_test"]
    sentences = [
        f"From {day(start)} to {day(end)}, {churn.count:,.0f} of {churn.of:,.0f} active customers {_left(f)}: "
        f"a churn rate of {share(churn.value)} ({interval(churn)}). {share(stayed.value)} were customers, "
        "or customers again, at its end.",
        f"Of the {f.n_known:,} customers known on {day(f.as_of)}, {f.n_at_risk:,} are active. About "
        f"{expected.count:,.0f} of them ({share(expected.value)}) are expected to {will_leave(f)} by {day(f.until)}; "
        f"in the last tested period it was {share(before)}. {_at_stake(f)}",
        verdict(f),
        _contact(f),
    ]
    if f.not_judged:
        states = ", ".join(f"{n:,} {state}" for state, n in f.not_judged.items())
        sentences.append(f"Not at risk, and so not scored: {states}.")
    if len(f.win_back):
        sentences.append(
            f"Winning back is expected to pay for {len(f.win_back):,} customers who lapsed or left; {f.n_lapsed:,} "
            "have lapsed, and are not lost for good."
        )
    if f.as_of > f.facts.known_until:
        sentences.append(
            f"Mind the date: the data end {day(f.facts.last_record_at)}; the days since then count as silence."
        )
    return sentences


def _at_stake(f: Findings) -> str:
    revenue = f.outlook["revenue_at_risk"]
    if not f.amounts_known and f.recurring and f.subscribers:
        return (
            "What is at stake cannot be computed: the source has no amounts of that day (subscriptions.mrr is what is "
            "paid on the day of the export, and serves a report as of that day)."
        )
    if not f.amounts_known:
        return f"What is at stake cannot be computed: {NO_AMOUNTS}."
    if not revenue.of:
        return "Nothing is at stake: the active customers brought no revenue."
    if not f.priced:
        return (
            f"What that costs cannot be computed: {f.horizon_days} days without an order are not yet the "
            f"{f.inactive_days} after which a customer counts as lost, so many are merely between two orders."
        )
    unknown = f.n_at_risk - revenue.n
    without = f" ({unknown:,} active customers without a known amount left out)" if unknown else ""
    return (
        f"At stake is {amount(revenue.value, f.currency)} of the {amount(revenue.of, f.currency)} {f.brought}{without}."
    )


def _left(f: Findings) -> str:
    if not f.by_subscription:
        return f"fell silent for {f.inactive_days} days"
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in f.kinds.items())
    return f"left (departures by kind: {kinds}{_why_not_the_sum(f)})"


def _why_not_the_sum(f: Findings) -> str:
    """Return why the kinds add up to another number than the customers lost; empty where they do not."""
    departures, lost = sum(f.kinds.values()), int(f.metrics["churn_rate"].count)
    if departures == lost:
        return ""
    return (
        f"; {departures:,} in all, for they count every departure of the period, also of customers who joined in it, "
        "left twice or came back"
    )


def will_leave(f: Findings) -> str:
    """Return what a customer who churns does."""
    return "leave" if f.by_subscription else "buy nothing"


def has_left(f: Findings) -> str:
    """Return what a customer who churned did."""
    return "left" if f.by_subscription else "bought nothing"


def segment_churn(f: Findings) -> str:
    """Return what stands over a segment's observed churn: what was seen, and for how long."""
    return f"{has_left(f).capitalize()} in {f.horizon_days} days"


def not_the_rate(f: Findings) -> str:
    """Return why a segment's observed churn is not the churn rate, where customers are judged by orders."""
    if f.by_subscription:
        return ""
    return (
        f"{segment_churn(f)}: of the customers at risk on {day(f.tested_on)}. The churn rate above counts every "
        f"customer whose silence reached {f.inactive_days} days in that time, even those who bought in it too."
    )


def how_lost(f: Findings) -> str:
    """Return when a customer counts as lost, by subscriptions and by orders, as far as there are such customers."""
    by_subscription = (
        "A subscriber is lost when the last paid subscription is cancelled (active churn), ends with money owed "
        f"(financial) or runs out (passive); a customer who is back within {f.grace_days} days never left."
    )
    by_orders = f"A customer who orders is lost when {f.inactive_days} days have passed without an order."
    rules = [by_subscription] if f.by_subscription or f.subscribers else []
    return " ".join([*rules, *([by_orders] if f.by_orders else [])])


def verdict(f: Findings) -> str:
    """Return what gave the probabilities, how it did when tested, and the verdict on gradient boosting."""
    found, used = f.evaluation["verdict"], f.evaluation["scored_by"]
    if found["word"] == NO_MODEL:
        return f"No model: {found['sentence']} Every customer has the same chance, the {used}; no list is made from it."
    (row,) = [row for row in f.evaluation["comparison"] if row["model"] == used]
    tested = f"Tested on a later period: {_area(row['auc'], row['auc_low'], row['auc_high'])}; 0.5 is chance."
    if row["auc_low"] <= CHANCE:
        tested += " So it did not rank customers better than chance: take them as rates."
    source = f"The probabilities here come from: {used}. {tested}"
    if used == MODEL:
        return f"{source} The verdict on it: {found['word']}. {found['sentence']}{_why_used(found)}"
    boosting = _area(found["auc"]["value"], found["auc"]["low"], found["auc"]["high"])
    return f"{source} Gradient boosting on all features is not used ({boosting}): {found['word']}. {found['sentence']}"


def trained_on(f: Findings) -> str:
    """Return which snapshots the model learned from."""
    days = f.evaluation["train_as_of"]
    if len(days) <= 3:
        return " and ".join(days)
    return f"{len(days)} snapshots from {days[0]} to {days[-1]}"


def _why_used(found: Mapping[str, Any]) -> str:
    if found["word"] == "better":
        return ""
    return " It is used because it did better on the test period than every baseline, if not surely so."


def _area(value: float, low: float, high: float) -> str:
    return f"AUC {value:.2f}, 95\N{NO-BREAK SPACE}% {low:.2f} to {high:.2f}"


def why_nobody(f: Findings) -> str:
    """Return why a list of customers to contact is empty, as a sentence."""
    if f.evaluation["verdict"]["word"] in ("no usable signal", NO_MODEL):
        return "No list is made: the score does not show who leaves."
    if not f.priced:
        return "No list is made for so short a horizon."
    if not f.amounts_known:
        return f"Whom contacting pays for cannot be computed: {NO_AMOUNTS}."
    if f.without_consent:
        return f"Contact nobody because of this report: {without_consent(f)}"
    return (
        "Contact nobody because of this report: under the assumed costs no contact is expected to bring more than it "
        "costs."
    )


def without_consent(f: Findings) -> str:
    """Return how many customers the lists leave out because no consent of theirs holds; empty where none."""
    if not f.without_consent:
        return ""
    n = f.without_consent
    return f"{n:,} customer{'' if n == 1 else 's'} worth contacting cannot be: no consent to any channel holds."


def _contact(f: Findings) -> str:
    if not len(f.keep):
        return why_nobody(f)
    total = amount(float(f.keep["expected_gain"].sum()), f.currency)
    unmeasured = (
        "what past contacts brought is not measured in this report"
        if f.control_group
        else "no control group has been held out yet"
    )
    return (
        f"Contacting {len(f.keep):,} of the active customers is expected to bring more than it costs, {total} in all. "
        + f"This is a scenario under the assumptions below, not a gain: {unmeasured}. {without_consent(f)}".rstrip()
    )
