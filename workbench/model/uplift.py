"""Whom an offer keeps, learned from campaigns with a control arm, where these are large enough to teach it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.crm import KEY
from workbench.metrics import Arms, arms_of, log_ratio_lost, smallest_detectable, usable
from workbench.model.baselines import fit_logistic, sparse_settings
from workbench.model.estimators import Logistic
from workbench.model.examples import feature_columns, is_text
from workbench.stats import Floats

TEACHABLE = 0.5
"""Campaigns teach when their arms could have shown, in 80 % of trials, that the shares of leavers kept of two halves of
the customers differ by as much."""
LEARNED = "answer to offers, learned from features"
MORE, LESS = "more", "less"
HIGH, LOW = "high", "low"
MOST_SIGNS = 3
SEED = 1
TAUGHT = 0.5
"""The share of customers to learn from. The others measure: were each half measured by what the other taught, every
pair of customers would count twice, and the halves seem to differ on one in ten companies where all answer alike."""


@dataclass(frozen=True)
class Uplift:
    """The halves of the customers who answer to offers more and less, and what campaigns have shown of each.

    ``members``: each customer's half now, by customer_id. ``arms``: of each half the counts of the campaigns, of
    customers from whom it was not learned. ``signs``: the features that set the halves apart most, each with
    ``HIGH`` or ``LOW``, the values of those who answer more. ``why`` says why nothing was learned.
    """

    members: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    arms: dict[str, Arms] = field(default_factory=dict)
    signs: tuple[tuple[str, str], ...] = ()
    why: str = ""


def learn_uplift(
    assigned: pd.DataFrame,
    features: Callable[..., pd.DataFrame],
    snapshots: Iterable[datetime],
    as_of: datetime,
    *,
    horizon_days: int,
) -> Uplift:
    """Return the halves of the customers at ``as_of`` who answer to offers more, and less, than the median.

    ``assigned``: the assignments of all campaigns. ``features`` gives the panel of the snapshots ``as_of`` and the
    customers ``customer_id``, or its key and some ``columns``; of the ``snapshots`` the last one before an assignment
    counts. Learned is, of the customers lost, who was in which arm: arms were drawn by lot, so that the odds of having
    had the offer fall below the draw's by just the share it keeps (case-only analysis; Vittinghoff and Bauer 2006),
    with one sparse logistic regression on the numeric features.
    """
    rows = assigned[(assigned["among"] == "customers") & usable(assigned, horizon_days)]
    starts = pd.DatetimeIndex(sorted(snapshots))
    rows = rows.assign(snapshot=starts.searchsorted(rows["treated_at"], side="right") - 1)
    rows = rows[rows["snapshot"] >= 0]
    rows = rows[rows.groupby("campaign")["arm"].transform("nunique") == 2]
    treated = (rows["arm"] == "treated").groupby(rows["campaign"])
    rows = rows.assign(share_treated=treated.transform("mean"))
    rows = rows[["customer_id", "campaign", "arm", "lost", "snapshot", "share_treated"]]
    if why := _too_few(rows):
        return Uplift(why=why)
    columns, then, lost = _read(rows, features, starts)
    own = pd.factorize(then["customer_id"])[0]
    taught = (np.random.default_rng(SEED).random(own.max() + 1) < TAUGHT)[own]
    learned = _fit(lost[taught[then["lost"]]], columns)
    if not any(learned.weights):
        return Uplift(why="no feature sets those who answer to offers apart from others")
    weighing = [name for name, weight in zip(learned.columns, learned.weights, strict=True) if weight]
    then = pd.concat(_with_features(rows, features, starts, columns=weighing), ignore_index=True)
    now = features(as_of=[as_of], columns=weighing)
    middle = float(np.median(learned.log_odds(then)))
    halves = _half(learned.log_odds(then) - middle)
    arms = {half: arms_of(then[~taught & (halves == half)]) for half in (MORE, LESS)}
    if not log_ratio_lost(arms[MORE])[0] < log_ratio_lost(arms[LESS])[0]:
        return Uplift(why="what was learned did not hold of customers it was not learned from")
    members = pd.Series(_half(learned.log_odds(now) - middle), index=pd.Index(now["customer_id"]))
    return Uplift(members, arms, _signs(learned))


def _too_few(rows: pd.DataFrame) -> str:
    treated, control = (rows[rows["arm"] == arm] for arm in ("treated", "control"))
    churn = float(control["lost"].mean()) if len(control) else np.nan
    n_treated, n_control = (len(arm) * (1 - TAUGHT) for arm in (treated, control))
    seen = 2 * smallest_detectable(churn, n_treated, n_control)  # between halves, each with half of both arms
    if seen <= TEACHABLE * churn:
        return ""
    return f"campaigns of {len(treated):,} customers and {len(control):,} of control are too few to teach it"


def _read(
    rows: pd.DataFrame, features: Callable[..., pd.DataFrame], starts: pd.DatetimeIndex
) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    """Return the numeric features that vary, the assignments that have features, and with them those of who was lost.

    One snapshot is in memory at a time: together they would be as large as the panel.
    """
    kept, lost, ends = [], [], []
    for each in _with_features(rows, features, starts):
        numbers = [c for c in each if c not in rows and c not in KEY and not is_text(each[c])]
        kept.append(each[["customer_id", "lost"]])
        lost.append(each[each["lost"]])
        ends.append(each[numbers].agg(["min", "max"]))
    return feature_columns(pd.concat(ends)), pd.concat(kept, ignore_index=True), pd.concat(lost, ignore_index=True)


def _with_features(
    rows: pd.DataFrame,
    features: Callable[..., pd.DataFrame],
    starts: pd.DatetimeIndex,
    columns: list[str] | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the assignments of a snapshot with its features beside."""
    for place in rows["snapshot"].unique():
        some = rows[rows["snapshot"] == place]
        at, ids = starts[place].to_pydatetime(), some["customer_id"].unique()
        yield some.merge(features(as_of=[at], columns=columns, customer_id=ids), on="customer_id")


def _fit(lost: pd.DataFrame, columns: list[str]) -> Logistic:
    """Return the regression of having been in the treated arm, both arms of a campaign weighing the same."""
    treated = (lost["arm"] == "treated").to_numpy(float)
    share = lost.groupby("campaign")["share_treated"].transform("first")
    weight = np.where(treated == 1, 0.5 / share, 0.5 / (1 - share))
    rows = lost.assign(silent=treated, weight=weight)
    return fit_logistic(rows, columns, **sparse_settings(rows, columns))


def _signs(learned: Logistic) -> tuple[tuple[str, str], ...]:
    """Return the features that weigh most: a weight below 0 lets an offer keep more of those with high values."""
    heaviest = sorted(zip(learned.columns, learned.weights, strict=True), key=lambda found: -abs(found[1]))
    return tuple((name, HIGH if weight < 0 else LOW) for name, weight in heaviest[:MOST_SIGNS] if weight)


def _half(log_odds: Floats) -> NDArray[np.str_]:
    return np.where(log_odds > 0, LESS, MORE)
