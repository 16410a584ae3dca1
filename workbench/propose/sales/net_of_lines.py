"""Orders with their tax and shipping beside a file of their lines without: the lines say what was sold."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.columns.taxes import TOTALS
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.links import Link
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import excludes_tax, means, names_tax, words

_NET = "net_of_lines"
_NEARLY_ALL, _MOST = 0.95, 0.5
"""Shares of the orders whose lines come to no more than the order, and of those whose lines come to less."""
_ASKED = {"tax", "line", "discount", "rate", "cents"}


def net_of_lines(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Take what the lines of each order come to, where the order adds the tax that stands beside each line."""
    amount, order = table.columns.get("amount"), table.columns.get("order_id")
    if table.table != "orders" or table.select or table.more or amount is None or order is None:
        return table
    if len(amount.raw) != 1 or len(order.raw) != 1 or excludes_tax(amount.raw[0]):
        return table
    total = evidence.tables[table.file][amount.raw[0]]
    if {doubt.topic for doubt in amount.doubts} & _ASKED or not _plain(total):
        return table
    for link in (w for w in evidence.links if (w.parent, w.key) == (table.file, order.raw[0]) and w.file != w.parent):
        line = _amount_of_line(evidence.tables[link.file])
        if line is not None and _come_to_less(con, table, link, total, line):
            return _with_lines(table, amount, link, total, line)
    return table


def _amount_of_line(lines: RawTable) -> RawColumn | None:
    """Return the amount of each line, where products and their tax stand beside it."""
    numbers = [c for c in lines.columns if c.number_sql and not c.time_sql and not c.flag and c.high > 0 and _plain(c)]
    taxed = any(names_tax(c.name) for c in numbers)
    products = any(means(c.name, "product") for c in lines.columns)
    totals = (c for c in numbers if words(c.name) & TOTALS and not names_tax(c.name) and not means(c.name, "quantity"))
    return next(totals, None) if taxed and products else None


def _plain(column: RawColumn) -> bool:
    return column.mark.mark != "comma" and not column.sign


def _lines_of(link: Link, line: RawColumn) -> str:
    return (
        f"SELECT {identifier(link.column)}::VARCHAR AS sale, sum({exact(line)}) AS {_NET} "
        f"FROM {identifier(link.file)} GROUP BY sale"
    )


def _come_to_less(
    con: duckdb.DuckDBPyConnection, table: TableProposal, link: Link, total: RawColumn, line: RawColumn
) -> bool:
    row = con.execute(
        f"SELECT avg(({_NET} <= {exact(total)} + 0.01)::INT), avg(({_NET} < {exact(total)} - 0.005)::INT) "
        f"FROM {table.rows} AS own JOIN ({_lines_of(link, line)}) AS net "
        f"ON own.{identifier(link.key)}::VARCHAR = net.sale"
    ).fetchone() or (0, 0)
    return (row[0] or 0) >= _NEARLY_ALL and (row[1] or 0) >= _MOST


def _with_lines(table: TableProposal, amount: Mapped, link: Link, total: RawColumn, line: RawColumn) -> TableProposal:
    select = (
        f"SELECT own.*, net.{_NET} FROM {identifier(table.file)} AS own LEFT JOIN ({_lines_of(link, line)}) AS net "
        f"ON own.{identifier(link.key)}::VARCHAR = net.sale"
    )
    text = (
        f"{total.name} holds tax and shipping, which the lines in {link.file} leave out; amounts are without tax here, "
        f"and what {line.name} comes to there is taken"
    )
    choices = (Choice(f"without them: the lines in {link.file}", _NET), Choice(f"all that was paid: {total.name}"))
    found = amount.doubted(Doubt("tax", text, "money", choices))
    return replace(table, select=select, columns={**table.columns, "amount": found})
