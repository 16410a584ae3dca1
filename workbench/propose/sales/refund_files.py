"""Files of refunds and credit notes: their rows take back what orders or invoices hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.same_shape import partner
from workbench.propose.proposed.doubts import SAME, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means

_SALES = ("orders", "invoices")
_MOST = 0.5
_CUSTOMER = "customer_of_sale"
_AMOUNT = "amount_of_sale"


def sales_taken_back(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: list[TableProposal], file: str
) -> tuple[TableProposal, str] | None:
    """Return the table of sales that a file takes back, and its column with their ids (empty: none); None without one.

    The table is that whose ids the file holds, else the orders, else the invoices.
    """
    sales = sorted((t for t in tables if t.table in _SALES and not t.missing), key=lambda t: _SALES.index(t.table))
    for table in sales:
        for column in evidence.tables[file].columns:
            if column.keylike and _holds_ids(con, file, column.name, table):
                return table, column.name
    return (sales[0], "") if sales else None


def _id_of(table: TableProposal) -> str:
    return "order_id" if table.table == "orders" else "invoice_id"


def _holds_ids(con: duckdb.DuckDBPyConnection, file: str, column: str, table: TableProposal) -> bool:
    named = any(means(column, word) for word in ("order", "invoice", "charge", "customer"))
    sure = named and not means(column, "return")
    lettered = "true" if sure else "bool_and(regexp_matches(v, '[A-Za-z]'))"  # numbers may be among others by chance
    key = table.columns[_id_of(table)].sql
    row = con.execute(
        f"SELECT avg((v IN (SELECT trim(({key})::VARCHAR) FROM {table.rows}))::INT) * ({lettered})::INT "
        f"FROM (SELECT DISTINCT {identifier(column)} AS v FROM {seen(file)} WHERE {identifier(column)} IS NOT NULL)"
    ).fetchone()
    return bool(row and (row[0] or 0) > _MOST)


def as_refunds(evidence: Evidence, sales: TableProposal, refunds: TableProposal, sale: str) -> TableProposal:
    """Return a file of refunds as rows that take back: each a credit, of the sale that the column ``sale`` names."""
    columns = {name: mapped for name, mapped in refunds.columns.items() if name != "returns_order_id"}
    select = refunds.select
    own = evidence.keys.get(refunds.file, "")
    if own and own != sale:
        columns[_id_of(sales)] = Mapped(identifier(own), (own,), 0.9, "names the refund")
    elif sale and contract.TABLES[sales.table].dated_by in columns:
        day = columns[contract.TABLES[sales.table].dated_by]
        made = f"concat_ws(' refunded ', {identifier(sale)}, {day.sql})"
        columns[_id_of(sales)] = Mapped(made, (), 0.7, "made of what is taken back, and when")
    if sale and sales.table == "orders":
        columns["returns_order_id"] = Mapped(identifier(sale), (sale,), 0.9, f"the order in {sales.file}")
    if sale and ("customer_id" not in columns or columns["customer_id"].raw == (sale,)):
        columns["customer_id"] = Mapped(_CUSTOMER, (sale,), 0.9, f"that of the sale in {sales.file}")
        select = _with_customer(sales, refunds, sale)
    columns = _with_given_back(evidence.tables[refunds.file], columns)
    order = [name for name in contract.TABLES[sales.table].names if name in columns]
    doubt = Doubt("refunds", f"the rows of {refunds.file} take sales back: each reduces revenue on its day", "money")
    part = replace(refunds, columns={n: columns[n] for n in order}, select=select, doubts=(*refunds.doubts, doubt))
    word = f"from {refunds.file}"
    status = {"column": f"'{word}'", "values": {word: "credit"}}
    return part.with_stated("status", status, "every row takes back")


def _with_given_back(raw: RawTable, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Read a number called refund as the amount, where the file names no other."""
    used = {name for mapped in columns.values() for name in mapped.raw}
    numbers = (c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.name not in used)
    back = next((c for c in numbers if means(c.name, "return") and not _counts(c.name)), None)
    if "amount" in columns or back is None:
        return columns
    return columns | {"amount": Mapped(identifier(back.name), (back.name,), 0.8, "what was given back")}


def _counts(name: str) -> bool:
    return any(means(name, word) for word in ("id", "quantity", "date", "order"))


def _with_customer(sales: TableProposal, refunds: TableProposal, sale: str) -> str:
    key, customer = sales.columns[_id_of(sales)].sql, sales.columns["customer_id"].sql
    own = f"({refunds.select})" if refunds.select else identifier(refunds.file)
    return (
        f"SELECT own.*, found.{_CUSTOMER} FROM {own} AS own LEFT JOIN (SELECT ({key})::VARCHAR AS key_of_sale, "
        f"min({customer}) AS {_CUSTOMER} FROM {sales.rows} GROUP BY 1) AS found "
        f"ON own.{identifier(sale)}::VARCHAR = found.key_of_sale"
    )


def with_amounts_of_sales(evidence: Evidence, sales: TableProposal) -> TableProposal:
    """Return sales whose returned goods without an amount have that of their sale; they are left out without one."""
    if sales.table != "orders":
        return sales
    parts = [p if "amount" in p.columns else _at_price_of_sale(evidence, sales, p) for p in sales.more]
    return replace(sales, more=tuple(part for part in parts if part is not None))


def _at_price_of_sale(evidence: Evidence, sales: TableProposal, returns: TableProposal) -> TableProposal | None:
    amount, sale = _amount_of_sale(evidence, sales), returns.columns.get("returns_order_id")
    if sale is None or not amount:
        return None
    sold = sales.columns.get("product")
    product = partner(sold.raw[0], evidence.tables[returns.file]) if sold and sold.raw else None
    columns = {**returns.columns, "amount": Mapped(_AMOUNT, sale.raw, 0.7, f"that of the sale in {sales.file}")}
    what = "its product in the order" if product else "the whole order"
    text = f"{returns.file} has no amounts: each row takes back what {what} cost, however many came back"
    return replace(
        returns,
        columns={name: columns[name] for name in contract.TABLES["orders"].names if name in columns},
        select=_with_amount(sales, returns, sale.raw[0], amount, product),
        doubts=(*returns.doubts, Doubt("refunded amount", text, "money")),
    )


def _amount_of_sale(evidence: Evidence, sales: TableProposal) -> str:
    """Return SQL for the amount of a sale, where it is one column as it stands; empty otherwise."""
    amount = sales.columns["amount"]
    for column in evidence.tables[sales.file].columns:
        as_it_stands = amount.base in (identifier(column.name), exact(column))
        plain = column.mark.mark != "comma" and not column.sign
        if as_it_stands and plain and all(step == SAME for _, step in amount.steps):
            return exact(column)
    return ""


def _with_amount(sales: TableProposal, refunds: TableProposal, sale: str, amount: str, product: str | None) -> str:
    key = sales.columns[_id_of(sales)].sql
    own = f"({refunds.select})" if refunds.select else identifier(refunds.file)
    sold = f", ({sales.columns['product'].sql})::VARCHAR AS product_of_sale" if product else ""
    same = f" AND own.{identifier(product)}::VARCHAR = sold.product_of_sale" if product else ""
    return (
        f"SELECT own.*, sold.{_AMOUNT} FROM {own} AS own LEFT JOIN (SELECT ({key})::VARCHAR AS sale{sold}, "
        f"sum({amount}) AS {_AMOUNT} FROM {sales.rows} GROUP BY ALL) AS sold "
        f"ON own.{identifier(sale)}::VARCHAR = sold.sale{same}"
    )


def without_second_returns(con: duckdb.DuckDBPyConnection, sales: TableProposal) -> TableProposal:
    """Let refunds in a file of their own alone take back, where the sales say of themselves too that they were."""
    files = [part for part in sales.more if any(d.topic == "refunds" for d in part.doubts)]
    if not files:
        return sales
    named = " and ".join(part.file for part in files)
    stated = dict(sales.stated)
    for name in ("returned_at", "returned_amount"):
        if name in stated and _counted_twice(con, sales, files, f"({sales.stated_sql(name)})::VARCHAR <> '0'"):
            del stated[name]
    statuses = [_taken_back_once(con, sales, files, one) for one in sales.statuses]
    if statuses != sales.statuses:
        stated["status"] = (statuses[0] if len(statuses) == 1 else statuses, f"read from its words; {named} takes back")
    if stated == sales.stated:
        return sales
    text = (
        f"{sales.file} says itself which sales were taken back; {named} is believed instead, so that none counts twice"
    )
    topics = [d for d in sales.doubts if d.topic not in ("returned", "refund")]
    if statuses != sales.statuses:
        topics = [d for d in topics if not d.topic.startswith("status ")]
    return replace(sales, stated=stated, doubts=(*topics, Doubt("twice", text, "money")))


def _taken_back_once(
    con: duckdb.DuckDBPyConnection, sales: TableProposal, files: list[TableProposal], status: dict[str, Any]
) -> dict[str, Any]:
    """Keep what the refunds take back: sales that are returned, and cancelled ones that a credit note names."""
    values = {word: "keep" if action == "return" else action for word, action in status["values"].items()}
    refused = [literal(word) for word, action in values.items() if action == "refuse"]
    linked = any("returns_order_id" in part.columns for part in files)
    cancelled = f"lower(trim(({status['column']})::VARCHAR)) IN ({', '.join(refused)})"
    if refused and linked and _counted_twice(con, sales, files, cancelled):
        values = dict.fromkeys(values, "keep")
    return {**status, "values": values}


def _counted_twice(
    con: duckdb.DuckDBPyConnection, sales: TableProposal, files: list[TableProposal], condition: str
) -> bool:
    """Return whether most sales that say they were taken back are among the refunds; true where no id shows it."""
    linked = [part for part in files if "returns_order_id" in part.columns]
    if not linked:
        return True
    ids = " UNION ALL ".join(f"SELECT ({p.columns['returns_order_id'].sql})::VARCHAR FROM {p.rows}" for p in linked)
    key = sales.columns[_id_of(sales)].sql
    row = con.execute(f"SELECT avg((({key})::VARCHAR IN ({ids}))::INT) FROM {sales.rows} WHERE {condition}").fetchone()
    return bool(row and (row[0] or 0) > _MOST)
