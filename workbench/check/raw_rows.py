"""The raw rows behind a table of the contract, with its key and dates read as loading reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from workbench import contract
from workbench.check.leavers import leavers
from workbench.check.queries import connection
from workbench.crm import Crm
from workbench.engines import identifier, literal
from workbench.sources import ACCOUNTS, Source, TableMapping, code_sql, plain_text, read_value, reading

ENDS = ("cancelled_at", "ended_at")
# No input has a name with spaces in it.
LEFT, RAN = '"when customers left"', '"when subscriptions ran"'


@dataclass(frozen=True)
class RawRows:
    """The raw rows behind one table: their SELECT, columns, and the mapping to the contract."""

    table: str
    select: str
    columns: tuple[str, ...]
    mapping: TableMapping

    @property
    def unmapped(self) -> list[str]:
        """Raw columns that no mapping names."""
        m = self.mapping
        used = self.named_in(" ".join(m.expressions.values()))
        return [c for c in self.columns if c not in used]

    def named_in(self, sql: str) -> list[str]:
        """Return the raw columns that an expression names."""
        return [c for c in self.columns if re.search(rf"(?<!\w){re.escape(c)}(?!\w)", sql, re.IGNORECASE)]

    def mapped_as(self, column: str) -> str | None:
        """Return the contract column that is a raw column unchanged, if any."""
        plain = (column, identifier(column))
        return next((name for name, sql in self.mapping.columns.items() if sql.strip() in plain), None)

    def read(self, column: str) -> str:
        """Return the name under which a contract column, read as loading reads it, stands beside the raw columns."""
        return identifier(f"read as {column}")


def is_unchanged(sql: str) -> bool:
    """Return whether an expression of a mapping is nothing but a column.

    >>> is_unchanged('"Company size"'), is_unchanged("amount / 100"), is_unchanged("")
    (True, False, False)
    """
    return re.fullmatch(r'\s*([A-Za-z_]\w*|"([^"]|"")+")\s*', sql) is not None


def register_lives(con: duckdb.DuckDBPyConnection, crm: Crm) -> None:
    """Make known in the raw connection when customers left (LEFT) and each subscription ran (RAN)."""
    recorded = leavers(crm) or "SELECT NULL::VARCHAR AS customer_id, NULL::TIMESTAMP AS left_at WHERE false"
    con.register(LEFT.strip('"'), connection(crm).execute(recorded).to_arrow_table())
    if "subscriptions" in crm:
        have = [c for c in ("subscription_id", "started_at", "ended_at") if c in crm["subscriptions"].columns]
        con.register(RAN.strip('"'), crm["subscriptions"].select(have).to_pyarrow())


def raw_rows(con: duckdb.DuckDBPyConnection, name: str, source: Source, *, accounts: bool) -> RawRows:
    """Run a table's own SELECT once, for it may hold joins, and every check below reads its rows."""
    mapping = source.tables[name]
    relation = identifier(str(mapping.from_))
    if mapping.sql is not None:
        relation = identifier(f"checked rows of {name}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {mapping.sql}")
    columns = tuple(row[0] for row in con.execute(f"DESCRIBE {relation}").fetchall())
    rows = _in_our_currency(_not_refused(relation, source, mapping), source, mapping)
    rows = _with_read_columns(con, rows, name, source)
    return RawRows(name, _of_customers(rows, source, name, accounts=accounts), columns, mapping)


def _in_our_currency(rows: str, source: Source, mapping: TableMapping) -> str:
    """Leave out the rows that loading sets aside for their currency."""
    if mapping.currency_column is None or source.rates is not None:
        return rows
    code, own = code_sql(f"trim(({mapping.currency_column}\n)::VARCHAR)"), literal(source.currency)
    return f"(SELECT * FROM {rows} WHERE coalesce(nullif({code}, ''), {own}) = {own})"


def _of_customers(rows: str, source: Source, table: str, *, accounts: bool) -> str:
    """Leave out ids that stand for nobody, and deleted accounts; records of a merged one are those of its survivor."""
    if "customer_id" not in source.tables[table].columns:
        return rows
    read = identifier("read as customer_id")
    if source.not_customers:
        nobody = ", ".join(literal(id_.strip().lower()) for id_ in source.not_customers)
        rows = f"SELECT * FROM ({rows}) WHERE {read} IS NULL OR lower({read}) NOT IN ({nobody})"
    if not accounts:
        return rows
    stays = "a.customer_id IS NULL" if table == "customers" else "a.customer_id IS NULL OR a.survivor IS NOT NULL"
    return (
        f"SELECT r.* REPLACE (coalesce(a.survivor, r.{read}) AS {read}) FROM ({rows}) AS r "
        f"LEFT JOIN {ACCOUNTS} AS a ON r.{read} = a.customer_id WHERE {stays}"
    )


def _not_refused(rows: str, source: Source, mapping: TableMapping) -> str:
    """Leave out the rows that loading sets aside for their status."""
    nulls = reading(source, mapping).nulls or ()
    for status in (one for one in mapping.status if one.of("refuse")):
        read = f"lower({plain_text(f'({status.column})::VARCHAR', nulls)})"
        listed = ", ".join(map(literal, status.of("refuse")))
        rows = (
            f'(SELECT * EXCLUDE "status as read" FROM (SELECT *, {read} AS "status as read" FROM {rows}) '
            f'WHERE "status as read" IS NULL OR "status as read" NOT IN ({listed}))'
        )
    return rows


def _tried(sql: str) -> str:
    """Return SQL that gives NULL where an expression fails; DuckDB tries none that looks at other rows."""
    return f"({sql})" if re.search(r"\bOVER\b", sql, re.IGNORECASE) else f"TRY(({sql}))"


def _with_read_columns(con: duckdb.DuckDBPyConnection, rows: str, name: str, source: Source) -> str:
    """Add the key and dates that the checks need, in the source's own spelling of dates and of nothing."""
    spec, mapping = contract.TABLES[name], source.tables[name]
    wanted = [c for c in dict.fromkeys(("customer_id", spec.dated_by, *ENDS)) if c in mapping.columns]
    raw = ", ".join(f'{_tried(mapping.columns[c])} AS "raw_{c}"' for c in wanted)
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT {raw} FROM {rows}").fetchall()} if wanted else {}
    how = reading(source, mapping)
    values = {c: read_value(spec[c], types[f"raw_{c}"], how) for c in wanted}
    texts = "".join(f', {v.text} AS "text_{c}"' for c, v in values.items())
    typed = "".join(f", {v.sql} AS {identifier(f'read as {c}')}" for c, v in values.items())
    inner = f"SELECT *{', ' if raw else ''}{raw} FROM {rows}"
    return f"SELECT *{typed} FROM (SELECT *{texts} FROM ({inner}))"
