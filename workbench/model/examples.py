"""Labelled examples: which rows are learned from, which are tested on, and which columns are features."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.crm import KEY
from workbench.errors import DataError, SettingError
from workbench.stats import Floats

WEIGHT = "weight"
"""How many rows of all a row of a sample stands for; without the column each stands for itself."""
OUTCOME = ["at_risk", "silent", "kind", WEIGHT]
"""Columns of the examples that are no features."""
FEWEST_LOST = 20
"""Fewer departures than this in training leave nothing to learn from."""
ENOUGH_LEARNED, MOST_LEARNED = 50_000, 150_000
"""Of more rows only customers who stayed are left out: what can be learned is bounded by the few who left."""
OTHERS_PER_CASE = 4
"""Customers who stayed, per one who left: k keep k / (k + 1) of what all would teach (Ury 1975)."""
ENOUGH_ROWS = 100_000
"""Labelled rows from which snapshots between add cost and no accuracy."""


def outcomes(labels: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id, as_of, at_risk, silent (1: left, or bought nothing in the window) and kind (empty: stayed).

    One model learns from customers at risk and lapsed alike: for those at risk silence is churn, for the lapsed it is
    not returning. ``kind`` is the kind of churn of customers at risk, empty without it.
    """
    at_risk = labels[KEY].assign(at_risk=True, silent=labels["churned"].astype(float))
    if "kind" in labels:
        at_risk["kind"] = labels["kind"].where(labels["churned"])
    lapsed = returns[KEY].assign(at_risk=False, silent=1 - returns["returned"].astype(float))
    both = pd.concat([part for part in (at_risk, lapsed) if len(part)] or [at_risk])
    return both.sort_values(KEY, ignore_index=True)  # so that folds and draws do not depend on the rows' order


def more_snapshots(labels: pd.DataFrame) -> list[datetime]:
    """Return monthly snapshots between the labelled ones, to learn from besides; none in a company that has enough.

    Their outcome windows overlap, so nothing is tested on them. Input column: as_of of the labels, one row per customer
    at risk and snapshot; from 100,000 rows there are enough.

    >>> labels = pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01", "2024-04-01"])})
    >>> [f"{t:%Y-%m-%d}" for t in more_snapshots(labels)]
    ['2024-01-31', '2024-03-01']
    """
    moments = [t.to_pydatetime() for t in sorted(labels["as_of"].unique())]
    if len(labels) >= ENOUGH_ROWS:
        return []
    month = timedelta(days=30)
    return [
        start + k * month
        for start, end in pairwise(moments)
        for k in range(1, (end - start) // month + 1)
        if start + k * month < end - month / 2
    ]


def training_sample(rows: pd.DataFrame, *, seed: int, enough: int = ENOUGH_LEARNED) -> pd.DataFrame:
    """Return the rows to learn from: up to ``enough`` all, else every one lost and a sample of those who stayed.

    Of those who stayed there are four for each one lost, or as many as make up ``enough``; but no more than make up
    150,000, or half of that. Input column: silent. ``weight`` is added where it is a sample: how many rows a row stands
    for.

    >>> rows = pd.DataFrame({"silent": [1.0] * 10 + [0.0] * 90})
    >>> training_sample(rows, seed=1, enough=40).groupby("silent")["weight"].agg(["size", "first"]).values.tolist()
    [[40.0, 2.25], [10.0, 1.0]]
    """
    lost = rows["silent"] == 1
    n_lost, n_stayed = int(lost.sum()), int((~lost).sum())
    most = max(MOST_LEARNED - n_lost, MOST_LEARNED // 2)
    room = min(max(OTHERS_PER_CASE * n_lost, enough - n_lost), most)
    if len(rows) <= enough or n_stayed <= room:
        return rows
    stayed = rows[~lost].sample(room, random_state=seed)
    weight = pd.Series(1.0, index=rows.index).mask(~lost, n_stayed / room)
    kept = rows.loc[lost | rows.index.isin(stayed.index)]
    return kept.assign(**{WEIGHT: weight}).reset_index(drop=True)


def weights(rows: pd.DataFrame) -> Floats:
    """Return how many rows each row stands for."""
    return rows[WEIGHT].to_numpy(float) if WEIGHT in rows else np.ones(len(rows))


def split_last(
    rows: pd.DataFrame, *, settle_days: int = 0, more: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the earlier snapshots for training and the last for testing.

    A snapshot is learned from only if its outcome was settled at the test snapshot: ``settle_days`` (horizon, and the
    days after it in which a label can still change) lie between. Where none of ``rows`` was, the earlier ones are taken
    as they are (see :func:`unsettled`). ``more`` are rows of further snapshots, to learn from only. Of a single
    snapshot there are no earlier ones: nothing is learned from the rows that would test it.

    Raises SettingError when there is no snapshot.
    """
    moments = sorted(rows["as_of"].unique())
    if not moments:
        raise SettingError(
            "no customer was at risk or lapsed at a labelled snapshot: "
            "choose a later as_of, a shorter horizon_days or another inactive_days."
        )
    if len(moments) == 1:
        return rows.iloc[:0], rows
    earlier, last = rows[rows["as_of"] < moments[-1]], rows[rows["as_of"] == moments[-1]]
    settled = _settled(earlier, moments[-1], settle_days)
    parts = [
        settled if len(settled) else earlier,
        *([] if more is None else [_settled(more, moments[-1], settle_days)]),
    ]
    return pd.concat([part for part in parts if len(part)], ignore_index=True), last


def snapshot_before(rows: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id and as_of, at the newest snapshot of ``rows`` before the last, of the customers at risk there.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a"], "as_of": pd.to_datetime(["2024-01-01", "2024-02-01"])})
    >>> last = pd.DataFrame({"customer_id": ["a"], "as_of": pd.to_datetime(["2024-03-01"]), "at_risk": [True]})
    >>> snapshot_before(rows, last)["as_of"].dt.month.tolist()
    [2]
    """
    earlier = rows[rows["as_of"] < last["as_of"].min()]
    wanted = last.loc[last["at_risk"], "customer_id"]
    return earlier.loc[(earlier["as_of"] == earlier["as_of"].max()) & earlier["customer_id"].isin(wanted), KEY]


def _settled(rows: pd.DataFrame, at: pd.Timestamp, settle_days: int) -> pd.DataFrame:
    return rows[rows["as_of"] + timedelta(days=settle_days) <= at]


def unsettled(earlier: pd.DataFrame, last: pd.DataFrame, *, settle_days: int) -> list[str]:
    """Return the training snapshots whose outcome was not settled at the test snapshot, as ISO days."""
    late = earlier.loc[earlier["as_of"] + timedelta(days=settle_days) > last["as_of"].max(), "as_of"]
    return [f"{t:%Y-%m-%d}" for t in sorted(late.unique())]


def check_enough(train: pd.DataFrame) -> None:
    """Raise DataError when too few customers at risk left, or stayed, at the training snapshots to learn from."""
    at_risk = train[train["at_risk"]]
    lost, stayed = at_risk["silent"].sum(), (1 - at_risk["silent"]).sum()
    if min(lost, stayed) < FEWEST_LOST:
        raise DataError(
            f"at the training snapshots {lost:.0f} customers at risk left or bought nothing and {stayed:.0f} stayed; "
            f"{FEWEST_LOST} of each are needed. Choose a later as_of or another horizon_days."
        )


def feature_columns(panel: pd.DataFrame) -> list[str]:
    """Return the panel's usable feature columns: all but key and outcome, less those empty or constant.

    >>> feature_columns(pd.DataFrame({"customer_id": ["a", "b"], "as_of": [1, 1], "n": [1, 2], "same": [3, 3],
    ...                               "plan": ["x", "y"]}))
    ['n', 'plan']
    """
    return [c for c in panel.columns if c not in {*KEY, *OUTCOME} and _varies(panel[c])]


def _varies(column: pd.Series) -> bool:
    known = column.dropna()
    return bool(len(known) and (known != known.iloc[0]).any())


def is_text(column: pd.Series) -> bool:
    """Return whether a column holds names rather than numbers."""
    return not pd.api.types.is_numeric_dtype(column)
