"""The cards on the first screen: which figures a business is shown, and what stands on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from workbench.metrics import Metric, Trend, share_of_period
from workbench.report.findings.contents import Findings
from workbench.report.formats import number_texts as texts
from workbench.report.sentences import wording as words

RISE_IS_BAD = ("churn_rate", "revenue_at_risk", "churn_at_renewal", "first_response", "resolution")
ALWAYS = {"churn_rate": "Churn", "retention_rate": "Retention"}
OF_SUBSCRIPTIONS = {
    "net_revenue_retention": "Net revenue retention",
    "gross_revenue_retention": "Gross revenue retention",
    "churn_at_renewal": "Churn at renewal",
}
OF_ORDERS = {
    "revenue_retention": "Revenue retention",
    "repeat_purchase_rate": "Repeat purchase",
    "return_rate": "Lost customers who came back",
}
OF_FEEDBACK = {"NPS": "NPS", "CSAT": "Satisfaction (CSAT)", "first_response": "First response, median"}
COUNTED = {
    "churn_rate": "{count} of {of} active customers {left}",
    "retention_rate": "{count} of {of} active customers stayed",
    "revenue_retention": "of active customers' yearly revenue was that of those who stayed",
    "repeat_purchase_rate": "{count} of {of} buyers ordered twice or more",
    "return_rate": "{count} of {of} customers who had left came back",
    "net_revenue_retention": "of the monthly revenue at the start was paid at the end, upgrades included",
    "gross_revenue_retention": "of the monthly revenue at the start was still paid at the end, upgrades left out",
    "churn_at_renewal": "{count} of {of} contracts due for renewal ended",
    "NPS": "promoters less detractors, in points, of {n} answers",
    "CSAT": "{count} of {of} answers were satisfied",
    "first_response": "{count} of {of} tickets answered",
}
"""What was counted, in words, of each figure."""


@dataclass(frozen=True)
class Card:
    """One figure as it is shown: texts only; ``spark`` names its small line, empty where there is but one period."""

    key: str
    title: str
    value: str
    interval: str
    counted: str
    change: str = ""
    arrow: str = ""
    judged: str = ""
    yearly: str = ""
    goal: str = ""
    spark: str = ""
    link: str = ""


def cards(f: Findings) -> list[Card]:
    """Return the cards of this business: churn first, then what its source can show."""
    titles = ALWAYS | (OF_SUBSCRIPTIONS if "net_revenue_retention" in f.trends else {})
    found = [_card(f, key, title) for key, title in titles.items() if key in f.trends]
    rest = {} if f.by_subscription and "net_revenue_retention" in f.trends else OF_ORDERS
    if f.by_subscription:
        rest = {key: title for key, title in rest.items() if key == "revenue_retention"}
    found += [_card(f, key, title) for key, title in {**rest, **OF_FEEDBACK}.items() if key in f.trends]
    found[2:2] = list(_at_risk(f))
    return found


def _card(f: Findings, key: str, title: str) -> Card:
    found = f.trends[key]
    metric = found.metric
    counted = COUNTED[key].format(
        count=f"{metric.count:,.0f}", of=f"{metric.of:,.0f}", n=f"{metric.n:,}", left=words.has_left(f)
    )
    return Card(
        key, title, texts.figure(metric, f.currency), texts.interval(metric, f.currency),
        counted + _left_out(f, key) + _asked(f, key),
        change=_change(found), arrow=_arrow(found), judged=_judged(key, found), yearly=_yearly(key, found),
        goal=_goal(f, metric) if key == "churn_rate" else "", spark=key if len(found.values) > 1 else "",
    )  # fmt: skip


def _asked(f: Findings, key: str) -> str:
    """Return when a survey was asked that was not asked in the last period; empty for other figures."""
    if key not in f.asked:
        return ""
    first, last = (texts.day(each) for each in f.asked[key])
    asked = f"; asked on {first}" if first == last else f"; asked from {first} to {last}"
    return asked + ("; change and small line are by survey" if len(f.trends[key].values) > 1 else "")


def _left_out(f: Findings, key: str) -> str:
    """Return how many customers a rate of recurring revenue leaves out; empty where none."""
    if key not in ("net_revenue_retention", "gross_revenue_retention") or f.bridge is None:
        return ""
    n = f.bridge.attrs["unknown"]
    return f"; {n:,} customers left out, because their amount is not known" if n else ""


def _at_risk(f: Findings) -> Iterator[Card]:
    revenue, expected = f.outlook["revenue_at_risk"], f.outlook["expected_churn"]
    if f.priced and f.amounts_known:
        counted = f"of {texts.rough(revenue.of, revenue, f.currency)} {f.brought}, by {texts.day(f.until)}"
        value, interval = texts.figure(revenue, f.currency), texts.interval(revenue, f.currency)
        lost = f.details.revenue_lost
        known = "" if len(lost) == 0 else texts.rough(lost[-1], revenue, f.currency)
        before = known and f"the last period's leavers: {known}"
        share = _share_lost(f)
        yield Card(
            "revenue_at_risk", "Revenue at risk", value, interval, counted, yearly=before, link="segments",
            spark="revenue_lost" if len(lost) > 1 else "", arrow=_arrow(share),
            judged=_judged("revenue_at_risk", share),
            change=f"{_change(share)} in the share of revenue lost" if share.change else "",
        )  # fmt: skip
    counted = f"about {expected.count:,.0f} of {expected.of:,.0f} active customers, by {texts.day(f.until)}"
    yield Card(
        "expected_churn", "Expected churn", texts.figure(expected), texts.interval(expected), counted, link="forecast"
    )


def _share_lost(f: Findings) -> Trend:
    """Return how the share of revenue lost changed: that of the revenue retained, with the other sign."""
    kept = f.trends.get("revenue_retention")
    if kept is None or kept.change is None:
        return Trend(f.outlook["revenue_at_risk"], ())
    change = replace(kept.change, value=-kept.change.value, low=-kept.change.high, high=-kept.change.low)
    return replace(kept, change=change)


def _change(found: Trend) -> str:
    """Return how much a figure changed since the period before, with the interval of the change."""
    if found.change is None:
        return ""
    size = texts.change(found.change)
    if found.direction == "unclear":
        return f"no clear change ({texts.change_interval(found.change)})"
    return f"{size} ({texts.change_interval(found.change)})"


def _arrow(found: Trend) -> str:
    return {"up": "▲", "down": "▼", "unclear": "●"}.get(found.direction, "")


def _judged(key: str, found: Trend) -> str:
    """Return whether a clear change is for the better or the worse."""
    if found.direction not in ("up", "down"):
        return ""
    return "worse" if (found.direction == "up") == (key in RISE_IS_BAD) else "better"


def _yearly(key: str, found: Trend) -> str:
    if found.yearly is None:
        return ""
    if key == "net_revenue_retention":  # may exceed all there was
        return f"{texts.figure(found.yearly)} of it after a year at this pace"
    verb = "lost" if key == "churn_rate" else "kept"
    return f"{texts.figure(found.yearly)} {verb} in a year at this pace"


def _goal(f: Findings, churn: Metric) -> str:
    """Return how churn stands to the analyst's target and to the benchmark, both given per year."""
    named = {"target": f.goals.target, "benchmark": f.goals.benchmark}
    return "; ".join(_against(name, goal, churn, f.horizon_days) for name, goal in named.items() if goal is not None)


def _against(name: str, yearly: float, churn: Metric, days: int) -> str:
    goal = share_of_period(yearly, days)
    where = "above" if churn.low > goal else "below" if churn.high < goal else "not clearly apart"
    return f"{name} {texts.share(goal)} ({texts.stated(yearly)} a year): {where}"
