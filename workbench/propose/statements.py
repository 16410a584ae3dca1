"""What a table states beside its columns: status words, currency, cents, merged accounts, what an end date means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.amounts_by_values import cents_by_others, for_one_by_plan
from workbench.propose.coded_status import Names, names_of_codes, with_names
from workbench.propose.doubts import SAME, Choice, Doubt
from workbench.propose.doubts_of_source import currency_of_amount
from workbench.propose.folder_evidence import Evidence
from workbench.propose.mapped import Mapped
from workbench.propose.month_files import PICTURE
from workbench.propose.months_below import ask_of_months
from workbench.propose.naming import means, words
from workbench.propose.paid_before import paid_before_the_end
from workbench.propose.price_by_term import price_by_term
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawColumn, RawTable
from workbench.propose.row_rates import with_row_rates
from workbench.propose.same_money import once_only
from workbench.propose.status import (
    Found,
    attendance,
    charge_status,
    made_for_tests,
    sale_kinds,
    sale_status,
    subscription_status,
    words_for_ends,
)
from workbench.propose.status_beside import refused_beside
from workbench.propose.status_words import Action
from workbench.propose.terms_ahead import with_terms_of_live, without_terms_ahead
from workbench.propose.todays_price import free_of_charge, price_of_today

_STILL_TO_PAY = (
    "past_due|past due|overdue|unpaid|open|pending|awaiting payment|not paid|payment pending|offen|überfällig|"
    "openstaand|vervallen|en attente|impayée|échue|pendiente|pendente|in attesa|scaduta|da pagare|beklemede|"
    "ödenmedi|nieopłacona|obetald|ubetalt|nezaplaceno"
)
_OWED = set(_STILL_TO_PAY.split("|"))
"""What is written beside an invoice that is still to be paid."""
_NEXT_DAY = 0.9
"""A share of ends that lie one day before the next start, or on it, from which on it is a rule."""


def with_statements(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the table with what it states, each with its reason, and the doubts about it."""
    raw = evidence.tables[table.file]
    table = replace(table, more=tuple(with_statements(con, evidence, part) for part in table.more))
    table = for_one_by_plan(con, raw, cents_by_others(evidence, table))
    table = _status(con, raw, _ends_of_terms(con, raw, table), names_of_codes(con, evidence, raw))
    table = without_terms_ahead(con, raw, ask_of_months(con, raw, with_terms_of_live(con, table)))
    for state in (
        paid_before_the_end, once_only, _currency, with_row_rates, _unit, _merged, _undated, _unended, _end_days,
        price_by_term, price_of_today, free_of_charge,
    ):  # fmt: skip
        table = state(con, raw, table)
    return table


def _ends_of_terms(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """Read as the end of the term what only subscriptions have that were not cancelled, and what is still to come."""
    notice, end = table.columns.get("cancelled_at"), table.columns.get("ended_at")
    if table.table != "subscriptions" or notice is None or end is None or "renews_at" in table.columns:
        return table
    given, ends, start = (f"TRY_CAST({m.sql} AS TIMESTAMP)" for m in (notice, end, table.columns["started_at"]))
    row = con.execute(
        f"SELECT count({given}), count({ends}), count(*) FILTER ({given} IS NOT NULL AND {ends} IS NOT NULL), "
        f"min({ends}) > greatest(max({given}), max({start})) FROM {table.rows}"
    ).fetchone() or (0, 0, 0, False)
    if not row[0] or not row[1] or row[2] or not row[3]:
        return table
    columns = {name: mapped for name, mapped in table.columns.items() if name != "ended_at"}
    term = replace(end, doubts=tuple(d for d in end.doubts if d.topic != "end"))
    text = f"{' '.join(end.raw)} stands only where nothing was cancelled, and lies ahead: it is the end of the term"
    doubt = Doubt("term", text, "service", (Choice("the end of the term"), Choice("left out", "")))
    return replace(table, columns={**columns, "renews_at": term.doubted(doubt)})


def _status(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, names: Names) -> TableProposal:
    """State what each word, or the code that stands for it, means in the columns that say whether a row counts."""
    stated, unknown = list[object](table.statuses), dict[int, list[str]]()
    for column, read in _read_columns(with_names(raw, names), table):
        actions = refused_beside(con, raw, table, column, read)
        if _all_for_tests(column, actions):
            text = f"{column.name} marks nearly all rows as made for tests; they are taken all the same"
            table = replace(table, doubts=(*table.doubts, Doubt(f"tests {column.name}", text, "status")))
            continue
        said = actions
        if column.name in names:
            said = {code: actions[names[column.name].get(code, code)] for code in raw[column.name].values}
        if None in said.values():
            unknown[len(stated)] = [word for word, action in said.items() if action is None]
        if PICTURE in table.select:  # who has left already has no service in that month
            said = {word: "refuse" if action == "cancelled" else action for word, action in said.items()}
        values = {word: action or "keep" for word, action in said.items()}
        stated.append({"column": _of_whole_order(raw, table, column), "values": values})
        table = replace(table, doubts=(*table.doubts, *_doubt_of_words(column, actions)))
    if table.table == "subscriptions" and not stated:
        stated += [{"column": column, "values": values} for column, values in words_for_ends(raw)]
    if not stated:
        return table
    table = table.with_stated("status", stated[0] if len(stated) == 1 else stated, "read from its words")
    return _with_readings_of_unknown(table, unknown)


def _with_readings_of_unknown(table: TableProposal, unknown: dict[int, list[str]]) -> TableProposal:
    """Offer to set aside the rows whose words nobody knows, by the place of their column; where one column has some."""
    if len(unknown) != 1:
        return table
    ((place, words),) = unknown.items()
    readings = {"refuse": "set aside"}
    if table.table == "subscriptions":
        readings["cancelled"] = "of subscriptions that were cancelled"
    groups = [words, words[1:]] if len(words) > 1 else [words]  # the most frequent word may be the one that counts
    choices = (
        Choice(f"{', '.join(words)}: these rows are kept"),
        *(
            Choice(
                f"{', '.join(some)}: they are {label}",
                setting=(f"{table.table}.status", _read_as(table, place, some, action)),
            )
            for action, label in readings.items()
            for some in groups
        ),
    )
    doubts = tuple(replace(d, choices=choices) if _UNKNOWN in d.text else d for d in table.doubts)
    return replace(table, doubts=doubts)


_MOST_FOR_TESTS = 0.5


def _all_for_tests(column: RawColumn, actions: dict[str, Action | None]) -> bool:
    refused = sum(column.values[word] for word, action in actions.items() if action == "refuse")
    return refused > _MOST_FOR_TESTS and set(actions.values()) <= {"keep", "refuse"} and column.flag


def _read_columns(raw: RawTable, table: TableProposal) -> list[Found]:
    owed = _OWED if table.table == "invoices" or _are_invoices(table) else ()  # a sale that is owed is one all the same
    finders: dict[str, Callable[[RawTable], Found | None]] = {
        **dict.fromkeys(("orders", "invoices"), partial(sale_status, owed=owed)),
        **{"charges": charge_status, "events": attendance, "subscriptions": subscription_status},
    }
    find = finders.get(table.table)
    found = find(raw) if find else None
    columns = [found] if found else []
    if table.table == "orders" and means(table.file, "charge"):  # a payment that is open was not made
        columns = [(c, {w: "refuse" if w == "open" and not a else a for w, a in of.items()}) for c, of in columns]
    if table.table in ("orders", "invoices"):
        kinds = sale_kinds(raw)
        credits = any("credit" in actions.values() for _, actions in kinds)
        columns = [(column, _kept(actions) if credits else actions) for column, actions in columns]
        columns += [(column, _kept(actions, "credit")) for column, actions in kinds] if _on_two_sides(table) else kinds
    columns += made_for_tests(raw) if table.table != "customers" else []
    return list({column.name: (column, actions) for column, actions in columns[::-1]}.values())[::-1]


def _are_invoices(table: TableProposal) -> bool:
    order = table.columns.get("order_id")
    named = (table.file, *(order.raw if order is not None else ()))
    return table.table == "orders" and any(means(name, "invoice") for name in named)


def _on_two_sides(table: TableProposal) -> bool:
    """Whether the amount is debit less credit: what takes back is negative already, whatever its kind is called."""
    amount = table.columns.get("amount")
    return amount is not None and any(doubt.topic == "sides" for doubt in amount.doubts)


def _kept(actions: dict[str, Action | None], back: Action = "return") -> dict[str, Action | None]:
    """A sale that has a row of its own for its refund is not taken back by its status once more."""
    return {word: "keep" if action == back else action for word, action in actions.items()}


def _read_as(table: TableProposal, place: int, words: list[str], action: str) -> object:
    """Return what the table states of its status columns, with some words of one of them read otherwise."""
    stated: list[object] = list(table.statuses)
    status = table.statuses[place]
    stated[place] = {**status, "values": {**status["values"], **dict.fromkeys(words, action)}}
    return stated[0] if len(stated) == 1 else stated


_UNKNOWN = "nothing is known of"


def _doubt_of_words(column: RawColumn, actions: dict[str, Action | None]) -> list[Doubt]:
    odd = [f"{word}: {action}" for word, action in actions.items() if action in ("refuse", "return", "credit")]
    unknown = [word for word, action in actions.items() if action is None]
    if not odd and not unknown:
        return []
    back = sum(column.values[word] for word, action in actions.items() if action in ("refuse", "return", "credit"))
    share = back * column.filled / column.rows
    said = f"the words of {column.name} set aside or take back {share:.0%} of the rows: {', '.join(odd)}" if odd else ""
    kept = f"{_UNKNOWN} {', '.join(unknown)} in {column.name}: these rows are kept" if unknown else ""
    return [Doubt(f"status {column.name}", "; ".join(filter(None, (said, kept))), "status")]


def _of_whole_order(raw: RawTable, table: TableProposal, column: RawColumn) -> str:
    """A status on an order's first line only is that of all its lines."""
    order = table.columns.get("order_id")
    if order is None or column.filled == raw.rows or not order.raw or raw[order.raw[0]].unique == 1:
        return identifier(column.name)
    return f"max({identifier(column.name)}) OVER (PARTITION BY {order.sql})"


def _currency(_: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    has_amount = any(contract.TABLES[table.table][name].type == "amount" for name in table.columns)
    named = currency_of_amount(raw, table)
    column = named or next((c for c in raw.columns if c.is_currency), None)
    if column is None or not has_amount or (len(column.values) < 2 and named is None):
        return table
    column = _base_currency(raw, table) or column
    listed = ", ".join(f"{code.upper()} {share:.0%}" for code, share in column.values.items())
    return table.with_stated("currency_column", identifier(column.name), listed)


def _base_currency(raw: RawTable, table: TableProposal) -> RawColumn | None:
    """Return the column of a shop's own currency, where the amounts are those that it changes into it."""
    columns = [m for name, m in table.columns.items() if contract.TABLES[table.table][name].type == "amount"]
    taken = any("base" in words(name) for mapped in columns for name in mapped.raw)
    return next((c for c in raw.columns if taken and c.is_currency and "base" in words(c.name)), None)


def _unit(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """State cents once for the table where all its amounts may be cents; else each is divided by itself."""
    amounts = [name for name in table.columns if contract.TABLES[table.table][name].type == "amount"]
    doubts = {name: d for name in amounts for d in table.columns[name].doubts if d.topic == "cents"}
    if not amounts or len(doubts) < len(amounts):
        return table
    columns = dict(table.columns)
    for name, doubt in doubts.items():
        columns[name] = _with_unit(con, table, name, doubt)
    table = replace(table, columns=columns)
    if all(doubt.choices[0].step == SAME for doubt in doubts.values()):
        return table
    return table.with_stated("unit", "cents", "by the name of the amount")


def _with_unit(con: duckdb.DuckDBPyConnection, table: TableProposal, name: str, doubt: Doubt) -> Mapped:
    """Let the answer state the unit of the table, instead of dividing in the column's SQL."""
    mapped = table.columns[name]
    value = identifier(mapped.raw[-1])
    rows = con.execute(
        f"SELECT DISTINCT {value}::VARCHAR FROM {table.rows} WHERE {value} IS NOT NULL ORDER BY 1 LIMIT 3"
    ).fetchall()
    values = [str(row[0]) for row in rows]
    choices = tuple(
        Choice(
            choice.label,
            setting=(f"{table.table}.unit", "" if choice.step == SAME else "cents"),
            shown=tuple(v if choice.step == SAME else f"{v} -> {_hundredth(v)}" for v in values),
        )
        for choice in doubt.choices
    )
    steps = tuple((topic, SAME if topic == "cents" else step) for topic, step in mapped.steps)
    doubts = tuple(replace(d, choices=choices) if d.topic == "cents" else d for d in mapped.doubts)
    return replace(mapped, steps=steps, doubts=doubts)


def _hundredth(value: str) -> str:
    return f"{int(value) / 100:,.2f}" if re.fullmatch(r"-?\d+", value) else "a hundredth"


def _merged(_: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    if table.table != "customers":
        return table
    for column in raw.columns:
        named = words(column.name)
        if column.filled and ({"master", "merged", "survivor"} & named) and not column.flag:
            table = table.with_stated("merged_into", identifier(column.name), "the account that another one became")
        if column.flag and "deleted" in named and "true" in {*column.values} | {v for v in column.values if v in "1ty"}:
            table = table.with_stated("deleted", identifier(column.name), "accounts that were deleted")
    return table


def _undated(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Ask what a cancelled subscription without any date means."""
    status = next((one for one in table.statuses if "cancelled" in one["values"].values()), None)
    if table.table != "subscriptions" or status is None:
        return table
    column, values = status["column"], status["values"]
    left = ", ".join(literal(word) for word, action in values.items() if action == "cancelled")
    dates = [table.columns[name].sql for name in ("cancelled_at", "ended_at") if name in table.columns]
    if not left:
        return table
    none = " AND ".join(f"nullif(trim(({sql})::VARCHAR), '') IS NULL" for sql in dates) or "true"
    rows = _count(con, f"SELECT count(*) FROM {table.rows} WHERE lower(trim({column})) IN ({left}) AND {none}")
    if not rows:
        return table
    if (day := _day_of_leavers(con, raw, table, f"lower(trim({column})) IN ({left})")) is not None:
        return day
    text = "1 cancelled subscription has no date; it is taken to have ended at its last activity"
    if rows > 1:
        text = f"{rows:,} cancelled subscriptions have no date; they are taken to have ended at their last activity"
    place = "subscriptions.cancelled_without_date"
    choices = tuple(
        Choice(label, setting=(place, value))
        for label, value in (
            ("the customer's last activity", "last_activity"),
            ("the end of the term", "end_of_term"),
            ("the day of the export", "export_day"),
            ("left out", "leave_out"),
        )
    )
    doubt = Doubt("undated", text, "status", choices)
    return table.with_stated("cancelled_without_date", "last_activity", f"{rows:,} rows", doubt)


def _day_of_leavers(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, gone: str
) -> TableProposal | None:
    """Return the table with the end of service read from the date that only cancelled subscriptions have, if any."""
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    for column in (c for c in raw.columns if c.time_sql and not c.empty and c.name not in used):
        at = f"TRY_CAST({column.time_sql} AS TIMESTAMP)"
        shares = f"count({at}) FILTER ({gone}), count(*) FILTER ({gone}), count({at})"
        of_gone, all_gone, dated = con.execute(f"SELECT {shares} FROM {table.rows}").fetchone() or (0, 0, 0)
        if not of_gone or of_gone < _MOST_OF_LEAVERS * all_gone or of_gone < _MOST_OF_LEAVERS * dated:
            continue
        end = Mapped(f"CASE WHEN {gone} THEN {column.time_sql} END", (column.name,), 0.6, "only who left has it")
        text = f"{column.name} stands beside cancelled subscriptions and hardly any other: it is taken for their end"
        choices = (Choice(f"ended on {column.name}"), Choice("at their last activity", ""))
        unmapped = {name: why for name, why in table.unmapped.items() if name != column.name}
        columns = {**table.columns, "ended_at": end.doubted(Doubt("undated", text, "status", choices))}
        ordered = {name: columns[name] for name in contract.TABLES[table.table].names if name in columns}
        return replace(table, columns=ordered, unmapped=unmapped)
    return None


_MOST_OF_LEAVERS = 0.9
"""A share of the cancelled subscriptions that have a date, and of the dates that are theirs, from which on it is that
of their end."""


def _unended(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """Ask until when service lasted after a notice beside which no end stands, though a month has passed."""
    needed = [table.columns.get(name) for name in ("started_at", "cancelled_at", "ended_at")]
    if table.table != "subscriptions" or not all(needed):
        return table
    start, notice, end = (f"TRY_CAST({mapped.sql} AS TIMESTAMP)" for mapped in needed if mapped)
    dated = f"SELECT {start} AS s, {notice} AS n, {end} AS e FROM {table.rows}"
    last = f"(SELECT max(greatest(s, n)) FROM ({dated}))"
    rows = _count(con, f"SELECT count(*) FROM ({dated}) WHERE e IS NULL AND n < {last} - INTERVAL 1 MONTH")
    if not rows:
        return table
    text = f"{rows:,} subscriptions have a notice and no end of service; service is taken to end with their term"
    choices = tuple(
        Choice(label, setting=("subscriptions.notice_without_end", value))
        for label, value in (
            ("the end of the term", "end_of_term"),
            ("the day of the notice", "notice"),
            ("service goes on", "goes_on"),
            ("left out", "leave_out"),
        )
    )
    return table.with_stated(
        "notice_without_end", "end_of_term", f"{rows:,} rows", Doubt("unended", text, "service", choices)
    )


def _end_days(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """State whether an end without a time is the last day of service, from where the next term begins."""
    needed = [table.columns.get(name) for name in ("customer_id", "started_at", "ended_at")]
    if table.table != "subscriptions" or not all(needed):
        return table
    customer, start, end = (mapped.sql for mapped in needed if mapped)
    if raw[table.columns["ended_at"].raw[0]].has_clock:
        return table
    next_start = (
        f"lead(TRY_CAST({start} AS TIMESTAMP)) OVER (PARTITION BY {customer} ORDER BY TRY_CAST({start} AS TIMESTAMP))"
    )
    gaps = (
        f"SELECT date_diff('day', TRY_CAST({end} AS TIMESTAMP), {next_start}) AS gap FROM {table.rows} "
        "QUALIFY gap IN (0, 1)"
    )
    row = con.execute(f"SELECT count(*) FILTER (gap = 1), count(*) FROM ({gaps})").fetchone() or (0, 0)
    after, all_ = int(row[0]), int(row[1])
    last, first = (
        Choice("the last day of service", setting=(_END, "last_day_of_service")),
        Choice("the first day without", setting=(_END, "first_day_without")),
    )
    if all_ and (after >= _NEXT_DAY * all_ or after <= (1 - _NEXT_DAY) * all_):
        value = "last_day_of_service" if after >= _NEXT_DAY * all_ else "first_day_without"
        count = after if after >= _NEXT_DAY * all_ else all_ - after
        when = "one day after" if value == "last_day_of_service" else "on"
        return table.with_stated("ended_at_is", value, f"{count:,} of {all_:,} next terms begin {when} the end")
    if not all_:
        return table
    text = (
        f"an end without a time may be the last day of service or the first without: {after:,} of {all_:,} are the last"
    )
    return table.with_stated(
        "ended_at_is", "last_day_of_service", text, Doubt("end_day", text, "service", (last, first))
    )


_END = "subscriptions.ended_at_is"


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
