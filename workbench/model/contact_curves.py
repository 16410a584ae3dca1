"""What contacting more customers brings: by expected gain, risk, value and at random; and what that hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import beta

from workbench.model.value import Money, expected_gain
from workbench.stats import Floats

ORDERS = ("expected_gain", "risk", "value", "random")
KEPT = beta(6, 14)
"""Of those who would leave, the share an offer keeps: the belief of Verbraken, Verbeke and Baesens (2013)."""
ASSUMED = ("save_share", "offer_cost", "taken_by_stayers", "contact_cost", "margin_rate")


def money_curves(now: pd.DataFrame, money: Money, *, points: int = 50) -> pd.DataFrame:
    """Return what contacting the first so many customers is expected to bring, by what they are ranked by.

    Columns: contacted (up to all customers at risk), expected_gain, risk, value and random (currency, the gains of all
    contacted together). Input columns: at_risk, churn_probability, margin_if_retained (a customer without it is left
    out) and, where measured, save_share.

    >>> now = pd.DataFrame({"at_risk": True, "churn_probability": [0.5, 0.1], "margin_if_retained": [10.0, 100.0]})
    >>> money_curves(now, Money(1, 0.5, 0, 0, 1, 0), points=2).round(2).to_numpy().tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 4.0, 1.5, 4.0, 2.75], [2.0, 5.5, 5.5, 5.5, 5.5]]
    """
    known = now[now["at_risk"]].dropna(subset=["margin_if_retained"])
    risk, margin = known["churn_probability"], known["margin_if_retained"]
    gain = expected_gain(risk, margin, money, save_share=known.get("save_share")).to_numpy(float)
    contacted = np.unique(np.linspace(0, len(known), points + 1).round().astype(int))
    by = {"expected_gain": gain, "risk": risk.to_numpy(float), "value": margin.to_numpy(float)}
    curves = {name: gained(gain, score)[contacted] for name, score in by.items()}
    return pd.DataFrame({"contacted": contacted, **curves, "random": contacted * (gain.mean() if len(gain) else 0.0)})


def gained(gain: Floats, score: Floats) -> Floats:
    """Return the gain of the first 0, 1, 2 … customers together, the highest scores first."""
    order = np.argsort(-score, kind="stable")
    return np.concatenate([[0.0], gain[order].cumsum()])


def sensitivity(now: pd.DataFrame, money: Money, *, factors: Sequence[float] = (0.5, 2.0)) -> pd.DataFrame:
    """Return how the list of customers worth a contact changes when one figure of the money is another.

    One row as it is, and one per figure and factor. Columns: figure, factor, value, listed (customers), stay (share of
    today's list still on it), gain (currency, of the list). Input columns as of :func:`money_curves`. A share never
    exceeds 1; with ``margin_rate`` every customer's margin moves.
    """
    known = now[now["at_risk"]].dropna(subset=["margin_if_retained"])
    today = _gain(known, money, 1.0, 1.0)
    rows = [("as it is", 1.0, np.nan, *_list(today, today))]
    for figure in ASSUMED:
        for factor in factors:
            value = _at_most(figure, getattr(money, figure) * factor)
            changed = money if figure in ("save_share", "margin_rate") else replace(money, **{figure: value})
            moved = value / getattr(money, figure) if getattr(money, figure) else 1.0
            scale = {"save_share": (moved, 1.0), "margin_rate": (1.0, moved)}.get(figure, (1.0, 1.0))
            rows.append((figure, factor, value, *_list(_gain(known, changed, *scale), today)))
    return pd.DataFrame(rows, columns=["figure", "factor", "value", "listed", "stay", "gain"])


def _gain(known: pd.DataFrame, money: Money, share_scale: float, margin_scale: float) -> Floats:
    own = known["save_share"] if "save_share" in known else pd.Series(money.save_share, index=known.index)
    margin = known["margin_if_retained"] * margin_scale
    gain = expected_gain(known["churn_probability"], margin, money, save_share=(own * share_scale).clip(upper=1))
    return gain.to_numpy(float)


def _list(gain: Floats, today: Floats) -> tuple[int, float, float]:
    listed, before = gain > 0, today > 0
    stay = float((listed & before).sum() / before.sum()) if before.any() else np.nan
    return int(listed.sum()), stay, float(gain[listed].sum())


def _at_most(figure: str, value: float) -> float:
    return value if figure in ("offer_cost", "contact_cost") else min(value, 1.0)


def expected_maximum_profit(
    outcome: Floats, probability: Floats, *, value: float, offer_cost: float, contact_cost: float
) -> tuple[float, float]:
    """Return the expected maximum profit per customer of contacting by this model (EMPC), and the share to contact.

    For every share kept γ the best number of customers is contacted; profits are averaged over γ ~ Beta(6, 14)
    (Verbraken, Verbeke, Baesens 2013). ``value`` is the mean of all customers; stayers take the offer too. Both
    figures compare models, and say nothing of one customer; profit is in currency.

    >>> known = expected_maximum_profit(np.array([1.0, 0, 0, 0]), np.array([0.9, 0.2, 0.1, 0.1]), value=100,
    ...                                 offer_cost=5, contact_cost=1)
    >>> [round(figure, 2) for figure in known]
    [6.87, 0.25]
    """
    kept = KEPT.ppf((np.arange(500) + 0.5) / 500)
    order = np.argsort(-probability, kind="stable")
    lost = np.concatenate([[0.0], outcome[order].cumsum()])
    stayed = np.arange(len(lost)) - lost
    profit = (
        kept[:, None] * lost * (value - offer_cost) - lost * contact_cost - stayed * (offer_cost + contact_cost)
    ) / len(outcome)
    best = profit.argmax(axis=1)
    return float(profit[np.arange(len(kept)), best].mean()), float(best.mean() / len(outcome))
