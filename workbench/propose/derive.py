"""SQL expressions that turn raw columns into columns of the contract, never failing on a bad value."""

from __future__ import annotations

from dataclasses import dataclass

from workbench import contract
from workbench.engines import identifier
from workbench.propose.guess import outcome_column, priced_lines
from workbench.propose.naming import means, words
from workbench.propose.raw_columns import RawColumn, RawTable

_PERIODS = {
    "month": "month monthly maandelijks aylik mahane",
    "quarter": "quarter quarterly",
    "year": "year yearly annual annually jaarlijks yillik salane",
}
_PAID = ("succeeded", "success", "successful", "paid", "captured", "approved", "complete", "completed")
_SPANS = {"hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True)
class Mapped:
    """One column: its SQL, the raw columns in it, how sure (0 to 1), why, and what a person should look at."""

    sql: str
    raw: tuple[str, ...]
    confidence: float
    why: str
    unsure: str = ""


def mapped_column(raw: RawColumn, spec: contract.Table, column: contract.Column, fit: float) -> Mapped:
    """Return how one raw column becomes one column of the contract."""
    sql, unsure = _read(raw, column), _doubt(raw, spec, column, fit)
    if column.name == "kind" and spec.name == "subscriptions":
        sql = _trial_or_paid(raw)
    if column.name == "billing_period":
        sql = _period(raw)
    return Mapped(sql, (raw.name,), min(0.99, fit), "name and values" if fit > 1 else "name and type", unsure)


def derived_columns(raw: RawTable, spec: contract.Table, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """Return the columns that only an expression over several raw columns, or over codes, can give."""
    makers = {"tickets": _ticket, "orders": _order, "charges": _charge, "subscriptions": _subscription}
    return makers[spec.name](raw, mapped) if spec.name in makers else {}


def _read(raw: RawColumn, column: contract.Column) -> str:
    if column.type == "time" and raw.time_sql:
        return raw.time_sql
    if column.type in ("amount", "number", "whole") and raw.number_sql:
        return raw.number_sql
    return identifier(raw.name)


def _doubt(raw: RawColumn, spec: contract.Table, column: contract.Column, fit: float) -> str:
    if column.type == "time" and raw.ambiguous_days:
        return f"{raw.name}: no day above 12 was seen, so day and month may be swapped"
    if fit < 0.8:
        return f"the fit of {raw.name} is weak"
    if (spec.name, column.name) == ("subscriptions", "ended_at") and not means(raw.name, "cancel"):
        return f"{raw.name} is read as the end of service; if it is the day of notice, map it to cancelled_at"
    if column.type == "amount" and raw.whole and raw.low >= 100 and _ends_in_zeros(raw):
        return f"{raw.name} holds whole numbers only; if these are cents, divide by 100"
    return ""


def _ends_in_zeros(raw: RawColumn) -> bool:
    return bool(raw.values) and all(value.endswith(("00", "90", "99", "50", "95")) for value in raw.values)


def _is_true(name: str) -> str:
    return f"lower({identifier(name)}::VARCHAR) IN ('true', 'yes', 'y', 't', '1', 'ja', 'evet', 'bale')"


def _trial_or_paid(raw: RawColumn) -> str:
    if raw.flag:
        return f"CASE WHEN {_is_true(raw.name)} THEN 'trial' ELSE 'paid' END"
    if set(raw.values) <= {"trial", "paid", "free"}:
        return f"lower({identifier(raw.name)}::VARCHAR)"
    name = f"lower({identifier(raw.name)}::VARCHAR)"
    return f"CASE WHEN {name} LIKE '%trial%' THEN 'trial' WHEN {name} LIKE 'free%' THEN 'free' ELSE 'paid' END"


def _period(raw: RawColumn) -> str:
    lowered = f"lower({identifier(raw.name)}::VARCHAR)"
    cases = [
        f"WHEN {lowered} IN ({', '.join(repr(w) for w in words.split())}) THEN '{period}'"
        for period, words in _PERIODS.items()
        if set(words.split()) & set(raw.values)
    ]
    return f"CASE {' '.join(cases)} ELSE {lowered} END" if cases else identifier(raw.name)


def _ticket(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    found = {}
    for column, meaning in (("first_response_at", "respond"), ("resolved_at", "resolve")):
        span = next((c for c in raw.columns if c.number_sql and _unit(c) and means(c.name, meaning)), None)
        if column not in mapped and span and "opened_at" in mapped:
            opened = mapped["opened_at"]
            sql = (
                f"TRY_CAST({opened.sql} AS TIMESTAMP) + "
                f"to_seconds({_SPANS[_unit(span)]} * TRY_CAST({span.number_sql} AS DOUBLE))"
            )
            why = f"{_unit(span)} after opened_at"
            found[column] = Mapped(sql, (span.name,), 0.8, why, f"taken as {span.name} after opened_at, by the clock")
    return found


def _unit(column: RawColumn) -> str:
    return next((unit for unit in _SPANS if means(column.name, unit)), "")


def _order(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    found = {}
    priced = priced_lines(raw)
    amount = mapped.get("amount")
    if priced and (amount is None or amount.raw == (priced[1],) or words(priced[1]) & {"line", "lineitem"}):
        quantity, price = (raw[name] for name in priced)
        sql = f"TRY_CAST({quantity.number_sql} AS DECIMAL(18, 4)) * TRY_CAST({price.number_sql} AS DECIMAL(18, 4))"
        why = f"{quantity.name} times {price.name}"
        found["amount"] = Mapped(
            sql, priced, 0.8, why, f"taken as {why}; if {price.name} is a line total, use it alone"
        )
    if "order_id" not in mapped and {"customer_id", "ordered_at"} <= mapped.keys():
        customer, day = mapped["customer_id"], mapped["ordered_at"]
        sql = f"concat_ws('-', {customer.sql}, {day.sql})"
        unsure = "no column names the order: all lines of a customer at one time count as one order"
        found["order_id"] = Mapped(sql, (), 0.5, "customer and time", unsure)
    return found


def _charge(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    status = outcome_column(raw)
    if status is None or "succeeded" in mapped:
        return {}
    words_of_success = ", ".join(repr(word) for word in _PAID)
    sql = f"lower({identifier(status)}::VARCHAR) IN ({words_of_success})"
    return {
        "succeeded": Mapped(
            sql, (status,), 0.8, "read from its words", f"{status} counts as success: {words_of_success}"
        )
    }


def _subscription(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    return _kind_of_status(raw, mapped) | _monthly(mapped)


def _kind_of_status(raw: RawTable, mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    used = {name for m in mapped.values() for name in m.raw}
    for column in raw.columns:
        if "kind" not in mapped and column.name not in used and {"trial", "trialing", "in_trial"} & set(column.values):
            return {"kind": Mapped(_trial_or_paid(column), (column.name,), 0.7, "its values name trials")}
    return {}


def _monthly(mapped: dict[str, Mapped]) -> dict[str, Mapped]:
    """An amount beside a billing period is per period, not per month."""
    amount, period = mapped.get("mrr"), mapped.get("billing_period")
    if amount is None or period is None or any(means(amount.raw[0], word) for word in ("mrr", "monthly")):
        return {}
    number = f"TRY_CAST({amount.sql} AS DECIMAL(18, 4))"
    sql = f"{number} / CASE {period.sql} WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 ELSE 1 END"
    unsure = f"{amount.raw[0]} is taken as the amount per billing period, and divided to a month"
    return {"mrr": Mapped(sql, (*amount.raw, *period.raw), 0.6, "amount per billing period", unsure)}
