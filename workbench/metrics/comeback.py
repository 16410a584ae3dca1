"""The come-back curve: how many silent customers return, and when; it helps choose ``inactive_days``.

Each gap between two days of acts is a silence that ended in a return; the last one of each customer is still going on
when the data end (censored). Customers with many gaps weigh more at the beginning of the curve; so judge a threshold by
the returns of those *already silent for so long*, which :func:`chance_of_return` gives.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench.crm import Activity, Crm, active_days, last_whole_day
from workbench.errors import SettingError
from workbench.metrics.clusters import GROUPS, drawn, tally, with_interval
from workbench.metrics.population import with_segment
from workbench.stats import Floats

CURVE = ["segment", "day", "returned", "low", "high", "at_risk"]
CHANCES = ["segment", "silent_days", "until_day", "chance", "low", "high", "at_risk"]
FEWEST = 30
"""Silences that must still be at risk at the end of a window for its share to be given."""
AT_MOST = 0.10
"""Of ten customers called lapsed at most one comes back by itself; at 5 % few histories are long enough."""


def silences(
    crm: Crm,
    *,
    activity: Activity | None = None,
    lives: ir.Table | None = None,
    segments: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the silences of customers, counted: segment, group, day (whole days silent), returned (bool), n.

    Acts are days with an order, or with an event where the source has no orders or ``activity`` says so. With ``lives``
    only silences begun within a life count, to its end at most: events of subscribers, whose silence after leaving is
    no dormancy. Customers are dealt into ``group`` for intervals that respect that silences of one are alike.
    ``segments`` has customer_id and segment.
    """
    last_day = last_whole_day(crm.facts).date()
    acts = active_days(crm, activity)
    next_day = acts.day.lead().over(ibis.window(group_by="customer_id", order_by="day"))
    gaps = acts.mutate(next_day=next_day, until=ibis.date(str(last_day)))
    if lives is not None:
        gaps = _within(gaps, lives)
    ended = (gaps.next_day <= gaps.until).fill_null(False)
    gaps = gaps.mutate(returned=ended, ends=ibis.ifelse(ended, gaps.next_day, gaps.until))
    dealt = gaps.left_join(_dealt(gaps), "customer_id").drop("customer_id_right")
    dealt = with_segment(dealt.mutate(silent=dealt.ends.delta(dealt.day, unit="day")), segments)
    counted = dealt.group_by("segment", "group", "returned", day=dealt.silent).aggregate(n=dealt.count())
    columns = ["segment", "group", "day", "returned", "n"]
    return counted.select(columns).order_by(columns).to_pandas().astype({"group": "int64", "day": "int64"})


def _within(gaps: ir.Table, lives: ir.Table) -> ir.Table:
    """Keep the silences begun in a life; each goes on until the day before its end at most."""
    spans = lives.select("customer_id", begun=lives.started_at.date(), gone=lives.ended_at.date())
    pairs = gaps.join(spans, "customer_id")
    alive = pairs.filter((pairs.day >= pairs.begun) & (pairs.gone.isnull() | (pairs.day < pairs.gone)))
    day_before = alive.gone - ibis.interval(days=1)
    until = ibis.ifelse(alive.gone.isnull(), alive.until, ibis.least(alive.until, day_before.cast("date")))
    return alive.select("customer_id", "day", "next_day", until=until)


def _dealt(gaps: ir.Table) -> ir.Table:
    """Deal customers round into groups, in the order of their ids: the same on every engine."""
    ids = gaps.select("customer_id").distinct()
    place = ibis.row_number().over(ibis.window(order_by="customer_id"))
    return ids.mutate(group=place % GROUPS)


def comeback_curve(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the share of silences ended by a return up to each day (Kaplan, Meier 1958), with its 95 % interval.

    Columns: segment, day, returned, low, high (bootstrap over customers), at_risk: silences that have lasted so long.
    Input: the counts of :func:`silences`.

    >>> gaps = pd.DataFrame({"segment": "all", "group": [0, 1, 2], "day": [2, 3, 4], "returned": [True, False, True],
    ...                      "n": 1})
    >>> comeback_curve(gaps)[["day", "returned", "at_risk"]].round(3).to_numpy().tolist()
    [[0.0, 0.0, 3.0], [1.0, 0.0, 3.0], [2.0, 0.333, 3.0], [3.0, 0.333, 2.0], [4.0, 1.0, 1.0]]
    """
    parts = []
    for segment, rows in gaps.groupby("segment"):
        silent, at_risk = _still_silent(rows)
        returned, low, high = with_interval(1 - silent)
        curve = pd.DataFrame({"day": np.arange(len(returned)), "returned": returned, "low": low, "high": high})
        parts.append(curve.assign(segment=segment, at_risk=at_risk.astype("int64")))
    return pd.concat(parts, ignore_index=True)[CURVE] if parts else pd.DataFrame(columns=CURVE)


def _still_silent(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the share still silent after each day, of all and then per draw, and how many are at risk on it."""
    days = int(rows["day"].max()) + 1
    group = pd.factorize(rows["group"])[0]
    day, n = rows["day"].to_numpy(), rows["n"].to_numpy()
    taken = drawn(int(group.max()) + 1)
    ended = taken @ tally(group, day, days=days, n=n)
    back = taken @ tally(group, day, days=days, n=n * rows["returned"].to_numpy())
    at_risk = np.flip(np.flip(ended, axis=1).cumsum(axis=1), axis=1)
    hazard = np.divide(back, at_risk, out=np.zeros_like(back), where=at_risk > 0)
    return np.cumprod(1 - hazard, axis=1), at_risk[0]


def chance_of_return(gaps: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    """Return how many of those silent for N days return within one more horizon, in ``(N, N + horizon_days]``.

    Columns: segment, silent_days (N), until_day, chance, low, high (95 %, bootstrap over customers), at_risk (silences
    that have lasted N days). N goes as far as at least 30 silences are still seen at the window's end.
    """
    parts = []
    for segment, rows in gaps.groupby("segment"):
        silent, at_risk = _still_silent(rows)
        seen = int((at_risk >= FEWEST).sum())
        start, end = silent[:, : max(seen - horizon_days, 0)], silent[:, horizon_days : max(seen, horizon_days)]
        chance, low, high = with_interval(1 - np.divide(end, start, out=np.full_like(end, np.nan), where=start > 0))
        at = np.arange(len(chance))
        chances = pd.DataFrame({"silent_days": at, "until_day": at + horizon_days, "chance": chance, "low": low})
        parts.append(chances.assign(high=high, segment=segment, at_risk=_longer(at_risk)[at].astype("int64")))
    return pd.concat(parts, ignore_index=True)[CHANCES] if parts else pd.DataFrame(columns=CHANCES)


def _longer(at_risk: Floats) -> Floats:
    """Count those silent for N days and more to come: who returned on day N is no longer among them."""
    return np.append(at_risk[1:], 0.0)


def inactivity_threshold(gaps: pd.DataFrame, *, horizon_days: int, at_most: float = AT_MOST) -> pd.DataFrame:
    """Return, per segment, the fewest days of silence after which surely fewer than ``at_most`` return in a horizon.

    *Surely*: the upper end of the 95 % interval is below it. Columns: segment, inactive_days (empty when no silence
    inside the history is long enough), chance, low, high, at_risk (there, or at the longest silence) and words.

    Raises SettingError for a horizon below a day, or an ``at_most`` that is no share between 0 and 1.
    """
    if not 0 < at_most < 1:
        raise SettingError(f"at_most {at_most} is not a share of customers; use one between 0 and 1, such as 0.1.")
    if horizon_days < 1:
        raise SettingError(f"horizon_days {horizon_days} is too short; use 1 or more.")
    chances = chance_of_return(gaps, horizon_days=horizon_days)
    rows = [
        {"segment": segment, **_threshold(chances[chances["segment"] == segment], horizon_days, at_most)}
        for segment in sorted(gaps["segment"].unique())
    ]
    columns = ["segment", "inactive_days", "chance", "low", "high", "at_risk", "words"]
    return pd.DataFrame(rows, columns=columns).astype({"inactive_days": "Int64", "at_risk": "Int64"})


def _threshold(chances: pd.DataFrame, horizon_days: int, at_most: float) -> dict[str, object]:
    if chances.empty:
        words = (
            f"Fewer than {FEWEST} silences are seen as long as {horizon_days:,} days: too few to say how many return."
        )
        return {"words": words}
    low_enough = chances[chances["high"] < at_most]
    found = not low_enough.empty
    row = (low_enough if found else chances.tail(1)).iloc[0].to_dict()
    share = f"{row['chance']:.0%} ({row['low']:.0%} to {row['high']:.0%}; {row['at_risk']:,} silences)"
    silent = "1 day" if row["silent_days"] == 1 else f"{row['silent_days']:,} days"
    words = f"After {silent} of silence, {share} return by day {row['until_day']:,}."
    if not found:
        words = (
            f"No silence inside this history is so long that fewer than {at_most:.0%} return: of those silent for "
            f"{silent}, {share} still return by day {row['until_day']:,}."
        )
    kept = {name: row[name] for name in ("chance", "low", "high", "at_risk")}
    return {"inactive_days": row["silent_days"] if found else pd.NA, **kept, "words": words}
