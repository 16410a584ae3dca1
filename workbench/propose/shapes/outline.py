"""Tables made for reading, as a pivot gives them: a name only on the first of its rows, and subtotals between."""

from __future__ import annotations

import duckdb

from workbench.engines import identifier, literal

_TOTALS = "(grand )?total|subtotal|sum|ergebnis|gesamtergebnis|summe|somme|suma|soma|totale|totaal|toplam|razem|итого"
_IS_TOTAL = f"(?i)(.*\\S )?({_TOTALS})( \\S.*)?"
_FEWEST = 3
"""Subtotals from which on a table is taken for an outline."""
_BLANK = 0.2
"""A share of the rows below the first of each group, which leave its name out."""
_LOOKED_AT = 10_000
"""Rows in which the first subtotals of a table made for reading stand."""


def with_outline(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that drops subtotals and repeats the names above in the rows below; empty where none are.

    The names stand in the columns left of the first one that every row has.
    """
    some = f"(FROM {identifier(name)} LIMIT {_LOOKED_AT})"
    cells = ", ".join(f"{identifier(c)}::VARCHAR" for c in columns)
    has_word = f"regexp_matches(concat_ws(' ', {cells}), {literal(f'(?i){_TOTALS}')})"
    (worded,) = con.execute(f"SELECT count(*) FILTER ({has_word}) FROM {some}").fetchone() or (0,)
    if worded < _FEWEST:
        return ""  # to plan how cells are read takes longer than to look for words of totals in them
    texts = [f"nullif(trim({identifier(c)}::VARCHAR), '')" for c in columns]
    is_total = f"regexp_full_match(filled[1], {literal(_IS_TOTAL)}) AND len(filled) < {len(columns)}"
    filled = f"list_filter([{', '.join(texts)}], lambda text: text IS NOT NULL)"
    total = f"coalesce(list_transform([{filled}], lambda filled: {is_total})[1], false)"
    (several,) = con.execute(f"SELECT count(*) FILTER ({total}) FROM {some}").fetchone() or (0,)
    if several < _FEWEST:
        return ""
    counts = ", ".join(f"count({text})" for text in texts)
    rows, *named = con.execute(f"SELECT count(*), {counts} FROM {identifier(name)} WHERE NOT ({total})").fetchone() or (
        0,
    )
    leading = next((place for place, n in enumerate(named) if n == rows), 0)
    if not leading or not rows or any(n == 0 or n > (1 - _BLANK) * rows for n in named[:leading]):
        return ""
    repeated = ", ".join(
        f"last_value({text} IGNORE NULLS) OVER (ORDER BY rowid) AS {identifier(column)}"
        for text, column in zip(texts[:leading], columns[:leading], strict=True)
    )
    rest = ", ".join(map(identifier, columns[leading:]))
    return f"SELECT {repeated}, {rest} FROM {identifier(name)} WHERE NOT ({total})"
