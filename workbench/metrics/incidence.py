"""By which kind of churn customers go: the kinds compete, for who has cancelled can no longer fail to pay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.metrics.clusters import deal, drawn, groups_of, tally, with_interval
from workbench.metrics.survival import last_known_day, with_names
from workbench.stats import Floats

COLUMNS = ["segment", "kind", "day", "share", "low", "high", "at_risk"]
STAYED = "still a customer"


def cumulative_incidence(followed: pd.DataFrame, segments: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return per segment, kind and day the share gone by that kind (Aalen, Johansen 1978), with its 95 % interval.

    Columns: segment, kind (those found, and 'still a customer'), day, share, low, high, at_risk; on every day the
    shares add up to 1. Delayed entry as in survival curves; the interval is a bootstrap over customers. Input columns:
    customer_id, entry, exit, kind.

    >>> lives = pd.DataFrame({"customer_id": list("abcd"), "entry": 0, "exit": [1, 1, 2, 2],
    ...                       "kind": ["active", None, "passive", None]})
    >>> curve = cumulative_incidence(lives)
    >>> curve[curve["day"] == 2].set_index("kind")["share"].to_dict()
    {'active': 0.25, 'passive': 0.375, 'still a customer': 0.375}
    """
    named = with_names(followed, segments)
    parts = [
        _incidence(rows).assign(segment=segment)
        for segment, rows in named.groupby("segment")
        if last_known_day(rows) >= 0
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _incidence(rows: pd.DataFrame) -> pd.DataFrame:
    kinds = sorted(rows["kind"].dropna().unique())
    taken = drawn(groups_of(rows["customer_id"]))
    at_risk = taken @ at_risk_by_group(rows)
    left = [taken @ left_by_group(rows, rows["kind"] == kind) for kind in kinds]
    known = last_known_day(rows) + 1
    parts = []
    for kind, curves in zip([*kinds, STAYED], aalen_johansen(at_risk, left), strict=True):
        share, low, high = with_interval(curves[:, :known])
        curve = pd.DataFrame({"kind": kind, "day": np.arange(known), "share": share, "low": low, "high": high})
        parts.append(curve.assign(at_risk=at_risk[0, :known].astype("int64")))
    return pd.concat(parts)


def at_risk_by_group(rows: pd.DataFrame) -> Floats:
    """Return how many lives of each group of customers are at risk on each day. Columns: customer_id, entry, exit."""
    group, days = deal(rows["customer_id"]), int(rows["exit"].max()) + 1
    entered = tally(group, rows["entry"].to_numpy(), days=days)
    gone = tally(group, rows["exit"].to_numpy(), days=days)
    return entered.cumsum(axis=1) - (gone.cumsum(axis=1) - gone)


def left_by_group(rows: pd.DataFrame, chosen: pd.Series) -> Floats:
    """Return how many of the chosen lives of each group of customers end on each day. Columns: customer_id, exit."""
    days = int(rows["exit"].max()) + 1
    return tally(deal(rows["customer_id"]), rows["exit"].to_numpy(), days=days, n=chosen.to_numpy())


def aalen_johansen(at_risk: Floats, left: list[Floats]) -> list[Floats]:
    """Return the share gone by each kind up to each day, and last the share still there.

    ``at_risk`` and each kind's ``left`` count lives per day, along the last axis.

    >>> [share.tolist() for share in aalen_johansen(np.array([4.0, 2.0]), [np.array([1.0, 0.0]), np.array([0.0, 1.0])])]
    [[0.25, 0.25], [0.0, 0.375], [0.75, 0.375]]
    """
    hazards = [np.divide(n, at_risk, out=np.zeros_like(n), where=at_risk > 0) for n in left]
    stay = np.cumprod(1 - sum(hazards, np.zeros_like(at_risk)), axis=-1)
    before = np.concatenate([np.ones_like(stay[..., :1]), stay[..., :-1]], axis=-1)
    return [*(np.cumsum(before * hazard, axis=-1) for hazard in hazards), stay]
