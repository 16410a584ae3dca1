"""How often buyers without a contract will buy again, and for how much: BG/NBD and gamma-gamma, by maximum likelihood.

Nobody sees such a customer leave. The BG/NBD model (Fader, Hardie, Lee 2005, "Counting your customers the easy way")
infers it: each buys at a rate of his own and may leave after any purchase. The gamma-gamma model (Fader, Hardie 2013)
gives what an order of each is worth. Time is in weeks; the purchases of one day are one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln, hyp2f1

from workbench.crm import Crm, last_whole_day, not_cancelled, sales
from workbench.engines import attach, first_of
from workbench.errors import DataError
from workbench.stats import Floats

WEEK = 7
FEWEST = 30
"""Repeat buyers that a model needs at least."""

Likelihood = Callable[[Floats], tuple[Floats, Floats]]
"""From the logarithms of parameters to each customer's log-likelihood, and its slopes: customers × parameters."""


ALIKE = 50.0
"""From this ``a`` on the chances to leave lie within a few tenths of their mean."""


@dataclass(frozen=True)
class Buying:
    """A BG/NBD model: parameters r, alpha (weeks), a and b, its log-likelihood and how many customers it was fitted to.

    Methods take a frame with frequency, recency_weeks and age_weeks, as :func:`purchase_history` gives.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int

    def alive(self, history: pd.DataFrame) -> Floats:
        """Return the chance that each customer still buys at all."""
        x, recency, age = _columns(history)
        silence = np.log(self.alpha + age) - np.log(self.alpha + recency)
        odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1) + (self.r + x) * silence
        return np.where(x > 0, expit(-odds), 1.0)

    def purchases(self, history: pd.DataFrame, weeks: float) -> Floats:
        """Return how many days of purchases are expected of each customer in the coming weeks."""
        x, _, age = _columns(history)
        if self.a > ALIKE:
            return self._of_like_leavers(x, age, weeks) * self.alive(history)
        z = weeks / (self.alpha + age + weeks)
        # Euler's transformation of equation (10) of the paper: no power of a large number overflows.
        series = hyp2f1(self.a + self.b - 1 - self.r, self.a - 1, self.a + self.b + x - 1, z)
        bought = (self.a + self.b + x - 1) / (self.a - 1) * (1 - (1 - z) ** (self.a - 1) * series)
        return bought * self.alive(history)

    def _of_like_leavers(self, x: Floats, age: Floats, weeks: float) -> Floats:
        """Return the purchases of those still there where the chance to leave at a purchase is much the same for all.

        The series above then ends in no number; three chances about their mean (Gauss and Hermite's) do as well.
        """
        mean = self.a / (self.a + self.b + x)
        spread = np.sqrt(3 * mean * (1 - mean) / (self.a + self.b + x + 1))
        total = np.zeros(len(x))
        for weight, off in ((1 / 6, -1), (2 / 3, 0), (1 / 6, 1)):
            chance = mean + off * spread
            total -= weight * np.expm1(-(self.r + x) * np.log1p(chance * weeks / (self.alpha + age))) / chance
        return total


@dataclass(frozen=True)
class Spending:
    """A gamma-gamma model of an order's worth: parameters p, q and gamma (currency).

    ``correlation`` is that of frequency and mean worth, which the model takes for none.
    """

    p: float
    q: float
    gamma: float
    correlation: float
    customers: int

    def order_value(self, history: pd.DataFrame) -> Floats:
        """Return the expected worth of each customer's next order; the mean of all where none is known."""
        n = history["paid_days"].to_numpy(float)
        total = n * np.nan_to_num(history["order_value"].to_numpy(float))
        return self.p * (self.gamma + total) / (self.p * n + self.q - 1)


def purchase_history(crm: Crm) -> pd.DataFrame:
    """Return one row per buyer, up to the last whole day known.

    Columns: customer_id, frequency (days of purchase after the first), recency_weeks (from the first to the last) and
    age_weeks (from the first to the end of the data), paid_days and order_value (days of purchase that brought
    something, and the mean they brought, currency; empty if none did). A return is taken off the order that it names,
    or the newest earlier one that is as large; an order sent back whole, or cancelled, was no purchase.

    >>> from workbench.crm import load_tables
    >>> rows = [("1", "ann", "2024-01-01", 10), ("2", "ann", "2024-01-15", 30), ("3", "ann", "2024-01-16", -30)]
    >>> orders = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "amount"])
    >>> purchase_history(load_tables({"orders": orders})).to_numpy().tolist()
    [['ann', 0, 0.0, 2.142857142857143, 1, 10.0]]

    Raises DataError for a source without orders.
    """
    if "orders" not in crm:
        raise DataError(f"repeat buying is read from the table orders; this source has {', '.join(crm)}.")
    last_day = last_whole_day(crm.facts)
    kept = _kept(crm.counted())
    kept = kept.filter((kept.day <= ibis.date(str(last_day.date()))) & ((kept.net > 0) | (kept.amount == 0)))
    days = kept.group_by("customer_id", "day").aggregate(net=kept.net.sum())
    paid = days.net > 0
    buyers = days.group_by("customer_id").aggregate(
        first=days.day.min(), last=days.day.max(), n=days.count(),
        paid_days=paid.cast("int64").sum(), paid=days.net.sum(where=paid).cast("float64"),
    ).order_by("customer_id").to_pandas()  # fmt: skip
    first, last = pd.to_datetime(buyers["first"]), pd.to_datetime(buyers["last"])
    return pd.DataFrame(
        {
            "customer_id": buyers["customer_id"], "frequency": buyers["n"] - 1,
            "recency_weeks": (last - first).dt.days / WEEK,
            "age_weeks": (pd.Timestamp(last_day) - first).dt.days / WEEK,
            "paid_days": buyers["paid_days"], "order_value": buyers["paid"].astype(float) / buyers["paid_days"],
        }
    )  # fmt: skip


def _kept(crm: Crm) -> ir.Table:
    """Return the orders with what is left of them after returns: customer_id, order_id, day, amount, net."""
    lines = not_cancelled(sales(crm))
    orders = lines.group_by("customer_id", "order_id").aggregate(
        bought_at=lines.ordered_at.min(), amount=lines.amount.sum()
    )
    back = _returned(crm, orders).group_by("customer_id", "order_id")
    met = attach(orders, back.aggregate(returned=ibis._.returned.sum()), ["customer_id", "order_id"])
    return met.select(
        "customer_id", "order_id", "amount", day=met.bought_at.date(), net=met.amount + met.returned.fill_null(0)
    )


def _returned(crm: Crm, orders: ir.Table) -> ir.Table:
    """Return what was taken off which order: customer_id, order_id, returned (below 0)."""
    rows = crm["orders"]
    rows = rows.filter(rows.amount < 0)
    named = rows.returns_order_id if "returns_order_id" in rows.columns else ibis.null("string")
    back = rows.group_by("customer_id", return_id=rows.order_id, named=named).aggregate(
        back_at=rows.ordered_at.min(), returned=rows.amount.sum()
    )
    pairs = back.join(orders, "customer_id")
    meant = ibis.ifelse(pairs.named.notnull(), pairs.named == pairs.order_id, pairs.amount >= -pairs.returned)
    pairs = pairs.filter(meant & (pairs.bought_at <= pairs.back_at))
    newest = first_of(pairs, ["customer_id", "return_id", "named"], ibis.desc("bought_at"), "order_id")
    return newest.select("customer_id", "order_id", "returned")


def fit_purchases(history: pd.DataFrame) -> Buying:
    """Return the BG/NBD model of a history, by maximum likelihood.

    Input columns: frequency, recency_weeks, age_weeks. Raises DataError for fewer than 30 repeat buyers.
    """
    repeated = int((history["frequency"] > 0).sum())
    if repeated < FEWEST:
        raise DataError(f"{repeated:,} customers bought again; a model of repeat buying needs {FEWEST} or more.")
    theta = _most_likely(lambda t: purchases_likelihood(t, history), size=4)
    r, alpha, a, b = (float(value) for value in np.exp(theta))
    return Buying(r, alpha, a, b, float(purchases_likelihood(theta, history)[0].sum()), len(history))


def purchases_likelihood(theta: Floats, history: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return each customer's log-likelihood under BG/NBD, and its slopes by theta.

    ``theta`` has the logarithms of r, alpha, a and b.
    """
    r, alpha, a, b = np.exp(theta)
    x, recency, age = _columns(history)
    before = b + np.maximum(x, 1) - 1
    buys = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.where(x > 0, np.log(a) - np.log(before) - (r + x) * np.log(alpha + recency), -np.inf)
    either = np.logaddexp(alive, gone)
    here, left = np.exp(alive - either), np.exp(gone - either)
    weeks = here * np.log(alpha + age) + left * np.log(alpha + recency)
    by_a_or_b = digamma(a + b) - digamma(a + b + x)
    slopes = [
        digamma(r + x) - digamma(r) + np.log(alpha) - weeks,
        r / alpha - (r + x) * (here / (alpha + age) + left / (alpha + recency)),
        by_a_or_b + left / a,
        by_a_or_b + digamma(b + x) - digamma(b) - left / before,
    ]
    return buys + stays + either, np.column_stack(slopes) * [r, alpha, a, b]


def fit_spending(history: pd.DataFrame) -> Spending:
    """Return the gamma-gamma model of what orders are worth, by maximum likelihood.

    Input columns: paid_days, order_value, frequency; only customers who brought something count. Raises DataError for
    fewer than 30 with two or more such days.
    """
    known = history[history["paid_days"] > 0]
    if (known["paid_days"] > 1).sum() < FEWEST:
        raise DataError(f"fewer than {FEWEST} customers paid for two purchases; what an order is worth is not known.")
    scale = float(known["order_value"].mean())
    scaled = known.assign(order_value=known["order_value"] / scale)
    p, q_1, gamma = np.exp(_most_likely(lambda t: spending_likelihood(t, scaled), size=3))
    bought_again = known[known["frequency"] > 0]
    correlation = float(bought_again["frequency"].corr(bought_again["order_value"]))
    return Spending(float(p), float(q_1 + 1), float(gamma * scale), correlation, len(known))


def spending_likelihood(theta: Floats, history: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return each customer's log-likelihood under gamma-gamma, and its slopes by theta.

    ``theta`` has the logarithms of p, q − 1 and gamma: with q above 1 the mean of all customers is finite.
    """
    p, q, gamma = np.exp(theta[0]), 1 + np.exp(theta[1]), np.exp(theta[2])
    n, value = history["paid_days"].to_numpy(float), history["order_value"].to_numpy(float)
    shape, paid = p * n, np.log(gamma + n * value)
    likelihood = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + (shape - 1) * np.log(value)
        + shape * np.log(n) - (shape + q) * paid
    )  # fmt: skip
    slopes = [
        n * (digamma(shape + q) - digamma(shape) + np.log(n * value) - paid),
        digamma(shape + q) - digamma(q) + np.log(gamma) - paid,
        q / gamma - (shape + q) / (gamma + n * value),
    ]
    return likelihood, np.column_stack(slopes) * [p, q - 1, gamma]


def _most_likely(likelihood: Likelihood, *, size: int) -> Floats:
    """Return the logarithms of parameters, e⁻¹⁰ to e⁹, at which the mean log-likelihood is largest."""

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, slopes = likelihood(theta)
        return -float(value.mean()), -slopes.mean(axis=0)

    found = minimize(
        loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=[(-10, 9)] * size,
        options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 1000},
    )  # fmt: skip
    return np.asarray(found.x, float)


def _columns(history: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    frequency, recency, age = (history[name].to_numpy(float) for name in ("frequency", "recency_weeks", "age_weeks"))
    return frequency, recency, age
