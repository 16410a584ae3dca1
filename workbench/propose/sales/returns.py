"""Sales that were taken back: the day it happened, and how much of it, in columns of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.columns.taxes import without_tax
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.proposed.share_of_amount import ShareOfAmount
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import includes_tax, means, words

_BACK = {"refunded", "refund", "refunds", "returned", "reversed", "credited"}
_COVERED = 0.9
"""A share of the rows taken back by their status that say how much, from which on the amount is believed."""


def with_returns(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """State when sales were taken back and how much of them, where columns of orders or invoices say so.

    What goes back of a line depends on its amount, so that must be settled before.
    """
    if table.table not in ("orders", "invoices"):
        return table
    table, raw = (
        replace(table, more=tuple(with_returns(con, evidence, part) for part in table.more)),
        evidence.tables[table.file],
    )
    day, amount = _day(raw, table), _amount(raw, table)
    if day:
        text = (
            f"each row with a date in {' or '.join(day)} is taken back on that day; leave returned_at out if it is not"
        )
        dates = [raw[name].time_sql for name in day]
        sql = dates[0] if len(dates) == 1 else f"coalesce({', '.join(dates)})"
        table = table.with_stated("returned_at", sql, "when it was taken back", Doubt("returned", text, "money"))
    if amount:
        text = f"{amount.name} is taken back of each sale"
        share = _share(raw, table, amount)
        sql = share.sql(table.columns["amount"]) if share else identifier(amount.name)
        of_lines = _of_lines(con, table, sql)
        table = _without_second_return(con, table, amount)
        back = share if share and of_lines == sql else of_lines
        table = table.with_stated("returned_amount", back, "how much of it", Doubt("refund", text, "money"))
    return table


def _goes_back(name: str) -> bool:
    return bool(words(name) & _BACK) or (means(name, "return") and not means(name, "order"))


def _day(raw: RawTable, table: TableProposal) -> list[str]:
    used = {name for column, mapped in table.columns.items() if column != "cancelled_at" for name in mapped.raw}
    times = [c for c in raw.columns if c.time_sql and not c.empty and c.name not in used and c.filled < c.rows]
    back = [c.name for c in times if _goes_back(c.name)]
    cancelled = [
        c.name for c in times if means(c.name, "cancel") and "lost" not in words(c.name) and table.table == "orders"
    ]
    return back[:1] + cancelled[:1]


def _amount(raw: RawTable, table: TableProposal) -> RawColumn | None:
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    for column in raw.columns:
        counted = any(means(column.name, meaning) for meaning in ("id", "quantity", "reason"))
        number = column.number_sql and not column.time_sql and not column.flag and (column.high or column.low)
        if number and _goes_back(column.name) and not counted and column.name not in used:
            return column
    return None


def _share(raw: RawTable, table: TableProposal, part: RawColumn) -> ShareOfAmount | None:
    """Return what went back as a share of all that was paid: the sale may be taken without tax, or in another unit."""
    taken = table.columns.get("amount")
    if taken is None or taken.base != identifier(taken.raw[0] if taken.raw else ""):
        return None
    net, own = without_tax(raw), raw[taken.raw[0]]
    totals = [c for c in raw.columns if c.number_sql and not c.time_sql and _is_whole(c.name)]
    total = next(iter(sorted(totals, key=lambda c: not includes_tax(c.name))), None)
    return ShareOfAmount(part, total if total and net and own.name == net.name else own)


def _is_whole(name: str) -> bool:
    return words(name) - {"grand", "base"} in ({"total"}, {"gross"}) or includes_tax(name)


def _of_lines(con: duckdb.DuckDBPyConnection, table: TableProposal, sql: str) -> str:
    """Return SQL for the share of each line in what went back of its order, where one amount stands for the order."""
    order, amount = table.columns.get("order_id"), table.columns.get("amount")
    if order is None or amount is None:
        return sql
    back = f"TRY_CAST({sql} AS DOUBLE)"
    several, same = con.execute(
        f"SELECT count(*), bool_and(n <= 1) FROM (SELECT count(DISTINCT {back}) AS n FROM {table.rows} "
        f"GROUP BY {order.sql} HAVING count(*) > 1)"
    ).fetchone() or (0, False)
    if not several or not same:
        return sql
    line, of_order = f"TRY_CAST({amount.sql} AS DOUBLE)", f"OVER (PARTITION BY {order.sql})"
    if "OVER (" in line:  # lines that share the total of their order share what went back of it, too
        return f"max({back}) {of_order} / count(*) {of_order}"
    return f"max({back}) {of_order} * {line} / nullif(sum({line}) {of_order}, 0)"


def _without_second_return(con: duckdb.DuckDBPyConnection, table: TableProposal, amount: RawColumn) -> TableProposal:
    """Let the amounts alone take back, where they are there for the rows that a status takes back."""
    statuses = []
    for status in table.statuses:
        back = [word for word, action in status["values"].items() if action == "return"]
        if back and _covered(con, table, status["column"], back, amount):
            values = {word: "keep" if word in back else action for word, action in status["values"].items()}
            status = {**status, "values": values}
            if set(values.values()) == {"keep"}:
                topic = _topic(status["column"])
                unknown = [_without(d, back) for d in table.doubts if d.topic == topic and _UNKNOWN in d.text]
                table = replace(table, doubts=(*(d for d in table.doubts if d.topic != topic), *unknown))
        statuses.append(status)
    if statuses == table.statuses:
        return table
    stated: object = statuses[0] if len(statuses) == 1 else statuses
    return table.with_stated("status", stated, f"read from its words; {amount.name} says what was taken back")


_UNKNOWN = "nothing is known of"
"""What a doubt says of words whose rows are kept, whatever the others take back."""


def _without(doubt: Doubt, back: list[str]) -> Doubt:
    """Return a doubt about unknown words whose readings let the words that take back keep their rows."""

    def kept(status: Any) -> Any:
        if isinstance(status, list):
            return [kept(each) for each in status]
        return {**status, "values": {w: "keep" if w in back else a for w, a in status["values"].items()}}

    choices = tuple(replace(c, setting=c.setting and (c.setting[0], kept(c.setting[1]))) for c in doubt.choices)
    return replace(doubt, text=doubt.text[doubt.text.index(_UNKNOWN) :], choices=choices)


def _topic(column: str) -> str:
    return "status " + column.removeprefix("max(").split('"')[1]


def _covered(
    con: duckdb.DuckDBPyConnection, table: TableProposal, status: str, back: list[str], amount: RawColumn
) -> bool:
    """Return whether nearly all sales with these words say how much went back, on one of their lines."""
    key = table.columns["order_id" if table.table == "orders" else "invoice_id"].sql
    row = con.execute(
        f"SELECT avg(said::INT) FROM (SELECT bool_or(coalesce({exact(amount)} <> 0, false)) AS said "
        f"FROM (SELECT *, {status} AS status_of_row FROM {table.rows}) "
        f"WHERE lower(trim(status_of_row::VARCHAR)) IN ({', '.join(map(literal, back))}) GROUP BY {key})"
    ).fetchone()
    return bool(row and (row[0] or 0) >= _COVERED)
