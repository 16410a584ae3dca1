"""Amounts of 0: that of today for those who left, whatever they paid, and that of subscriptions which are free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means

_FEWEST = 3
_NEARLY_ALL, _SELDOM = 0.9, 0.1
"""Shares of those who left, and of the others, without a price: it was taken away when they left."""
_EXACT = f"TRY_CAST({SAME} AS DECIMAL(18, 4))"


def price_of_today(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Ask what those paid who left, where the amount is 0 for nearly all of them and for next to none of the others."""
    mrr, gone = table.columns.get("mrr"), _gone(table)
    if table.table != "subscriptions" or mrr is None or not gone:
        return table
    left, without, stayed, free = con.execute(
        f"SELECT count(*) FILTER (g), count(*) FILTER (g AND p = 0), count(*) FILTER (NOT g), "
        f"count(*) FILTER (NOT g AND p = 0) FROM (SELECT {gone} AS g, {_plain(mrr.sql)} AS p FROM {table.rows_here})"
    ).fetchone() or (0, 0, 0, 0)
    if left < _FEWEST or without < _NEARLY_ALL * left or free > _SELDOM * stayed:
        return table
    price, known = " ".join(mrr.raw), f"nullif({_EXACT}, CASE WHEN {gone} THEN 0 END)"
    text = (
        f"{price} is 0 for {without:,} of the {left:,} that ended and for {free:,} of the {stayed:,} others: it is the "
        "amount of today, and 0 is not what those paid who left"
    )
    others = tuple(Choice(label, f"coalesce({known}, {sql})") for label, sql in _paid_before(con, raw, table, gone))
    choices = (*others, Choice("what they paid is not known", known), Choice("they paid nothing: as written"))
    mrr = mrr.doubted(Doubt("today", text, "money", choices))
    return replace(table, columns={**table.columns, "mrr": mrr})


def free_of_charge(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """Ask whether subscriptions that cost nothing beside others that do are free ones: copies, staff, trials."""
    mrr, kind = table.columns.get("mrr"), table.columns.get("kind", Mapped("'paid'", (), 0.8, "what is not free"))
    if table.table != "subscriptions" or mrr is None or not mrr.raw or any(d.topic == "today" for d in mrr.doubts):
        return table
    nothing = f"{_plain(identifier(mrr.raw[0]))} = 0"
    counted = f"count(*), count(*) FILTER ({nothing} AND ({kind.sql}) = 'paid')"
    rows, free = con.execute(f"SELECT {counted} FROM {table.rows_here} WHERE {table.counted}").fetchone() or (0, 0)
    if not 0 < free <= _MOST_FREE * rows:
        return table
    text = (
        f"{mrr.raw[0]} is 0 for {free:,} of {rows:,} subscriptions: they are taken for free, and their customers for "
        "not paying"
    )
    choices = (Choice("free", f"CASE WHEN {nothing} THEN 'free' ELSE {SAME} END"), Choice("paid, at no charge for now"))
    kind = replace(kind, raw=(*kind.raw, mrr.raw[0]), why=kind.why).doubted(Doubt("free", text, "customers", choices))
    columns = {**table.columns, "kind": kind}
    return replace(table, columns={n: columns[n] for n in contract.TABLES["subscriptions"].names if n in columns})


_MOST_FREE = 0.5
"""A share of the subscriptions up to which those without a price are the odd ones."""


def _gone(table: TableProposal) -> str:
    """Return SQL for whether a subscription is over, by its dates or by its status; empty where neither says so."""
    end, notice = table.columns.get("ended_at"), table.columns.get("cancelled_at")
    own = notice is not None and not (end is not None and set(end.raw) <= set(notice.raw))
    dates = [mapped.sql for mapped, of_its_own in ((end, True), (notice, own)) if mapped is not None and of_its_own]
    conditions = []
    for status in table.statuses:
        if words := [literal(word) for word, action in status["values"].items() if action == "cancelled"]:
            conditions.append(f"coalesce(lower(trim({status['column']})) IN ({', '.join(words)}), false)")
    if not conditions:  # a date may be that of an end to come, until which the price is paid
        conditions = [f"TRY_CAST({sql} AS TIMESTAMP) IS NOT NULL" for sql in dates]
    return f"({' OR '.join(conditions)})" if conditions else ""


def _plain(sql: str) -> str:
    """Return SQL for a number in whatever notation, as far as whether it is 0 needs it; NULL where it has no value."""
    return f"TRY_CAST(regexp_replace(TRY(({sql})::VARCHAR), '[^0-9]', '', 'g') AS HUGEINT)"


def _paid_before(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, gone: str
) -> Iterator[tuple[str, str]]:
    """Yield what may tell the earlier amounts: a price that is the same for those who stayed, or that of the plan."""
    mrr, plan = table.columns["mrr"], table.columns.get("plan")
    for column in (c for c in raw.columns if _is_price(c) and c.name not in mrr.raw):
        own = identifier(column.name)
        same, left = con.execute(
            f"SELECT avg(({_plain(own)} = {_plain(mrr.sql)})::INT) FILTER (NOT {gone}), "
            f"count(*) FILTER ({gone} AND {_plain(own)} > 0) FROM {table.rows_here}"
        ).fetchone() or (0, 0)
        if left and (same or 0) >= _NEARLY_ALL:
            yield f"{column.name}, which is the same for those who stayed", _EXACT.replace(SAME, own)
    if plan is not None and not _with_several_prices(con, table, plan.sql, gone):
        yield "what others pay for the same plan", f"max({_EXACT}) OVER (PARTITION BY {plan.sql})"


def _is_price(column: RawColumn) -> bool:
    named = any(means(column.name, word) for word in ("price", "amount", "mrr"))
    return named and bool(column.number_sql) and not column.time_sql


def _with_several_prices(con: duckdb.DuckDBPyConnection, table: TableProposal, plan: str, gone: str) -> int:
    """Return how many plans have several prices among those who stayed."""
    price = _plain(table.columns["mrr"].sql)
    row = con.execute(
        f"SELECT count(*) FROM (SELECT {plan} FROM {table.rows_here} WHERE NOT {gone} GROUP BY 1 "
        f"HAVING count(DISTINCT {price}) > 1)"
    ).fetchone()
    return int(row[0]) if row else 0
