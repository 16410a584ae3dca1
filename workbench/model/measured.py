"""What the analyst assumed of contacting, replaced by what campaigns with a control arm have shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from workbench.metrics import ALL, Arms, arms_by_segment, effects, log_ratio_lost
from workbench.model.uplift import LEARNED, Uplift
from workbench.model.value import Money
from workbench.stats import LEVEL, Estimate, Floats

NOT_LEARNED = Uplift(why="no campaign with a control arm is recorded")
MEASURABLE = 0.5
"""Campaigns measure when their arms could have shown, in 80 % of trials, that half of the leavers are kept."""
DIFFERS = 0.05
SPREADS = np.linspace(0, 2, 101)
SPREAD_SCALE = 0.5
"""Of the half-normal prior of how far segments' log ratios spread (Röver et al. 2021)."""
SHARES = ["segment", "treated", "control", "measured", "save_share", "low", "high"]


@dataclass(frozen=True)
class MoneyBasis:
    """What the money rests on: ``money`` as used, ``assumed`` as given, and what was measured instead.

    ``save_share`` and ``win_back_share`` (shares of leavers kept, of lapsed customers brought back) and ``cost_each``
    (currency per customer assigned, everything included) are empty where they stay assumed, and ``why`` says why.
    Where segments differ, ``segmentation`` names by what, ``shares`` has each segment's share (columns segment,
    treated, control, measured, save_share, low, high; save_share is drawn towards the mean of all, the more the fewer
    its customers, and below it only where it surely is) and ``members`` every customer's segment. ``not_learned`` says
    why whom an offer keeps could not be learned from features; ``learned_by`` what sets apart whom it keeps, where the
    segments in use were learned (feature, 'high' or 'low').
    """

    money: Money
    assumed: Money
    save_share: Estimate | None = None
    win_back_share: Estimate | None = None
    cost_each: float | None = None
    why: str = "no campaign with a control arm is recorded"
    segmentation: str = ""
    shares: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SHARES))
    members: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    not_learned: str = ""
    learned_by: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        why = "" if self.measured else f"; assumed, as {self.why}"
        segments = f"\n  by {self.segmentation}: {len(self.shares)} shares" if self.segmentation else ""
        return f"{self.money}{why}{segments}"

    @property
    def measured(self) -> bool:
        """Whether anything measured replaced an assumption."""
        return self.save_share is not None or self.win_back_share is not None

    @property
    def replaced(self) -> dict[str, float]:
        """The parameters of the report in whose place something measured stands, and what."""
        names = [name for name in ("save_share", "win_back_share") if getattr(self, name)]
        names += ["offer_cost", "contact_cost"] if self.cost_each is not None else []
        return {name: getattr(self.money, name) for name in names}

    @property
    def segments(self) -> pd.DataFrame | None:
        """Customer_id and segment of the segmentation that is used, None without one."""
        return self.members.rename_axis("customer_id").reset_index(name="segment") if self.segmentation else None

    def share_of(self, customer_ids: pd.Series) -> pd.Series:
        """Return the share of leavers an offer keeps, for each customer."""
        by_segment = self.shares.set_index("segment")["save_share"]
        return customer_ids.map(self.members).map(by_segment).astype("float64").fillna(self.money.save_share)


def money_basis(
    money: Money,
    assigned: pd.DataFrame | None,
    *,
    horizon_days: int,
    segmentations: Mapping[str, pd.DataFrame] | None = None,
    uplift: Uplift = NOT_LEARNED,
) -> MoneyBasis:
    """Return the money with measured shares and cost in place of assumed ones, wherever campaigns measured them.

    ``assigned``: the assignments of all campaigns (None: none recorded). The share that an offer keeps is measured when
    both arms together could have shown that half are kept. The recorded cost of an assigned customer then replaces the
    cost of contact and offer, stayers' included; that of winning back alone says nothing of other contacts. Of the
    ``segmentations`` (customer_id, segment; by name) that one is used whose segments surely differ in the share kept
    (Cochran's Q, Bonferroni, 5 %), the surest; ``uplift``, the halves learned from features, is one more.
    """
    if assigned is None or assigned.empty:
        return MoneyBasis(money, money)
    found = effects(assigned, horizon_days=horizon_days)
    whole = (found["campaign"] == ALL) & (found["kind"] == ALL) & (found["segment"] == ALL)
    pooled = found[whole].set_index("among")
    save, back = (_share(pooled, among) for among in ("customers", "lapsed"))
    if save is None and back is None:
        return MoneyBasis(money, money, why=_why(pooled, assigned))
    cost = _cost(pooled) if save else None
    used = replace(
        money,
        save_share=_inside(save.value) if save else money.save_share,
        win_back_share=_inside(back.value) if back else money.win_back_share,
    )
    if cost is not None:
        used = replace(used, contact_cost=cost, offer_cost=0.0)  # who stays still takes an offer with a cost of its own
    basis = MoneyBasis(used, money, save, back, cost, why="", not_learned=uplift.why)
    return _by_segment(basis, assigned, horizon_days, segmentations or {}, uplift) if save else basis


def _share(pooled: pd.DataFrame, among: str) -> Estimate | None:
    if among not in pooled.index:
        return None
    columns = ["detectable", "churn_control", "save_share", "save_low", "save_high", "treated", "control"]
    detectable, churn, share, low, high, treated, control = (
        float(x) for x in pooled.loc[among, columns].to_numpy(float)
    )
    return Estimate(share, low, high, int(treated + control)) if detectable <= MEASURABLE * churn else None


def _why(pooled: pd.DataFrame, assigned: pd.DataFrame) -> str:
    if not (assigned["arm"] == "control").any():
        return "no campaign with a control arm is recorded"
    if not pooled["campaigns"].sum():
        return "no campaign with a control arm has been followed long enough"
    return "the campaigns with a control arm are too small to show even that half of the leavers are kept"


def _cost(pooled: pd.DataFrame) -> float | None:
    (cost,) = pooled.loc[["customers"], "cost_each"].to_numpy(float)
    return None if np.isnan(cost) else float(cost)


def _by_segment(
    basis: MoneyBasis,
    assigned: pd.DataFrame,
    horizon_days: int,
    segmentations: Mapping[str, pd.DataFrame],
    uplift: Uplift,
) -> MoneyBasis:
    customers = assigned[assigned["among"] == "customers"]
    counts = {n: arms_by_segment(customers, each, horizon_days=horizon_days) for n, each in segmentations.items()}
    by_name = {name: _ratios(arms) for name, arms in {**counts, LEARNED: uplift.arms}.items()}
    sure = {name: heterogeneity(rows["log_ratio"], rows["variance"]) for name, rows in by_name.items() if len(rows) > 1}
    best = min(sure, key=lambda name: sure[name], default="")
    if not best or sure[best] * len(sure) >= DIFFERS:
        return basis
    rows = by_name[best]
    shrunk, spread = shrink(rows["log_ratio"].to_numpy(float), rows["variance"].to_numpy(float))
    half = norm.ppf((1 + LEVEL) / 2) * spread
    high = 1 - np.exp(shrunk - half)
    shares = rows.assign(
        measured=1 - np.exp(rows["log_ratio"]), low=1 - np.exp(shrunk + half), high=high,
        save_share=cautious(1 - np.exp(shrunk), high, basis.money.save_share),
    )[SHARES]  # fmt: skip
    known = {n: each.dropna().set_index("customer_id")["segment"] for n, each in segmentations.items()}
    members = {**known, LEARNED: uplift.members}[best]
    signs = uplift.signs if best == LEARNED else ()
    return replace(basis, segmentation=best, shares=shares, members=members, learned_by=signs)


def _ratios(counts: Mapping[str, Arms]) -> pd.DataFrame:
    """Return segment, treated, control, log_ratio and variance of each segment that has both."""
    rows = []
    for segment, arms in counts.items():
        log_ratio, variance = log_ratio_lost(arms)
        rows.append((segment, int(arms.treated.sum()), int(arms.control.sum()), log_ratio, variance))
    return pd.DataFrame(rows, columns=["segment", "treated", "control", "log_ratio", "variance"]).dropna()


def heterogeneity(values: pd.Series, variances: pd.Series) -> float:
    """Return the p-value that all values estimate the same (Cochran's Q, 1954).

    >>> heterogeneity(pd.Series([0.0, 0.0]), pd.Series([1.0, 1.0]))
    1.0
    """
    weight = 1 / variances
    mean = (weight * values).sum() / weight.sum()
    return float(chi2.sf((weight * (values - mean) ** 2).sum(), len(values) - 1))


def shrink(values: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Return the values drawn towards their mean, and the standard error of each.

    Each is taken as normal around its own truth, and the truths as normal around a common mean; how far these spread is
    averaged over what the values allow (random-effects meta-analysis; Röver, Bender, Dias et al. 2021).

    >>> shrink(np.array([-1.0, 1.0]), np.array([1.0, 1.0]))[0].round(2).tolist()
    [-0.16, 0.16]
    """
    total = variances + SPREADS[:, None] ** 2
    precision = (1 / total).sum(axis=1)
    mean = (values / total).sum(axis=1) / precision
    fit = -0.5 * (np.log(total).sum(axis=1) + np.log(precision) + ((values - mean[:, None]) ** 2 / total).sum(axis=1))
    weight = np.exp(fit - fit.max() - SPREADS**2 / (2 * SPREAD_SCALE**2))
    weight /= weight.sum()
    pull = variances / total
    each = (1 - pull) * values + pull * mean[:, None]
    spread = (1 - pull) * variances + pull**2 / precision[:, None]
    centre: Floats = weight @ each
    return centre, np.sqrt(weight @ (spread + (each - centre) ** 2))


def cautious(shares: Floats, high: Floats, pooled: float) -> Floats:
    """Return the shares to use: below the pooled one only where a share's whole interval, up to ``high``, lies below.

    A segment that chance alone put low would be left alone for good, and nobody would notice. Measured on simulated
    companies: shares taken as they are lost a fifth of the margin saved on one of three, these lost on none.

    >>> cautious(np.array([0.0, 0.05, 0.5]), np.array([0.4, 0.2, 0.6]), 0.3).tolist()
    [0.3, 0.2, 0.5]
    """
    used: Floats = np.maximum(shares, np.minimum(high, pooled)).clip(0, 1)
    return used


def _inside(share: float) -> float:
    return min(max(float(share), 0.0), 1.0)
