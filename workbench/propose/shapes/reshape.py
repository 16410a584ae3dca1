"""SELECTs that make columns of what a file holds otherwise: words parted by spaces, JSON objects, orders and lines."""

from __future__ import annotations

import re

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.fitting.fit import column_fit
from workbench.propose.fitting.links import Link
from workbench.propose.raw_files.month_files import month_of_file
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.shapes.came_back import times_of_service
from workbench.propose.shapes.group_headings import with_headings
from workbench.propose.shapes.months_across import paid_months
from workbench.propose.shapes.months_below import month_rows
from workbench.propose.shapes.movements import from_movements, from_transactions
from workbench.propose.shapes.opt_ins import opt_ins
from workbench.propose.shapes.outline import with_outline
from workbench.propose.shapes.price_and_period import priced_per_period
from workbench.propose.words.naming import means, table_likeness, words

_MOST_KEYS = 60
_SAMPLE = 1000
_MOST_OF_A_PAUSE = 8
"""Columns of a list of pauses: a list of subscriptions that have pauses among their dates has more."""


def reshaped(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return the SELECT that gives a relation the columns it means to have; empty when it has them."""
    columns = [row[0] for row in con.execute(f"DESCRIBE {identifier(name)}").fetchall()]
    if len(columns) == 1:
        return _parted_by_spaces(con, name, columns[0])
    return (
        month_of_file(name, columns)
        or paid_months(con, name, columns)
        or month_rows(con, name, columns)
        or from_movements(con, name, columns)
        or from_transactions(con, name, columns)
        or times_of_service(con, name, columns)
        or with_headings(con, name, columns)
        or with_outline(con, name, columns)
        or _objects(con, name, columns)
        or _with_counterparty(con, name, columns)
        or _with_subscribers(con, name, columns)
        or _last_versions(con, name, columns)
        or _pauses(name, columns)
        or opt_ins(con, name, columns)
        or priced_per_period(con, name, columns)
    )


def _last_versions(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Keep the last version of each subscription, where a file holds one row per version."""
    version = next((c for c in columns if "version" in words(c)), None)
    keys = [c for c in columns if means(c, "subscription") and any(means(c, m) for m in ("id", "name", "invoice"))]
    for key in keys if version else []:
        rows, ids, pairs = con.execute(
            f"SELECT count(*), count(DISTINCT {identifier(key)}), count(DISTINCT ({identifier(key)}, "
            f"{identifier(str(version))})) FROM {identifier(name)}"
        ).fetchone() or (0, 0, 0)
        if ids < rows == pairs:
            last = f"TRY_CAST({identifier(str(version))} AS INTEGER) DESC"
            return (
                f"SELECT * FROM {identifier(name)} "
                f"QUALIFY row_number() OVER (PARTITION BY {identifier(key)} ORDER BY {last}) = 1"
            )
    return ""


_RESUMED = {
    "resumed",
    "resume",
    "return",
    "returned",
    "unfrozen",
    "unfreeze",
    "reactivated",
    "restart",
    "restarted",
    "back",
}
"""Words of the date on which a pause ended."""


def _pauses(name: str, columns: list[str]) -> str:
    """Make two rows of each pause, one when it began and one when it ended."""
    if not any(means(label, "pause") for label in (name, *columns)) or len(columns) > _MOST_OF_A_PAUSE:
        return ""
    if not means(name, "pause") and any(means(c, "price") or means(c, "amount") for c in columns):
        return ""  # what is paid for, with a pause of its own
    resumed = [c for c in columns if words(c) & _RESUMED]
    begins = [c for c in columns if means(c, "start") and not means(c, "signup") and c not in resumed]
    begins = begins or [c for c in columns if _is_of_rest(c) and words(c) & {"at", "on", "date"} and c not in resumed]
    ends = [c for c in columns if means(c, "end") and c not in begins] or resumed
    if len(begins) != 1 or len(ends) != 1:
        return ""
    rest = ", ".join(identifier(c) for c in columns if c not in (begins[0], ends[0]))
    start, end = (f"nullif(trim({identifier(c)}::VARCHAR), '')" for c in (begins[0], ends[0]))
    return (
        f"SELECT {rest}, {start} AS changed_at, 'paused' AS change FROM {identifier(name)} "
        f"UNION ALL SELECT {rest}, {end}, 'resumed' FROM {identifier(name)} WHERE {end} IS NOT NULL"
    )


def _is_of_rest(name: str) -> bool:
    return means(name, "pause") or "paused" in words(name)


def is_pauses(raw: RawTable) -> bool:
    """Return whether a file holds pauses, as they are made here."""
    return any(c.name == "change" and set(c.values) == {"paused", "resumed"} for c in raw.columns)


def replace_relation(con: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    """Let a relation be what the SELECT over it gives."""
    before = identifier("as it came")
    kind = con.execute("SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]).fetchone()
    if kind and kind[0] == "VIEW":
        con.execute(f"CREATE TABLE {before} AS FROM {identifier(name)}; DROP VIEW {identifier(name)}")
    else:
        con.execute(f"ALTER TABLE {identifier(name)} RENAME TO {before}")
    con.execute(f"CREATE TABLE {identifier(name)} AS {select.replace(identifier(name), before)}")
    con.execute(f"DROP TABLE {before}")


def _parted_by_spaces(con: duckdb.DuckDBPyConnection, name: str, header: str) -> str:
    words = header.split()
    if len(words) < 2:
        return ""
    parts = f"regexp_split_to_array(trim({identifier(header)}), '\\s+')"
    fits = con.execute(f"SELECT avg((len({parts}) = {len(words)})::INT) FROM {identifier(name)}").fetchone()
    if not fits or (fits[0] or 0) < 0.99:
        return ""
    cut = ", ".join(f"parts[{i}] AS {identifier(word)}" for i, word in enumerate(words, start=1))
    return f"SELECT {cut} FROM (SELECT {parts} AS parts FROM {identifier(name)})"


def _objects(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Make a column of each value within the objects that columns hold, and within lists of one object each."""
    taken, whole = list[str](), list[str]()
    braces = ", ".join(f"bool_or({identifier(column)}::VARCHAR LIKE '{{%')" for column in columns)
    holding = con.execute(f"SELECT {braces} FROM {identifier(name)}").fetchone() or ()
    for column in (c for c, holds in zip(columns, holding, strict=True) if holds):
        if found := _within(con, name, column, "$", column, _DEEPEST):
            taken, whole = [*taken, *found], [*whole, identifier(column)]
    rest = f" EXCLUDE ({', '.join(whole)})"
    return f"SELECT *{rest}, {', '.join(taken)} FROM {identifier(name)}" if taken else ""


_DEEPEST = 5
"""Steps from a column to a value: items, its list, the price, its period, and how long that is."""


def _within(con: duckdb.DuckDBPyConnection, name: str, column: str, path: str, label: str, steps: int) -> list[str]:
    """Return SQL for each value within the objects at a path of a column; none where it holds no objects."""
    keys = _keys_of(con, name, _at(column, path)) if steps else []
    if "data" in keys and _is_list_of_one(con, name, _at(column, f'{path}."data"')):
        keys = ["data"]  # what stands beside a page of a list is about the page
    found = list[str]()
    for key in (k for k in keys if k != "object"):  # names the kind of object, as Stripe does
        inner = f"{path}.{_quoted(key)}"
        listed = _is_list_of_one(con, name, _at(column, inner))
        place = label if listed and key == "data" else f"{label}.{key}"
        deeper = _within(con, name, column, inner + "[0]" * listed, place, steps - 1)
        found += deeper or [f"{_at(column, inner)} AS {identifier(place)}"]
    return found


def _at(column: str, path: str) -> str:
    return f"json_extract_string({identifier(column)}, {literal(path)})"


def _is_list_of_one(con: duckdb.DuckDBPyConnection, name: str, text: str) -> bool:
    """Whether all lists hold one object: of several, nobody knows which one is meant."""
    lists = f"(SELECT {text} AS v FROM {identifier(name)} WHERE {text} LIKE '[{{%' LIMIT {_SAMPLE})"
    row = con.execute(f"SELECT max(json_array_length(v)) FROM {lists} WHERE json_valid(v)").fetchone()
    return row is not None and row[0] == 1


_SENDERS = ("from", "sender", "payer")
_RECEIVERS = ("to", "recipient", "receiver", "payee")
_OWN_SHARE = 0.8
"""A share of the rows in which the company itself pays or is paid, from which on the other one is the customer."""


def _with_counterparty(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Add the customer of each payment: the other one than the company itself, which stands in nearly every row."""
    for sender, receiver, rest in _parties(columns):
        parties = " UNION ALL ".join(
            f"SELECT lower(trim({identifier(c)}::VARCHAR)) AS party FROM {identifier(name)}" for c in (sender, receiver)
        )
        own = con.execute(
            f"SELECT party FROM ({parties}) WHERE party <> '' GROUP BY 1 "
            f"HAVING count(*) >= {_OWN_SHARE} * (SELECT count(*) FROM {identifier(name)}) ORDER BY count(*) DESC, 1"
        ).fetchone()
        if own:
            paid = f"CASE WHEN lower(trim({identifier(sender)}::VARCHAR)) = {literal(own[0])}"
            other = f"{paid} THEN {identifier(receiver)} ELSE {identifier(sender)} END"
            return f"SELECT *, {other} AS {identifier('customer ' + rest)} FROM {identifier(name)}"
    return ""


_RENEWED = "GPA[.][0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4,5}([.][.][0-9]+)?"
"""The number of an order in Google Play: what stands behind two points counts the renewals of one subscription."""


def _with_subscribers(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Add the subscriber of each order where nobody is named, but a subscription's renewals carry its number."""
    if any(words(column) & {"user", "customer", "account", "client"} for column in columns):
        return ""
    values = {column: f"trim({identifier(column)}::VARCHAR)" for column in columns}
    begins = ", ".join(f"bool_or(starts_with({value}, 'GPA.'))" for value in values.values())
    there = con.execute(f"SELECT {begins} FROM {identifier(name)}").fetchone() or ()
    for value in (value for value, begun in zip(values.values(), there, strict=True) if begun):
        shares = f"SELECT avg(regexp_full_match({value}, '{_RENEWED}')::INT) FROM {identifier(name)}"
        if ((con.execute(shares).fetchone() or (0,))[0] or 0) >= _OWN_SHARE:
            return f"SELECT *, split_part({value}, '..', 1) AS {identifier('subscriber id')} FROM {identifier(name)}"
    return ""


def _parties(columns: list[str]) -> list[tuple[str, str, str]]:
    """Return the pairs of columns of who pays and who is paid, with the rest of their names."""
    split = {column: re.split(r"[\s_]+", column.lower()) for column in columns}
    return [
        (sender, receiver, " ".join(parts[1:]))
        for sender, parts in split.items()
        for receiver, others in split.items()
        if len(parts) > 1 and parts[1:] == others[1:] and parts[0] in _SENDERS and others[0] in _RECEIVERS
    ]


def _quoted(key: str) -> str:
    return f'"{key}"'


def _keys_of(con: duckdb.DuckDBPyConnection, name: str, value: str) -> list[str]:
    text = f"({value})::VARCHAR"
    some = f"(SELECT {text} AS v FROM {identifier(name)} WHERE {text} LIKE '{{%' LIMIT {_SAMPLE})"
    rows = con.execute(
        f"SELECT DISTINCT unnest(json_keys(v)) AS k FROM {some} WHERE json_valid(v) ORDER BY k LIMIT {_MOST_KEYS}"
    ).fetchall()
    return [row[0] for row in rows]


def lines_of_orders(tables: list[RawTable], links: list[Link], labels: dict[str, str]) -> tuple[str, str, str] | None:
    """Return lines, their orders, and the SELECT of both together: lines have the amounts, orders customer and date."""
    by_name = {t.name: t for t in tables}
    for link in sorted(links, key=lambda link: not _has_product(by_name[link.file])):
        lines, heads = by_name[link.file], by_name[link.parent]
        sounds = table_likeness(labels[heads.name], "orders") > 0.5
        if lines.name == heads.name or not sounds or link.contained < 0.8 or not _is_line(lines, heads):
            continue
        own = {c.name.lower() for c in lines.columns}
        more = [c.name for c in heads.columns if c.name.lower() not in own and c.name != link.key]
        added = ", ".join(f"heads.{identifier(c)}" for c in more)
        select = (
            f"SELECT lines.*, {added} FROM {identifier(lines.name)} AS lines "
            f"LEFT JOIN {identifier(heads.name)} AS heads ON lines.{identifier(link.column)}::VARCHAR "
            f"= heads.{identifier(link.key)}::VARCHAR"
        )
        return lines.name, heads.name, select
    return None


def _is_line(lines: RawTable, heads: RawTable) -> bool:
    dated = any(c.time_sql for c in heads.columns)
    of_nobody = not any(means(c.name, "customer") for c in lines.columns)
    return dated and of_nobody and _has_amount(lines) and not _has_amount(heads)


def _has_product(table: RawTable) -> bool:
    return any(means(c.name, "product") for c in table.columns)


def _has_amount(table: RawTable) -> bool:
    spec = contract.TABLES["orders"]
    return any(
        column_fit(c, table, spec, spec["amount"]) >= 0.5 and (means(c.name, "price") or means(c.name, "amount"))
        for c in table.columns
    )
