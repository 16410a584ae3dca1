"""Honest baselines: rules an analyst could write down, and logistic regressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.model.estimators import Constant, Logistic, Model, signed_log
from workbench.model.examples import feature_columns, is_text, weights

RULES = {
    "days_since_order": "silence rule (days since last order)",
    "days_since_event": "silence rule (days since last use)",
    "n_orders": "frequency rule (number of orders)",
    "n_events_90d": "frequency rule (uses in 90 days)",
}
RFM = [
    ("days_since_order", "days_since_event"),
    ("n_orders", "n_events_90d"),
    ("net_revenue", "invoiced_90d"),
    ("tenure_days", "subscription_days"),
]
"""Recency, frequency, money and tenure: of orders, or of subscriptions; the better known one is taken."""
CONTRACT_RULE = "contract and payment rule (renewal, term, failed and late payments)"
CONTRACT = ["days_to_renewal", "term_months", "renewal_switched_off", "n_failed_charges_30d", "n_owed_invoices"]
BASE_RATE = "base rate (the same for all)"
LOGISTIC = "logistic regression (recency, frequency, money, tenure)"
SPARSE = "sparse logistic regression (all features)"
MANY_ROWS = 20_000
"""From so many rows on, the solver is one that makes no copies; it would be slow to converge on few."""


def fit_baselines(rows: pd.DataFrame) -> dict[str, Model]:
    """Return every baseline fitted on the same rows; each is calibrated by nature.

    Where the rows hold one outcome only there is but the base rate.
    """
    return {name: fit_baseline(name, rows) for name in [BASE_RATE, *baseline_columns(rows)]}


def fit_baseline(name: str, rows: pd.DataFrame) -> Model:
    """Return the baseline of that name fitted on the rows."""
    if name == BASE_RATE:
        at_risk = rows[rows["at_risk"]]
        judged = at_risk if len(at_risk) else rows
        return Constant(float(np.average(judged["silent"], weights=weights(judged))))
    columns = baseline_columns(rows)[name]
    return fit_logistic(rows, columns, **(sparse_settings(rows, columns) if name == SPARSE else {}))


def sparse_settings(rows: pd.DataFrame, columns: list[str]) -> dict[str, Any]:
    """Return scikit-learn's settings for a penalty just above what chance alone gives the strongest of the columns."""
    weight, share = weights(rows), np.average(rows["silent"], weights=weights(rows))
    noise = np.sqrt((weight**2 * (rows["silent"] - share) ** 2).sum() * np.log(max(len(columns), 2)))
    how = {"solver": "saga", "tol": 1e-2, "max_iter": 1000} if len(rows) >= MANY_ROWS else {"solver": "liblinear"}
    return {"l1_ratio": 1, "C": float(1 / noise), "random_state": 0, **how}


def baseline_columns(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return each baseline's columns: a silence and a frequency rule, contract and payments, recency to tenure.

    >>> columns = baseline_columns(pd.DataFrame({"days_since_event": [3.0, 9.0], "n_orders": [1.0, 4.0]}))
    >>> for name in columns: print(name, columns[name])
    silence rule (days since last use) ['days_since_event']
    frequency rule (number of orders) ['n_orders']
    logistic regression (recency, frequency, money, tenure) ['days_since_event', 'n_orders']
    """
    usable = [c for c in feature_columns(rows) if not is_text(rows[c])]
    known = [[c for c in pair if c in usable] for pair in RFM]
    best = [max(pair, key=lambda c: rows[c].count()) for pair in known if pair]
    if "silent" in rows and rows["silent"].nunique() < 2:
        return {}
    contract = [c for c in CONTRACT if c in usable]
    found = {RULES[c]: [c] for c in best if c in RULES}
    found |= {CONTRACT_RULE: contract} if contract else {}
    found |= {LOGISTIC: best} if best else {}
    return found | ({SPARSE: usable} if len(usable) > len({*best, *contract}) else {})


def fit_logistic(rows: pd.DataFrame, columns: list[str], **settings: Any) -> Logistic:
    """Return a logistic regression on the columns' signed logarithms; ``settings`` are scikit-learn's."""
    from sklearn.linear_model import LogisticRegression

    logged = signed_log(rows[columns], [np.nan] * len(columns))
    filling = [float(np.nan_to_num(np.nanmedian(c))) if np.isfinite(c).any() else 0.0 for c in logged.T]
    np.copyto(logged, np.array(filling), where=np.isnan(logged))
    centre = logged.mean(axis=0)
    logged -= centre
    spread = np.array([column.std() for column in logged.T])
    spread = np.where(spread > 0, spread, 1.0)
    logged /= spread
    if settings.get("solver") == "saga":
        logged = logged.astype(np.float32)
    fitted = LogisticRegression(**settings).fit(logged, rows["silent"], sample_weight=weights(rows))
    slopes = [float(w) for w in fitted.coef_[0]]
    return Logistic(columns, filling, centre.tolist(), spread.tolist(), slopes, float(fitted.intercept_[0]))
