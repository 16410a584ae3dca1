"""The stage tables that stay: what ``labels``, ``features`` and ``scores`` promise, checked when they are written.

The frames are small, one row per customer and snapshot, so pandera fits here; the raw tables, of any size, are checked
by aggregate queries where they lie.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from workbench.asof import KEY

_KEY = {"customer_id": pa.Column(str), "as_of": pa.Column("datetime64[us]")}
_CHANCE = pa.Column(float, pa.Check.in_range(0, 1), nullable=True)


def _stage(**columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({**_KEY, **columns}, unique=KEY)


STAGES: dict[str, pa.DataFrameSchema] = {
    "states": _stage(state=pa.Column(str), at_risk=pa.Column(bool)),
    "labels": _stage(churned=pa.Column(bool), kind=pa.Column(nullable=True), rule=pa.Column(str)),
    "returns": _stage(returned=pa.Column(bool)),
    "features": _stage(),
    "scores": _stage(churn_probability=_CHANCE, return_probability=_CHANCE, why=pa.Column(str)),
}


def checked(stage: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame if it keeps its stage's promise: one row per customer and snapshot, chances from 0 to 1.

    >>> frame = pd.DataFrame({"customer_id": ["a", "b"], "as_of": pd.to_datetime(["2024-01-01"] * 2).as_unit("us")})
    >>> len(checked("features", frame))
    2

    Raises pandera's SchemaError naming column and values: a fault of the workbench, not of the user's.
    """
    return STAGES[stage].validate(frame) if stage in STAGES else frame
