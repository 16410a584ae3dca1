"""Doubts about a source as a whole: currencies, no dates, a table that others need, an encoding that was assumed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.rates import base_currency, rates_file, without_rates
from workbench.propose.matching.left_over import of_nobody
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.month_files import recurring_id
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.sales.row_rates import own_currency
from workbench.propose.words.naming import means, words
from workbench.sources import CODES, TITLES, RawFile

_SIGNS_IN_NAMES = {"€": "EUR", "£": "GBP", "₺": "TRY", "zł": "PLN", "R$": "BRL", "₹": "INR", "₩": "KRW", "₽": "RUB"}
_CODE_IN_TITLE = re.compile(r"(?:(?:\b(?:in|en|em|currency|devise|moneda|valuta)|hrung)\b:? ?|\()([A-Z]{3})\b")
"""A code as titles state it, after a word for it or in brackets: ALL customers and TOP 100 are no money."""
_NAMES = {
    "euro": "EUR", "euros": "EUR", "us dollar": "USD", "us dollars": "USD", "pound sterling": "GBP",
    "british pound": "GBP", "swiss franc": "CHF", "yen": "JPY", "japanese yen": "JPY", "canadian dollar": "CAD",
    "australian dollar": "AUD", "złoty": "PLN", "zloty": "PLN", "svensk krona": "SEK", "schweizer franken": "CHF",
}  # fmt: skip
"""What columns of currencies call them that do not write codes."""
_WORDS_TOO = {"ALL", "TOP"}
_USUAL_SIGNS = {"$": "USD", "¥": "JPY", "￥": "JPY", "円": "JPY"}


def doubts_of_source(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...], files: dict[str, RawFile]
) -> Iterator[Doubt]:
    """Yield the doubts that no single column has."""
    yield from _undated(evidence, tables, files)
    yield from _missing(evidence, tables)
    yield from _currency_doubts(evidence, tables, in_titles(con))
    for name, file in files.items():
        if file.encoding:
            text = f"{name} is no UTF-8; it is read as {file.encoding}, by its letters"
            yield Doubt("encoding", text, "column")


def no_dates(evidence: Evidence) -> str:
    """Return the sentence for files without any date; empty when one has a date."""
    tables = evidence.tables.values()
    if not tables or any(c.time_sql for t in tables for c in t.columns):
        return ""
    names = ", ".join(evidence.tables)
    if yearless := next((c for t in tables for c in t.columns if _lacks_years(c)), None):
        return (
            f"{names}: {yearless.name} has days and months without a year, such as {yearless.example}; write the year "
            "into it, or export the tables with whole dates."
        )
    verdict = f"{names}: no dates in it: a churn history cannot be read from one row per customer."
    flag = next((c.name for t in tables for c in t.columns if c.flag and _says_left(c.name)), None)
    given = (
        f"The column {flag} says who left, not when: a model can be fitted on it as a given label "
        f"(workbench quick FILE --label {_as_word(flag)}). "
        if flag
        else ""
    )
    return (
        f"{verdict} {given}For rates and a history, export what is dated: orders, events, or subscriptions with start."
    )


def _as_word(name: str) -> str:
    """Return a name as one word of a command."""
    return f"'{name}'" if re.search(r"\W", name) else name


def _lacks_years(column: RawColumn) -> bool:
    """Whether a column of dates holds a day and a month alone, as 0201 or 31.12."""
    dated = means(column.name, "date") and not means(column.name, "id")
    return dated and re.fullmatch(r"[0-3]?\d[-./]?[01]\d[.]?", column.example) is not None


def _says_left(name: str) -> bool:
    return bool(re.search(r"churn|exit|attrit|left|leav|cancel|lapse", name, re.IGNORECASE))


def _undated_pictures(evidence: Evidence, files: dict[str, RawFile]) -> str:
    """Return the sentence for files that hold the same customers again and again, and no date."""
    for name, file in files.items():
        if name in evidence.tables and file.path and not any(c.time_sql for c in evidence.tables[name].columns):
            members = sorted(file.path.parent.glob(file.path.name))
            if column := recurring_id(members, file.encoding):
                return (
                    f"{file.path.name}: most {column} of one file are in the next as well, and neither names nor rows "
                    "say when: these may be pictures of the same customers, month by month. Put the month into each "
                    f"name, as in {name}_2025-01.csv, and propose again: who is in no later one has left"
                )
    return ""


def _undated(evidence: Evidence, tables: tuple[TableProposal, ...], files: dict[str, RawFile]) -> Iterator[Doubt]:
    if any(t.table in contract.ACTIVITY_TABLES for t in tables):
        return
    text = (
        _undated_pictures(evidence, files)
        or no_dates(evidence)
        or of_nobody(evidence)
        or (
            f"no file shows dated activity ({', '.join(contract.ACTIVITY_TABLES)}); "
            "without it there is nothing to load yet: add an export that has it"
        )
    )
    yield Doubt("activity", text, "load")


def _missing(evidence: Evidence, tables: tuple[TableProposal, ...]) -> Iterator[Doubt]:
    for table in tables:
        for column in table.missing:
            used = {raw for name, m in table.columns.items() for raw in m.raw if name != "contact_id"}
            raw = evidence.tables[table.file]
            options = [c for c in raw.columns if _may_name(c) and c.name not in used]
            if column == "customer_id":  # what no two rows share names the rows, where another column recurs
                recurring = [c for c in options if c.unique < 1 and c.distinct >= min(_FEWEST, raw.rows)]
                options = sorted(recurring or options, key=lambda c: (-c.distinct, not means(c.name, "id")))
            what = "customer" if column == "customer_id" else column.replace("_", " ")
            text = f"which column of {table.file} names the {what}? Write it into the source file"
            if options:
                named = ", ".join(f"{c.name} ({c.distinct:,} values)" for c in options[:6])
                text = f"which column of {table.file} names the {what}: {named}? Write it into the source file"
            elif column == "customer_id":
                text = f"no column of {table.file} can name the {what}; export it with the customer's id"
            choices = tuple(Choice(c.name, f'"{c.name}"') for c in options[:6])
            yield Doubt("missing", text, "load", choices, f"{table.table}.{column}")


_FEWEST = 5
"""Different values of a column from which on it may name the customers."""


def _may_name(column: RawColumn) -> bool:
    """Whether a column could name customers or orders: no status, no kind, and not the same in every row."""
    return (
        column.keylike and column.distinct > 1 and not means(column.name, "status") and not means(column.name, "kind")
    )


def in_titles(con: duckdb.DuckDBPyConnection) -> str:
    """Return the one currency that stands above the headers of files; empty for none, or several."""
    titles = [title for (title,) in con.execute(f"SELECT title FROM {TITLES}").fetchall()]
    signs = {code for title in titles for sign, code in _SIGNS_IN_NAMES.items() if sign in title}
    found_codes = {code for title in titles for code in _CODE_IN_TITLE.findall(title)}
    codes = found_codes & set(CODES) - _WORDS_TOO
    euros = {"EUR" for title in titles if re.search(r"\beuros?\b", title, re.IGNORECASE)}
    found = signs | codes | euros
    return found.pop() if len(found) == 1 else ""


def currency_of(evidence: Evidence, proposed: tuple[TableProposal, ...], titled: str) -> tuple[str, str]:
    """Return the currency of the amounts and what says so; XXX when nothing does, or when one must be chosen."""
    tables = list(evidence.tables.values())
    found, rates = currencies(tables), rates_file(tables)
    base = base_currency(rates, found) if rates else None
    if rates and base:
        return base, f"the one without a rate in {rates.name}"
    if own := next(filter(None, map(own_currency, proposed)), ""):
        return own, "by the rate 1 in its rows"
    if named := _named_by_amount(evidence, proposed):
        return named
    if len(found) > 1 and _mixed(evidence, proposed):
        return contract.UNKNOWN_CURRENCY, f"choose one of {', '.join(found)}"
    if titled and not found:
        return titled, "by what stands in or above a header"
    return next(iter(found.items())) if found else (contract.UNKNOWN_CURRENCY, "nothing says which")


def _named_by_amount(evidence: Evidence, proposed: tuple[TableProposal, ...]) -> tuple[str, str] | None:
    for table in proposed:
        column = currency_of_amount(evidence.tables[table.file], table)
        if column is not None and len(column.values) == 1:
            return next(iter(column.values)).upper(), f"in {column.name}, which the amount names"
    return None


def currency_of_amount(raw: RawTable, table: TableProposal) -> RawColumn | None:
    """Return the currency column that an amount names: Amount (Merchant Currency) is in Merchant Currency."""
    amounts = [m for name, m in table.columns.items() if contract.TABLES[table.table][name].type == "amount"]
    named = {words(column) for mapped in amounts for column in mapped.raw}
    several = (c for c in raw.columns if c.is_currency and len(words(c.name)) > 1)
    return next((c for c in several if any(words(c.name) < amount for amount in named)), None)


def currencies(tables: list[RawTable]) -> dict[str, str]:
    """Return the currencies found, the most frequent of a column first, each with where it stands.

    A shop's own currency, into which it changes what was paid in others, comes before those.
    """
    every = [(table.name, column) for table in without_rates(tables) for column in table.columns]
    every.sort(key=lambda found: "base" not in words(found[1].name))
    found: dict[str, str] = {}
    for name, column in every:
        if column.is_currency:
            for value, share in column.values.items():
                found.setdefault(value.upper(), f"{share:.0%} of {name}.{column.name}")
    if found:
        return found
    return _written_out(every) or _in_numbers(every)


def _written_out(every: list[tuple[str, RawColumn]]) -> dict[str, str]:
    """Return the currencies of columns that write their names and no codes, as Euro."""
    named = ((n, c) for n, c in every if means(c.name, "currency") and c.values and c.values.keys() <= _NAMES.keys())
    return {
        _NAMES[value]: f"{share:.0%} of {name}.{column.name}"
        for name, column in named
        for value, share in column.values.items()
    }


def _in_numbers(every: list[tuple[str, RawColumn]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, column in every:
        for code in _codes_of(column):
            found.setdefault(code, f"written in {name}.{column.name}")
    return found


def _codes_of(column: RawColumn) -> list[str]:
    """Return the currencies that a column of numbers names: in its values, else in its name."""
    if not column.number_sql or means(column.name, "id"):
        return []  # Cod. cliente holds no cash on delivery
    written = [_USUAL_SIGNS.get(column.sign, column.sign)] if column.sign else []
    written += [code for sign, code in _SIGNS_IN_NAMES.items() if sign in column.name]
    named = [w.upper() for w in re.findall(r"[^\W\d_]+", column.name) if w.upper() in CODES]
    return [code for code in written if code in CODES] or named


def _currency_doubts(evidence: Evidence, tables: tuple[TableProposal, ...], titled: str) -> Iterator[Doubt]:
    if not any(_has_amount(table) for table in tables):
        return
    raw = list(evidence.tables.values())
    found, rates = currencies(raw), rates_file(raw)
    if not found and not titled:
        yield Doubt(
            "currency",
            "nothing says in which currency the amounts are; XXX stands for unknown",
            "column",
            (),
            "currency",
        )
    listed = ", ".join(f"{code} ({where})" for code, where in found.items())
    if len(found) > 1 and rates and (base := base_currency(rates, found)):
        text = (
            f"amounts of {len(found)} currencies: {listed}; they are changed into {base} at the rates of {rates.name}"
        )
        yield Doubt("currency", text, "money", (), "currency")
    elif (
        len(found) > 1
        and not _named_by_amount(evidence, tables)
        and ((mixed := _mixed(evidence, tables)) or not _in_one_currency(evidence, tables))
    ):
        text = (
            f"amounts of {len(found)} currencies: {listed}; they cannot be added up: choose one, such as currency: "
            f"{next(iter(found))}; rows in others are set aside, or changed into it where rates: names a raw file with "
            "currency, date and rate"
        )
        choices = tuple(Choice(f"take {code} alone", setting=("currency", code)) for code in found)
        yield Doubt("currency", text, "load" if mixed else "money", choices, "currency")


def _mixed(evidence: Evidence, tables: tuple[TableProposal, ...]) -> bool:
    """Whether rows with amounts state several currencies, in one table or in several."""
    codes = [_stated_codes(evidence, part) for table in tables for part in (table, *table.more) if _has_amount(part)]
    return len(set().union(*codes)) > 1


def _stated_codes(evidence: Evidence, table: TableProposal) -> set[str]:
    """Return the currencies in the column that states each row's; none without such a column."""
    if own := own_currency(table):
        return {own}
    column = table.stated.get("currency_column", ("",))[0]
    values = next((c.values for c in evidence.tables[table.file].columns if identifier(c.name) == column), {})
    return {code.upper() for code in values}


def _in_one_currency(evidence: Evidence, tables: tuple[TableProposal, ...]) -> bool:
    """Whether each table with amounts has a currency column that holds a single currency."""
    return all(len(_stated_codes(evidence, table)) == 1 for table in tables if _has_amount(table))


def _has_amount(table: TableProposal) -> bool:
    return any(contract.TABLES[table.table][name].type == "amount" for name in table.columns)
