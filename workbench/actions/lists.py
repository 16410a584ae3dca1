"""Whom to contact next, ranked by money, and what to say; and which lapsed customers are worth winning back."""

from __future__ import annotations

import pandas as pd

from workbench.model import Money, expected_gain, win_back_gain

PLAYBOOK = {
    "usage": "Call: show what was gained so far and offer a training session.",
    "intent": "Call today: ask what led to it, and offer a smaller plan or a pause.",
    "adoption": "Offer a session on the features the product is bought for.",
    "contact": "Reach out in person on the preferred channel; ask for a second contact person.",
    "contact person": "Get to know the successor, and ask for a second contact person.",
    "channel": "Write by the preferred way, within contact hours.",
    "feedback": "Thank for the answer, ask what is missing, and say what will be done.",
    "support": "Let a senior colleague close the open tickets and report back.",
    "payments": "Write before the next charge: offer another date or means of payment.",
    "contract": "Talk about the goals of the next term before it begins.",
    "silence": "Call: ask how the last order went and offer help with the next.",
    "frequency": "Offer something that goes with what was bought before.",
    "money": "Show what customers with similar orders buy next.",
    "tenure": "Call: ask how things are going and what is planned next.",
    "breadth": "Introduce product groups not bought yet.",
    "returns": "Ask what was wrong with the returned goods and put it right.",
}
"""What to do about each warning sign (articles' S14)."""

COLUMNS = [
    "list", "rank", "customer_id", "as_of", "country", "value_segment", "rfm_segment", "probability", "yearly_revenue",
    "margin_if_retained", "expected_gain", "margin_at_stake", "last_order_on", "why", "action",
]  # fmt: skip


def contact_list(now: pd.DataFrame, money: Money) -> pd.DataFrame:
    """Return customers at risk whose contact is expected to bring more than it costs, best first.

    ``probability`` is that of churn, ``expected_gain`` in currency: a scenario under the assumptions in ``money``.
    """
    at_risk = now[now["at_risk"]]
    gain = expected_gain(at_risk["churn_probability"], at_risk["margin_if_retained"], money)
    listed = at_risk.assign(list="keep", probability=at_risk["churn_probability"], expected_gain=gain)
    return _ranked(listed[listed["expected_gain"] > 0])


def win_back_list(now: pd.DataFrame, money: Money) -> pd.DataFrame:
    """Return lapsed customers whose contact is expected to bring more than it costs, best first.

    ``probability`` is that of a return within the horizon without any contact, ``margin_at_stake`` (currency) is that
    times the margin of a year, ``expected_gain`` the scenario under ``money``.
    """
    lapsed = now[~now["at_risk"]]
    at_stake = lapsed["return_probability"] * lapsed["margin_if_retained"]
    gain = win_back_gain(lapsed["return_probability"], lapsed["margin_if_retained"], money)
    listed = lapsed.assign(
        list="win back", probability=lapsed["return_probability"], margin_at_stake=at_stake, expected_gain=gain
    )
    return _ranked(listed[listed["expected_gain"] > 0])


def _ranked(listed: pd.DataFrame) -> pd.DataFrame:
    ordered = listed.sort_values(["expected_gain", "customer_id"], ascending=[False, True], ignore_index=True)
    actions = ordered["sign"].map(PLAYBOOK).fillna("Say thank you, and ask how things are.")
    ordered = ordered.assign(rank=range(1, len(ordered) + 1), action=actions)
    return ordered.reindex(columns=COLUMNS)
