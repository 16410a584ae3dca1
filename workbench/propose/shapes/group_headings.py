"""Reports grouped by customer: a line with the name alone, the rows below it without, a total at the end."""

from __future__ import annotations

import duckdb

from workbench.engines import identifier
from workbench.propose.words.naming import means

_FEWEST = 3
_LOOKED_AT = 10_000
_BELOW = 0.5
_IS_ROW = "is_row_below_a_heading"
_GRAND_TOTALS = 3
"""Lines with more than a heading, beside a total of each: of more, the first column is one of all rows."""


def with_headings(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that gives each row the heading above it; empty where no line is a heading.

    A heading stands alone in the first column, which the rows below it leave empty. Where neither the file nor the
    column says what the headings are, the new column is called heading, and it is asked what it names.
    """
    first = f"nullif(trim({identifier(columns[0])}::VARCHAR), '')"
    rest = f"nullif(trim(concat({', '.join(f'{identifier(c)}::VARCHAR' for c in columns[1:])})), '')"
    headings, rows, totals, all_ = con.execute(
        "SELECT count(*) FILTER (first IS NOT NULL AND rest IS NULL), count(*) FILTER (first IS NULL AND rest IS NOT "
        "NULL), count(*) FILTER (first IS NOT NULL AND rest IS NOT NULL), count(*) "
        f"FROM (SELECT {first} AS first, {rest} AS rest FROM {identifier(name)} LIMIT {_LOOKED_AT})"
    ).fetchone() or (0, 0, 0, 0)
    if headings < _FEWEST or rows < _BELOW * all_ or totals > headings + _GRAND_TOTALS:
        return ""
    of_customers = means(name, "customer") or means(columns[0], "customer")
    label = "customer" if of_customers else "heading"
    if label in (c.lower() for c in columns[1:]):
        return ""
    alone, below = f"{first} IS NOT NULL AND {rest} IS NULL", f"{first} IS NULL AND {rest} IS NOT NULL"
    kept = ", ".join(map(identifier, columns[1:]))
    heading = f"last_value(CASE WHEN {alone} THEN {first} END IGNORE NULLS) OVER (ORDER BY rowid)"
    # Named apart from the first column, which may be called as the heading is.
    read = f"SELECT {kept}, {heading} AS {identifier(label)}, {below} AS {_IS_ROW} FROM {identifier(name)}"
    return f"SELECT * EXCLUDE ({_IS_ROW}) FROM ({read}) WHERE {_IS_ROW}"
