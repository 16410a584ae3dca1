"""What an amount is: in cents or not, for one piece or all, with tax or not, and for how many months."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isclose

from workbench.engines import identifier, literal
from workbench.propose.doubts import SAME, Choice, Doubt
from workbench.propose.fit import adds_up, is_no_money
from workbench.propose.mapped import Mapped
from workbench.propose.naming import excludes_tax, includes_tax, means, words
from workbench.propose.raw_columns import TERM_DAYS, RawColumn, RawTable
from workbench.propose.twins import doubt_of_name
from workbench.sources import months_of, number_text, units_of_one

_EXACT = "TRY_CAST({} AS DECIMAL(18, 4))"
_PARTS = {"line", "lineitem", "refunded", "tax", "taxes", "shipping", "discount", "fee", "subtotal", "net", "item"}
_ENOUGH = 0.9
"""A share of the rows that last as long as billing periods do from which on they are terms."""
_STRAY = 0.01
_A_YEAR = (
    "annual yearly arr acv jahrlich jahrliche jahrlicher jahresbeitrag jahrespramie jaarlijks annuel annuelle anual "
    "annuo "
    "annuale roczna rocznie arlig rocni yillik"
)
TOTALS = {
    "total",
    "celkem",
    "celkova",
    "summa",
    "totalt",
    "gross",
    "totale",
    "totaal",
    "gesamt",
    "lordo",
    "toplam",
    "razem",
    "suma",
}
_NOT_RECURRING = {"refunded", "discount", "tax", "fee", "credit", "setup", "lifetime", "cumulative"}
_AFTER_DISCOUNT = {"net", "paid", "discounted"}
_PERCENT = {"percent", "percentage", "pct", "rate", "prozent", "pourcentage", "porcentaje", "percentuale", "procent"}
_WHOLE = 100
_YEARLY = set(_A_YEAR.split())
_OF_A_YEAR = ("jahres", "jaar")
"""How words of a year's amount begin in languages that join them: Jahrespreis, jaarbedrag."""
_PERIODS = {"week": 7 * 12 / 365, "month": 1, "quarter": 3, "year": 12}


def exact(column: RawColumn) -> str:
    """Return SQL for a number that sums exactly."""
    return _EXACT.replace(SAME, identifier(column.name))


def read_number(column: RawColumn) -> str:
    """Return SQL for a number as loading reads it, with its own decimal mark."""
    return f"TRY_CAST({number_text(f'{identifier(column.name)}::VARCHAR', column.mark.mark)} AS DECIMAL(18, 4))"


def with_marks(raw: RawTable, mapped: Mapped, sql: str) -> str:
    """Return an expression in which numbers are read with the decimal mark of their column, as loading does."""
    for column in (c for c in raw.columns if c.name in mapped.raw and c.number_sql):
        sql = sql.replace(exact(column), read_number(column))
    return sql


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


def doubts_of_amount(raw: RawTable, column: RawColumn) -> Iterator[Doubt]:
    """Yield what is doubtful about any amount: cents, and tax or shipping in it."""
    if means(column.name, "cent"):
        yield Doubt("cents", f"{column.name} is in cents by its name, and divided by 100", "money", _CENTS[::-1])
    elif column.like_cents and not _without_cents(raw):
        sign = _of_an_interface(raw)
        text = f"{column.name} holds whole numbers that end like prices in cents; if these are cents, divide by 100"
        if sign:
            text = f"{column.name} is taken to be in cents: its numbers end like prices, and {sign}"
        yield Doubt("cents", text, "money", _CENTS[::-1] if sign else _CENTS)
    elif column.whole and column.low >= 0 and (tax := _whole_tax(raw)) and not _without_cents(raw):
        text = f"{column.name} and {tax} are whole numbers in all rows, as amounts in cents are; if so, divide by 100"
        yield Doubt("cents", text, "money", _CENTS)
    yield from _kept_by_seller(raw, column)
    net = without_tax(raw)
    total = next((c for c in raw.columns if _is_total(c.name) and c.number_sql and not c.time_sql), None)
    if net and total and net.name == column.name and total.name != net.name:
        text = f"{net.name} is taken, for amounts are without tax and shipping here; {total.name} may hold both"
        whole = Choice(f"all that was paid: {total.name}", identifier(total.name))
        yield Doubt("tax", text, "money", (Choice(f"without them: {net.name}"), whole))
    if net and net.name != column.name and (_is_total(column.name) or words(column.name) < words(net.name)):
        text = f"{column.name} may hold tax and shipping, which {net.name} leaves out; amounts are without tax here"
        choices = (
            Choice(f"all that was paid: {column.name}"),
            Choice(f"without them: {net.name}", identifier(net.name)),
        )
        yield Doubt("tax", text, "money", choices[::-1] if _leaves_only_tax_out(net.name) else choices)
    elif net is None and (beside := _tax_beside(raw, column)):
        text = f"{column.name} may hold {beside.name}, which stands beside it; amounts are without tax here"
        off = f"{_EXACT} - coalesce({exact(beside)}, 0)"
        choices = (Choice(f"less {beside.name}", off), Choice(f"as written: {column.name}"))
        yield Doubt("tax", text, "money", choices if _is_total(column.name) else choices[::-1])


def _tax_beside(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column of the tax in money beside an amount that is not said to be without it; none for a rate."""
    if means(amount.name, "mrr") or excludes_tax(amount.name) or words(amount.name) & {"net", "subtotal"}:
        return None
    taxes = (c for c in raw.columns if words(c.name) & _TAX and c.number_sql and not c.time_sql and not c.flag)
    taxes = (c for c in taxes if not (includes_tax(c.name) or excludes_tax(c.name) or words(c.name) & _NO_TAX))
    return next((c for c in taxes if _is_less(c, amount) and "%" not in c.name), None)


def _is_less(tax: RawColumn, amount: RawColumn) -> bool:
    """Whether numbers are smaller than amounts, and negative only where those of credit notes are."""
    return 0 < tax.high < amount.high and (tax.low >= 0 or tax.low > amount.low)


_TAX = {"tax", "taxes", "vat", "gst", "mwst", "ust", "btw", "tva", "iva", "moms", "kdv", "dph"}
_NO_TAX = {"rate", "percent", "percentage", "pct", "id", "number", "code", "class", "shipping", "freight"}


def _whole_tax(raw: RawTable) -> str:
    """Return the column of a tax that is a whole number in all rows, as hardly any is but in cents; empty for none."""
    taxes = (c for c in raw.columns if words(c.name) & {"tax", "vat"} and c.number_sql and c.whole and not c.flag)
    return next((c.name for c in taxes if c.high >= _SMALLEST_IN_CENTS), "")


_SMALLEST_IN_CENTS = 100
_KEPT = {"proceed", "earning", "payout"}


def _kept_by_seller(raw: RawTable, column: RawColumn) -> Iterator[Doubt]:
    """What a store or a payment service hands on is less than customers paid: its share is a cost."""
    kept = next((c for c in raw.columns if words(c.name) & _KEPT and c.number_sql and not c.time_sql), None)
    if kept is not None and kept.name != column.name:
        text = f"{column.name} is what customers paid; {kept.name} is what was left after the share of the store"
        choices = (
            Choice(f"what customers paid: {column.name}"),
            Choice(f"what was left: {kept.name}", identifier(kept.name)),
        )
        yield Doubt("kept", text, "money", choices)


_CENTS = (Choice("as written"), Choice("cents: divided by 100", f"{_EXACT} / 100"))


_IDS = re.compile(
    r"(txn|sub|cus|ctm|ch|in|pi|py|price|pri|plan|prod|inv|pay|re|tr)_[0-9a-z]{6,}|(pm|sb|md|cu)0[0-9a-z]{5,}",
    re.IGNORECASE,
)


def _of_an_interface(raw: RawTable) -> str:
    """Return what shows that a billing system's interface wrote a file: those count in the smallest unit."""
    for column in raw.columns:
        if "make_timestamp" in column.time_sql:
            return f"{column.name} counts seconds since 1970, as billing systems write both"
        if _IDS.fullmatch(column.example):
            return f"{column.name} has ids such as {column.example}, as billing systems write both"
    return ""


def _without_cents(raw: RawTable) -> bool:
    """Whether all amounts are of currencies that have no smaller unit, such as the yen."""
    codes = {value.upper() for c in raw.columns if c.is_currency for value in c.values}
    return bool(codes) and all(units_of_one(code) == 1 for code in codes)


def without_tax(raw: RawTable) -> RawColumn | None:
    """Return the column of amounts without tax; net of a fee or of what was refunded is something else."""
    amounts = (c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and not means(c.name, "id"))
    less = any(words(c.name) & {"fee", "refund", "refunded"} for c in amounts)
    net = {"subtotal"} if less else {"subtotal", "net"}
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not includes_tax(c.name)]
    named = [c for c in numbers if words(c.name) & net or excludes_tax(c.name)]
    return next(iter(sorted(named, key=lambda c: not excludes_tax(c.name))), None)


def _leaves_only_tax_out(net: str) -> bool:
    """Whether an amount is net by its name: a subtotal may leave shipping out as well."""
    return "net" in words(net) or excludes_tax(net)


def _is_total(total: str) -> bool:
    return includes_tax(total) or (bool(words(total) & TOTALS) and not words(total) & _PARTS)


def monthly_amount(raw: RawTable, mapped: dict[str, Mapped]) -> Mapped | None:
    """Return mrr from an amount per billing period, or nothing when there is no amount."""
    amount = _amount_of(raw, mapped)
    if amount is None:
        return None
    found = Mapped(identifier(amount.name), (amount.name,), 0.6, f"{amount.name}, brought to a month")
    found = found.doubted(*doubt_of_name(raw, amount, "money"), *doubts_of_amount(raw, amount), *_quantity(raw, amount))
    if not (means(amount.name, "mrr") or words(amount.name) & _AFTER_DISCOUNT):
        found = found.doubted(*discount(raw))
    if "billing_period" in mapped and (prices := _of_month_and_year(raw)):
        return _by_period(raw, found, mapped["billing_period"], *prices)
    return _with_period(raw, mapped, found, amount)


def _amount_of(raw: RawTable, mapped: dict[str, Mapped]) -> RawColumn | None:
    if "mrr" in mapped:
        return raw[mapped["mrr"].raw[0]]
    used = {name for m in mapped.values() for name in m.raw}
    options = [
        c
        for c in raw.columns
        if c.number_sql
        and not c.time_sql
        and c.name not in used
        and (means(c.name, "amount") or means(c.name, "price") or excludes_tax(c.name) or includes_tax(c.name))
    ]
    options = [c for c in options if not words(c.name) & _NOT_RECURRING and not is_no_money(c)]
    return next(iter(sorted(options, key=lambda c: (adds_up(c.name), not means(c.name, "amount")))), None)


def _quantity(raw: RawTable, amount: RawColumn) -> Iterator[Doubt]:
    several = (c for c in raw.columns if c.number_sql and c.whole and c.high > 1 and not means(c.name, "period"))
    count = next((c for c in several if means(c.name, "quantity") or means(c.name, "seats")), None)
    if count is None or means(amount.name, "mrr"):
        return
    # The plan's own amount, not the subscription's.
    nested = amount.name.startswith(("plan.", "price.")) or amount.name in raw.listed
    for_one = nested or bool(words(amount.name) & {"unit", "price"}) or means(amount.name, "price")
    times = Choice(f"for one: times {count.name}", f"{_EXACT} * {exact(count)}")
    choices = (Choice("for all of them"), times)
    text = f"{amount.name} may be for one of {count.name} or for all of them"
    yield Doubt("quantity", text, "money", choices[::-1] if for_one else choices)


_CODES_OFF = {"promo", "coupon", "voucher", "gutschein", "remise", "cupon", "cupom"}
"""Words of codes that take something off; their amount is a discount."""


def is_discount(column: RawColumn) -> bool:
    """Return whether a column of numbers is a discount by its name."""
    named = words(column.name.replace("Discounts", "Discount"))
    off = "discount" in named or (bool(named & _CODES_OFF) and means(column.name, "amount"))
    return off and bool(column.number_sql) and not column.time_sql


def discount(raw: RawTable) -> Iterator[Doubt]:
    """Take a discount off the amounts: a share or percentage of them, or an amount of its own."""
    column = next(
        (c for c in raw.columns if is_discount(c) and c.high > 0 and not {"code", "id"} & words(c.name)), None
    )
    if column is None:
        return
    text = f"{column.name} is taken off the amounts"
    choices = (Choice(f"less {column.name}", discounted(column)), Choice("before discounts"))
    yield Doubt("discount", text, "money", choices)


def discounted(discount: RawColumn) -> str:
    """Return the step that takes a discount off an amount: a share of it, a percentage, or an amount of its own."""
    off = f"coalesce({exact(discount)}, 0)"
    if discount.high <= 1:
        return f"{_EXACT} * (1 - {off})"
    if discount.high <= _WHOLE and (words(discount.name) & _PERCENT or "%" in discount.name):
        return f"{_EXACT} * (1 - {off} / {_WHOLE})"
    return f"{_EXACT} - {off}"


def _with_period(raw: RawTable, mapped: dict[str, Mapped], found: Mapped, amount: RawColumn) -> Mapped:
    if means(amount.name, "mrr") or means(amount.name, "monthly"):
        return found
    how_long = mapped.get("billing_period")
    if words(amount.name) & _YEARLY or any(word.startswith(_OF_A_YEAR) for word in words(amount.name)):
        choices = (Choice("a year's: divided by 12", f"per_month({_EXACT}, 'year')"), Choice("a month's"))
        return found.doubted(Doubt("period", f"{amount.name} is a year's by its name", "money", choices))
    if how_long is None and (plans := _by_plan(raw)):
        label, read = plans
        choices = (Choice(f"as long as {label} says", f"per_month({_EXACT}, {read})"), Choice("a month's"))
        text = f"{amount.name} is taken to pay for as long as the words of {label} say, and divided to a month"
        return found.doubted(Doubt("period", text, "money", choices))
    if how_long is None and (beside := _period_beside(raw, amount)):
        name, read = beside
        choices = (
            Choice(f"an amount per {name}, brought to a month", f"per_month({_EXACT}, {read})"),
            Choice("an amount per month already"),
        )
        text = f"{amount.name} is taken to pay for as long as {name} says, and divided to a month"
        return found.doubted(Doubt("period", text, "money", choices))
    if how_long is None and (terms := _by_terms(raw, mapped)):
        label, read = terms
        choices = (Choice(f"{label}, as long as the terms are", f"per_month({_EXACT}, {read})"), Choice("a month's"))
        text = f"{amount.name} is taken as the amount per {label}, for the terms are that long"
        return found if read == "'month'" else found.doubted(Doubt("period", text, "money", choices))
    if how_long is None:
        text = f"nothing says for how long {amount.name} pays; it is taken as a month's"
        choices = (Choice("a month's"), Choice("a year's: divided by 12", f"per_month({_EXACT}, 'year')"))
        return found.doubted(Doubt("period", text, "money", choices))
    column = raw[how_long.raw[0]]
    count = _count_of_periods(raw, how_long)
    if count is None and all(_period(value) == "month" for value in column.values):
        return found
    read = identifier(column.name) + (f", {exact(count)}" if count else "")
    choices = (
        Choice("an amount per billing period, brought to a month", f"per_month({_EXACT}, {read})"),
        Choice("an amount per month already"),
    )
    text = f"{amount.name} is taken as the amount per billing period, and divided to a month"
    return found.doubted(Doubt("period", text, "money", choices))


def _of_month_and_year(raw: RawTable) -> tuple[RawColumn, RawColumn] | None:
    """Return the price of a month and that of a year, where each row of plans has both."""
    prices = [c for c in raw.columns if c.number_sql and not c.time_sql and not means(c.name, "mrr")]
    prices = [c for c in prices if means(c.name, "price") or means(c.name, "amount")]
    monthly = [c for c in prices if means(c.name, "monthly") or "month" in words(c.name)]
    yearly = [c for c in prices if words(c.name) & _YEARLY or words(c.name) & {"year", "annum"}]
    return (monthly[0], yearly[0]) if len(monthly) == len(yearly) == 1 else None


def _by_period(raw: RawTable, found: Mapped, how_long: Mapped, monthly: RawColumn, yearly: RawColumn) -> Mapped:
    billed = identifier(raw[how_long.raw[0]].name)
    by_year = f"CASE WHEN period_months({billed}) >= 12 THEN {exact(yearly)} / 12 ELSE {exact(monthly)} END"
    text = f"{monthly.name} is the price of a month, {yearly.name} that of a year: {billed} says which one counts"
    choices = (Choice("by billing period", by_year), Choice(f"{monthly.name} for all", exact(monthly)))
    kept = [doubt for doubt in found.doubts if doubt.topic in ("quantity", "discount")]
    used = (monthly.name, yearly.name, *how_long.raw)
    first = Mapped(exact(monthly), used, 0.6, "the price of the period that is billed")
    return first.doubted(Doubt("period", text, "money", choices), *kept)


def _period_beside(raw: RawTable, amount: RawColumn) -> tuple[str, str] | None:
    """Return the column that says by a word, or by a number of months, how long each row pays, and SQL for that."""
    if (worded := _named_in_words(raw, amount)) is not None:
        return worded.name, identifier(worded.name)
    if (months := months_in_numbers(raw, amount)) is not None:
        return months.name, f"'month', {exact(months)}"
    return None


_MONTHS_OF_TERMS = {"1", "2", "3", "4", "6", "12", "18", "24", "36"}


def months_in_numbers(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column that says by a number for how many months each row pays, such as term_months."""
    for column in (c for c in raw.columns if c.whole and c.number_sql and c.name != amount.name and not c.flag):
        named = means(column.name, "period") or words(column.name) & {"month", "months", "term", "cycle", "interval"}
        if named and len(column.values) > 1 and set(column.values) <= _MONTHS_OF_TERMS and not means(column.name, "id"):
            return column
    return None


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
                for period in _PERIODS
                if period in named.values()
            ]
            return column.name, f"CASE {' '.join(cases)} END"
    return None


def _period_within(name: str) -> str:
    """Return the one billing period that a name has a word for; empty for none, or several.

    >>> _period_within("basic annual"), _period_within("gold (monthly)"), _period_within("gold")
    ('year', 'month', '')
    """
    found = {_period(word) for word in re.findall(r"[^\W\d_]+", name)} - {""}
    return found.pop() if len(found) == 1 else ""


def _by_terms(raw: RawTable, mapped: dict[str, Mapped]) -> tuple[str, str] | None:
    """Return the period that the rows themselves last, and SQL for it, where each row is one paid term."""
    if not {"started_at", "ended_at"} <= mapped.keys():
        return None
    start, end = mapped["started_at"], mapped["ended_at"]
    shares = raw.spans.get((start.raw[0], end.raw[0]), {})
    if raw[end.raw[0]].filled < 0.9 * raw.rows or sum(shares.values()) < _ENOUGH:
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
