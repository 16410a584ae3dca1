"""Values of a table as a reader sees them: one form per column, a dash for what is unknown."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Real
from typing import Any

import pandas as pd

from workbench.report.formats.number_texts import MINUS, number
from workbench.report.formats.number_texts import share as percent

UNKNOWN = "–"
APART = 50
"""Numbers so many times as large as others of their column are of another kind."""
SHARE_NAMES = ("share", "churn", "rate", "probability", "retention", "known", "satisfaction_share")
"""Ends of the names of columns that hold shares."""
ACRONYMS = {"auc": "AUC", "mrr": "MRR", "clv": "CLV", "cac": "CAC", "id": "ID", "ids": "IDs", "nps": "NPS", "p": "p"}
HEADINGS = {"low": "95 % from", "high": "95 % to", "as_of": "as of"}


def heading(name: object) -> str:
    """Return a column's name in words.

    >>> heading("expected_gain"), heading("low"), heading("auc_later"), heading(("at risk", "share"))
    ('expected gain', '95 % from', 'AUC later', 'at risk, share')
    """
    if isinstance(name, tuple):
        return ", ".join(heading(part) for part in name if part != "")
    if isinstance(name, date):
        return _day(name)
    text = str(name)
    return HEADINGS.get(text) or " ".join(ACRONYMS.get(word, word) for word in text.split("_"))


def is_share(name: object) -> bool:
    """Return whether a column holds shares, by its name.

    >>> is_share("save_share"), is_share("churn"), is_share("shares")
    (True, True, False)
    """
    last = name[-1] if isinstance(name, tuple) else name
    return str(last).split("_")[-1] in SHARE_NAMES


def is_number(column: pd.Series) -> bool:
    """Return whether a column is read as numbers, and so aligned right; one of nothing known is not."""
    if pd.api.types.is_bool_dtype(column):
        return False
    known = column.dropna()
    return bool(len(known)) and all(isinstance(v, (Real, Decimal)) and not isinstance(v, bool) for v in known)


def texts(column: pd.Series, *, share: bool = False) -> list[str]:
    """Return each value of a column as text; numbers of one column have equally many decimals.

    >>> texts(pd.Series([0.25, None]), share=True)
    ['25.0\\xa0%', '–']
    >>> texts(pd.Series([1200, 7])), texts(pd.Series([1.5, 20.25])), texts(pd.Series([True, None]))
    (['1,200', '7'], ['1.5', '20.2'], ['yes', '–'])
    >>> texts(pd.Series([120.5, 0.05]))
    ['120', '0.05']
    """
    if not is_number(column):
        return [text(value) for value in column]
    numbers = [math.nan if pd.isna(value) else float(value) for value in column]
    if share:
        return [percent(round(value, 3) + 0.0).replace("-", MINUS) for value in numbers]
    decimals = _decimals(numbers)
    return [UNKNOWN if math.isnan(value) else _rounded(value, decimals) for value in numbers]


def _rounded(value: float, decimals: int | None) -> str:
    shown = number(value) if decimals is None else f"{round(value, decimals) + 0.0:,.{decimals}f}"
    return shown.replace("-", MINUS)


def _decimals(numbers: Iterable[float]) -> int | None:
    """Return how many decimals a column of numbers needs: three digits of its largest, none for whole numbers.

    None where the numbers are too far apart for any one: each then has its own.
    """
    known = [abs(value) for value in numbers if math.isfinite(value)]
    if all(value.is_integer() for value in known):
        return 0
    largest, smallest = max(known), min(value for value in known if value)
    if largest > APART * smallest and largest > 1:
        return None
    return 3 if largest < 1 else max(0, 2 - math.floor(math.log10(largest)))


def text(value: Any) -> str:
    """Return one value as text.

    >>> from datetime import datetime
    >>> text(datetime(2024, 3, 1)), text(datetime(2024, 3, 1, 9, 30)), text(None), text(["a", "b"])
    ('2024-03-01', '2024-03-01 09:30', '–', 'a, b')
    """
    if isinstance(value, (list, tuple, set)):
        return ", ".join(map(text, value)) or UNKNOWN
    if value is None or value is pd.NaT or (pd.api.types.is_scalar(value) and pd.isna(value)) or value == "":
        return UNKNOWN
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, date):
        return _day(value)
    return number(float(value)) if isinstance(value, (Real, Decimal)) else str(value)


def _day(value: date) -> str:
    """Return a date, with the time of day where there is one."""
    whole = not isinstance(value, datetime) or value.time() == time()
    return f"{value:%Y-%m-%d}" if whole else f"{value:%Y-%m-%d %H:%M}"
