"""Prices in a file of their own: what subscriptions or orders without an amount cost, by their plan or product."""

from __future__ import annotations

from workbench.engines import identifier
from workbench.propose.fitting.links import Link
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, table_likeness, words

LISTED = "price_list"
"""How the SELECT calls the file with the prices."""
_NEARLY_ALL = 0.95
_FREE, _NAMED = ("events", "tickets", "surveys", "messages", "cancellations"), 0.5
"""Tables whose rows nobody pays for, though they name a product: to look at one is not to buy it."""


def with_listed_prices(
    tables: list[RawTable], links: list[Link], labels: dict[str, str]
) -> tuple[str, str, str] | None:
    """Return dated rows without an amount, the list of prices they refer to, and the SELECT of both together."""
    by_name = {table.name: table for table in tables}
    for link in links:
        rows, listed = by_name[link.file], by_name[link.parent]
        if rows.name == listed.name or link.contained < _NEARLY_ALL or rows[link.column].unique == 1:
            continue
        if any(table_likeness(labels[rows.name], table) > _NAMED for table in _FREE):
            continue
        named = _is_type_of(link.column, labels[listed.name]) or any(
            means(name, what) for name in (link.column, labels[listed.name]) for what in ("plan", "product", "price")
        )
        if named and any(c.time_sql for c in rows.columns) and not has_price(rows) and _is_price_list(listed):
            return rows.name, listed.name, _joined(rows, listed, link)
    return None


def _is_type_of(column: str, label: str) -> bool:
    """Whether a column has the id of a kind that a file lists, as membership_type_id does of membership types."""
    own = words(column) - {"id", "code", "no", "nr", "key"}
    return means(column, "kind") and len(own) > 1 and own <= words(label)


def _joined(rows: RawTable, listed: RawTable, link: Link) -> str:
    own = {c.name.lower() for c in rows.columns}
    more = [c.name for c in listed.columns if c.name != link.key and c.name.lower() not in own and not c.time_sql]
    added = ", ".join(f"{LISTED}.{identifier(name)}" for name in more)
    return (
        f"SELECT own.*, {added} FROM {identifier(rows.name)} AS own LEFT JOIN {identifier(listed.name)} AS {LISTED} "
        f"ON own.{identifier(link.column)}::VARCHAR = {LISTED}.{identifier(link.key)}::VARCHAR"
    )


def _is_price_list(table: RawTable) -> bool:
    return has_price(table) and not any(means(c.name, "customer") or means(c.name, "order") for c in table.columns)


def has_price(table: RawTable) -> bool:
    """Return whether a column of a file is what something costs."""
    return any(_is_price(column) for column in table.columns)


def _is_price(column: RawColumn) -> bool:
    money = any(means(column.name, what) for what in ("price", "amount", "mrr", "monthly"))
    counted = means(column.name, "quantity") or means(column.name, "id")
    return money and not counted and bool(column.number_sql) and not column.time_sql and column.high > 0
