"""Refunds as rows of their own among the sales: a negative amount, and the id of the sale that it takes back."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.exact_numbers import exact, read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means

_NEARLY_ALL, _SELDOM = 0.9, 0.05
"""Shares of the negative rows, and of the others, that name another sale."""
_MOST = 0.5
_FEW = 1000


def taken_back_by_rows(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Let negative rows alone take sales back, where they stand beside sales whose status says so too."""
    amount = table.columns.get("amount")
    raw, key = evidence.tables[table.file], _key(table)
    if key is None or amount is None or len(amount.raw) != 1 or not 0 < raw[amount.raw[0]].negative < _MOST:
        return table
    own = raw[amount.raw[0]]
    paid = exact(own) if own.mark.mark != "comma" and not own.sign else read_number(own)
    named = _sale_of_refund(con, raw, table, key, paid)
    if named is not None and table.table == "orders" and "returns_order_id" not in table.columns:
        of = _named_by_refunds(con, table, identifier(named.name), paid)
        columns = {**table.columns, "returns_order_id": Mapped(of, (named.name,), 0.9, "an order, in negative rows")}
        columns = {name: columns[name] for name in contract.TABLES["orders"].names if name in columns}
        unmapped = {name: why for name, why in table.unmapped.items() if name != named.name}
        table = replace(table, columns=columns, unmapped=unmapped)
    return _without_second(con, table, key, paid, named)


def _key(table: TableProposal) -> str | None:
    mapped = table.columns.get({"orders": "order_id", "invoices": "invoice_id"}.get(table.table, ""))
    return f"({mapped.sql})::VARCHAR" if mapped else None


def _sale_of_refund(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, key: str, paid: str
) -> RawColumn | None:
    """Return the column with the id of another sale in nearly all negative rows and hardly any other one."""
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    for column in (c for c in raw.columns if c.name not in used and (c.keylike or c.floating) and _may_name_sale(c)):
        own = f"{identifier(column.name)}::VARCHAR"
        another = f"({own} IN (SELECT {key} FROM {table.rows}) AND {own} <> {key})::INT"
        shares = []
        for sign in ("<", ">"):  # a few rows say enough, and most columns fail at once
            some = f"(SELECT * FROM {table.rows} WHERE {paid} {sign} 0 LIMIT {_FEW})"
            row = con.execute(f"SELECT avg(coalesce({another}, 0)) FROM {some}").fetchone() or (0,)
            shares.append(row[0] or 0)
            if shares[0] < _NEARLY_ALL:
                break
        if shares[0] >= _NEARLY_ALL and shares[-1] <= _SELDOM:
            return column
    return None


def _named_by_refunds(con: duckdb.DuckDBPyConnection, table: TableProposal, name: str, paid: str) -> str:
    """Return SQL for the sale that a row takes back, without what stands there for none, such as 0."""
    row = con.execute(f"SELECT mode({name}::VARCHAR) FROM {table.rows} WHERE {paid} > 0").fetchone()
    return f"nullif({name}::VARCHAR, {literal(row[0])})" if row and row[0] else name


def _may_name_sale(column: RawColumn) -> bool:
    return any(means(column.name, what) for what in ("parent", "return", "order", "invoice", "charge", "id"))


def _without_second(
    con: duckdb.DuckDBPyConnection, table: TableProposal, key: str, paid: str, named: RawColumn | None
) -> TableProposal:
    statuses = []
    for status in table.statuses:
        back = [word for word, action in status["values"].items() if action == "return"]
        if back and _have_rows(con, table, status["column"], back, key, paid, named):
            status = {**status, "values": {w: "keep" if w in back else a for w, a in status["values"].items()}}
        statuses.append(status)
    if statuses == table.statuses:
        return table
    text = "sales that were taken back have a negative row beside them: those rows alone take back, so that none counts"
    doubts = (*table.doubts, Doubt("twice", f"{text} twice", "money"))
    stated: object = statuses[0] if len(statuses) == 1 else statuses
    return replace(table, doubts=doubts).with_stated("status", stated, "read from its words; negative rows take back")


def _have_rows(
    con: duckdb.DuckDBPyConnection,
    table: TableProposal,
    column: str,
    back: list[str],
    key: str,
    paid: str,
    named: RawColumn | None,
) -> bool:
    """Whether most sales with these words are named by a negative row, or have one of their customer and amount."""
    customer = table.columns["customer_id"].sql if "customer_id" in table.columns else "NULL"
    one = f"concat_ws('|', {customer}, abs({paid}))" if named is None else key
    other = one if named is None else f"{identifier(named.name)}::VARCHAR"
    row = con.execute(
        f"SELECT avg(({one} IN (SELECT {other} FROM {table.rows} WHERE {paid} < 0 AND {other} IS NOT NULL))::INT) "
        f"FROM (SELECT *, {column} AS status_of_row FROM {table.rows}) "
        f"WHERE {paid} > 0 AND lower(trim(status_of_row::VARCHAR)) IN ({', '.join(map(literal, back))})"
    ).fetchone()
    return bool(row and (row[0] or 0) > _MOST)
