"""All that is known of a folder's files before they are matched to tables: what they hold and how they refer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.id_maps import id_maps, with_second_ids
from workbench.propose.fitting.links import Link, find_links, one_way, shared_customers
from workbench.propose.fitting.price_lists import with_listed_prices
from workbench.propose.fitting.prices_paid import with_last_payments
from workbench.propose.fitting.same_shape import same_shape
from workbench.propose.raw_files.day_order import with_day_order
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable, profile_table
from workbench.propose.raw_files.samples import seen
from workbench.propose.row_status.status import COMES_IN, says_what_a_row_is
from workbench.propose.shapes.months_across import with_earlier_files_closed
from workbench.propose.shapes.reshape import lines_of_orders, replace_relation, reshaped
from workbench.propose.words.naming import means, table_likeness, words
from workbench.propose.words.status_words import of_kind
from workbench.sources import CODES, TITLES


@dataclass
class Examined:
    """The evidence, the SELECT of each file that needs one, and why the other files are not used."""

    evidence: Evidence
    selects: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)


def examine(con: duckdb.DuckDBPyConnection, problems: dict[str, str], names: list[str]) -> Examined:
    """Return what the relations of ``names`` hold; ``problems`` has the files that could not be opened."""
    tables, unused = [], dict(problems)
    opened = [name for name in names if name not in problems]
    selects = with_earlier_files_closed({name: select for name in opened if (select := reshaped(con, name))})
    _note_currencies(con, list(selects))
    for name in opened:
        table = profile_table(con, name, selects.get(name, ""))
        if len(table.columns) < 2 or table.rows == 0:
            unused[name] = "has no rows" if table.rows == 0 else "has a single column"
        else:
            tables.append(table)
    tables = with_day_order(con, tables)
    links = find_links(con, tables)
    tables, heads = _with_lines_joined(con, tables, selects, links)
    tables, prices = _with_prices_joined(con, tables, selects, links)
    tables, paid = _with_payments_joined(con, tables, selects, links)
    labels, maps = labels_of(tables), id_maps(tables, links)
    if (shapes := same_shape([t for t in tables if t.name not in heads | maps], labels)) or heads or prices or paid:
        links = find_links(con, tables, shapes)
    links = with_second_ids(con, tables, one_way(links, labels))
    shared = shared_customers(con, tables)
    by_name = {t.name: t for t in tables}
    evidence = Evidence(by_name, links, labels, shared, heads, shapes, refund_files(labels, by_name), prices, maps)
    return Examined(evidence, selects, unused)


def _note_currencies(con: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """Keep the currencies that headers state, as in MRR (USD), as titles: reshaped rows have columns of other names."""
    for name in names:
        headers = [row[0] for row in con.execute(f"DESCRIBE {identifier(name)}").fetchall()]
        for found in filter(None, (re.search(r"\(([A-Z]{3})\)", header) for header in headers)):
            if found[1] in CODES:
                con.execute(f"INSERT INTO {TITLES} VALUES (?, ?)", [name, found[0]])


def _with_lines_joined(
    con: duckdb.DuckDBPyConnection, tables: list[RawTable], selects: dict[str, str], links: list[Link]
) -> tuple[list[RawTable], set[str]]:
    """Join the lines of orders with their orders, when only both together are orders with amounts."""
    found = lines_of_orders(tables, links, labels_of(tables)) if len(tables) > 1 else None
    return _joined(con, tables, selects, found)


def _with_prices_joined(
    con: duckdb.DuckDBPyConnection, tables: list[RawTable], selects: dict[str, str], links: list[Link]
) -> tuple[list[RawTable], set[str]]:
    """Join subscriptions or orders that have no amount with the list of the prices of their plans or products."""
    found = with_listed_prices(tables, links, labels_of(tables)) if len(tables) > 1 else None
    joined, prices = _joined(con, tables, selects, found)
    own = {t.name: {c.name for c in t.columns} for t in tables}
    return [replace(t, listed=frozenset({c.name for c in t.columns} - own[t.name])) for t in joined], prices


def _with_payments_joined(
    con: duckdb.DuckDBPyConnection, tables: list[RawTable], selects: dict[str, str], links: list[Link]
) -> tuple[list[RawTable], bool]:
    """Give subscriptions without an amount what was last paid for them; the payments remain a table of their own."""
    found = with_last_payments(con, tables, links, labels_of(tables)) if len(tables) > 1 else None
    if found is None:
        return tables, False
    joined, other = _joined(con, tables, selects, (found[0], "", found[1]))
    return joined, bool(other)


def _joined(
    con: duckdb.DuckDBPyConnection,
    tables: list[RawTable],
    selects: dict[str, str],
    found: tuple[str, str, str] | None,
) -> tuple[list[RawTable], set[str]]:
    """Let the rows found be what their SELECT gives; return the tables, and the file that they are joined with."""
    if found is None or found[1] in selects:
        return tables, set()
    rows, other, select = found
    own = f"FROM {identifier(rows)} AS "
    con.execute(f"DROP TABLE {seen(rows)}")
    if rows in selects:  # rows made of others, as of objects within objects, stay as they came
        selects[rows] = select.replace(own, f"FROM ({selects[rows]}) AS ")
        profiled = profile_table(con, rows, selects[rows])
    else:
        selects[rows] = select
        replace_relation(con, rows, select)
        profiled = profile_table(con, rows)
    return [profiled if t.name == rows else t for t in tables], {other}


def refund_files(labels: dict[str, str], tables: Mapping[str, RawTable]) -> frozenset[str]:
    """Return the files whose names or kinds say that all rows are refunds, returns or credit notes; none where all are.

    >>> sorted(refund_files({"orders": "orders", "credit_notes_2024": "credit_notes_2024"}, {}))
    ['credit_notes_2024']
    """
    found = frozenset(
        name
        for name in labels
        if any(_takes_back(text) for text in (name, labels[name]))
        or (
            name in tables
            and _holds_money(tables[name])
            and any(map(_says_of_all_that_they_take_back, tables[name].columns))
        )
    )
    return found if len(found) < len(labels) else frozenset()


def _takes_back(name: str) -> bool:
    return means(name, "return") or not words(name).isdisjoint(("chargeback", "chargebacks"))


def _says_of_all_that_they_take_back(column: RawColumn) -> bool:
    """Whether a column of kinds or actions knows refunds, credits and chargebacks alone."""
    named = says_what_a_row_is(column.name) or "action" in words(column.name)
    whole = 0 < len(column.values) == column.distinct and column.filled == column.rows
    if column.values.keys() <= COMES_IN or any("reverse" in value for value in column.values):
        return False  # one side of an account; a chargeback that was reversed is paid after all
    return named and whole and all(of_kind(value, column.values) == "credit" for value in column.values)


def _holds_money(table: RawTable) -> bool:
    """Whether rows have an amount, which the return of a book has not."""
    return any(c.number_sql and not c.time_sql and means(c.name, "amount") for c in table.columns)


def labels_of(tables: list[RawTable]) -> dict[str, str]:
    """Return file names without the words that all of them share, such as the company's name.

    A name whose other words name no table keeps them all: two files of orders share that very word.
    """
    split = {t.name: t.name.split("_") for t in tables}
    shared = set.intersection(*(set(words) for words in split.values())) if len(tables) > 1 else set()
    own = {name: "_".join(w for w in words if w not in shared) for name, words in split.items()}
    named = {name for name, label in own.items() if any(table_likeness(label, t) for t in contract.TABLES)}
    return {name: label if name in named else name for name, label in own.items()}
