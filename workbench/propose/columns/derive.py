"""Columns of the contract that a raw column gives by itself, or several together; never failing on a bad value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.columns.billing_periods import period
from workbench.propose.columns.discount_columns import discount
from workbench.propose.columns.end_and_notice import notice_beside, past_notice
from workbench.propose.columns.money import doubts_of_amount, monthly_amount
from workbench.propose.columns.taxes import TOTALS
from workbench.propose.fitting.fit import WEAK, is_no_money
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.twins import doubt_of_name
from workbench.propose.raw_files.date_forms import swap_days
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.row_status.ledger import debit_and_credit
from workbench.propose.row_status.status import collected, given_up, outcome_column, subscription_kind
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import of_subscription
from workbench.sources import TRUE_WORDS

_SPANS = {"hours": 3600, "minutes": 60, "seconds": 1}


def mapped_column(raw: RawTable, name: str, spec: contract.Table, column: contract.Column, fit: float) -> Mapped:
    """Return how one raw column becomes one column of the contract."""
    own = raw[name]
    sql = _read(own, column)
    if column.name == "kind" and spec.name == "subscriptions":
        sql = _trial_or_paid(own)
    if column.name == "billing_period":
        sql = period(own)
    found = Mapped(sql, (name,), min(0.99, fit), "name and values" if fit > 1 else "name and type")
    return found.doubted(*_doubts(raw, own, spec, column, fit))


def derived_columns(raw: RawTable, spec: contract.Table, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """Return the columns that only an expression over several raw columns, or over codes, can give."""
    makers = {
        **{"tickets": _ticket, "orders": _order, "invoices": _ledger},
        **{"charges": _charge, "subscriptions": _subscription, "treatments": _treatment},
    }
    found = makers[spec.name](raw, mapped) if spec.name in makers else {}
    if spec.name == "messages" and "direction" not in mapped and mapped.keys() & {"campaign", "opened_at"}:
        found |= {"direction": Mapped("'out'", (), 0.8, "what has a campaign, or is opened, was sent to customers")}
    if spec.name == "customers" and "exclude_reason" not in mapped:
        found |= _deleted(raw)
    return found | {name: m for name, m in _by_file_name(raw, spec).items() if name not in {*mapped, *found}}


_FILE_WORDS = {
    ("surveys", "instrument"): {"nps": "nps", "csat": "csat", "ces": "ces", "exit": "exit", "reviews": "review"},
    ("subscriptions", "kind"): {"trials": "trial", "trial": "trial"},
    ("messages", "channel"): {
        **dict.fromkeys(("email", "emails", "mail", "mails", "newsletter", "newsletters"), "email"),
        **{"sms": "sms", "calls": "phone", "chat": "chat"},
    },
}
"""Per column, the words of a file's name that say the same of all its rows."""


def _by_file_name(raw: RawTable, spec: contract.Table) -> dict[str, Mapped]:
    """Return the columns that the file's name gives: nps.csv holds answers to nps."""
    found = {}
    parts = re.split(r"[^a-z]+", raw.name.lower())
    for (table, column), known in _FILE_WORDS.items():
        said = [known[part] for part in parts if part in known]
        if table == spec.name and said:
            found[column] = Mapped(f"'{said[0]}'", (), 0.9, f"by the name of the file {raw.name}")
    return found


def made_key(spec: contract.Table, mapped: dict[str, Mapped]) -> Mapped | None:
    """Return an id made of customer and date for a table that needs one and whose file has none; the same each time."""
    if "customer_id" not in mapped or spec.dated_by not in mapped:
        return None
    customer, day = mapped["customer_id"], mapped[spec.dated_by]
    text = f"no column names the {spec.name[:-1]}: all rows of a customer at one time count as one"
    found = Mapped(f"concat_ws('-', {customer.sql}, {day.sql})", (), 0.5, "made of customer and time")
    return found.doubted(Doubt("id", text, "column"))


def _read(raw: RawColumn, column: contract.Column) -> str:
    if column.type == "time" and raw.time_sql:
        return raw.time_sql
    return identifier(raw.name)


def _doubts(
    raw: RawTable, own: RawColumn, spec: contract.Table, column: contract.Column, fit: float
) -> Iterator[Doubt]:
    if column.type in ("amount", "time"):
        yield from doubt_of_name(raw, own, "money" if column.type == "amount" else "dates")
    if column.type == "time":
        yield from _doubts_of_dates(own)
    if fit < WEAK:
        yield _weak(raw, own, spec, column)
    elif (spec.name, column.name) == ("orders", "amount"):
        yield from _paid_beside(raw, own)
    if (spec.name, column.name) == ("subscriptions", "ended_at") and (notice := notice_beside(raw, own)):
        yield past_notice(own, notice)
    elif (spec.name, column.name) == ("subscriptions", "ended_at") and not _ends_service(own.name):
        text = f"{own.name} is read as the end of service; if it is the day of notice, map it to cancelled_at"
        yield Doubt("end", text, "service")
    if column.type == "amount" and spec.name != "subscriptions":
        yield from doubts_of_amount(raw, own)


def _doubts_of_dates(own: RawColumn) -> Iterator[Doubt]:
    if none := [word for word in own.no_dates if of_subscription(word) != "left"]:
        text = f"{own.name} holds {', '.join(map(repr, none))} in some rows: they are read as no date"
        yield Doubt("no_dates", text, "dates")
    if own.mixed:
        choices = tuple(Choice(label, sql) for label, sql in own.readings)
        yield Doubt("mixed", f"{own.name} {own.mixed}", "dates", choices)
    if 0 < own.zoned < 1:
        text = (
            f"{own.zoned:.0%} of {own.name} have an offset from UTC, the others none: those are taken as times of the "
            "source's time_zone, UTC where none is stated"
        )
        yield Doubt("zones", text, "dates")
    if own.ambiguous_days:
        text = f"{own.name}: no day above 12 was seen, so day and month may be swapped"
        text += f"; {own.days_as}" if own.days_as else ""
        first, other = ("day", "month") if own.time_sql.find("%d") < own.time_sql.find("%m") else ("month", "day")
        choices = (Choice(f"{first} first"), Choice(f"{other} first", swap_days(own.time_sql)))
        yield Doubt("days", text, "dates", choices)


_DECISIVE = {
    "subscriptions": dict.fromkeys(("kind", "trial_ends_at", "cancelled_at", "ended_at", "renews_at"), "service"),
    "customers": {"closed_at": "service", "exclude_reason": "customers"},
    "orders": {"returns_order_id": "money", "margin_amount": "money"},
    "invoices": dict.fromkeys(("paid_at", "voided_at", "written_off_at", "disputed_at"), "status"),
}
"""Per table, the columns that decide who left, who paid and what, with the cost of a wrong one."""


def _weak(raw: RawTable, own: RawColumn, spec: contract.Table, column: contract.Column) -> Doubt:
    """Ask whether a column belongs there, where reading it wrongly would change who left or what was paid."""
    text = f"the fit of {own.name} is weak"
    if column.name == "amount" and column.required and (others := _other_amounts(raw, own)):
        choices = (Choice(own.name), *(Choice(other.name, identifier(other.name)) for other in others))
        return Doubt("fit", text, "money", choices)
    cost = _DECISIVE.get(spec.name, {}).get(column.name)
    if cost is None:
        return Doubt("fit", text, "column")
    return Doubt("fit", text, cost, (Choice(f"{own.name} is {column.name}: {column.meaning}"), Choice("left out", "")))


def _paid_beside(raw: RawTable, price: RawColumn) -> Iterator[Doubt]:
    """Ask which counts where a price stands beside what was paid: a deposit is a part of it, a discount is not."""
    paid = next((c for c in _other_amounts(raw, price) if words(c.name) & {"paid", "collected"}), None)
    if paid is not None and means(price.name, "price"):
        text = f"{price.name} is taken for what was sold; {paid.name} may be a part paid in advance, or what it cost"
        yield Doubt("paid", text, "money", (Choice(price.name), Choice(paid.name, identifier(paid.name))))


_MOST_AMOUNTS = 3


def _other_amounts(raw: RawTable, own: RawColumn) -> list[RawColumn]:
    """Return the columns beside an amount that may be what was paid."""
    numbers = (c for c in raw.columns if c.number_sql and not c.time_sql and c.high > 0 and c.name != own.name)
    named = [c for c in numbers if means(c.name, "amount") or means(c.name, "price")]
    return [c for c in named if not is_no_money(c)][:_MOST_AMOUNTS]


def _ends_service(name: str) -> bool:
    return means(name, "cancel") or bool(words(name) & {"ended", "expires", "expired", "expiration", "expiry", "until"})


def is_true(raw: RawColumn) -> str:
    """Return SQL for whether a flag is set, in its own spelling."""
    words_ = [word for word in TRUE_WORDS if word in raw.values] or ["true"]
    return f"lower({identifier(raw.name)}::VARCHAR) IN ({', '.join(map(literal, words_))})"


def _trial_or_paid(raw: RawColumn) -> str:
    if raw.flag:
        return f"CASE WHEN {is_true(raw)} THEN 'trial' ELSE 'paid' END"
    name = f"lower({identifier(raw.name)}::VARCHAR)"
    if set(raw.values) <= {"trial", "paid", "free"}:
        return name
    return f"CASE WHEN {name} LIKE '%trial%' THEN 'trial' WHEN {name} LIKE 'free%' THEN 'free' ELSE 'paid' END"


def _ticket(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    found = {}
    for column, meaning in (("first_response_at", "respond"), ("resolved_at", "resolve")):
        span = next((c for c in raw.columns if c.number_sql and _unit(c) and means(c.name, meaning)), None)
        if column not in mapped and span and "opened_at" in mapped:
            opened = mapped["opened_at"]
            sql = (
                f"TRY_CAST({opened.sql} AS TIMESTAMP) + "
                f"to_seconds({_SPANS[_unit(span)]} * TRY_CAST({identifier(span.name)} AS DOUBLE))"
            )
            made = Mapped(sql, (span.name,), 0.8, f"{_unit(span)} after opened_at")
            text = f"taken as {span.name} after opened_at, by the clock"
            found[column] = made.doubted(Doubt("clock", text, "column"))
    return found


_REACHED = {"reached", "contacted", "delivered", "spoken", "answered", "bereikt", "erreicht", "joint", "contactado"}


def _treatment(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """Date the contact of who was reached at the day of the campaign, where a yes or no says so."""
    reached = next((c for c in raw.columns if c.flag and words(c.name) & _REACHED), None)
    if reached is None or "contacted_at" in mapped or "treated_at" not in mapped:
        return {}
    yes = f"lower(trim({identifier(reached.name)}::VARCHAR)) IN ({', '.join(map(literal, _yes(reached)))})"
    sql = f"CASE WHEN {yes} THEN {mapped['treated_at'].sql} END"
    return {"contacted_at": Mapped(sql, (reached.name,), 0.8, f"the day of the campaign, where {reached.name} says so")}


def _yes(flag: RawColumn) -> list[str]:
    return [value for value in flag.values if value in TRUE_WORDS]


def _unit(column: RawColumn) -> str:
    return next((unit for unit in _SPANS if means(column.name, unit)), "")


def priced_lines(raw: RawTable) -> tuple[str, str] | None:
    """Return the quantity and unit price columns, where a file has both; a total is of all pieces already."""
    numbers = [c.name for c in raw.columns if c.number_sql and not c.time_sql]
    quantity = next(
        (n for n in numbers if means(n, "quantity") and not means(n, "amount") and not _of_customer(n)), None
    )
    prices = [n for n in numbers if means(n, "price") and not words(n) & (TOTALS | {"subtotal"})]
    # What a piece cost us counts only for want of another price.
    price = min(prices, key=lambda n: "cost" in words(n), default=None)
    return (quantity, price) if quantity and price else None


def _of_customer(name: str) -> bool:
    """Whether a count is how many orders a customer has had, and not how many pieces a line has."""
    return means(name, "customer") or {"orders", "count"} <= words(name) or {"order", "count"} <= words(name)


def _ledger(raw: RawTable, _: dict[str, Mapped]) -> dict[str, Mapped]:
    both = debit_and_credit(raw)
    return {"amount": both} if both else {}


def _order(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    if both := _ledger(raw, mapped):
        return both
    priced, amount = priced_lines(raw), mapped.get("amount")
    if not priced or not (amount is None or amount.raw == (priced[1],) or words(priced[1]) & {"line", "lineitem"}):
        return {}
    quantity, price = (raw[name] for name in priced)
    why = f"{quantity.name} times {price.name}"
    both_negative = quantity.low < 0 and price.low < 0  # taken back: the price has the sign already
    pieces = f"abs({exact(quantity)})" if both_negative else exact(quantity)
    choices = (Choice(why, f"{{}} * {pieces}"), Choice(f"{price.name} alone, a line total"))
    text = f"taken as {why}; if {price.name} is a line total, use it alone"
    found = Mapped(exact(price), priced, 0.8, why)
    if quantity.low == quantity.high == 1:
        choices = choices[::-1]
        text = f"{price.name} alone, for {quantity.name} is always 1"
    doubts = (*doubts_of_amount(raw, price), Doubt("line", text, "money", choices), *discount(raw))
    return {"amount": found.doubted(*doubts)}


def _charge(raw: RawTable, _: dict[str, Mapped]) -> dict[str, Mapped]:
    status = outcome_column(raw)
    return {"succeeded": collected(status)} if status else {}


def _subscription(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    kind, mrr = subscription_kind(raw, mapped), monthly_amount(raw, mapped)
    found = {"kind": kind} if kind and "kind" not in mapped else {}
    found |= _given_up(raw, mapped) | _unpaid(raw, mapped)
    return found | ({"mrr": mrr} if mrr else {}) | _refunded(raw, mapped)


def _unpaid(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """Take the date of a billing problem that lasts for the reason why service ended, where no reason is given."""
    dates = (c for c in raw.columns if c.time_sql and not c.empty and "billing" in words(c.name))
    column = next((c for c in dates if words(c.name) & _PROBLEM), None)
    if column is None or "cancel_reason" in mapped:
        return {}
    sql = f"CASE WHEN {column.time_sql} IS NOT NULL THEN 'billing_error' END"
    return {"cancel_reason": Mapped(sql, (column.name,), 0.7, f"where {column.name} is filled")}


def _given_up(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """Take the end for the notice as well where the status says that it was cancelled, and not that it ran out."""
    end = mapped.get("ended_at")
    said = given_up(raw)
    if end is None or said is None or "cancelled_at" in mapped or len(end.raw) != 1 or raw[end.raw[0]].empty:
        return {}
    column, values = said
    sql = (
        f"CASE WHEN lower({identifier(column.name)}::VARCHAR) IN ({', '.join(map(literal, values))}) THEN {end.sql} END"
    )
    why = f"{end.raw[0]}, where {column.name} is {' or '.join(values)}"
    return {"cancelled_at": Mapped(sql, (column.name, *end.raw), 0.8, why)}


_PROBLEM = {"issue", "issues", "error", "errors", "problem", "failed", "failure"}


def _refunded(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """A paid term that was refunded ended then: nothing was paid for the rest of it."""
    column = next((c for c in raw.columns if c.time_sql and words(c.name) & {"refunded", "revoked"}), None)
    end = mapped.get("ended_at")
    if column is None or column.empty or (end and end.raw == (column.name,)):
        return {}
    read = f"TRY_CAST({column.time_sql} AS TIMESTAMP)"
    if end is None:
        return {"ended_at": Mapped(column.time_sql, (column.name,), 0.8, "a refund ends the service")}
    whole = Choice("a refund ends the service", f"least(TRY_CAST({{}} AS TIMESTAMP), {read})")
    text = f"service is taken to end on the day of {column.name}, where that is before {' '.join(end.raw)}"
    doubt = Doubt("refunded", text, "service", (whole, Choice("service lasts as long all the same")))
    return {"ended_at": replace(end, raw=(*end.raw, column.name)).doubted(doubt)}


def _deleted(raw: RawTable) -> dict[str, Mapped]:
    for column in raw.columns:
        if column.flag and words(column.name) & {"deleted", "test", "internal"}:
            reason = next(word for word in ("deleted", "test", "internal") if word in words(column.name))
            sql = f"CASE WHEN {is_true(column)} THEN '{reason}' END"
            return {"exclude_reason": Mapped(sql, (column.name,), 0.8, f"{column.name} marks what is no customer")}
    return {}
