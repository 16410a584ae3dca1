"""Whether an amount holds tax: by its name, beside an amount that leaves it out, or beside the tax itself."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.engines import identifier
from workbench.propose.columns.discount_columns import is_discount
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import EXACT, exact
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import excludes_tax, includes_tax, means, names_tax, words

TOTALS = {
    "total", "celkem", "celkova", "summa", "totalt", "gross", "totale", "totaal", "gesamt", "lordo", "toplam", "razem",
    "suma",
}  # fmt: skip
_PARTS = {"line", "lineitem", "refunded", "tax", "taxes", "shipping", "discount", "fee", "subtotal", "net", "item"}
_NO_TAX = {"rate", "percent", "percentage", "pct", "id", "number", "code", "class", "shipping", "freight"}
_NO_MONEY = {
    "day", "date", "time", "hour", "weight", "distance", "method", "id", "number", "code", "zip", "class", "status",
    "address", "country", "zone", "quantity", "count",
}  # fmt: skip
"""Words of columns about shipping that hold no amount of money."""


def doubts_of_tax(raw: RawTable, column: RawColumn) -> Iterator[Doubt]:
    """Yield that an amount may hold tax or shipping, where another one leaves them out or the tax stands beside it."""
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
    elif net is None and (beside := tax_beside(raw, column)):
        text = f"{column.name} may hold {beside.name}, which stands beside it; amounts are without tax here"
        off = f"{EXACT} - coalesce({exact(beside)}, 0)"
        choices = (Choice(f"less {beside.name}", off), Choice(f"as written: {column.name}"))
        shipping = _shipping_beside(raw, column) if _is_total(column.name) else None
        if shipping:
            text = f"{column.name} may hold {beside.name} and {shipping.name}, beside it; amounts are without them here"
            less = Choice(f"less {beside.name} and {shipping.name}", f"{off} - coalesce({exact(shipping)}, 0)")
            yield Doubt("tax", text, "money", (less, *choices))
        else:
            yield Doubt("tax", text, "money", choices if _is_total(column.name) else choices[::-1])


def _shipping_beside(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column of what was paid for shipping, beside a total that may hold it."""
    named = (c for c in raw.columns if words(c.name) & {"shipping", "freight"} and not names_tax(c.name))
    named = (c for c in named if not words(c.name) & _NO_MONEY)
    return next((c for c in named if c.number_sql and not c.time_sql and not c.flag and _is_less(c, amount)), None)


def tax_beside(raw: RawTable, amount: RawColumn) -> RawColumn | None:
    """Return the column of the tax in money beside an amount that is not said to be without it; none for a rate."""
    if means(amount.name, "mrr") or excludes_tax(amount.name) or words(amount.name) & {"net", "subtotal"}:
        return None
    if any(includes_tax(c.name) and _same_but_tax(c.name, amount.name) for c in raw.columns if c.name != amount.name):
        return None
    taxes = (c for c in raw.columns if names_tax(c.name) and c.number_sql and not c.time_sql and not c.flag)
    taxes = (c for c in taxes if not (includes_tax(c.name) or excludes_tax(c.name) or words(c.name) & _NO_TAX))
    return next((c for c in taxes if _is_less(c, amount) and "%" not in c.name), None)


def _same_but_tax(one: str, other: str) -> bool:
    """Whether two names are of the same amount: shipping with tax says nothing of a total.

    >>> _same_but_tax("total_price_incl", "total_price"), _same_but_tax("total_shipping_incl_tax", "total")
    (True, False)
    """
    return words(one.lower()) == words(other.lower()) or words(one) == words(other)  # MwSt is one word


def _is_less(tax: RawColumn, amount: RawColumn) -> bool:
    """Whether numbers are smaller than amounts, and negative only where those of credit notes are."""
    return 0 < tax.high < amount.high and (tax.low >= 0 or tax.low > amount.low)


def without_tax(raw: RawTable) -> RawColumn | None:
    """Return the column of amounts without tax; net of a fee or of what was refunded is something else."""
    amounts = (c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and not means(c.name, "id"))
    less = any(words(c.name) & {"fee", "refund", "refunded"} for c in amounts)
    net = {"subtotal"} if less else {"subtotal", "net"}
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not includes_tax(c.name)]
    named = [c for c in numbers if words(c.name) & net or (excludes_tax(c.name) and not is_discount(c))]
    return next(iter(sorted(named, key=lambda c: not excludes_tax(c.name))), None)


def _leaves_only_tax_out(net: str) -> bool:
    """Whether an amount is net by its name: a subtotal may leave shipping out as well."""
    return "net" in words(net) or excludes_tax(net)


def _is_total(total: str) -> bool:
    return includes_tax(total) or (bool(words(total) & TOTALS) and not words(total) & _PARTS)
