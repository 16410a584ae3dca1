"""What the stage tables promise to who reads them, checked when they are written.

Written out rather than in pandera: importing that sets Spark's environment variables, patches numpy and, where the
extra ``spark`` is installed, loads PySpark's pandas into every notebook, with a warning.
"""

from __future__ import annotations

import pandas as pd

from workbench.crm import KEY

CHANCES = ("churn_probability", "return_probability")


class StageError(Exception):
    """A stage table breaks its promise: a fault of the workbench, not of the user's."""


def checked(stage: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame if it has one row per customer and snapshot, and chances from 0 to 1.

    >>> frame = pd.DataFrame({"customer_id": ["a", "a"], "as_of": pd.Timestamp("2024-01-01")})
    >>> checked("labels", frame)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    StageError: labels: 2 rows share a customer_id and as_of, the first a, 2024-01-01 00:00:00

    Raises StageError naming stage, column and values.
    """
    if not set(KEY) <= set(frame.columns):
        raise StageError(f"{stage}: the key {', '.join(KEY)} is not whole; there is {', '.join(frame.columns)}")
    empty = frame[KEY].isna().any(axis=1)
    if empty.any():
        raise StageError(f"{stage}: {empty.sum()} rows without customer_id or as_of")
    twice = frame[frame.duplicated(KEY, keep=False)]
    if len(twice):
        first = ", ".join(str(value) for value in twice.iloc[0][KEY])
        raise StageError(f"{stage}: {len(twice)} rows share a customer_id and as_of, the first {first}")
    for column in set(CHANCES) & set(frame.columns):
        wrong = frame[column].dropna()[lambda chance: ~chance.between(0, 1)]
        if len(wrong):
            raise StageError(f"{stage}: {len(wrong)} values of {column} are not from 0 to 1, the first {wrong.iloc[0]}")
    return frame
