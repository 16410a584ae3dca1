"""For how long an amount pays: a week, a month or a year, by its name, a column beside it, or the terms themselves."""

from __future__ import annotations

import re
from math import isclose

from workbench.engines import identifier, literal
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.exact_numbers import EXACT, exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import TERM_DAYS, RawColumn, RawTable
from workbench.propose.words.naming import means, words
from workbench.sources import months_of

_PERIODS = {"week": 7 * 12 / 365, "month": 1, "quarter": 3, "year": 12}
_YEARLY = {
    "annual", "yearly", "arr", "acv", "jahrlich", "jahrliche", "jahrlicher", "jahresbeitrag", "jahrespramie",
    "jaarlijks", "annuel", "annuelle", "anual", "annuo", "annuale", "roczna", "rocznie", "arlig", "rocni", "yillik",
}  # fmt: skip
_OF_A_YEAR = ("jahres", "jaar")
"""How words of a year's amount begin in languages that join them: Jahrespreis, jaarbedrag."""
_ENOUGH = 0.9
"""A share of the rows from which on they are terms: of those with an end, and that last as billing periods do."""
_STRAY = 0.01
_ONCE = re.compile(
    "one.?time|one.?off|once|life.?time|einmal|eenmal|unique|una tantum|[uú]nic[oa]|tek sefer|jednoraz|eng[aå]ng"
)
_FOR_EACH = re.compile(r"(?:/|\b(?:per|pro|par|por|je|al|a|p)\b\.?) *([^\W\d_]+)[^\w/]*$")
"""How the name of a price ends that says for how long it pays."""
_LONGEST, _MOST_DIGITS = 36, 3
"""Months, and digits of a count, of a billing period in the name of a plan: 500m is a speed."""
_MONTHS_OF_TERMS = {"1", "2", "3", "4", "6", "12", "18", "24", "36"}


def period(column: RawColumn) -> str:
    """Return SQL for month, quarter, year or week, from the words of a column.

    A plain column where every word is one of these already.
    """
    words = {value: _period(value) for value in column.values}
    if all(name in ("", value) for value, name in words.items()):
        return identifier(column.name)
    lowered = f"lower({identifier(column.name)}::VARCHAR)"
    cases = [
        f"WHEN {lowered} IN ({', '.join(literal(v) for v in sorted(words) if words[v] == name)}) THEN '{name}'"
        for name in _PERIODS
        if name in words.values()
    ]
    return f"CASE {' '.join(cases)} ELSE {lowered} END"


def _period(value: str) -> str:
    months = months_of(value) or 0.0
    return next((name for name, length in _PERIODS.items() if isclose(length, months, rel_tol=0.01)), "")


def with_period(raw: RawTable, mapped: dict[str, Mapped], found: Mapped, amount: RawColumn) -> Mapped:
    """Return the amount brought to a month, with what is doubtful about how long it pays."""
    if means(amount.name, "mrr") or means(amount.name, "monthly"):
        return found
    how_long = mapped.get("billing_period")
    if (named := _by_name(raw, mapped, found, amount)) is not None:
        return named
    if how_long is None and (plans := _by_plan(raw)):
        label, read = plans
        choices = (Choice(f"as long as {label} says", f"per_month({EXACT}, {read})"), Choice("a month's"))
        text = f"{amount.name} is taken to pay for as long as the words of {label} say, and divided to a month"
        return found.doubted(Doubt("period", text, "money", choices))
    if how_long is None and (beside := _period_beside(raw, amount)):
        name, read = beside
        choices = (
            Choice(f"an amount per {name}, brought to a month", f"per_month({EXACT}, {read})"),
            Choice("an amount per month already"),
        )
        text = f"{amount.name} is taken to pay for as long as {name} says, and divided to a month"
        return found.doubted(Doubt("period", text, "money", choices))
    if how_long is None and (terms := _by_terms(raw, mapped)):
        label, read = terms
        choices = (Choice(f"{label}, as long as the terms are", f"per_month({EXACT}, {read})"), Choice("a month's"))
        text = f"{amount.name} is taken as the amount per {label}, for the terms are that long"
        return found if read == "'month'" else found.doubted(Doubt("period", text, "money", choices))
    if how_long is None and _of_contract(amount.name):
        text = f"{amount.name} is that of a whole contract by its name, and nothing says for how long one runs"
        return found.doubted(Doubt("period", text, "money", (_A_YEARS, _A_MONTHS)))
    if how_long is None:
        text = f"nothing says for how long {amount.name} pays; it is taken as a month's"
        choices = (Choice("a month's"), Choice("a year's: divided by 12", f"per_month({EXACT}, 'year')"))
        return found.doubted(Doubt("period", text, "money", choices))
    return _by_stated_period(raw, how_long, found, amount)


def _of_contract(name: str) -> bool:
    """Whether an amount is that of a contract's whole term by its name.

    >>> _of_contract("Total Contract Value"), _of_contract("TCV"), _of_contract("Contract value p.a.")
    (True, True, False)
    """
    named = words(name)
    return "tcv" in named or ({"total", "contract"} <= named and not named & _YEARLY)


def _whole_term(raw: RawTable, mapped: dict[str, Mapped], amount: RawColumn) -> tuple[str, str] | None:
    """Return what says for how many months a contract runs, and SQL for them: a number, or its start and end.

    None where most rows have no end: then it is the day on which a customer left, and no end of a term.
    """
    if (months := months_in_numbers(raw, amount)) is not None:
        return months.name, exact(months)
    if not {"started_at", "ended_at"} <= mapped.keys():
        return None
    start, end = (mapped[name] for name in ("started_at", "ended_at"))
    if raw[end.raw[0]].filled < _ENOUGH * raw.rows:
        return None
    days = f"date_diff('day', TRY_CAST({start.sql} AS TIMESTAMP), TRY_CAST({end.sql} AS TIMESTAMP))"
    return f"{start.raw[0]} to {end.raw[0]}", f"round({days} * 12 / 365.25)"


def _by_name(raw: RawTable, mapped: dict[str, Mapped], found: Mapped, amount: RawColumn) -> Mapped | None:
    """Return the amount brought to a month where its name says for how long it pays; None where it does not."""
    name, named = amount.name, words(amount.name)
    if _of_contract(name) and (whole := _whole_term(raw, mapped, amount)):
        label, months = whole
        by_term = Choice(f"of the whole term: divided by the months of {label}", f"{EXACT} / nullif({months}, 0)")
        text = f"{name} is taken for that of the whole term, by its name, and divided by its months"
        return found.doubted(Doubt("period", text, "money", (by_term, _A_YEARS, _A_MONTHS)))
    if named & _YEARLY or any(word.startswith(_OF_A_YEAR) for word in named):
        return found.doubted(Doubt("period", f"{name} is a year's by its name", "money", (_A_YEARS, _A_MONTHS)))
    if each := _per(name):
        return found if each == "month" else _brought_to_month(found, name, each)
    return None


_A_YEARS, _A_MONTHS = Choice("a year's: divided by 12", f"per_month({EXACT}, 'year')"), Choice("a month's")


def _brought_to_month(found: Mapped, name: str, named: str) -> Mapped:
    choices = (Choice(f"of a {named}, brought to a month", f"per_month({EXACT}, '{named}')"), Choice("a month's"))
    return found.doubted(Doubt("period", f"{name} is what a {named} costs by its name", "money", choices))


def _per(name: str) -> str:
    """Return the billing period that a price is for by its name; empty for none.

    >>> _per("Price per seat / year"), _per("Prix/mois"), _per("price_per_week"), _per("price per seat")
    ('year', 'month', 'week', '')
    """
    found = _FOR_EACH.search(name.lower().replace("_", " "))
    return _period(found[1]) if found else ""


def _by_stated_period(raw: RawTable, how_long: Mapped, found: Mapped, amount: RawColumn) -> Mapped:
    """Return the amount brought to a month by the column of billing periods, and asked about."""
    column = raw[how_long.raw[0]]
    count = _count_of_periods(raw, how_long)
    without = column.rows - column.filled
    gone = any(c.time_sql and c.filled == without for c in raw.columns)  # what has ended has no period any more
    if without and amount.filled > column.filled and not gone:
        found = found.doubted(_paid_once(column, amount))
    if count is None and all(_period(value) == "month" for value in column.values):
        return found
    read = identifier(column.name) + (f", {exact(count)}" if count else "")
    by_period, text = f"per_month({EXACT}, {read})", f"{amount.name} is taken as the amount per billing period"
    text += ", and divided to a month"
    unknown = [value for value in column.values if months_of(value) is None]
    if unknown and not any(_ONCE.search(value) for value in unknown):  # what is paid once is no subscription
        by_period = f"TRY({by_period})"
        text += f"; how long {', '.join(unknown)} lasts is not known, and so neither is what these pay"
    choices = (
        Choice("an amount per billing period, brought to a month", by_period),
        Choice("an amount per month already"),
    )
    return found.doubted(Doubt("period", text, "money", choices))


def _paid_once(column: RawColumn, amount: RawColumn) -> Doubt:
    """What has no billing period, beside others that have one, is paid once: a day pass, a card of ten visits."""
    name = identifier(column.name)
    text = f"{column.rows - column.filled:,} rows have {amount.name} and no {column.name}: they are taken to pay once"
    choices = (
        Choice("paid once: no recurring revenue", f"CASE WHEN {name} IS NOT NULL THEN {SAME} END"),
        Choice("a month's"),
    )
    return Doubt("once", text, "money", choices)


def _period_beside(raw: RawTable, amount: RawColumn) -> tuple[str, str] | None:
    """Return the column that says by a word, or by a number of months, how long each row pays, and SQL for that."""
    if (worded := _named_in_words(raw, amount)) is not None:
        return worded.name, identifier(worded.name)
    if (months := months_in_numbers(raw, amount)) is not None:
        return months.name, f"'month', {exact(months)}"
    return None


def months_in_numbers(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column that says by a number for how many months each row pays, such as term_months."""
    for column in (c for c in raw.columns if c.whole and c.number_sql and c.name != amount.name and not c.flag):
        named = means(column.name, "period") or words(column.name) & _OF_TERMS
        if named and len(column.values) > 1 and set(column.values) <= _MONTHS_OF_TERMS and not means(column.name, "id"):
            return column
    return None


_TERM_WORDS = (
    "month months term cycle interval mesi mese meses mes mois monate monaten monat maanden maand manader maneder "
    "miesiace miesiecy mesice mesicu luni durata duree dauer duracion duracao looptijd laufzeit lopetid loptid"
)
_OF_TERMS = frozenset(_TERM_WORDS.split())
"""Words of columns that hold for how many months something lasts."""


def _named_in_words(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column, such as the plan, whose every value is the name of a billing period."""
    return next(
        (c for c in raw.columns if c.name != amount.name and c.values and not c.flag and all(map(months_of, c.values))),
        None,
    )


def _by_plan(raw: RawTable) -> tuple[str, str] | None:
    """Return the column of plans whose every name has one word for a period, as Basic annual, and SQL for that."""
    for column in (c for c in raw.columns if c.values and (means(c.name, "plan") or means(c.name, "product"))):
        named = {value: _period_within(value) for value in column.values}
        if all(named.values()) and not all(map(months_of, column.values)):
            plan = f"lower(trim({identifier(column.name)}::VARCHAR))"
            cases = [
                f"WHEN {plan} IN ({', '.join(literal(value) for value in sorted(named) if named[value] == period)}) "
                f"THEN '{period}'"
                for period in dict.fromkeys(named.values())
            ]
            return column.name, f"CASE {' '.join(cases)} END"
    return None


def _period_within(name: str) -> str:
    """Return the one billing period that a name has a word for, with its count; empty for none, or several.

    >>> _period_within("basic annual"), _period_within("gold (monthly)"), _period_within("gold")
    ('year', 'month', '')
    >>> _period_within("box-4w"), _period_within("pro_6_months"), _period_within("fiber 500m")
    ('4 week', '6 month', '')
    """
    found = {_counted(*match) for match in re.findall(r"(?:(?<!\w)|(?<=_))(\d*)[ _-]?([^\W\d_]+)", name)} - {""}
    return found.pop() if len(found) == 1 else ""


def _counted(count: str, word: str) -> str:
    """Return a billing period of so many units of a word; empty where it is none, or of more than three years."""
    if len(count) > _MOST_DIGITS:  # of a year, or a version
        count = ""
    plain, months = _period(f"{count} {word}"), months_of(f"{count} {word}") or 0.0
    if plain or not count or not 0 < months <= _LONGEST:
        return plain
    return f"{int(count)} {_period(word) or word}"


def _by_terms(raw: RawTable, mapped: dict[str, Mapped]) -> tuple[str, str] | None:
    """Return the period that the rows themselves last, and SQL for it, where each row is one paid term."""
    if not {"started_at", "ended_at"} <= mapped.keys():
        return None
    start, end = mapped["started_at"], mapped["ended_at"]
    shares = raw.spans.get((start.raw[0], end.raw[0]), {})
    if raw[end.raw[0]].filled < _ENOUGH * raw.rows or sum(shares.values()) < _ENOUGH:
        return None
    found = [name for name, share in shares.items() if share > _STRAY]
    if len(found) == 1:
        return found[0], f"'{found[0]}'"
    days = f"date_diff('day', TRY_CAST({start.sql} AS TIMESTAMP), TRY_CAST({end.sql} AS TIMESTAMP))"
    cases = " ".join(f"WHEN {days} >= {TERM_DAYS[name][0]} THEN '{name}'" for name in reversed(found))
    return " or ".join(found), f"CASE {cases} END"


def _count_of_periods(raw: RawTable, how_long: Mapped) -> RawColumn | None:
    """Return the column that says every how many periods: interval_count, billing_frequency, billing_period beside
    billing_period_unit."""
    for column in raw.columns:
        counting = words(column.name) & {"count", "frequency", "period", "interval", "cycle", "every"}
        if counting and column.name != how_long.raw[0] and column.whole and column.number_sql and column.low >= 1:
            return column if 1 < column.high <= 52 else None
    return None


def of_month_and_year(raw: RawTable) -> tuple[RawColumn, RawColumn] | None:
    """Return the price of a month and that of a year, where each row of plans has both."""
    prices = [c for c in raw.columns if c.number_sql and not c.time_sql and not means(c.name, "mrr")]
    prices = [c for c in prices if means(c.name, "price") or means(c.name, "amount")]
    monthly = [c for c in prices if means(c.name, "monthly") or "month" in words(c.name)]
    yearly = [c for c in prices if words(c.name) & _YEARLY or words(c.name) & {"year", "annum"}]
    return (monthly[0], yearly[0]) if len(monthly) == len(yearly) == 1 else None


def by_period(raw: RawTable, found: Mapped, how_long: Mapped, monthly: RawColumn, yearly: RawColumn) -> Mapped:
    """Return the amount of a month: the price of a month, or a twelfth of that of a year, as each row is billed."""
    billed = identifier(raw[how_long.raw[0]].name)
    by_year = f"CASE WHEN period_months({billed}) >= 12 THEN {exact(yearly)} / 12 ELSE {exact(monthly)} END"
    text = f"{monthly.name} is the price of a month, {yearly.name} that of a year: {billed} says which one counts"
    choices = (Choice("by billing period", by_year), Choice(f"{monthly.name} for all", exact(monthly)))
    kept = [doubt for doubt in found.doubts if doubt.topic in ("quantity", "discount")]
    used = (monthly.name, yearly.name, *how_long.raw)
    first = Mapped(exact(monthly), used, 0.6, "the price of the period that is billed")
    return first.doubted(Doubt("period", text, "money", choices), *kept)
