"""Which column is a discount, and how it is taken off: a share, a percentage, or an amount of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import EXACT, exact
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, tokens, words

_CODES_OFF = {"promo", "coupon", "voucher", "gutschein", "remise", "cupon", "cupom"}
"""Words of codes that take something off; their amount is a discount."""
_PERCENT = {"percent", "percentage", "pct", "rate", "prozent", "pourcentage", "porcentaje", "percentuale", "procent"}
_WHOLE = 100
_AROUND = {"before", "after", "pre", "post", "without"}


def is_discount(column: RawColumn) -> bool:
    """Return whether a column of numbers is a discount by its name."""
    named = words(column.name.replace("iscounts", "iscount"))
    money = means(column.name, "amount") or column.low < 0 or not column.whole
    names = tokens(column.name)
    if any(word & _AROUND and "discount" in of for word, of in pairwise(names)):
        return False  # the price before a discount is no discount, but one before tax is
    off = "discount" in named or (bool(named & _CODES_OFF) and money)
    return off and bool(column.number_sql) and not column.time_sql


def discount(raw: RawTable) -> Iterator[Doubt]:
    """Take a discount off the amounts: a share or percentage of them, or an amount of its own."""
    column = next(
        (c for c in raw.columns if is_discount(c) and c.high > 0 and not {"code", "id"} & words(c.name)), None
    )
    if column is None:
        return
    text = f"{column.name} is taken off the amounts"
    choices: tuple[Choice, ...] = (Choice(f"less {column.name}", discounted(column)), Choice("before discounts"))
    if 1 < column.high <= _WHOLE and column.whole and discounted(column) == discounted(column, percent=False):
        choices += (Choice(f"less {column.name} percent", discounted(column, percent=True)),)
    yield Doubt("discount", text, "money", choices)


def discounted(discount: RawColumn, *, percent: bool | None = None) -> str:
    """Return the step that takes a discount off an amount: a share of it, a percentage, or an amount of its own.

    ``percent`` says whether it is a percentage; otherwise its name does.
    """
    off = f"coalesce({exact(discount)}, 0)" if discount.low >= 0 else f"abs(coalesce({exact(discount)}, 0))"
    largest = max(abs(discount.low), discount.high)
    if largest <= 1:
        return f"{EXACT} * (1 - {off})"
    named = bool(words(discount.name) & _PERCENT) or "%" in discount.name
    if largest <= _WHOLE and (named if percent is None else percent):
        return f"{EXACT} * (1 - {off} / {_WHOLE})"
    return f"{EXACT} - {off}"
