"""The share lost in the period to come, with an interval that holds the spread between periods.

Seasons, prices and competitors move all customers at once. An interval that holds only which customers chance picks is
far too narrow, so the shares of the periods before say how far apart periods lie.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtrit

from workbench.stats import LEVEL, Estimate, Floats

FEWEST_PERIODS = 2
SMALLEST = 0.001
"""A smaller share counts as this: log-odds know no 0."""
PRIOR_SPREAD, PRIOR_PERIODS = 0.4, 3
BACKTEST = ["as_of", "expected", "low", "high", "observed", "held", "periods"]


def next_share(lost: Floats, of: Floats, *, expected: float | None = None, counted: bool = True) -> Estimate:
    """Return the share expected to be lost next, with a 95 % prediction interval.

    ``lost`` of ``of`` per earlier period: customers if ``counted``, else currency. The value is ``expected``, or else
    the mean of the shares, on the scale of log-odds. The interval is Student's, of the spread between the periods;
    as a few periods show that spread badly, it is averaged with one of 0.4 (in log-odds, beside chance) that counts as
    three periods. Under two periods nothing shows the spread, and there are no bounds. A period with nobody to lose
    does not count; NaN where ``expected`` is, or no period counts.

    >>> found = next_share(np.array([40.0, 50, 45]), np.array([100.0, 100, 100]))
    >>> f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
    '0.45 (0.21 to 0.71)'
    """
    lost, of = lost[of > 0], of[of > 0]
    n = len(lost)
    share = np.clip(lost / of, SMALLEST, 1 - SMALLEST)
    odds = logit(share)
    mean = float(odds.mean()) if n else np.nan
    centre = mean if expected is None else float(logit(np.clip(expected, SMALLEST, 1 - SMALLEST)))
    if n < FEWEST_PERIODS or np.isnan(centre):
        return Estimate(float(expit(centre)), np.nan, np.nan, n)
    chance = float((1 / (of * share * (1 - share))).mean()) if counted else 0.0
    freedom = PRIOR_PERIODS + n - 1
    variance = (PRIOR_PERIODS * (PRIOR_SPREAD**2 + chance) + (n - 1) * odds.var(ddof=1)) / freedom
    half = float(stdtrit(freedom, (1 + LEVEL) / 2) * np.sqrt(variance * (1 + 1 / n)))
    low, high = (float(expit(centre + way * half)) for way in (-1, 1))
    return Estimate(float(expit(centre)), low if low > SMALLEST else 0.0, high, n)


def backtest_shares(periods: pd.DataFrame, *, settle_days: int, counted: bool = True) -> pd.DataFrame:
    """Return what would have been forecast for each period from those before it, and what came.

    Input columns: as_of, lost, of; one row per period. Output columns: as_of, expected, low, high, observed (shares),
    held (whether the interval held what came; empty without bounds) and periods (it rests on): only those whose outcome
    was settled, ``settle_days`` after they began.
    """
    ordered, rows = periods.sort_values("as_of", ignore_index=True), []
    for at, lost, of in zip(ordered["as_of"], ordered["lost"], ordered["of"], strict=True):
        before = ordered[ordered["as_of"] + pd.Timedelta(days=settle_days) <= at]
        if len(before) and of:
            found = next_share(before["lost"].to_numpy(float), before["of"].to_numpy(float), counted=counted)
            seen = float(lost / of)
            held = pd.NA if np.isnan(found.low) else found.low <= seen <= found.high
            rows.append((at, found.value, found.low, found.high, seen, held, found.n))
    shares = dict.fromkeys(["expected", "low", "high", "observed"], "float64")
    types = {"as_of": ordered["as_of"].dtype, **shares, "held": "boolean", "periods": "int64"}
    return pd.DataFrame(rows, columns=BACKTEST).astype(types)
