"""Prices that say in each cell for how long they pay: $49/mo, 120 € pro Jahr."""

from __future__ import annotations

import re

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.words.naming import means
from workbench.sources import months_of

_PRICE = re.compile(
    r"\s*(?P<price>[^\d/]*\d[\d.,' \u00a0]*[^\w/]*(?:[A-Z]{3})?)\s*(?:/|\b(?:per|pro|par|por|al|a|je)\b)\s*"
    r"(?P<period>[^\W\d]+)\.?\s*"
)
_PARTS = r"(?:/|\b(?:per|pro|par|por|al|a|je)\b)"
_SAMPLE = 500


def priced_per_period(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that parts such a column into the price and its period; empty where there is none."""
    for column in (c for c in columns if means(c, "price") or means(c, "amount") or means(c, "mrr")):
        quoted = identifier(column)
        texts = f"{quoted}::VARCHAR FROM {identifier(name)} WHERE trim({quoted}::VARCHAR) <> ''"
        first = con.execute(f"SELECT {texts} LIMIT 1").fetchone()
        if first is None or not _says_both(first[0]):
            continue
        rows = con.execute(f"SELECT DISTINCT {texts} LIMIT {_SAMPLE}").fetchall()
        if all(_says_both(text) for (text,) in rows):
            parts = f"regexp_split_to_array({quoted}::VARCHAR, {literal(_PARTS)})"
            price, period = f"trim({parts}[1])", f"trim({parts}[-1], ' .')"
            return (
                f"SELECT * REPLACE ({price} AS {quoted}), {period} AS {identifier(f'{column} period')} "
                f"FROM {identifier(name)}"
            )
    return ""


def _says_both(text: str) -> bool:
    """Whether a text is a price and a billing period.

    >>> _says_both("$49/mo"), _says_both("1.200,00 € pro Jahr"), _says_both("49 EUR / month"), _says_both("$49")
    (True, True, True, False)
    """
    found = _PRICE.fullmatch(text)
    return found is not None and months_of(found["period"]) is not None
