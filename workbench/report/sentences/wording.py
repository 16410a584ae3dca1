"""The report's sentences: what was found, and why something cannot be stated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.model import MODEL, NO_MODEL
from workbench.report.findings.contents import Findings
from workbench.report.formats.number_texts import (
    amount,
    counted,
    day,
    figure,
    interval,
    rough,
    share,
    share_and_range,
    span,
)
from workbench.report.sentences.contact_wording import contact as contact
from workbench.report.sentences.contact_wording import dashes_of_value as dashes_of_value
from workbench.report.sentences.contact_wording import hours as hours
from workbench.report.sentences.contact_wording import losses as losses
from workbench.report.sentences.contact_wording import money_rests_on as money_rests_on
from workbench.report.sentences.contact_wording import no_amounts as no_amounts
from workbench.report.sentences.contact_wording import why_nobody as why_nobody
from workbench.segments import NEW_DAYS

CHANCE = 0.5
MOST_NAMED = 3


def sentence(reason: str) -> str:
    """Return a reason as a sentence of its own.

    >>> sentence("no amount is known")
    'No amount is known.'
    """
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def lower(sentence: str) -> str:
    """Return a sentence that goes on after a colon."""
    return sentence[:1].lower() + sentence[1:]


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    >>> listed(["plan", "country", "owner"])
    'plan, country and owner'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def missing(f: Findings) -> list[str]:
    """Return which figures cannot be computed from the source, a sentence for each reason."""
    reasons = dict.fromkeys(f.missing.values())
    return [
        f"{', '.join(n for n, why in f.missing.items() if why == reason)}: {reason.partition('; it has ')[0]}"
        for reason in reasons
    ]


def how_revenue_moved(f: Findings) -> str:
    """Return what the bridge of recurring revenue shows, and whose amounts it lacks."""
    if f.bridge is None:
        return ""
    level, retained = f.bridge["level"], f.metrics.get("net_revenue_retention")
    sentence = (
        f"From {span(f.start, f.end)}, monthly recurring revenue went from {amount(float(level.iloc[0]), f.currency)} "
        f"to {amount(float(level.iloc[-1]), f.currency)}."
    )
    if retained is not None:
        sentence += (
            f" Of what the customers at the start paid, {figure(retained)} ({interval(retained)}) came in at the end: "
            "net revenue retention."
        )
    if f.bridge.attrs["unknown"]:
        sentence += f" {f.bridge.attrs['unknown']:,} customers are left out, because their amount is not known."
    return sentence


def at_stake(f: Findings) -> str:
    """Return what revenue the expected leavers would take with them, or why that is not known."""
    revenue = f.outlook["revenue_at_risk"]
    if not f.n_at_risk:
        return "Nothing is at stake: no customer is active."
    if not f.amounts_known:
        return f"What is at stake cannot be computed: {no_amounts(f)}."
    if not revenue.of:
        return "Nothing is at stake: the active customers brought no revenue."
    if not f.priced:
        return (
            f"What that costs cannot be computed: {f.horizon_days} days without an order are not yet the "
            f"{f.inactive_days} after which a customer counts as lost, so many are merely between two orders."
        )
    unknown = f.n_at_risk - revenue.n
    without = f" ({unknown:,} active customers without a known amount left out)" if unknown else ""
    of = rough(revenue.of, revenue, f.currency)
    return f"At stake is {figure(revenue, f.currency)} of the {of} {f.brought}{without}."


def will_leave(f: Findings) -> str:
    """Return what a customer who churns does."""
    if f.by_subscription:
        return "leave"
    return "buy nothing" if f.buys else "stay away"


def expected(f: Findings) -> str:
    """Return how many are expected to be lost by the end of the horizon, and with which revenue."""
    found = f.outlook["expected_churn"]
    return (
        f"By {day(f.until)}, about {found.count:,.0f} of the {f.n_at_risk:,} customers active on {day(f.as_of)} are "
        f"expected to {will_leave(f)}: {figure(found)} (95 %: {interval(found)}). {at_stake(f)}"
    )


def since(f: Findings) -> str:
    """Return how many customers entered and left high risk since the run before; empty without one."""
    if f.changes is None:
        return ""
    risk = f.changes.risk
    if not risk:
        return (
            f"Since the run as of {day(f.changes.since)}: which customers came to high risk is not known, "
            f"because one of the two runs gives every customer the same chance of leaving. {predicted(f)}".strip()
        )
    n = {name: _or_at_most(size, risk, name, f.n_at_risk) for name, size in risk.items()}
    return (
        f"Since the run as of {day(f.changes.since)}: {n['high']} customers are at high risk now (a chance of "
        f"{share(risk['threshold'])} or more), {n['high_before']} were then. Of those now, {n['entered']} rose "
        f"to it and {n['new_at_risk']} were not active then; of those then, {n['lower']} fell below it and "
        f"{n['no_longer_at_risk']} have left or lapsed. {predicted(f)}".strip()
    )


PARTS = {"entered": "high", "new_at_risk": "high", "lower": "high_before", "no_longer_at_risk": "high_before"}
"""Of which number the numbers of customers who came to high risk, and left it, are parts."""


def _or_at_most(size: float, risk: Mapping[str, float], name: str, n_at_risk: int) -> str:
    """Return a number of customers; of a hidden one, which may be few or give away few, how many it is at most.

    >>> _or_at_most(float("nan"), {"high_before": 25.0, "lower": float("nan")}, "lower", 390)
    '1–25'
    """
    most = risk.get(PARTS.get(name, ""), math.nan)
    return counted(size) if not math.isnan(size) else f"1–{n_at_risk if math.isnan(most) else most:,.0f}"


def predicted(f: Findings) -> str:
    """Return how an earlier run's predictions came true; empty where no outcome of theirs is known yet."""
    if f.changes is None or f.changes.predictions.empty:
        return ""
    row = f.changes.predictions.iloc[-1]
    verdict = "as expected" if row["came_true"] else "chance alone does not explain the difference"
    return (
        f"Of {row['customers']:,.0f} customers scored on {day(row['as_of'])}, {row['expected']:,.0f} were expected to "
        f"leave (95 %: {row['low']:,.0f} to {row['high']:,.0f}) and {row['observed']:,.0f} did: {verdict}."
    )


LEFT_OVER = ("other", "others", "all others", "unknown", "not known")
"""Names of what is left over: there is nothing in common to look into."""


def clearly_worse(segments: pd.DataFrame, churn: float) -> pd.DataFrame:
    """Return the segments of which clearly more than ``churn`` were lost, without what is left over or not shown.

    >>> rows = pd.DataFrame({"segment": ["other", "Pro"], "churn": 0.5, "differs": True, "at_risk": 9})
    >>> clearly_worse(rows, 0.1)["segment"].tolist()
    ['Pro']
    """
    worse = segments["differs"] & (segments["churn"] > churn) & segments["at_risk"].notna()
    return segments[worse & ~segments["segment"].isin(LEFT_OVER)]


def which_segments(f: Findings) -> str:
    """Return which segments surely left more than all others, the largest losses first; that none did, if so."""
    overall = f.metrics["churn_rate"]
    worse = clearly_worse(f.segments, overall.value)
    if worse.empty:
        return "In the last period no group lost clearly more of its customers than all others."
    named = [
        f"{row['segment']} ({f.segmentations[row['segmentation']].lower()}): {share_and_range(row, 'churn')[0]}"
        for row in worse.sort_values("lost", ascending=False).head(MOST_NAMED).to_dict("records")
    ]
    worst = "; ".join(named)
    return f"Of all customers {figure(overall)} were lost, of these clearly more than of all others: {worst}."


def has_left(f: Findings) -> str:
    """Return what a customer who churned did."""
    if f.by_subscription:
        return "left"
    return "bought nothing" if f.buys else "stayed away"


def how_lost(f: Findings) -> str:
    """Return when a customer counts as lost, by subscriptions and by activity, as far as there are such customers."""
    by_subscription = (
        f"A subscriber is lost when, within the {f.horizon_days} days of a period, the last paid subscription is "
        "cancelled (active churn), ends with money owed (financial) or runs out (passive); a customer who is back "
        f"within {f.grace_days} days never left."
    )
    rules = [by_subscription] if f.by_subscription or f.subscribers else []
    others = "A customer who orders" if f.buys else "Any other" if rules else "A customer"
    doing = "order" if f.buys else "sign of activity"
    by_activity = f"{others} is lost when no {doing} comes within the {f.horizon_days} days."
    return " ".join([*rules, *([by_activity] if f.by_orders else [])])


def who_is_active(f: Findings) -> str:
    """Return which customers are active, and so can be lost."""
    doing = "an order" if f.buys else "a sign of activity"
    silent = f"has {doing} in the {f.inactive_days} days before the day looked from (without one: lapsed)"
    served = "has a live paid subscription that is neither cancelled nor paused"
    rules = [silent] * f.by_orders + [served] * (f.by_subscription or f.subscribers)
    return f"An active customer {', or '.join(rules)}; only active customers can be lost."


def others_count(f: Findings) -> str:
    """Return why other definitions count more customers at the start; empty where they count the same."""
    at_start, active = f.other_definitions["churn_at_start"].of, f.metrics["churn_rate"].of
    if at_start == active:
        return ""
    return (
        f"They count {at_start:,.0f} customers at the start where {active:,.0f} were active: also those paused on that "
        f"day, and those away that day but back within {f.grace_days} days."
    )


def hidden_cohorts(f: Findings) -> str:
    """Return that cohorts of few customers are left out; empty where none is hidden."""
    return f" Months with fewer than {f.min_cell} new customers are left out." if f.min_cell > 1 else ""


def survival_counts(f: Findings) -> str:
    """Return from when on customers can be lost by silence, and why more are followed than there are."""
    sentences = []
    if f.by_orders and not f.subscribers:
        sentences.append(
            f" A silence counts as a loss once it has lasted {f.inactive_days} days, so none comes sooner."
        )
    if f.details.survival["at_risk"].max() > f.n_known:
        sentences.append(
            " A customer who comes back after a loss starts again, so more are followed than there are customers."
        )
    return "".join(sentences)


def groups_named(f: Findings) -> str:
    """Return what the names of the groups by recency, frequency and money mean; empty where there are none."""
    if not (f.segments["segmentation"] == "rfm_segment").any():
        return ""
    columns, new = (
        ("days since the last use, days of use in 90 days, and what is paid in a year", "")
        if "subscriptions" in f.facts.loaded
        else ("days since the last order, number of orders, and their value less returns", " with one order")
    )
    return (
        f"Recency, frequency, money: {columns}. New: the first {NEW_DAYS} days{new}. Champions: among the best two "
        "fifths of active customers in all three. Loyal: often, and not long ago. Slipping: among the two fifths with "
        "the longest silence, the big spenders of them apart. Occasional: all others."
    )


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
    days = [day(datetime.fromisoformat(as_of[:10])) for as_of in f.evaluation["train_as_of"]]
    if len(days) <= 3:
        return " and ".join(days)
    return f"{len(days)} snapshots from {days[0]} to {days[-1]}"


def _why_used(found: Mapping[str, Any]) -> str:
    if found["word"] == "better":
        return ""
    return " It is used because it did better on the test period than every baseline, if not surely so."


def _area(value: float, low: float, high: float) -> str:
    return f"AUC {value:.2f}, 95\N{NO-BREAK SPACE}% {low:.2f} to {high:.2f}"
