"""What an amount is: in cents or not, for one piece or all, what customers paid or what a seller kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.engines import identifier
from workbench.propose.columns.billing_periods import by_period, of_month_and_year, with_period
from workbench.propose.columns.discount_columns import discount
from workbench.propose.columns.taxes import TOTALS, doubts_of_tax
from workbench.propose.fitting.fit import adds_up, is_no_money
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.exact_numbers import EXACT, exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.twins import doubt_of_name
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import excludes_tax, includes_tax, means, names_tax, words
from workbench.sources import units_of_one

_SMALLEST_IN_CENTS = 100
_KEPT = {"proceed", "earning", "payout"}
_NOT_RECURRING = {"refunded", "discount", "tax", "fee", "credit", "setup", "lifetime", "cumulative"}
_ONCE = {
    "setup",
    "late",
    "application",
    "processing",
    "transaction",
    "booking",
    "cancel",
    "cancellation",
    "platform",
    "joining",
}
"""Words of fees that are no price of a period."""
_AFTER_DISCOUNT = {"net", "paid", "discounted"}
_DIVIDED = {"USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF"}
"""Currencies in which a tax is hardly ever whole: that of forints, krona or yen is in all rows."""
_CENTS = (Choice("as written"), Choice("cents: divided by 100", f"{EXACT} / 100"))
_IDS = re.compile(
    r"(txn|sub|cus|ctm|ch|in|pi|py|price|pri|plan|prod|inv|pay|re|tr)_[0-9a-z]{6,}|(pm|sb|md|cu)0[0-9a-z]{5,}",
    re.IGNORECASE,
)


def doubts_of_amount(raw: RawTable, column: RawColumn) -> Iterator[Doubt]:
    """Yield what is doubtful about any amount: cents, and tax or shipping in it."""
    if means(column.name, "cent"):
        yield Doubt("cents", f"{column.name} is in cents by its name, and divided by 100", "money", _CENTS[::-1])
    elif column.like_cents and not _without_cents(raw):
        sign = _of_an_interface(raw) or _beside_whole_tax(raw)
        text = f"{column.name} holds whole numbers that end like prices in cents; if these are cents, divide by 100"
        if sign:
            text = f"{column.name} is taken to be in cents: its numbers end like prices, and {sign}"
        yield Doubt("cents", text, "money", _CENTS[::-1] if sign else _CENTS)
    elif column.whole and column.low >= 0 and (tax := _whole_tax(raw)) and not _without_cents(raw):
        text = f"{column.name} and {tax} are whole numbers in all rows, as amounts in cents are; if so, divide by 100"
        yield Doubt("cents", text, "money", _CENTS)
    yield from _kept_by_seller(raw, column)
    yield from doubts_of_tax(raw, column)


def _beside_whole_tax(raw: RawTable) -> str:
    tax = _whole_tax(raw) if _currencies(raw) and _currencies(raw) <= _DIVIDED else ""
    return f"{tax} beside them is whole in all rows, too" if tax else ""


def _whole_tax(raw: RawTable) -> str:
    """Return the column of a tax that is a whole number in all rows, as in cents; empty for none."""
    taxes = (c for c in raw.columns if names_tax(c.name) and c.number_sql and c.whole and not c.flag)
    return next((c.name for c in taxes if c.high >= _SMALLEST_IN_CENTS), "")


def _kept_by_seller(raw: RawTable, column: RawColumn) -> Iterator[Doubt]:
    """What a store or a payment service hands on is less than customers paid: its share is a cost."""
    kept = next((c for c in raw.columns if words(c.name) & _KEPT and c.number_sql and not c.time_sql), None)
    if kept is not None and kept.name != column.name:
        more, less = (kept, column) if words(kept.name) & TOTALS and kept.high > column.high else (column, kept)
        text = f"{more.name} is what customers paid; {less.name} is what was left after the share of the store"
        steps = {column.name: SAME, kept.name: identifier(kept.name)}
        choices = (
            Choice(f"what customers paid: {more.name}", steps[more.name]),
            Choice(f"what was left: {less.name}", steps[less.name]),
        )
        yield Doubt("kept", text, "money", choices)


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
    codes = _currencies(raw)
    return bool(codes) and all(units_of_one(code) == 1 for code in codes)


def _currencies(raw: RawTable) -> set[str]:
    return {value.upper() for c in raw.columns if c.is_currency for value in c.values}


def monthly_amount(raw: RawTable, mapped: dict[str, Mapped]) -> Mapped | None:
    """Return mrr from an amount per billing period, or nothing when there is no amount."""
    amount = _amount_of(raw, mapped)
    if amount is None:
        return None
    found = Mapped(identifier(amount.name), (amount.name,), 0.6, f"{amount.name}, brought to a month")
    found = found.doubted(*doubt_of_name(raw, amount, "money"), *doubts_of_amount(raw, amount), *_quantity(raw, amount))
    if not (means(amount.name, "mrr") or words(amount.name) & _AFTER_DISCOUNT):
        found = found.doubted(*discount(raw))
    if "billing_period" in mapped and (prices := of_month_and_year(raw)):
        return by_period(raw, found, mapped["billing_period"], *prices)
    return with_period(raw, mapped, found, amount)


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
    recurring = [c for c in options if not words(c.name) & _NOT_RECURRING and not is_no_money(c)]
    fees = [c for c in options if "fee" in words(c.name) and not words(c.name) & (_ONCE | _NOT_RECURRING - {"fee"})]
    options = recurring or fees  # a membership has but a fee
    return next(
        iter(
            sorted(
                options, key=lambda c: (adds_up(c.name), "transaction" in words(c.name), not means(c.name, "amount"))
            )
        ),
        None,
    )


def _quantity(raw: RawTable, amount: RawColumn) -> Iterator[Doubt]:
    count = quantity_beside(raw, amount)
    if count is None:
        return
    # The plan's own amount, not the subscription's.
    nested = bool({"plan", "price"} & {*amount.name.split(".")[:-1]}) or amount.name in raw.listed
    for_one = nested or bool(words(amount.name) & {"unit", "price"}) or means(amount.name, "price")
    times = Choice(f"for one: times {count.name}", f"{EXACT} * {exact(count)}")
    choices = (Choice("for all of them"), times)
    text = f"{amount.name} may be for one of {count.name} or for all of them"
    yield Doubt("quantity", text, "money", choices[::-1] if for_one else choices)


_NUMBERS = {"no", "nr", "num", "numero"}
"""Words that, in a column without a value twice, number the members, and do not count them."""


def quantity_beside(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column of how many pieces or seats an amount may be for; None where there is none."""
    whole = (c for c in raw.columns if c.number_sql and (c.whole or c.floating))
    several = (c for c in whole if c.high > 1 and not means(c.name, "period") and c.name != amount.name)
    counts = (c for c in several if means(c.name, "quantity") or means(c.name, "seats"))
    count = next((c for c in counts if c.unique < 1 or not words(c.name) & _NUMBERS), None)
    return None if means(amount.name, "mrr") else count
