"""The three lists of release 0.1, deprecated: they know no consents or limits; :func:`make_lists` replaces them."""

from __future__ import annotations

from warnings import warn

import pandas as pd

from workbench.model import Money, expected_gain, win_back_gain

BY_SIGN = {
    "usage": "Call: show what was gained so far and offer a training session.",
    "intent": "Call today: ask what led to it, and offer a smaller plan or a pause.",
    "adoption": "Offer a session on the features the product is bought for.",
    "contact": "Reach out in person on the preferred channel; ask for a second contact person.",
    "contact person": "Get to know the successor, and ask for a second contact person.",
    "channel": "Write by the preferred way, within contact hours.",
    "feedback": "Thank for the answer, ask what is missing, and say what will be done.",
    "support": "Let a senior colleague call, and put right what went wrong.",
    "payments": "Offer another date or means of payment.",
    "contract": "Talk about what the contract should bring, and whether it does.",
    "silence": "Call: ask how the last order went and offer help with the next.",
    "frequency": "Offer something that goes with what was bought before.",
    "money": "Show what customers with similar orders buy next.",
    "tenure": "Call: ask how things are going and what is planned next.",
    "breadth": "Introduce product groups not bought yet.",
    "returns": "Ask what was wrong with the returned goods and put it right.",
}
"""What to do about each warning sign."""
CHECK_IN = "Call: ask what changed, and what would help."
COLUMNS = [
    "list", "rank", "customer_id", "as_of", "country", "value_segment", "rfm_segment", "probability", "yearly_revenue",
    "margin_if_retained", "expected_gain", "margin_at_stake", "last_order_on", "consent", "channel", "why", "action",
]  # fmt: skip


def contact_list(now: pd.DataFrame, money: Money) -> pd.DataFrame:
    """Return customers at risk whose contact is expected to bring more than it costs, best first.

    ``probability`` is that of churn, ``expected_gain`` in currency: a scenario under the assumptions in ``money``.
    Customers whose margin is not known are not listed: whether contacting them pays cannot be computed.
    """
    _deprecated("contact_list")
    at_risk = now[now["at_risk"]]
    share = at_risk.get("save_share")
    gain = expected_gain(at_risk["churn_probability"], at_risk["margin_if_retained"], money, save_share=share)
    listed = at_risk.assign(list="keep", probability=at_risk["churn_probability"], expected_gain=gain)
    return _ranked(listed[listed["expected_gain"] > 0])


def win_back_list(now: pd.DataFrame, money: Money) -> pd.DataFrame:
    """Return lapsed customers whose contact is expected to bring more than it costs, best first.

    ``probability`` is that of a return within the horizon without any contact, ``margin_at_stake`` (currency) is that
    times the margin of a year, ``expected_gain`` the scenario under ``money``.
    """
    _deprecated("win_back_list")
    lapsed = now[~now["at_risk"]]
    at_stake = lapsed["return_probability"] * lapsed["margin_if_retained"]
    gain = win_back_gain(lapsed["return_probability"], lapsed["margin_if_retained"], money)
    listed = lapsed.assign(
        list="win back", probability=lapsed["return_probability"], margin_at_stake=at_stake, expected_gain=gain
    )
    return _ranked(listed[listed["expected_gain"] > 0])


def health_list(now: pd.DataFrame, warnings: pd.DataFrame) -> pd.DataFrame:
    """Return the customers at risk whose health score warns, those with the largest margin first.

    Input: the customer base and the warnings of the health score. ``why`` names the warning and what cost most points.
    """
    _deprecated("health_list")
    reasons = (": " + warnings["health_why"]).where(warnings["health_why"] != "", "")
    words = "health " + warnings["health"].astype(str) + ", " + warnings["health_warning"] + reasons
    why = words.set_axis(warnings["customer_id"])
    chosen = now[now["customer_id"].isin(why.index)]
    ordered = chosen.sort_values(["margin_if_retained", "customer_id"], ascending=[False, True], ignore_index=True)
    listed = ordered.assign(
        list="health", probability=ordered["churn_probability"], why=ordered["customer_id"].map(why)
    )
    return listed.assign(
        rank=range(1, len(listed) + 1), action=CHECK_IN, channel=listed.get("preferred_channel"), consent=""
    ).reindex(columns=COLUMNS)


def _deprecated(verb: str) -> None:
    warn(
        f"{verb} goes with the next release: make_lists makes all lists of a playbook, within consents and limits.",
        DeprecationWarning,
        stacklevel=3,
    )


def _ranked(listed: pd.DataFrame) -> pd.DataFrame:
    ordered = listed.sort_values(["expected_gain", "customer_id"], ascending=[False, True], ignore_index=True)
    actions = ordered["sign"].map(BY_SIGN).fillna("")
    ordered = ordered.assign(rank=range(1, len(ordered) + 1), action=actions)
    return ordered.assign(channel=ordered.get("preferred_channel"), consent="").reindex(columns=COLUMNS)
