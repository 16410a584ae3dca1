"""The report's figures in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from workbench.metrics import Metric
from workbench.model import MODEL, NO_MODEL
from workbench.report.contents import Findings
from workbench.stats import Estimate

CHANCE = 0.5
PERCENT = "\N{NO-BREAK SPACE}%"
MOST_NAMED = 3
NO_AMOUNTS = "the source has no amounts (orders.amount, invoices.amount or subscriptions.mrr)"
FINEST = {"share": 0.001, "points": 1.0, "hours": 0.1, "days": 0.1, "times": 0.1, "currency": 1.0}
"""The smallest step a figure of each unit is rounded to."""
LONG_HOURS = 96
"""A wait of so many hours or more is shown in days."""
MINUS = "\N{MINUS SIGN}"
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
    ('£1,234,568', '−5 TRY', '7')
    """
    if math.isnan(value):
        return "–"
    sign = SIGNS.get(currency)
    minus = MINUS if round(value) < 0 else ""
    return f"{minus}{sign}{abs(value):,.0f}" if sign else f"{minus}{abs(value):,.0f} {currency}".strip()


def step(metric: Metric) -> float:
    """Return what a figure is rounded to: one digit of half its interval, two where that begins with 1 or 2.

    >>> step(Metric("churn", 0.3094, 0.29, 0.33, 590, 1907, "", 1907))
    0.001
    >>> step(Metric("churn", 0.31, 0.26, 0.36, 31, 100, "", 100))
    0.01
    """
    half = (metric.high - metric.low) / 2
    if math.isnan(half):  # open to one side
        half = max(metric.value - metric.low, metric.high - metric.value, key=lambda side: -1 if side != side else side)
    if not half > 0 or math.isinf(half):
        return FINEST[metric.unit]
    power = math.floor(math.log10(half))
    fine = half < 3 * 10.0**power
    return max(10.0 ** (power - 1 if fine else power), FINEST[metric.unit])


def shown(value: float, metric: Metric, currency: str = "") -> str:
    """Return a value in a metric's unit, rounded to what the metric's interval bears.

    >>> shown(0.3094, Metric("churn", 0.3094, 0.26, 0.36, 31, 100, "", 100))
    '31\\xa0%'
    >>> shown(1234567, Metric("at risk", 1234567, 1034567, 1434567, 0, 0, "", 9, unit="currency"), "GBP")
    '£1,230,000'
    """
    if math.isnan(value):
        return "–"
    if metric.unit == "hours" and metric.value >= LONG_HOURS:
        value, metric = value / 24, in_days(metric)
    size = step(metric)
    near = round(value / size) * size
    if metric.unit == "share":
        return f"{near * 100:,.{0 if size >= 0.01 else 1}f}\N{NO-BREAK SPACE}%"
    if metric.unit == "currency":
        return amount(near, currency)
    if metric.unit == "points":
        return f"{near:+.0f}".replace("-", MINUS)
    if metric.unit == "times":
        return f"{near:,.1f} per {metric.n_of.removesuffix('s')}"
    decimals = 0 if size >= 1 else 1
    return f"{near:,.{decimals}f} {metric.unit}"


def in_days(metric: Metric) -> Metric:
    """Return a metric of hours in days."""
    return replace(metric, value=metric.value / 24, low=metric.low / 24, high=metric.high / 24, unit="days")


def number(value: float) -> str:
    """Return a plain number without digits that nobody needs.

    >>> number(60.0), number(0.2534), number(1234.5)
    ('60', '0.25', '1,234')
    """
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.2g}"


def day(moment: datetime) -> str:
    """Return a day for a reader.

    >>> day(datetime(2011, 9, 9))
    '9 September 2011'
    """
    return f"{moment.day} {moment:%B %Y}"


def figure(metric: Metric, currency: str = "") -> str:
    """Return a metric's value in its unit."""
    return shown(metric.value, metric, currency)


def interval(metric: Metric, currency: str = "") -> str:
    """Return the 95 % interval of a metric.

    >>> interval(Metric("churn", 0.31, 0.26, 0.36, 31, 100, "", 100))
    '26 to 36\\xa0%'
    """
    low, high = shown(metric.low, metric, currency), shown(metric.high, metric, currency)
    if math.isnan(metric.low) != math.isnan(metric.high):
        return f"over {low}" if math.isnan(metric.high) else f"up to {high}"
    unit = next(
        (u for u in (PERCENT, " hours", " days", f" per {metric.n_of.removesuffix('s')}") if high.endswith(u)), ""
    )
    return f"{low.removesuffix(unit)} to {high}"


def span(start: datetime, end: datetime) -> str:
    """Return a period for a reader, with both years where they differ; the day of the end is not in it.

    >>> span(datetime(2023, 12, 5), datetime(2024, 3, 5)), span(datetime(2024, 3, 5), datetime(2024, 6, 4))
    ('5 December 2023 to 5 March 2024', '5 March to 4 June 2024')
    """
    year = "" if start.year == end.year else f" {start.year}"
    return f"{start.day} {start:%B}{year} to {day(end)}"


def change(metric: Metric) -> str:
    """Return a change with its sign: in percentage points for shares.

    >>> change(Metric("change", 0.0214, 0.011, 0.032, 0, 0, "", 9))
    '+2.1 points'
    """
    return f"{_signed(metric.value, metric)}{'' if metric.unit == 'points' else _unit(metric)}"


def change_interval(metric: Metric) -> str:
    """Return the 95 % interval of a change.

    >>> change_interval(Metric("change", 0.0214, 0.011, 0.032, 0, 0, "", 9))
    '+1.1 to +3.2 points'
    """
    return f"{_signed(metric.low, metric)} to {_signed(metric.high, metric)}{_unit(metric)}"


def _signed(value: float, metric: Metric) -> str:
    size = step(metric)
    scale = 100 if metric.unit == "share" else 1
    if value and not round(value / size):
        size /= 10  # a bound near 0 shows on which side of it it lies
    text = f"{round(value / size) * size * scale:+,.{0 if size * scale >= 1 else 1}f}"
    return text.replace("-", MINUS)


def _unit(metric: Metric) -> str:
    return " points" if metric.unit in ("share", "points") else f" {metric.unit}"


def points(value: float) -> str:
    """Return a difference of shares in percentage points; a dash where it is not known.

    >>> points(-0.021), points(float("nan"))
    ('−2.1 points', '–')
    """
    return "–" if math.isnan(value) else f"{value * 100:+.1f} points".replace("-", MINUS)


def sentence(reason: str) -> str:
    """Return a reason as a sentence of its own.

    >>> sentence("no amount is known")
    'No amount is known.'
    """
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def lower(sentence: str) -> str:
    """Return a sentence that goes on after a colon."""
    return sentence[:1].lower() + sentence[1:]


def counted(n: float) -> str:
    """Return a number of customers; a dash where it is not known or hidden.

    >>> counted(1200), counted(float("nan"))
    ('1,200', '–')
    """
    return "–" if math.isnan(n) else f"{n:,.0f}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    >>> listed(["plan", "country", "owner"])
    'plan, country and owner'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


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
        sentence += f" {f.bridge.attrs['unknown']:,} customers are left out, their amount not being known."
    return sentence


def at_stake(f: Findings) -> str:
    """Return what revenue the expected leavers would take with them, or why that is not known."""
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
    return (
        f"Since the run as of {day(f.changes.since)}: {risk['high']:,.0f} customers are at high risk now (a chance of "
        f"{share(risk['threshold'])} or more), {risk['high_before']:,.0f} were then. {risk['entered']:,.0f} rose to it "
        f"and {risk['new_at_risk']:,.0f} joined at it; {risk['lower']:,.0f} fell below it and "
        f"{risk['no_longer_at_risk']:,.0f} have left or lapsed. {predicted(f)}".strip()
    )


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


def which_segments(f: Findings) -> str:
    """Return which segments surely left more than all others, the largest losses first; that none did, if so."""
    overall = f.metrics["churn_rate"].value
    worse = f.segments[f.segments["differs"] & (f.segments["churn"] > overall)]
    if worse.empty:
        return "In the last period no group left clearly more than all other customers."
    named = [
        f"{row['segment']} ({f.segmentations[row['segmentation']].lower()}): {share(row['churn'])}"
        for row in worse.sort_values("lost", ascending=False).head(MOST_NAMED).to_dict("records")
    ]
    return f"Clearly more than all other customers, of whom {share(overall)} were lost, left: {'; '.join(named)}."


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
    doing = "a customer who orders is lost when no order" if f.buys else "any other is lost when no sign of activity"
    by_activity = f"{doing[:1].upper()}{doing[1:]} comes within the {f.horizon_days} days."
    rules = [by_subscription] if f.by_subscription or f.subscribers else []
    return " ".join([*rules, *([by_activity] if f.by_orders else [])])


def who_is_active(f: Findings) -> str:
    """Return which customers are active, and so can be lost."""
    doing = "an order" if f.buys else "a sign of activity"
    silent = f"has {doing} in the {f.inactive_days} days before the day looked from (without one: lapsed)"
    served = "has a live paid subscription that is neither cancelled nor paused"
    rules = [silent] * f.by_orders + [served] * (f.by_subscription or f.subscribers)
    return f"An active customer {', or '.join(rules)}; only active customers can be lost."


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
        return "No list is ranked by risk: the score does not show who leaves."
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


def contact(f: Findings) -> str:
    """Return whom contacting pays for and what it is expected to bring, as a scenario."""
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
