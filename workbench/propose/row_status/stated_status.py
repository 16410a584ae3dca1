"""What the words of a status mean for a table's rows: which count, which are set aside, which take back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import duckdb

from workbench.engines import identifier
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.month_files import PICTURE
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.row_status.cancelling_rows import cancelling_rows
from workbench.propose.row_status.coded_status import Names, with_names
from workbench.propose.row_status.status import (
    Found,
    attendance,
    charge_status,
    made_for_tests,
    sale_kinds,
    sale_status,
    subscription_status,
    words_for_ends,
)
from workbench.propose.row_status.status_beside import bounced_beside, refused_beside, second_status
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import Action
from workbench.sources import TRUE_WORDS

_STILL_TO_PAY = (
    "past_due|past due|overdue|unpaid|open|pending|awaiting payment|not paid|payment pending|offen|überfällig|"
    "openstaand|vervallen|en attente|impayée|échue|pendiente|pendente|in attesa|scaduta|da pagare|beklemede|"
    "ödenmedi|nieopłacona|obetald|ubetalt|nezaplaceno"
)
_OWED = set(_STILL_TO_PAY.split("|"))
"""What is written beside an invoice that is still to be paid."""


def with_status(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, names: Names) -> TableProposal:
    """State what each word, or the code that stands for it, means in the columns that say whether a row counts."""
    stated, unknown = list[object](table.statuses), dict[int, list[str]]()
    for column, read in _read_columns(with_names(raw, names), table):
        actions = bounced_beside(con, table, column, refused_beside(con, raw, table, column, read))
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
    already = [str(one["column"]) for one in stated if isinstance(one, dict)]
    flags = () if table.table != "orders" else cancelling_rows(con, raw, table, already)
    stated += [{"column": identifier(column.name), "values": actions} for column, actions in flags]
    if not stated:
        return table
    table = table.with_stated("status", stated[0] if len(stated) == 1 else stated, "read from its words")
    table = second_status(con, raw, _with_readings_of_unknown(table, unknown), _owed(table))
    return _asked_of_flags(table, [column for column, _ in flags])


def _asked_of_flags(table: TableProposal, flags: Sequence[RawColumn]) -> TableProposal:
    """Ask whether rows that cancel are sales all the same."""
    for column in flags:
        place = next(i for i, one in enumerate(table.statuses) if one["column"] == identifier(column.name))
        yes = [value for value in column.values if value in TRUE_WORDS]
        text = (
            f"{column.name} differs between the rows of one customer: {sum(column.values[v] for v in yes):.0%} of the "
            "rows cancel, and are taken for no sales"
        )
        kept = (f"{table.table}.status", _read_as(table, place, yes, "keep"))
        choices = (Choice("set aside"), Choice("sales all the same", setting=kept))
        table = replace(table, doubts=(*table.doubts, Doubt(f"status {column.name}", text, "status", choices)))
    return table


def _with_readings_of_unknown(table: TableProposal, unknown: dict[int, list[str]]) -> TableProposal:
    """Offer what words that nobody knows may say of their rows, by the place of their column, where one has some."""
    if len(unknown) != 1:
        return table
    ((place, words),) = unknown.items()
    readings = {"refuse": "set aside"}
    if table.table == "subscriptions":
        readings["cancelled"] = "of subscriptions that were cancelled"
    if table.table in ("orders", "invoices"):
        readings["return"] = "of sales that were taken back"
    groups = [words, words[1:]] if len(words) > 1 else [words]  # the most frequent word may be the one that counts
    if all(map(str.isdecimal, words)):  # of codes any one may be that of sales that did not take place
        alone = [[word] for word in words[1:]] if len(words) > len(groups) else []
        groups += [words[2:], *alone] if len(words) > len(groups) + 1 else alone
    groups = list({tuple(some): some for some in groups}.values())
    choices = (
        Choice(f"{', '.join(words)}: these rows are kept"),
        *(
            Choice(
                f"{', '.join(some)}: they are {label}",
                setting=(f"{table.table}.status", _read_as(table, place, some, action)),
            )
            for action, label in readings.items()
            for some in (groups if action == "refuse" else groups[:2])
        ),
    )
    doubts = tuple(replace(d, choices=choices) if _UNKNOWN in d.text else d for d in table.doubts)
    return replace(table, doubts=doubts)


_MOST_FOR_TESTS = 0.5


def _all_for_tests(column: RawColumn, actions: dict[str, Action | None]) -> bool:
    refused = sum(column.values[word] for word, action in actions.items() if action == "refuse")
    refused *= column.filled / column.rows
    return refused > _MOST_FOR_TESTS and set(actions.values()) <= {"keep", "refuse"} and column.flag


def _read_columns(raw: RawTable, table: TableProposal) -> list[Found]:
    owed = _owed(table)
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
    if table.table == "charges":  # what was paid back is no attempt to collect
        refunds = [(c, _paid_back(actions)) for c, actions in sale_kinds(raw) if "credit" in actions.values()]
        columns += [(c, actions) for c, actions in refunds if c.name not in [column.name for column, _ in columns]]
    columns += made_for_tests(raw) if table.table != "customers" else []
    return list({column.name: (column, actions) for column, actions in columns[::-1]}.values())[::-1]


def _owed(table: TableProposal) -> Collection[str]:
    """Return the words that say of invoices that they are still to be paid: what is owed is a sale all the same."""
    return _OWED if table.table == "invoices" or _are_invoices(table) else ()


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


def _paid_back(actions: dict[str, Action | None]) -> dict[str, Action | None]:
    return {word: "refuse" if action == "credit" else action for word, action in actions.items()}


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
    if (
        order is None
        or column.filled == raw.rows
        or words(column.name) & {"delet", "deleted"}
        or not order.raw
        or raw[order.raw[0]].unique == 1
    ):
        return identifier(column.name)
    return f"max({identifier(column.name)}) OVER (PARTITION BY {order.sql})"
