"""How well one raw column fits one column of the contract: name, type and values together."""

from __future__ import annotations

import re
from functools import cache

from workbench import contract
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.lexicon import VALUE_WORDS
from workbench.propose.words.naming import (
    TAX_NAMES,
    column_likeness,
    excludes_tax,
    includes_tax,
    is_blank,
    is_meaningless,
    is_question,
    means,
    names_tax,
    says_little,
    says_something_else,
    tokens,
    words,
)
from workbench.propose.words.status_words import is_won, lies_ahead
from workbench.sources import months_of

ACCEPTED = 0.45
"""A column that fits less well stays unmapped."""
WEAK = 0.75
"""A column that fits less well is asked about."""
_ESSENTIAL = {
    "customers.exclude_reason": ("exclude",),
    "subscriptions.trial_ends_at": ("trial",),
    "subscriptions.cancelled_at": ("cancel",),
    "subscriptions.renews_at": ("renew", "period"),
    "tickets.reopened_at": ("reopen",),
    "orders.product": ("product", "service", "treatment", "name", "order", "line"),
    "invoices.voided_at": ("void",),
    "invoices.written_off_at": ("writeoff",),
    "invoices.disputed_at": ("dispute",),
}
"""Meanings of which a name needs one: a date without them, read so, changes who was a customer or who paid."""
_BOUND = (
    "fidelizacao fidelisation permanencia engagement vincolo commitment committed minimum mindestlaufzeit "
    "mindestvertragslaufzeit contractduur taahhut bindingstid bindungsfrist binding bound locked lock "
    "loyalty"
)
_OTHERWISE = {
    "subscriptions.kind": {"days", "day", "conversion", "converted", "eligible", "used", "test"},
    "subscriptions.renews_at": {"grace"},
    "invoices.paid_at": {"refund", "refunded"},
    "subscriptions.ended_at": {*_BOUND.split(), "resume", "resumes", "resumed"},
}
"""Words under which a name that sounds right means something else: a trial that was converted is paid, and until when a
customer is bound is not until when service lasts."""

_HALF_A_NAME = {"firstname", "lastname", "forename", "surname", "fullname"}

_CATEGORIES = (
    "kind plan billing_period country region segment industry company_size acquisition_channel preferred_channel "
    "reason priority event direction channel campaign instrument role arm method change"
)
_PHYSICAL = {"day", "days", "kwh", "mwh", "wh", "km", "kg", "gb", "mb", "litre", "liter", "balance", "saldo", "limit"}
"""Words of numbers that are no money, or money that nobody paid."""
_COUNTED = (
    r"(?<![a-z])(shipped|items|units|pieces|orders|visits|sessions|guests|emails|quantity|qty|count|months)[^a-z]*$"
)
"""How the name of a number ends that counts things: Total Shipped is no amount, nor are contract_months."""
_NOT_THE_SALE = {"refunded", "est", "estimated", "expected", "lifetime", "discount", "shipping"}
_TAKEN_OFF = {"fee", "fees", "commission", "tip", "tips", "gratuity", "surcharge", "surcharges"}
_PAID = {"final", "paid", "sold"}
_BEFORE_DISCOUNT = {"list", "original", "regular", "catalog", "catalogue", "msrp", "rrp"}
"""Words of what is added to a sale or taken off it, and of prices that hardly anybody paid, where another column has
the sale."""
_WITH_OR_WITHOUT = re.compile(
    r"(?<![a-z])(after|before|with|without|incl\w*|excl\w*|net of|mit|ohne|met|zonder|con|sin|sans|avec|senza)[^a-z]+"
    rf"(the )?(discount|shipping|{'|'.join(TAX_NAMES)})(?![a-z])",
    re.IGNORECASE,
)
"""What names add of the parts of a sale: a price after discount is no discount."""
_OTHER_MRR = {"lost", "churned", "previous", "old", "expansion", "contraction", "delta", "change", "target", "forecast"}
_ALONE = ({"net"}, {"paid"}, {"bezahlt"}, {"betaald"}, {"paye"}, {"pagado"}, {"pago"}, {"pagato"})
"""Names of numbers that, alone, are amounts."""
_OWED = {"billed", "invoiced", "charged", "owed", "due", "open", "outstanding", "balance", "unpaid"}
"""Words of what was to be paid, or still is: what is paid beside it may be a part."""
_MOSTLY = 0.5
_SPANS = ("seconds", "minutes", "hours")
_SOME = 0.98
"""A share of the rows with a date below which it is one of what has not happened to all."""
_USUAL_END = {
    "subscriptions.ended_at": 0.5,
    "tickets.resolved_at": 0.5,
    "invoices.paid_at": 0.46,
    "contacts.left_at": 0.46,
}


def column_fit(raw: RawColumn, table: RawTable, spec: contract.Table, column: contract.Column) -> float:
    """Return how well a raw column fits: 0 when its type does not, about 1 when name and type do."""
    name = column_likeness(raw.name, spec.name, column.name)
    if _means_otherwise(raw.name, f"{spec.name}.{column.name}"):
        return 0.0
    if raw.empty:
        needless = column.required or column.time_class == "key" or column.name == "exclude_reason"
        return 0.8 * name if name >= WEAK and not needless else 0.0
    if column.type == "time":
        return _time_fit(raw, table, spec, column, name) if raw.time_sql else 0.0
    if column.type == "flag":
        return name if raw.flag else 0.0
    if column.type in ("amount", "number", "whole"):
        if column.name == "amount" and _is_amount_alone(raw, table, spec):  # not of a payout, as net credit is
            name = max(name, WEAK)
        return _number_fit(raw, spec, column, name * (0.5 if _is_part_of_another(raw, table, column) else 1.0))
    if column.time_class == "key":
        plainly = 0.05 * (column.name == "order_id" and frozenset({"order"}) in tokens(raw.name))
        return name + plainly * bool(name) if _may_be_key(raw, column, table) else 0.0
    return _text_fit(raw, spec, column, name)


def _is_amount_alone(raw: RawColumn, table: RawTable, spec: contract.Table) -> bool:
    """Whether a number is called net or paid alone, and no amount beside it says what was to be paid."""
    if words(raw.name) not in _ALONE or raw.flag:
        return False
    others = [c for c in table.columns if c.number_sql and not c.time_sql and c.name != raw.name]
    if words(raw.name) == {"net"}:
        return True
    return not any(words(c.name) & _OWED or column_likeness(c.name, spec.name, "amount") >= ACCEPTED for c in others)


def _means_otherwise(name: str, place: str) -> bool:
    """Whether a name says that a column is none of this place.

    >>> _means_otherwise("trial_period_days", "subscriptions.kind"), _means_otherwise("trial", "subscriptions.kind")
    (True, False)
    >>> _means_otherwise("Payment method", "subscriptions.cancel_reason")
    True
    """
    needed = _ESSENTIAL.get(place, ())
    lacking = bool(needed) and not any(means(name, meaning) for meaning in needed)
    begins = place == "subscriptions.ended_at" and "effective" in words(name) and not means(name, "end")
    paid_by = place == "subscriptions.cancel_reason" and means(name, "method") and not means(name, "cancel")
    numbered = place == "events.quantity" and means(name, "id")
    paused = place == "subscriptions.ended_at" and means(name, "pause")
    of_person = bool(words(name) & _HALF_A_NAME) and place in ("surveys.instrument", "goals.goal", "events.event")
    return (
        lacking
        or begins
        or paid_by
        or numbered
        or paused
        or of_person
        or bool(words(name) & _OTHERWISE.get(place, set()))
    )


def _may_be_key(raw: RawColumn, column: contract.Column, table: RawTable) -> bool:
    if not raw.keylike or (column.required and raw.filled < 0.98 * raw.rows) or means(raw.name, "reason"):
        return False
    if column.name == "order_id":  # an order has some lines; what many rows share is a method or a shop
        few_lines = raw.distinct > 1 and 30 * raw.distinct >= raw.rows
        return few_lines and not _is_wording(raw) and not _is_name_beside_id(raw, table)
    return column.name != "contact_id" or not means(raw.name, "customer")


def _is_name_beside_id(raw: RawColumn, table: RawTable) -> bool:
    """Whether a column that is called a name repeats and has people, or an id of each row beside it: no order."""
    if not means(raw.name, "name") or means(raw.name, "order") or raw.unique == 1:
        return False
    if raw.spaces > _MOSTLY and words(raw.name) <= {"name", "full", "customer"} and _is_wording(raw):
        return True  # first and last names
    return any(c.unique == 1 and c.filled == c.rows and c.keylike and means(c.name, "id") for c in table.columns)


def _is_wording(raw: RawColumn) -> bool:
    """Whether values are words without a digit: names of people or things, and no numbers of orders."""
    return bool(raw.values) and not any(re.search(r"\d", value) for value in raw.values)


def _says_kind(value: str) -> bool:
    return "trial" in value or value.startswith(("free", "paid"))


def is_overwritten(name: str) -> bool:
    """Return whether a date is today's value of something that moves on: the current period, the next charge.

    >>> is_overwritten("Current Period End (UTC)"), is_overwritten("next_billing_at"), is_overwritten("renewal_date")
    (True, True, False)
    """
    return bool(words(name) & {"current", "next", "upcoming"})


def is_bound(name: str) -> bool:
    """Return whether a date is that until which a customer is bound.

    >>> is_bound("Mindestlaufzeit bis"), is_bound("Laufzeit bis")
    (True, False)
    """
    return bool(words(name) & set(_BOUND.split()))


def value_fit(raw: RawColumn, table: str, column: str) -> float:
    """Return the share of rows whose value is one the field uses for this column."""
    if column == "billing_period" and raw.values and all(map(months_of, raw.values)):
        return 0.65 * sum(raw.values.values())  # enough to be mapped, too little to make a table of subscriptions
    known = _known_values(table, column)
    if column == "event":
        known = known.union(v for v in raw.values if _EVENT.fullmatch(v))
    if not known:
        return 0
    return sum(share for value, share in raw.values.items() if value in known or _BETWEEN.sub("_", value) in known)


_EVENT = re.compile(r"(feature|page|module|screen|event|action)[ _-]?\w{1,12}")
_BETWEEN = re.compile(r"[\s.]+")


@cache
def _known_values(table: str, column: str) -> frozenset[str]:
    return frozenset(VALUE_WORDS.get(f"{table}.{column}", VALUE_WORDS.get(column, "")).split())


def _time_fit(raw: RawColumn, table: RawTable, spec: contract.Table, column: contract.Column, name: float) -> float:
    others = [c for c in table.columns if c.time_sql and c.name != raw.name and not means(c.name, "birth")]
    if means(raw.name, "birth") or (column.name == "ended_at" and _ends_mails(raw, others)):
        return 0.0  # a date of the person or of mails, not of what the customer did
    earliest = all(table.in_order.get((raw.name, c.name), 0.5) >= 0.9 for c in others)
    filled = raw.filled / raw.rows
    beside = spec.name == "subscriptions" and means(raw.name, "create") and not means(raw.name, "start")
    made_before = beside and any(means(c.name, "start") and c.filled == c.rows for c in others)
    if column.name == spec.dated_by:
        if column.name == "ordered_at" and (_begins_what_is_over_at_once(raw, table) or _is_of_visits(raw, table)):
            name = max(name, _SURE_OF_BRIEF)
        elif column.name == "ordered_at" and any(_is_of_visits(c, table) for c in others):
            name -= _SURE_OF_BRIEF
        return (
            name
            + 0.3 * (filled == 1)
            + (0.2 if is_meaningless(raw.name) else 0.04) * (earliest and not made_before)
            + 0.4 * (not others)
            + 0.2 * (filled == 1 and bool(others) and all(c.filled < _MOSTLY * c.rows for c in others))
            + 0.05 * raw.has_clock
            + 0.6 * (column.name == "ordered_at" and means(raw.name, "close") and _is_pipeline(table))
            + 1.2 * (column.name == "ordered_at" and "won" in words(raw.name) and _is_pipeline(table))
            - 0.8 * bool(words(raw.name) & {"expected", "estimated", "est", "planned", "forecast"})
            - 0.5 * (filled < 0.5 and "won" not in words(raw.name))
            - 0.5 * (filled < 0.5 and any(c.filled == c.rows for c in others) and not _is_pipeline(table))
        )
    if column.name == "renews_at" and is_overwritten(raw.name):
        return 0.0
    if spec.name == "orders" and column.name == "cancelled_at" and filled > _MOSTLY:
        return 0.0  # the departure of a guest: not all orders were cancelled
    usual = _USUAL_END.get(f"{spec.name}.{column.name}", 0.0)
    if others and not earliest and (is_meaningless(raw.name) or (says_little(raw.name) and filled < _SOME)):
        name = max(name, usual)
    return name - 0.4 * (earliest and bool(others))


def _is_of_visits(raw: RawColumn, table: RawTable) -> bool:
    """Whether this is the day of a stay or an appointment, and not of its booking: some lie ahead by their status."""
    ahead = any(lies_ahead(value, c.values) for c in table.columns if means(c.name, "status") for value in c.values)
    return ahead and bool(words(raw.name) & _OF_VISITS)


_OF_VISITS = {
    "arrival",
    "arrivaldate",
    "checkin",
    "check",
    "stay",
    "appointment",
    "visit",
    "anreise",
    "arrivee",
    "termin",
}
_SURE_OF_BRIEF = 0.6
_BRIEF_ROWS = 0.9


def _begins_what_is_over_at_once(raw: RawColumn, table: RawTable) -> bool:
    """Whether rows start at this time and end on that day or the next, as trips do: they are sold when they start."""
    ends = (c.name for c in table.columns if c.time_sql and means(c.name, "end") and c.filled > _MOSTLY * c.rows)
    return means(raw.name, "start") and any(table.brief.get((raw.name, end), 0.0) >= _BRIEF_ROWS for end in ends)


def _is_pipeline(table: RawTable) -> bool:
    """Whether rows are deals on their way through stages: the sale is made when they close."""
    return any(is_won(value) for c in table.columns if means(c.name, "status") for value in c.values)


def _number_fit(raw: RawColumn, spec: contract.Table, column: contract.Column, name: float) -> float:
    if not raw.number_sql or raw.time_sql or raw.flag:
        return 0.0
    if column.name in ("satisfaction", "score"):
        return _mark_fit(raw, spec, column, name)
    if column.type == "amount" and _is_beside_the_sale(raw.name):
        name *= 0.5
    if column.type == "amount" and (is_no_money(raw) or (column.name == "mrr" and _of_one_payment(raw.name))):
        return 0.0
    if column.name in ("margin_amount", "acquisition_cost", "cost") and name < 0.7:
        return 0.0
    if (
        column.type == "amount"
        and is_meaningless(raw.name)
        and not raw.whole
        and spec.name == "orders"
        and column.name == "amount"
    ):
        return 0.5
    if column.name == "mrr" and means(raw.name, "mrr") and not words(raw.name) & _OTHER_MRR:
        return max(name, 0.9)  # rather than the list price of a plan
    better = excludes_tax(raw.name) or "base" in words(raw.name)
    return name + 0.05 * (bool(name) and column.type == "amount" and better)


def _ends_mails(raw: RawColumn, others: list[RawColumn]) -> bool:
    """Whether a date is that of an opt-out of mails, beside one of leaving."""
    ends = any(means(c.name, "cancel") or means(c.name, "end") for c in others)
    return ends and bool(words(raw.name) & {"unsub", "optout"})


def _mark_fit(raw: RawColumn, spec: contract.Table, column: contract.Column, name: float) -> float:
    """How well numbers fit the mark given: those on its scale, and the answers to a question that has such numbers."""
    top = 5 if column.name == "satisfaction" else 10
    on_scale = raw.whole and 0 <= raw.low <= raw.high <= top and raw.high >= top - 1
    guess = 0.5 if is_meaningless(raw.name) and on_scale and raw.filled < raw.rows else 0.0
    if spec.name == "surveys" and is_question(raw.name) and on_scale:
        guess = WEAK + 0.1 * means(raw.name, "score")
    return max(name + 0.2 * on_scale, guess) if raw.high <= 100 else 0.0


def _is_part_of_another(raw: RawColumn, table: RawTable, column: contract.Column) -> bool:
    """Whether an amount is a fee or a tip, or taken off in nearly all rows, beside another that is the sale."""
    if column.name == "amount" and _is_changed(raw, table):
        return True
    part = bool(words(raw.name) & (_TAKEN_OFF | _BEFORE_DISCOUNT)) or raw.negative > _MOSTLY
    return part and column.name == "amount" and any(_may_be_the_sale(c) for c in table.columns if c is not raw)


def _is_changed(raw: RawColumn, table: RawTable) -> bool:
    """Whether an amount is in the currencies of customers, of which there are several, beside one in the shop's own."""
    twin = any(words(c.name) == words(raw.name) | {"base"} for c in table.columns if c is not raw and c.number_sql)
    return "base" not in words(raw.name) and twin and any(c.is_currency and c.distinct > 1 for c in table.columns)


def _may_be_the_sale(column: RawColumn) -> bool:
    named = means(column.name, "amount") or bool(words(column.name) & _PAID)
    named = named and not words(column.name) & (_TAKEN_OFF | _BEFORE_DISCOUNT)
    money = (
        column.number_sql and not column.time_sql and not column.flag and column.high > 0 >= column.negative - _MOSTLY
    )
    return named and bool(money) and not _is_beside_the_sale(column.name) and not is_no_money(column)


def _of_one_payment(name: str) -> bool:
    return adds_up(name) or "transaction" in words(name)


def adds_up(name: str) -> bool:
    """Return whether an amount is all that a subscription ever brought, or what is owed: no price of a period.

    >>> adds_up("total_revenue_in_cents"), adds_up("total"), adds_up("revenue")
    (True, False, False)
    """
    return "balance" in words(name) or {"total", "revenue"} <= words(name)


def _is_beside_the_sale(name: str) -> bool:
    """Whether an amount is what went back, may come, came in all, or is a part of what was paid, such as its tax."""
    taxed = excludes_tax(name) or includes_tax(name) or means(name, "price")
    own = _WITH_OR_WITHOUT.sub("", name.replace("_", " "))
    return bool(words(own) & _NOT_THE_SALE) or (names_tax(own) and not taxed)


def is_no_money(raw: RawColumn) -> bool:
    """Return whether numbers measure or count something: seconds listened, pieces shipped, however like money."""
    counted = raw.whole and re.search(_COUNTED, raw.name, re.IGNORECASE) is not None
    measured = bool(words(raw.name) & _PHYSICAL) or any(means(raw.name, span) for span in _SPANS)
    return counted or measured or means(raw.name, "id") or raw.low == raw.high == 0


def _known_period(raw: RawColumn, column: contract.Column, value: float) -> float:
    """Whether a billing period is one: a kind of term is none, whatever it is called."""
    known = value or any(map(months_of, raw.values))
    return 0.4 if column.name == "billing_period" and raw.values and not known else 1.0


def _text_fit(raw: RawColumn, spec: contract.Table, column: contract.Column, name: float) -> float:
    address = column.name == "preferred_channel" and "@" in raw.example
    if raw.time_sql or (raw.number_sql and not raw.whole) or raw.is_currency or address:
        return 0.0
    if raw.flag:
        return name if column.name == "kind" and means(raw.name, "trial") else 0.0
    if column.name == "comment":
        prose = raw.spaces > 0.6 and raw.length > 10
        if is_blank(raw.name) and raw.spaces > 0.9:
            return 0.5
        return name + 0.2 * prose if prose or raw.spaces > 0.3 else 0.3 * name
    if column.name in _CATEGORIES.split() and raw.distinct > 0.5 * raw.rows and raw.rows > 50:
        name *= 0.4
    if raw.number_sql:
        return 0.6 * name if column.name != "billing_period" else 0.0
    value = value_fit(raw, spec.name, column.name)
    name *= _known_period(raw, column, value)
    if spec.name == "subscriptions" and column.name == "kind" and not any(map(_says_kind, raw.values)):
        return 0.0
    alone = 0.75 * value if value > 0.6 and not says_something_else(raw.name, spec.name, column.name) else 0.0
    return max(name + 0.3 * value if name else 0.0, alone)
