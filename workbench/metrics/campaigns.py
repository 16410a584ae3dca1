"""What campaigns did to churn: everyone counted in the arm they were assigned to, whether reached or not.

Only a control arm drawn by chance shows what contacting does. A campaign without one is counted and compared with
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench.crm import Crm
from workbench.metrics.arms import Arms, difference, share_saved, smallest_detectable
from workbench.metrics.assignments import LEAST_FOLLOWED, assignments
from workbench.metrics.survival import with_names

ALL = "all"
COLUMNS = [
    "among", "campaign", "kind", "segment", "campaigns", "begins", "days", "treated", "control", "reached",
    "lost_treated", "lost_control", "churn_treated", "churn_control", "difference", "low", "high", "detectable",
    "save_share", "save_low", "save_high", "saved", "saved_low", "saved_high", "cost", "cost_each", "cost_per_saved",
    "cost_per_saved_low", "cost_per_saved_high", "not_followed",
]  # fmt: skip


def campaign_effects(
    crm: Crm, lives: ir.Table, *, horizon_days: int = 91, segments: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the difference in churn between treated and control, as assigned: per campaign, and of all together.

    One row for all campaigns, one per campaign, and of all campaigns one per kind of churn and per segment; the columns
    campaign, kind and segment have 'all' where nothing is singled out. ``among``: 'customers' when assigned, or
    'lapsed' ones, who are lost when they do not come back.

    - campaigns (with both arms), begins (first day), days (followed, on average), treated, control, reached (of the
      treated; empty where not recorded), lost_treated, lost_control, churn_treated, churn_control (shares);
    - difference (share lost of the treated less that of the control: below 0 fewer are lost), low, high (95 %);
      detectable: the smallest fall that arms of this size show in 80 % of trials, empty where none;
    - save_share (share of those who would have been lost that were kept) with save_low and save_high;
    - saved (customers: −difference × treated) with bounds; cost (currency, as recorded), cost_each (per treated
      customer), cost_per_saved with bounds (empty: not known, or nobody saved; high: no upper bound);
    - not_followed: customers left out, assigned so late that under two thirds of the horizon is settled, or to both
      arms.

    Campaigns are pooled as strata (Mantel, Haenszel 1959), so that a share that differs between them does not pass for
    an effect; only those with both arms. Columns from difference on are empty without a control arm. ``segments`` has
    customer_id and segment, as it stood before the campaign.

    Raises DataError for a source without treatments.arm.
    """
    return effects(assignments(crm, lives, horizon_days=horizon_days), horizon_days=horizon_days, segments=segments)


def effects(assigned: pd.DataFrame | None, *, horizon_days: int, segments: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return :func:`campaign_effects` of assignments found before; no rows without any (None)."""
    if assigned is None:
        return pd.DataFrame(columns=COLUMNS)
    named = with_names(assigned, segments) if segments is not None else assigned.assign(segment=ALL)
    rows = [
        {"among": among, **row}
        for among, group in named[named["among"] != "others"].groupby("among")
        for row in _rows(group, horizon_days, segmented=segments is not None)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(group: pd.DataFrame, horizon_days: int, *, segmented: bool) -> Iterator[dict[str, Any]]:
    used = group[usable(group, horizon_days)]
    left_out = (~usable(group, horizon_days)).groupby(group["campaign"]).sum()
    yield {"campaign": ALL, "kind": ALL, "segment": ALL, "not_followed": int(left_out.sum()), **_effect(used)}
    for campaign, n in left_out.items():
        own = used[used["campaign"] == campaign]
        yield {"campaign": campaign, "kind": ALL, "segment": ALL, "not_followed": int(n), **_effect(own)}
    for kind in sorted(used["kind"].dropna().unique()):
        of_kind = used.assign(lost=used["lost"] & (used["kind"] == kind))
        yield {"campaign": ALL, "kind": kind, "segment": ALL, **_effect(of_kind)}
    for segment, own in used.groupby("segment") if segmented else ():
        yield {"campaign": ALL, "kind": ALL, "segment": segment, **_effect(own)}


def usable(group: pd.DataFrame, horizon_days: int) -> pd.Series:
    """Return which assignments count: followed for most of the horizon, and in one arm only."""
    return (group["days"] >= LEAST_FOLLOWED * horizon_days) & (group["arm"] != "both")


def arms_of(assigned: pd.DataFrame) -> Arms:
    """Return the counts per campaign of assignments: columns campaign, arm and lost."""
    by_arm = [assigned[assigned["arm"] == arm].groupby("campaign")["lost"] for arm in ("treated", "control")]
    counts = pd.concat([figure for arm in by_arm for figure in (arm.size(), arm.sum())], axis=1).fillna(0)
    return Arms.of(*counts.to_numpy(float).T)


def arms_by_segment(assigned: pd.DataFrame, segments: pd.DataFrame, *, horizon_days: int) -> dict[str, Arms]:
    """Return the counts per campaign of each segment of the customers assigned, where both arms have some."""
    named = with_names(assigned[usable(assigned, horizon_days)], segments)
    found = {str(segment): arms_of(own) for segment, own in named.groupby("segment")}
    return {segment: arms for segment, arms in found.items() if len(arms)}


def _effect(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the columns of one row, counted on campaigns that have both arms; on all where none has."""
    both = rows.groupby("campaign")["arm"].transform("nunique") == 2
    rows = rows[both] if both.any() else rows
    treated, control = rows[rows["arm"] == "treated"], rows[rows["arm"] == "control"]
    arms = arms_of(rows)
    n, share_control = len(treated), control["lost"].mean() if len(control) else np.nan
    fall, save = difference(arms), share_saved(arms) if len(arms) else (np.nan,) * 3
    saved = tuple(-x * n for x in (fall[0], fall[2], fall[1]))
    cost = float(treated["cost"].sum(min_count=1))
    return {
        "campaigns": len(arms), "begins": rows["treated_at"].min(), "days": rows["days"].mean(), "treated": n,
        "control": len(control), "reached": treated["reached"].sum(min_count=1),
        "lost_treated": int(treated["lost"].sum()), "lost_control": int(control["lost"].sum()),
        "churn_treated": treated["lost"].mean() if n else np.nan, "churn_control": share_control,
        **_with_bounds("difference", fall), "detectable": smallest_detectable(share_control, n, len(control)),
        **_with_bounds("save_share", save), **_with_bounds("saved", saved),
        "cost": cost, "cost_each": cost / n if n else np.nan,
        "cost_per_saved": _per(cost, saved[0]), "cost_per_saved_low": _per(cost, saved[2]),
        "cost_per_saved_high": _per(cost, saved[1]),
    }  # fmt: skip


def _with_bounds(name: str, found: tuple[float, ...]) -> dict[str, float]:
    bounds = {"difference": ("low", "high"), "save_share": ("save_low", "save_high")}
    low, high = bounds.get(name, (f"{name}_low", f"{name}_high"))
    return dict(zip((name, low, high), found, strict=True))


def _per(cost: float, saved: float) -> float:
    return cost / saved if saved > 0 else np.nan
