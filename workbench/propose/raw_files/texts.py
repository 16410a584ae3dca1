"""What a sample of a column's texts looks like, seen without a query."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.sources import names_month

_WORD = re.compile(r".*[^\W\d_]{3}.*")
_MONTH = re.compile(r"[^\W\d_]{3,}[-_ /.']*\d\d")
_MOSTLY = 0.95
_FEWEST_DIGITS = 4


def share(texts: Sequence[str], pattern: re.Pattern[str]) -> float:
    """Return the share of texts that match a pattern from end to end.

    >>> share(["12", "x7"], re.compile("[0-9]+"))
    0.5
    """
    return sum(bool(pattern.fullmatch(text)) for text in texts) / len(texts) if texts else 0.0


def count_letters(text: str) -> int:
    """Return how many letters of any script a text has.

    >>> count_letters("12,50 zł")
    2
    """
    return sum(map(str.isalpha, text))


def has_digits(texts: Sequence[str]) -> bool:
    """Return whether nearly all texts have digits enough for a date; 5 Jan 24, with its month in words, has three.

    Most columns hold no dates, and this is seen before dozens of forms are tried.

    >>> has_digits(["2024-01-05"]), has_digits(["5 Jan 24"]), has_digits(["7,50"]), has_digits([])
    (True, True, False, False)
    >>> has_digits(["Jan-24"]), has_digits(["SKU-24"])
    (True, False)
    """
    enough = [sum(map(str.isdecimal, text)) >= _FEWEST_DIGITS - _spared(text) for text in texts]
    return bool(enough) and sum(enough) >= _MOSTLY * len(enough)


def _spared(text: str) -> int:
    """Return how many digits of a date its words stand for: those of the month, and the day where none is stated."""
    return bool(_WORD.fullmatch(text)) + bool(_MONTH.fullmatch(text) and names_month(text))
