"""What buyers without a contract will still bring: expected purchases times what one is worth, discounted.

The interval is that of the *expected* margin, from how well the parameters of the models are known (delta method with a
sandwich covariance; White 1982). What one customer does in the end varies far more; that the models fit is supposed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.crm import Crm, not_cancelled, remembered
from workbench.metrics.lifetime import acquisition_costs, check_money, payback
from workbench.metrics.repeat_buying import (
    Buying,
    Likelihood,
    Spending,
    fit_purchases,
    fit_spending,
    purchase_history,
    purchases_likelihood,
    spending_likelihood,
)
from workbench.metrics.survival import with_names
from workbench.stats import Floats, Z

WEEKS = 365.25 / 7
"""Of a year."""
NODES = 12
STEP = 1e-4


def buyer_value(
    crm: Crm, *, margin_rate: float, discount_rate: float, horizon_months: int = 36
) -> tuple[pd.DataFrame, Buying, Spending]:
    """Return what each buyer will still bring in ``horizon_months``, and the two models it comes from.

    Columns: those of :func:`purchase_history`, alive (chance that the customer still buys), purchases (expected in the
    coming year), next_order (expected worth of one, currency), clv (expected discounted margin still to come, currency)
    with clv_low and clv_high (95 %). The margin is the orders' margin_amount where the source has it, else revenue
    times ``margin_rate``; ``discount_rate`` is yearly.

    Raises DataError for a source without orders or with fewer than 30 repeat buyers, SettingError for a horizon below a
    month or a rate out of its range.
    """
    check_money(margin_rate, discount_rate, horizon_months)
    values, buying, spending = _valued(crm, margin_rate, discount_rate, horizon_months)
    return values.copy(), buying, spending


@remembered
def _valued(
    crm: Crm, margin_rate: float, discount_rate: float, horizon_months: int
) -> tuple[pd.DataFrame, Buying, Spending]:
    history = purchase_history(crm)
    buying, spending = fit_purchases(history), fit_spending(history)
    rate = _margin_rate(crm, margin_rate)
    theta = np.log([buying.r, buying.alpha, buying.a, buying.b, spending.p, spending.q - 1, spending.gamma])
    value, spread = _with_spread(
        lambda t: rate * _discounted(_buying(t), history, discount_rate, horizon_months) * _worth(t, history),
        theta,
        history,
    )
    # On the scale of logarithms, so that no bound lies below 0.
    half = Z * spread / np.maximum(value, 1e-12)
    values = history.assign(
        alive=buying.alive(history), purchases=buying.purchases(history, WEEKS),
        next_order=spending.order_value(history),
        clv=value, clv_low=value * np.exp(-half), clv_high=value * np.exp(half),
    )  # fmt: skip
    return values, buying, spending


def buyer_value_by_segment(
    crm: Crm,
    *,
    margin_rate: float,
    discount_rate: float,
    horizon_months: int = 36,
    segments: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what buyers will still bring per segment, beside what winning one cost; amounts in currency.

    Columns: segment, customers (buyers), alive (expected number who still buy), clv with clv_low and clv_high (means of
    the customers' own, whose errors have the same parameters in common), clv_new (expected margin of a new buyer, the
    first purchase included), cac (mean acquisition_cost), clv_to_cac (clv_new over cac), payback_months (until the
    expected margin of a new buyer, undiscounted, reaches cac; empty if it does not within the horizon) and below_cac. A
    new buyer buys as all do, at the segment's mean order. ``segments`` has customer_id and segment.
    """
    values, buying, _ = buyer_value(
        crm, margin_rate=margin_rate, discount_rate=discount_rate, horizon_months=horizon_months
    )
    named = with_names(values, segments).merge(acquisition_costs(crm), on="customer_id", how="left")
    rate = _margin_rate(crm, margin_rate)
    bought = _of_a_new_buyer(buying, horizon_months)
    worth = (1 + discount_rate) ** -((np.arange(horizon_months) + 0.5) / 12)
    rows = []
    for segment, own in named.groupby("segment"):
        ahead = rate * bought * _mean_order(own)
        clv, low, high = (float(own[name].mean()) for name in ("clv", "clv_low", "clv_high"))
        rows.append(
            {
                "segment": segment, "customers": len(own), "alive": float(own["alive"].sum()),
                "clv": clv, "clv_low": low, "clv_high": high,
                **_against_cost(ahead, worth, float(own["cac"].mean())),
            }
        )  # fmt: skip
    return pd.DataFrame(rows).astype({"below_cac": "boolean"})


def _against_cost(ahead: Floats, worth: Floats, cac: float) -> dict[str, object]:
    """The first purchase is made at once, and so is not discounted."""
    clv_new = float(ahead[0] + ahead[1:] @ worth)
    known = cac > 0
    at_once = 0.0 if known and ahead[0] >= cac else np.nan
    later = payback(ahead[1:], cac - ahead[0]) if known and ahead[0] < cac else at_once
    return {
        "clv_new": clv_new, "cac": cac, "clv_to_cac": clv_new / cac if known else np.nan, "payback_months": later,
        "below_cac": clv_new < cac if known else pd.NA,
    }  # fmt: skip


def _mean_order(values: pd.DataFrame) -> float:
    return float((values["order_value"] * values["paid_days"]).sum() / max(values["paid_days"].sum(), 1))


def _of_a_new_buyer(buying: Buying, horizon_months: int) -> Floats:
    """Return the purchases expected of a new buyer: the first, then those of each month ahead."""
    new = pd.DataFrame({"frequency": [0.0], "recency_weeks": [0.0], "age_weeks": [0.0]})
    so_far = [float(buying.purchases(new, month * WEEKS / 12)[0]) for month in range(1, horizon_months + 1)]
    return np.concatenate([[1.0], np.diff([0.0, *so_far])])


def _margin_rate(crm: Crm, margin_rate: float) -> float:
    """Return the margin per unit of revenue that the orders state, or the assumed one where they do not."""
    orders = not_cancelled(crm.counted()["orders"])
    if "margin_amount" not in orders.columns:
        return margin_rate
    known = orders.filter(orders.margin_amount.notnull())
    sums = known.aggregate(margin=known.margin_amount.sum(), amount=known.amount.sum()).to_pandas().iloc[0]
    return float(sums["margin"] / sums["amount"]) if sums["amount"] else margin_rate


def _buying(theta: Floats) -> Buying:
    r, alpha, a, b = (float(value) for value in np.exp(theta[:4]))
    return Buying(r, alpha, a, b, np.nan, 0)


def _worth(theta: Floats, history: pd.DataFrame) -> Floats:
    p, q_1, gamma = (float(value) for value in np.exp(theta[4:]))
    return Spending(p, q_1 + 1, gamma, np.nan, 0).order_value(history)


def _discounted(buying: Buying, history: pd.DataFrame, discount_rate: float, horizon_months: int) -> Floats:
    """Return the expected purchases of the horizon, each worth less the later it comes (integrated by parts)."""
    horizon, force = horizon_months * WEEKS / 12, np.log1p(discount_rate) / WEEKS
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    total = np.exp(-force * horizon) * buying.purchases(history, horizon)
    for node, weight in zip((nodes + 1) / 2 * horizon, weights / 2 * horizon, strict=True):
        total = total + weight * force * np.exp(-force * node) * buying.purchases(history, node)
    return total


def _with_spread(value: Callable[[Floats], Floats], theta: Floats, history: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return a value of each customer, and its standard error from that of the parameters."""
    covariance = np.zeros((7, 7))
    paid = history[history["paid_days"] > 0]
    covariance[:4, :4] = _sandwich(lambda t: purchases_likelihood(t, history), theta[:4])
    covariance[4:, 4:] = _sandwich(lambda t: spending_likelihood(t, paid), theta[4:])
    slope = _slopes(value, theta)
    return value(theta), np.sqrt(np.einsum("ij,jk,ik->i", slope, covariance, slope).clip(min=0))


def _sandwich(likelihood: Likelihood, theta: Floats) -> Floats:
    """Return the covariance of parameters at their maximum, right even where the model is not quite."""
    scores = likelihood(theta)[1]
    curvature = _slopes(lambda t: likelihood(t)[1].sum(axis=0), theta)
    bread = np.linalg.pinv((curvature + curvature.T) / 2)
    return bread @ (scores.T @ scores) @ bread


def _slopes(function: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Return the derivatives of each value of a function by each parameter: values × parameters."""
    steps = np.eye(len(theta)) * STEP
    return np.column_stack([(function(theta + step) - function(theta - step)) / (2 * STEP) for step in steps])
