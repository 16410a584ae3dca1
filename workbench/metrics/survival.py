"""Time to churn: how long customers stay, per segment.

A customer from before the data begin is seen only because they had stayed until then. Counting their lives from
the start would add time in which nobody could be seen to leave; they enter the risk set late instead (*delayed entry*).
Times are whole days; on a day are at risk those who had entered by it and had not left before it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.special import chdtrc

from workbench import contract
from workbench.crm import Crm, Moment, midnight, moment, remembered
from workbench.errors import SettingError
from workbench.metrics.population import one_segment_each
from workbench.stats import Floats, adjusted

STANDING = ("customers", "subscriptions", "contacts", "consents", "goals")
"""Tables whose rows may be far older than the record keeping: they are there because the customer stayed."""
CURVE = ["segment", "day", "survival", "low", "high", "at_risk"]


@remembered
def observation_begins(crm: Crm) -> datetime:
    """Return the first moment at which a departure would have been recorded.

    It is that of the first act (order, event, invoice, message …) or of the first recorded end of a subscription. The
    start of a subscription shows nothing: old starts are in the data because these customers stayed.
    """
    dated = [(name, contract.TABLES[name].dated_by) for name in crm if name not in STANDING]
    dated += [("subscriptions", ended) for ended in ("cancelled_at", "ended_at") if "subscriptions" in crm]
    found = [crm[name][column].min().to_pandas() for name, column in dated if column in crm[name].columns]
    return min((pd.Timestamp(at).to_pydatetime() for at in found if pd.notna(at)), default=crm.facts.begins_at)


def follow_lives(
    crm: Crm, lives: ir.Table, *, observed_from: Moment | None = None, settle_days: int | None = None
) -> pd.DataFrame:
    """Return one row per life observed: customer_id, life, entry and exit (whole days since its start), kind.

    ``kind`` is empty for a customer who had not left when observation ended: on the last whole day known, less
    ``settle_days`` in which a departure is not final yet (by default those of the rules that made ``lives``). ``entry``
    is 0, or the days already lived when observation began, at ``observed_from`` (by default
    :func:`observation_begins`; too late a moment costs data, too early a one biases). A first life starts at
    signed_up_at where that lies before ``observed_from``.

    Input columns: customer_id, life, started_at, ended_at, kind.
    """
    begins = _observed_from(crm, observed_from)
    ends = pd.Timestamp(settled_until(crm, lives, settle_days))
    dated = _dated(crm, lives)
    existing = (dated["life"] == 1) & (dated["signed_up_at"] < begins)
    started = dated["started_at"].mask(existing, dated[["started_at", "signed_up_at"]].min(axis=1)).dt.normalize()
    left = dated["ended_at"] < ends
    seen_from = dated["started_at"].mask(dated["started_at"] < begins, begins).dt.normalize()
    seen_until = dated["ended_at"].where(left, ends - pd.Timedelta(days=1)).dt.normalize()
    followed = dated[["customer_id", "life"]].assign(
        entry=(seen_from - started).dt.days, exit=(seen_until - started).dt.days, kind=dated["kind"].where(left, None)
    )
    return followed[followed["entry"] <= followed["exit"]].reset_index(drop=True)


def settled_until(crm: Crm, lives: ir.Table, settle_days: int | None = None) -> datetime:
    """Return the midnight until which departures are final: as the lives state, or ``settle_days`` before the data end.

    Counted nearer to the end, customers who have just left would pass for customers still.
    """
    if settle_days is None and "settled_until" in lives.columns:
        return _stated(crm, lives)
    return midnight(crm.facts.known_until) - timedelta(days=settle_days or 0)


@remembered
def _stated(crm: Crm, lives: ir.Table) -> datetime:
    stated = lives.settled_until.min().to_pandas()
    return midnight(crm.facts.known_until if pd.isna(stated) else pd.Timestamp(stated).to_pydatetime())


def _observed_from(crm: Crm, at: Moment | None) -> pd.Timestamp:
    begins = observation_begins(crm) if at is None else moment(at, name="observed_from")
    if begins >= crm.facts.known_until:
        raise SettingError(f"observed_from {begins} leaves nothing to observe; the data end {crm.facts.known_until}.")
    return pd.Timestamp(begins)


@remembered
def _dated(crm: Crm, lives: ir.Table) -> pd.DataFrame:
    """Return the begin and end of each life with the day of signing up, remembered: each segmentation asks for them."""
    return _with_signup(crm, lives).order_by("customer_id", "life").to_pandas()


def _with_signup(crm: Crm, lives: ir.Table) -> ir.Table:
    lives = lives.select("customer_id", "life", "started_at", "ended_at", "kind")
    if "customers" not in crm or "signed_up_at" not in crm["customers"].columns:
        return lives.mutate(signed_up_at=ibis.null("timestamp"))
    signups = crm["customers"].select("customer_id", "signed_up_at")
    return lives.left_join(signups, "customer_id").drop("customer_id_right")


def survival_curves(followed: pd.DataFrame, segments: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the share still customers per segment and day (Kaplan, Meier 1958), with its 95 % interval.

    Columns: segment ('all' without ``segments``), day, survival, low, high, at_risk. A curve ends early, before 0,
    where all at risk have left and others enter only later. Input columns: customer_id, entry, exit, kind;
    ``segments`` has customer_id and segment.

    >>> lives = pd.DataFrame({"customer_id": list("abc"), "entry": 0, "exit": [2, 4, 4],
    ...                       "kind": ["active", None, None]})
    >>> survival_curves(lives)[["day", "survival", "at_risk"]].round(3).to_numpy().tolist()
    [[0.0, 1.0, 3.0], [2.0, 0.667, 3.0], [4.0, 0.667, 2.0]]
    """
    named = with_names(followed, segments)
    curves = [_kaplan_meier(rows).assign(segment=segment) for segment, rows in named.groupby("segment")]
    return pd.concat(curves, ignore_index=True)[CURVE] if curves else pd.DataFrame(columns=CURVE)


def with_names(followed: pd.DataFrame, segments: pd.DataFrame | None) -> pd.DataFrame:
    """Add the column segment: 'all' without ``segments``, 'unknown' for customers not in it."""
    if segments is None:
        return followed.assign(segment="all")
    named = followed.merge(one_segment_each(segments), on="customer_id", how="left")
    return named.assign(segment=named["segment"].fillna("unknown"))


def _kaplan_meier(rows: pd.DataFrame) -> pd.DataFrame:
    from lifelines import KaplanMeierFitter

    last = last_known_day(rows)
    rows = rows[rows["entry"] <= last]
    if rows.empty:
        return pd.DataFrame(columns=CURVE[1:], dtype="float64")
    # lifelines takes nobody as at risk at the time of entry; ending a day later, they are at risk on that day.
    lived = rows.assign(end=rows["exit"] + 1, left=rows["kind"].notna())
    lived = lived.groupby(["entry", "end", "left"]).size().reset_index(name="n")
    fitted = KaplanMeierFitter().fit(lived["end"], lived["left"], entry=lived["entry"], weights=lived["n"])
    curve = pd.concat([fitted.survival_function_, fitted.confidence_interval_], axis="columns")
    curve = curve.set_axis(["survival", "low", "high"], axis="columns").rename_axis("day").reset_index()
    curve["day"] = (curve["day"].astype("int64") - 1).clip(lower=0)
    curve = curve[curve["day"] <= last].drop_duplicates("day", keep="last").reset_index(drop=True)
    return curve.assign(at_risk=at_risk_by_day(rows, last + 2)[curve["day"]].astype("int64"))


def at_risk_by_day(rows: pd.DataFrame, days: int) -> Floats:
    """Return how many lives are at risk on each of the first ``days`` days: entered by then, and not left before."""
    entered = np.bincount(rows["entry"], minlength=days)[:days].cumsum()
    gone = np.bincount(rows["exit"], minlength=days)[:days]
    return (entered - (gone.cumsum() - gone)).astype(float)


def last_known_day(rows: pd.DataFrame) -> int:
    """Return the last day a curve can reach; -1 when there is none.

    If others enter later, that is the day before nobody is at risk any more, or before all who are leave.
    """
    days = int(rows["exit"].max()) + 1
    at_risk = at_risk_by_day(rows, days)
    left = np.bincount(rows.loc[rows["kind"].notna(), "exit"], minlength=days)
    unknown = np.flatnonzero((left == at_risk)[: rows["entry"].max()])
    return int(unknown[0]) - 1 if len(unknown) else days - 1


def survival_summary(followed: pd.DataFrame, segments: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return per segment: segment, lives, left, median_days, median (in words), p and p_adjusted.

    ``median_days`` is the day by which half have left, empty where the curve does not come down to a half. ``p`` is
    that of a log-rank test against all other customers, adjusted by Benjamini and Hochberg over the segments.
    """
    named = with_names(followed, segments)
    rows = []
    for segment, own in named.groupby("segment"):
        curve = _kaplan_meier(own)
        half = curve.loc[curve["survival"] <= 0.5, "day"]
        rows.append(
            {
                "segment": segment, "lives": len(own), "left": int(own["kind"].notna().sum()),
                "median_days": float(half.min()), "median": _median_words(curve, half),
                "p": logrank(named, named["segment"] == segment),
            }
        )  # fmt: skip
    tests = pd.DataFrame(rows, columns=["segment", "lives", "left", "median_days", "median", "p"])
    return tests.assign(p_adjusted=adjusted(tests["p"].to_list()))


def _median_words(curve: pd.DataFrame, half: pd.Series) -> str:
    if curve.empty:
        return "not known: too few customers are seen from their start"
    if len(half):
        return f"half have left by day {half.min():,}"
    last = curve.iloc[-1]
    return f"not reached: {last['survival']:.0%} are still customers on day {last['day']:,.0f}, where the data end"


def logrank(followed: pd.DataFrame, chosen: pd.Series) -> float:
    """Return the p-value that the chosen lives end as the others do (log-rank test with delayed entry).

    Mantel 1966; 1 when there is nothing to compare. Input columns: entry, exit, kind.
    """
    if followed.empty or chosen.all() or not chosen.any():
        return 1.0
    days = int(followed["exit"].max()) + 1
    own, left = followed[chosen], followed["kind"].notna()
    n, n_own = at_risk_by_day(followed, days), at_risk_by_day(own, days)
    gone = np.bincount(followed.loc[left, "exit"], minlength=days)
    gone_own = np.bincount(followed.loc[left & chosen, "exit"], minlength=days)
    at = gone > 0
    share = n_own[at] / n[at]
    surprise = (gone_own[at] - gone[at] * share).sum()
    spread = (gone[at] * share * (1 - share) * (n[at] - gone[at]) / np.maximum(n[at] - 1, 1)).sum()
    return float(chdtrc(1, surprise**2 / spread)) if spread > 0 else 1.0
