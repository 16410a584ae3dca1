"""How many will leave within the horizon, by kind, and what revenue goes with them; and how forecasts have done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from workbench.metrics import backtest_shares, next_share

ALL = "all"
ROWS = ["what", "kind", "expected", "low", "high", "of", "share", "share_low", "share_high", "periods"]


@dataclass(frozen=True)
class Forecast:
    """What is expected within ``horizon_days`` from ``as_of``.

    ``rows``: what ('customers' or 'revenue'), kind ('all' and each kind), expected, low, high (customers, or currency
    of a year), of (customers at risk, their revenue), the same as shares, and periods (that the interval rests on;
    under two there are no bounds). ``backtest``: what, kind, as_of, expected, low, high, observed (shares), held and
    periods, of every labelled snapshot forecast from those before it; ``covered`` of ``tested`` held what came.
    """

    as_of: datetime
    horizon_days: int
    rows: pd.DataFrame
    backtest: pd.DataFrame

    def __repr__(self) -> str:
        shown = self.rows[["what", "kind", "expected", "low", "high", "of"]].round(1).to_string(index=False)
        held = f"{self.covered} of {self.tested} earlier intervals held what came"
        return f"Forecast of {self.horizon_days} days from {self.as_of:%Y-%m-%d}; {held}\n{shown}"

    @property
    def tested(self) -> int:
        """How many forecasts of all customers have been scored."""
        return int(self._scored["held"].notna().sum())

    @property
    def covered(self) -> int:
        """How many of them held what came."""
        return int(self._scored["held"].sum())

    @property
    def last(self) -> dict[str, Any] | None:
        """The newest forecast of all customers whose truth is known; None without one."""
        rows = _plain(self._scored.tail(1))
        return dict(rows[0]) if rows else None

    def bounds(self, what: str, *, share: bool) -> tuple[float, float]:
        """Return the interval of all kinds together of 'customers' or 'revenue'; NaN where there is none."""
        row = self.rows[(self.rows["what"] == what) & (self.rows["kind"] == ALL)]
        names = ("share_low", "share_high") if share else ("low", "high")
        low, high = (float(row[name].iloc[0]) if len(row) else np.nan for name in names)
        return low, high

    @property
    def _scored(self) -> pd.DataFrame:
        return self.backtest[(self.backtest["what"] == "customers") & (self.backtest["kind"] == ALL)]

    def as_json(self) -> dict[str, Any]:
        """Return plain values, to be kept with the run."""
        days = {"as_of": f"{self.as_of:%Y-%m-%d}", "horizon_days": self.horizon_days}
        tables = {name: _plain(frame) for name, frame in (("rows", self.rows), ("backtest", self.backtest))}
        return days | tables


def forecast(
    labels: pd.DataFrame, now: pd.DataFrame, *, as_of: datetime, horizon_days: int, settle_days: int,
    revenue: pd.DataFrame | None = None,
) -> Forecast:  # fmt: skip
    """Return what is expected of customers at risk ``now``, and how forecasts of the labelled periods would have done.

    Input columns: labels customer_id, as_of, churned, kind; now at_risk, churn_probability, yearly_revenue and where
    there are kinds <kind>_probability; revenue customer_id, as_of, yearly_revenue at the labelled snapshots (None: no
    amounts). The expected number is the sum of the probabilities; the interval that of :func:`next_share`. A period
    counts as known ``settle_days`` after its snapshot.
    """
    at_risk = now[now["at_risk"]]
    known = labels[labels["as_of"] + pd.Timedelta(days=settle_days) <= pd.Timestamp(as_of)]
    parts = {"customers": _counted(labels)}
    if revenue is not None and at_risk["yearly_revenue"].gt(0).any():
        parts["revenue"] = _weighted(labels, revenue)
    rows, tests = [], []
    for what, weighted in parts.items():
        counted = what == "customers"
        weight = at_risk["yearly_revenue"].clip(lower=0).fillna(0) if not counted else at_risk["at_risk"] * 1.0
        whole: dict[str, float] = {}
        for kind, risk in _risks(at_risk, labels).items():
            periods = _periods(weighted, kind)
            settled = periods[periods["as_of"].isin(known["as_of"])]
            row = _row(settled, counted, float(risk.to_numpy() @ weight.to_numpy()), float(weight.sum()))
            whole = row if kind == ALL else whole
            rows.append({"what": what, "kind": kind, **_as_a_part(row, whole)})
            tests.append(
                backtest_shares(periods, settle_days=settle_days, counted=counted).assign(what=what, kind=kind)
            )
    backtest = pd.concat(tests, ignore_index=True) if tests else pd.DataFrame()
    return Forecast(as_of, horizon_days, pd.DataFrame(rows, columns=ROWS), backtest)


def _risks(at_risk: pd.DataFrame, labels: pd.DataFrame) -> dict[str, pd.Series]:
    kinds = sorted(labels["kind"].dropna().unique()) if "kind" in labels else []
    by_kind = {str(k): at_risk[f"{k}_probability"].fillna(0) for k in kinds if f"{k}_probability" in at_risk}
    return {ALL: at_risk["churn_probability"].fillna(0), **by_kind}


def _counted(labels: pd.DataFrame) -> pd.DataFrame:
    return labels.assign(weight=1.0)


def _weighted(labels: pd.DataFrame, revenue: pd.DataFrame) -> pd.DataFrame:
    met = labels.merge(revenue, on=["customer_id", "as_of"], how="left")
    return met.assign(weight=met["yearly_revenue"].fillna(0).clip(lower=0))


def _periods(weighted: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return as_of, lost and of (customers or currency) of each labelled snapshot."""
    gone = weighted["churned"].astype(bool) & ((weighted["kind"] == kind) if kind != ALL else True)
    lost = weighted["weight"].where(gone, 0.0)
    by = weighted["as_of"]
    sums = pd.DataFrame({"lost": lost.groupby(by).sum(), "of": weighted["weight"].groupby(by).sum()})
    return sums.reset_index()


def _as_a_part(row: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """Return the row of a kind with an upper bound no higher than that of all kinds: a part never exceeds the whole."""
    return row | {name: float(np.fmin(row[name], whole[name])) for name in ("high", "share_high")}


def _row(settled: pd.DataFrame, counted: bool, expected: float, of: float) -> dict[str, float]:
    share = expected / of if of else np.nan
    found = next_share(settled["lost"].to_numpy(float), settled["of"].to_numpy(float), expected=share, counted=counted)
    return {
        "expected": expected, "low": found.low * of, "high": found.high * of, "of": of, "share": share,
        "share_low": found.low, "share_high": found.high, "periods": found.n,
    }  # fmt: skip


def _plain(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    shown = frame.assign(as_of=frame["as_of"].dt.strftime("%Y-%m-%d")) if "as_of" in frame else frame
    return [
        {str(n): None if pd.isna(v) else v for n, v in row.items()} for row in shown.astype(object).to_dict("records")
    ]
