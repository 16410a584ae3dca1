"""Labelled examples: which rows are learned from, which are tested on, and which columns are features."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from workbench.crm import KEY
from workbench.errors import DataError, SettingError

OUTCOME = ["at_risk", "silent", "kind"]
"""Columns of the examples that are no features."""
FEWEST_LOST = 20
"""Fewer departures than this in training leave nothing to learn from."""


def outcomes(labels: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id, as_of, at_risk, silent (1: left, or bought nothing in the window) and kind (empty: stayed).

    One model learns from customers at risk and lapsed alike: for those at risk silence is churn, for the lapsed it is
    not returning. ``kind`` is the kind of churn of customers at risk, empty without it.
    """
    at_risk = labels[KEY].assign(at_risk=True, silent=labels["churned"].astype(float))
    if "kind" in labels:
        at_risk["kind"] = labels["kind"].where(labels["churned"])
    lapsed = returns[KEY].assign(at_risk=False, silent=1 - returns["returned"].astype(float))
    both = pd.concat([part for part in (at_risk, lapsed) if len(part)])
    return both.sort_values(KEY, ignore_index=True)  # so that folds and draws do not depend on the rows' order


def split_last(rows: pd.DataFrame, *, settle_days: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the earlier snapshots for training and the last for testing.

    A snapshot is learned from only if its outcome was settled at the test snapshot: ``settle_days`` (horizon, and the
    days after it in which a label can still change) lie between. Where none was, the earlier ones are taken as they
    are (see :func:`unsettled`).

    Raises SettingError when there are fewer than two snapshots.
    """
    moments = sorted(rows["as_of"].unique())
    if len(moments) < 2:
        raise SettingError(
            f"training needs two labelled snapshots, there {'is one' if moments else 'are none'}: "
            "choose a later as_of, a shorter horizon_days or a shorter inactive_days."
        )
    test = rows[rows["as_of"] == moments[-1]]
    settled = rows[rows["as_of"] + timedelta(days=settle_days) <= moments[-1]]
    earlier = rows[rows["as_of"] < moments[-1]]
    return (settled if settle_days and len(settled) else earlier), test


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
