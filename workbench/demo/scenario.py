"""What makes the simulated company's customers leave: every number of the scenario, stated once.

A customer's month begins with a snapshot. The signs shown in the month before set the odds of leaving in this
month; then this month's signs are drawn. So a sign is always in the tables before the churn it causes, and the
probability of leaving follows from what the tables show. Departures fall on the 4th to 28th of a month: one month
is then exactly "within 30 days" of its first midnight, and three months are exactly "within 91 days".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HORIZON_MONTHS = {30: 1, 91: 3}
FUTURE_MONTHS = 3
"""Months simulated past the export, so that the truth knows the outcome of the last snapshot too."""

GRACE_DAYS = 30
TRIAL_DAYS = 14
BILL_DAYS = (4, 9)
DUE_DAYS = 7


@dataclass(frozen=True)
class Sign:
    """A warning sign: ``strength`` in log-odds of leaving per month, and its monthly chances to start and to stay."""

    name: str
    strength: float
    starts: float
    stays: float
    shown_by: str


SIGNS = (
    Sign("silence", 1.2, 0.030, 0.72, "messages: nothing in, nothing opened or answered all month"),
    Sign("contact", 1.0, 0.012, 0.60, "contacts: the decision maker left, no successor yet"),
    Sign("payment", 0.6, 0.025, 0.35, "invoices unpaid after their due date, failed charges, another method"),
    Sign("complaint", 0.9, 0.030, 0.50, "tickets of kind complaint, many reopened"),
    Sign("intent", 2.2, 0.014, 0.50, "cancel_request tickets, page_cancel events, auto_renew off, downgrades"),
    Sign("support", 0.7, 0.028, 0.45, "tickets answered after days, low satisfaction"),
    Sign("channel", 0.4, 0.040, 0.70, "messages off the preferred channel, outside contact hours"),
    Sign("nps", 1.0, 0.025, 0.88, "surveys: the last NPS answer is 6 or less"),
)
"""The signs that come and go; the bit of a sign in a mask is its place here."""

BIT = {sign.name: 1 << place for place, sign in enumerate(SIGNS)}
MASKS = 1 << len(SIGNS)

ONBOARDING_STRENGTH = 1.1
ONBOARDING_MONTHS = 6
POOR_ONBOARDING = 0.30

NOISE = Sign("wishes", 0.0, 0.040, 0.50, "tickets of kind feature_request: they look like complaints, and mean nothing")

SIZES = ("1-10", "11-100", "101+")
SIZE_SHARES = (0.55, 0.33, 0.12)
SIZE_LOGITS = (0.4, 0.0, -0.5)

TERMS = (1, 3, 12)
TERM_NAMES = ("month", "quarter", "year")
ACTIVE_LOGITS = (-5.5, -5.7, -6.1)
"""Log-odds of active churn per month without a sign, by term."""

RENEWAL_LOGIT = 1.0
"""Added in the last two months of a quarterly or annual term."""

PASSIVE_LOGITS = (-5.3, -3.9, -2.7)
"""Log-odds that a term that does not renew by itself runs out, by term."""

FINANCIAL_LOGIT = -1.7
"""Log-odds of a service shut off in the month after an unpaid invoice."""

PAUSE_LOGIT = math.log(0.004)

SEASON_LOGITS = (0.3, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, -0.2, 0.1, 0.0, 0.0, -0.1)
"""January to December: more notices after the new year, fewer in the holidays."""

USE_BY_SEASON = (1.05, 1.0, 1.1, 1.0, 1.0, 0.95, 0.85, 0.65, 1.05, 1.1, 1.1, 0.7)
"""Noise: use and messages drop in August and December, and nobody leaves for it."""

QUICK_RETURN = 0.04
LATE_RETURN = 0.10

CAMPAIGN_EVERY = 6
CAMPAIGN_FIRST = 2
CAMPAIGN_MONTHS = 3
CAMPAIGN_SHARE = 0.5
CONTROL_SHARE = 0.4
REACHED_SHARE = 0.85
RESPONDERS = (0.55, 0.35, 0.10)
"""Share of customers who respond to the offer, by size."""

OFFER_LOGIT = -2.0
"""Added for responders who were reached, in the three months after."""

PLANS = ("starter", "team", "business")
PRICES = (29, 79, 199)
PRICE_RISE = 1.05


def is_campaign(month: int) -> bool:
    """Return whether a campaign assigns customers at the end of this month of the simulation.

    >>> [month for month in range(12) if is_campaign(month)]
    [2, 8]
    """
    return month >= 0 and month % CAMPAIGN_EVERY == CAMPAIGN_FIRST


def is_protected(month: int) -> bool:
    """Return whether the latest campaign still works in this month.

    >>> [month for month in range(9) if is_protected(month)]
    [3, 4, 5]
    """
    return any(is_campaign(month - ago) for ago in range(1, CAMPAIGN_MONTHS + 1))


def strengths() -> dict[str, object]:
    """Return the scenario's strengths: log-odds of active and passive churn per month, sign by sign.

    >>> strengths()["signs"]["intent"]["log_odds_per_month"]
    2.2
    """
    shown = {sign.name: {"log_odds_per_month": sign.strength, "shown_by": sign.shown_by} for sign in (*SIGNS, NOISE)}
    shown["onboarding"] = {
        "log_odds_per_month": ONBOARDING_STRENGTH,
        "shown_by": f"no feature_core event by day 30; works for {ONBOARDING_MONTHS} months",
    }
    return {
        "signs": shown,
        "financial_churn": {"only_after": "payment", "log_odds_per_month": FINANCIAL_LOGIT},
        "offer": {
            "log_odds_per_month": OFFER_LOGIT,
            "months": CAMPAIGN_MONTHS,
            "works_on": "responders who were reached",
            "responders_by_company_size": dict(zip(SIZES, RESPONDERS, strict=True)),
            "reached_share_of_treated": REACHED_SHARE,
        },
        "use_by_calendar_month": list(USE_BY_SEASON),
        "grace_days": GRACE_DAYS,
    }
