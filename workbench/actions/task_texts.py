"""Sentences of a playbook with a customer's own figures and names in them: ``call before {renews_on}``."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SettingError, did_you_mean, ended

_FIELD = re.compile(r"\{(\w+)(?:\|([^{}]*))?\}")
_COUNTED = re.compile(
    r"^( (?:\w+ )?(?:day|hour|week|month|year|order|use|time|message|complaint|charge|invoice|ticket|visit|login|call|"
    r"return|payment|contact|product|feature|subscription|answer|customer|point|page|event|user))s\b"
)
_MARKS = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x1f\x7f]+")
"""Marks that turn the direction of a text, and control signs: inside a sentence they would garble the rest of it."""


def needed_fields(text: str) -> tuple[str, ...]:
    """Return the fields of a text without which it cannot be written: those without a substitute.

    >>> needed_fields("Ask {person|the team} about {plan}.")
    ('plan',)
    """
    return tuple(found[1] for found in _FIELD.finditer(text) if found[2] is None)


def all_fields(text: str) -> tuple[str, ...]:
    """Return all fields of a text."""
    return tuple(found[1] for found in _FIELD.finditer(text))


def check_text(text: str, known: Collection[str], *, where: str) -> None:
    """Raise SettingError for a field that is not among the columns ``known``, or braces that name none."""
    for found in _FIELD.finditer(text):
        if found[1] not in known:
            raise SettingError(ended(f"{where}: unknown field {{{found[1]}}}; {did_you_mean(found[1], known)}"))
    if "{" in (rest := _FIELD.sub("", text)) or "}" in rest:
        raise SettingError(f"{where}: {text!r} has braces that name no column; write a field as {{plan}}.")


def written(text: str, customers: pd.DataFrame) -> pd.Series:
    """Return the text for each customer, with the customer's own values in place of the fields.

    ``{field|substitute}`` takes the substitute where the customer has no value; after 1 it is 'day', not 'days'.

    >>> written("{plan|a} plan, {n} uses", pd.DataFrame({"plan": ["pro", None], "n": [3.0, 1.0]})).tolist()
    ['pro plan, 3 uses', 'a plan, 1 use']
    """
    pieces = _FIELD.split(text)  # text, field, substitute, text, field, substitute, text
    sentence = pd.Series(pieces[0], index=customers.index, dtype="object")
    for name, substitute, following in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        values = customers[name].map(lambda value, name=name: shown(value, name)).astype("object")
        after = np.where(values.eq("1"), _COUNTED.sub(r"\1", following), following)
        sentence = sentence + values.fillna(substitute or "") + after
    return sentence.astype("str")


def shown(value: Any, name: str = "") -> str | None:
    """Return a value for a reader: whole numbers without decimals, shares in percent, days written out.

    >>> shown(0.25, "read_share_90d"), shown(12.04), shown(pd.Timestamp("2024-03-01")), shown(float("nan"))
    ('25 %', '12', '1 March 2024', None)
    """
    if pd.isna(value):
        return None
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, int | float):
        if "share" in name or "probability" in name:
            return f"{value:.0%}".replace("%", " %")
        return f"{value:,.0f}" if round(float(value), 1).is_integer() or abs(value) >= 100 else f"{value:,.1f}"
    return tidy(str(value))


def tidy(text: str) -> str:
    """Return a text without marks that turn its direction or break its line.

    >>> tidy("evil\\u202etxt")
    'evil txt'
    """
    return " ".join(_MARKS.sub(" ", text).split())
