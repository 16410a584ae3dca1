"""Orders of several lines: whether an amount is the line's, one piece's, or the order's on each of its lines."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.columns.derive import priced_lines
from workbench.propose.columns.taxes import TOTALS
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact, read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words

_LEAST_OF_TOTAL, _ALL_OF_TOTAL, _FEWEST_TOTALS = 0.6, 0.999, 5
"""What the lines of an order come to of its total: less by tax and shipping, which several totals must show."""
_RULE = 0.9
"""A share of the orders, or of the rows, from which on what holds for them is a rule."""
_MOST = 0.5
"""A share of the products from which on they have several amounts, as totals of orders do."""


def by_line(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the orders with the amount of each line, as the amounts themselves show it."""
    amount, order = table.columns.get("amount"), table.columns.get("order_id")
    if table.table != "orders" or amount is None or order is None:
        return table
    raw = evidence.tables[table.file]
    line = next((d for d in amount.doubts if d.topic == "line"), None)
    if line is not None:
        return _with_amount(table, _piece_or_line(con, raw, table, amount, line))
    if pieces := _of_one_piece(con, raw, table, amount):
        return _with_amount(table, pieces)
    if len(amount.raw) != 1 or not order.raw or raw[order.raw[0]].unique == 1:
        return table
    return _without_repeated_totals(con, raw, table, amount, order)


def _with_amount(table: TableProposal, amount: Mapped) -> TableProposal:
    return replace(table, columns={**table.columns, "amount": amount})


def _piece_or_line(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, amount: Mapped, doubt: Doubt
) -> Mapped:
    """Answer whether a price is for one piece or for the line by products sold in different quantities."""
    priced, product = priced_lines(raw), table.columns.get("product")
    if priced is None or product is None:
        return amount
    rows, of_line, of_piece = _shares(con, raw, table, *priced)
    if not rows or max(of_line, of_piece) < _RULE:
        return amount
    is_line = of_line > of_piece
    chosen = next(c for c in doubt.choices if (c.label == f"{priced[1]} alone, a line total") == is_line)
    return replace(amount.answered("line", chosen.step), why=_why(priced, rows, is_line))


def _of_one_piece(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, amount: Mapped) -> Mapped | None:
    """Return quantity times amount where a product has one amount for any quantity, whatever the amount is called."""
    counts = [c for c in raw.columns if c.number_sql and c.whole and c.low >= 0 and c.high > 1]
    count = next((c for c in counts if means(c.name, "quantity") and c.name not in amount.raw), None)
    if count is None or "product" not in table.columns or len(amount.raw) != 1 or TOTALS & words(amount.raw[0]):
        return None
    rows, of_line, of_piece = _shares(con, raw, table, count.name, amount.raw[0])
    if rows < _FEWEST_TOTALS or of_piece < _RULE or of_line > of_piece:
        return None
    priced = (count.name, amount.raw[0])
    return Mapped(f"{exact(raw[priced[1]])} * {exact(count)}", priced, 0.8, _why(priced, rows, is_line=False))


def _shares(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, pieces: str, amount: str
) -> tuple[int, float, float]:
    """Return how many lines have several pieces, and in which shares the amount grows with them or stays the same."""
    quantity, price = read_number(raw[pieces]), read_number(raw[amount])
    row = con.execute(
        f"WITH lines AS (SELECT {table.columns['product'].sql} AS product, {quantity} AS pieces, {price} AS price "
        f"FROM {table.rows}), ones AS (SELECT product, median(price) AS one FROM lines WHERE pieces = 1 GROUP BY 1) "
        "SELECT count(*), avg((abs(price - one * pieces) < 0.02)::INT), avg((abs(price - one) < 0.02)::INT) "
        "FROM lines JOIN ones USING (product) WHERE pieces > 1 AND price > 0"
    ).fetchone() or (0, 0, 0)
    return row[0], row[1] or 0.0, row[2] or 0.0


def _why(priced: tuple[str, str], rows: int, is_line: bool) -> str:
    if is_line:
        return f"{priced[1]} grows with {priced[0]} in {rows:,} lines of several pieces, so it is the line's"
    return f"{priced[0]} times {priced[1]}, which is the same for any {priced[0]} of a product"


def _without_repeated_totals(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, amount: Mapped, order: Mapped
) -> TableProposal:
    """Take the lines' own amounts where the amount is the order's, written on each of its lines.

    The lines may come to less than the order, by its tax and shipping.
    """
    total = read_number(raw[amount.raw[0]])
    fits = list[tuple[float, Mapped]]()
    for label, sql, names in _amounts_of_lines(raw, amount.raw[0]):
        read = " * ".join(read_number(raw[name]) for name in names)
        row = con.execute(
            f"SELECT count(*), count(DISTINCT total), avg((same AND part BETWEEN {_LEAST_OF_TOTAL} AND 1.0001)::INT), "
            f"avg(part) FROM (SELECT min({total}) AS total, min({total}) = max({total}) AS same, "
            f"(sum({read}) / nullif(min({total}), 0))::DOUBLE AS part FROM {table.rows} "
            f"GROUP BY {order.sql} HAVING count(*) > 1)"
        ).fetchone() or (0, 0, 0, 0)
        exact_ = (row[3] or 0) > _ALL_OF_TOTAL
        if row[0] and (row[2] or 0) >= _RULE and (exact_ or row[1] > _FEWEST_TOTALS):
            why = f"{label}: {amount.raw[0]} is the total of the order, on each of its lines"
            fits.append((row[3], Mapped(sql, names, 0.9, why)))
    if not fits:
        return _with_amount(table, _asked_whose(con, raw, table, amount, order))
    return _with_amount(table, max(fits, key=lambda fit: fit[0])[1])


def _asked_whose(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, amount: Mapped, order: Mapped
) -> Mapped:
    """Ask whether an amount that is the same on all lines of an order is the order's; then the lines share it.

    It is the likelier reading where its name says so, or most products have another amount in each order.
    """
    name, total = amount.raw[0], read_number(raw[amount.raw[0]])
    row = con.execute(
        f"SELECT count(*), count(DISTINCT total), avg(same::INT) FROM (SELECT min({total}) AS total, "
        f"count({total}) = count(*) AND min({total}) = max({total}) AS same FROM {table.rows} "
        f"GROUP BY {order.sql} HAVING count(*) > 1)"
    ).fetchone() or (0, 0, 0)
    if not row[0] or row[1] <= _FEWEST_TOTALS or row[2] < _RULE:
        return amount
    lines = f"count(*) OVER (PARTITION BY {order.sql})"
    shared = Choice("the order's, shared by its lines", f"CAST({{}} / {lines} AS DECIMAL(18, 4))")
    choices = (shared, Choice("each line's own"))
    if not (TOTALS & words(name) or _differs_by_order(con, table, total)):
        choices = (choices[1], choices[0])
    text = f"{name} is the same on all lines of an order: read as {choices[0].label}"
    read = replace(amount, base=exact(raw[name])) if amount.base == identifier(name) else amount
    return read.doubted(Doubt("line", text, "money", choices))


def _differs_by_order(con: duckdb.DuckDBPyConnection, table: TableProposal, total: str) -> bool:
    """Whether most products that were sold several times have several amounts, as totals of orders do."""
    product = table.columns.get("product")
    if product is None:
        return False
    row = con.execute(
        f"SELECT count(*), avg((amounts > 1)::INT) FROM (SELECT count(DISTINCT {total}) AS amounts FROM {table.rows} "
        f"GROUP BY {product.sql} HAVING count(*) > 1)"
    ).fetchone() or (0, 0)
    return bool(row[0]) and row[1] > _MOST


def _amounts_of_lines(raw: RawTable, total: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what may be the amount of a line: a label, its SQL and its raw columns."""
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and c.name != total and not c.flag]
    money = [c for c in numbers if means(c.name, "amount") or means(c.name, "price")]
    alone = [(c.name, identifier(c.name), (c.name,)) for c in money]
    counts = [c for c in numbers if c.whole and means(c.name, "quantity")]
    return alone + [_times(count, price) for price in money for count in counts]


def _times(count: RawColumn, price: RawColumn) -> tuple[str, str, tuple[str, ...]]:
    return f"{count.name} times {price.name}", f"{exact(count)} * {exact(price)}", (count.name, price.name)
