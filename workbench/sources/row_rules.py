"""What a source file states about whole rows: status, currency, ids that stand for nobody, merged accounts, scales.

Each rule is SQL beside the typed columns: what it needs of the raw row, how it changes a column, which rows it refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from workbench.contract import Table
from workbench.engines import identifier, literal
from workbench.errors import SourceError
from workbench.sources.currencies import code_sql, units_sql
from workbench.sources.numbers import once
from workbench.sources.source import Source, Status, TableMapping
from workbench.sources.values import Problem, Reading, plain_text

_FEW_MARKS = 0.1
"""A share of marks off an unstated scale above which the scale is another one."""
RATES, ACCOUNTS, LAST_ACTIVITY = 'main."_rates"', 'main."_accounts"', 'main."_last_activity"'
_CURRENCY, _RATE, _GONE, _UNDATED = '"<currency>"', '"<rate>"', '"<deleted>"', '"<undated>"'
_CANCELLED = '"<cancelled>"'


@dataclass
class RowRules:
    """SQL of the rules of one table: over the raw row, instead of a typed column, joins, flags, and problems."""

    raw: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    """Conditions by what is remarked of the rows that fulfil them."""
    unknown: dict[str, tuple[str, str]] = field(default_factory=dict)
    """SQL that is NULL or a value the source file says nothing of, with the key it belongs to and the cure."""
    returned: str = ""
    """The condition under which a sale was taken back."""
    credit: str = ""
    """The condition under which a row itself takes back: its amounts count against sales."""

    def adjusted(self, typed: str) -> str:
        """Return the typed rows as the rules change them."""
        if not self.replaced and not self.flags:
            return typed
        changes = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in self.replaced.items())
        flags = "".join(f", {sql} AS {name}" for name, sql in self.flags.items())
        stars = f"t.* REPLACE ({changes})" if changes else "t.*"
        return f"SELECT {stars}{flags} FROM ({typed}) AS t {' '.join(self.joins)}"


def row_rules(spec: Table, mapping: TableMapping, source: Source, how: Reading, *, accounts: bool) -> RowRules:
    """Return the rules that hold for one table; ``accounts`` where merged and deleted ones are known."""
    rules = RowRules()
    if "customer_id" in mapping.columns:
        _nobody(rules, source)
        if accounts:
            _merged(rules, own=spec.name == "customers")
    for place, status in enumerate(mapping.status):
        _status(rules, mapping, status, how, f'"<status {place}>"')
    _taken_back(rules, mapping)
    amounts = [name for name in mapping.columns if spec[name].type == "amount"]
    if amounts:
        _amounts(rules, spec, mapping, source, amounts)
    if spec.name == "subscriptions" and "ended_at" in mapping.columns:
        _ends(rules, mapping, source)
    if how.dates in ("day_first", "month_first"):
        _mixed_dates(rules, spec, mapping, how)
    rules.problems += _off_scale(spec, mapping, source)
    return rules


def _nobody(rules: RowRules, source: Source) -> None:
    for id_ in source.not_customers:
        condition = f'lower("customer_id") = {literal(id_.strip().lower())}'
        rules.problems.append(Problem(condition, f"customer_id {id_} stands for nobody"))


def _merged(rules: RowRules, *, own: bool) -> None:
    rules.joins.append(f"LEFT JOIN {ACCOUNTS} AS account ON t.customer_id = account.customer_id")
    rules.flags[_GONE] = "account.customer_id IS NOT NULL AND account.survivor IS NULL"
    deleted = "the customer was deleted"
    rules.problems.append(Problem(f"{_GONE} IS TRUE", deleted, '"customer_id"'))
    if own:
        rules.flags |= {'"<survivor>"': "account.survivor", '"<known>"': "account.known"}
        into = '"customer_id" || \' into \' || "<survivor>"'
        absent = "the customer was merged into one that is not among the customers"
        rules.problems.append(Problem('"<known>"', "the customer was merged", into))
        rules.problems.append(Problem('NOT "<known>"', absent, into))
        return
    rules.replaced["customer_id"] = "coalesce(account.survivor, t.customer_id)"
    rules.flags['"<moved>"'] = "account.survivor IS NOT NULL"
    rules.remarks["moved to the customer that theirs was merged into"] = '"<moved>"'
    rules.flags['"<absent>"'] = "account.known IS FALSE"
    rules.remarks["moved to a customer that theirs was merged into, and that is not among the customers"] = '"<absent>"'


def _status(rules: RowRules, mapping: TableMapping, status: Status, how: Reading, value: str) -> None:
    text = f"({status.column}\n)::VARCHAR"
    rules.raw[value] = f"lower({plain_text(text, how.nulls or ())})"
    rules.unknown[f"status {status.column}" if len(mapping.status) > 1 else "status"] = (
        f"CASE WHEN {_is(value, list(status.values), none=True)} THEN {value} END",
        "is not among the values of status: add it with keep or refuse",
    )
    for word in status.of("refuse"):
        name = status.column.strip('"') if len(mapping.status) > 1 or word in _FLAGS else "status"
        rules.problems.append(Problem(_is(value, [word]), f"{name} is {word}", stated=True))
    if returned := status.of("return"):
        rules.returned = _either(rules.returned, _is(value, returned))
    if credit := status.of("credit"):
        rules.credit = _either(rules.credit, _is(value, credit))
    if cancelled := status.of("cancelled"):
        rules.flags[_CANCELLED] = _either(rules.flags.get(_CANCELLED, ""), _is(value, cancelled))
        _cancelled(rules, mapping, _is(value, cancelled))


_FLAGS = ("true", "false", "yes", "no", "1", "0", "t", "f", "y", "n")


def _is(value: str, words: list[str], *, none: bool = False) -> str:
    return f"{value} {'NOT ' if none else ''}IN ({', '.join(map(literal, words))})"


def _either(condition: str, other: str) -> str:
    return f"{condition} OR {other}" if condition else other


def _taken_back(rules: RowRules, mapping: TableMapping) -> None:
    """Sales that a status, a date or an amount shows as taken back, and rows that take back themselves."""
    if "returned_at" in mapping.columns:
        rules.returned = _either(rules.returned, "returned_at IS NOT NULL")
    if "returned_amount" in mapping.columns:
        rules.returned = _either(rules.returned, "returned_amount <> 0")
    if rules.returned:
        but = f" AND ({rules.credit}) IS NOT TRUE" if rules.credit else ""
        rules.returned = f'({rules.returned}) AND "amount" > 0{but}'
        rules.remarks["taken back: each has a row for its return"] = rules.returned
    if rules.credit:
        rules.remarks["credit notes or refunds: their amounts count against sales"] = rules.credit


def _cancelled(rules: RowRules, mapping: TableMapping, cancelled: str) -> None:
    """A cancelled subscription without a date: as chosen, or at the customer's last activity."""
    dates = [f't."{name}"' for name in ("ended_at", "cancelled_at") if name in mapping.columns]
    rules.flags[_UNDATED] = cancelled + "".join(f" AND {date} IS NULL" for date in dates)
    if mapping.cancelled_without_date is None:
        rules.remarks[f"{UNDATED}choose cancelled_without_date"] = _UNDATED
    elif mapping.cancelled_without_date == "leave_out":
        rules.problems.append(Problem(_UNDATED, "cancelled without a date"))
    else:
        rules.remarks[f"{UNDATED}ended at {_ENDED[mapping.cancelled_without_date]}"] = _UNDATED


UNDATED = "cancelled without a date: "
"""How the remark of cancelled subscriptions without a date begins."""
_ENDED = {"last_activity": "the last activity", "end_of_term": "the end of the term", "export_day": "the export"}


def _end_after_notice(rules: RowRules, mapping: TableMapping, ended: str) -> str:
    """Return SQL for the end of service, where a notice may be there without one: as chosen, or with the term.

    Only what should be over for 31 days at the end of the data has ended: service may go on after a later notice.
    """
    choice = mapping.notice_without_end
    if mapping.columns["ended_at"] == NO_END or choice == "goes_on":
        return ended if choice == "goes_on" else f"coalesce({ended}, t.cancelled_at)"
    noticed = "t.cancelled_at IS NOT NULL AND t.ended_at IS NULL"
    if "trial_ends_at" in mapping.columns:
        noticed += " AND NOT coalesce(t.cancelled_at < t.trial_ends_at, false)"
    over = "true" if choice == "notice" else rules.flags.get(_CANCELLED, "false")
    end = f"CASE WHEN {over} THEN t.cancelled_at ELSE {_term_end(mapping)} END"
    end = f"max({end}) OVER (PARTITION BY t.customer_id, t.cancelled_at)"  # what was given up at once ends together
    last = "max(greatest(t.started_at, t.cancelled_at)) OVER ()"
    after = f"greatest({last}, getvariable('{LAST_DATE}')) - INTERVAL 31 DAY"
    rules.flags[_NOTICED] = f"{noticed} AND {end} < {after}"
    if choice == "leave_out":
        rules.problems.append(Problem(_NOTICED, "a notice without an end of service"))
        return ended
    rules.remarks[f"{UNENDED}{_AFTER_NOTICE[choice]}"] = _NOTICED
    return f"CASE WHEN {rules.flags[_NOTICED]} THEN {end} ELSE {ended} END"


NO_END = "NULL::TIMESTAMP"
"""What stands for an end of service that no column holds."""
LAST_DATE = "last_date"
"""The variable with the last date of the tables loaded before."""
UNENDED = "notice without an end of service: "
"""How the remark of notices begins that have no end of service although it should be over."""
_NOTICED = '"<noticed>"'
_AFTER_NOTICE = {
    None: "assumed to end with the term; choose notice_without_end", "end_of_term": "ended with the term",
    "notice": "ended at the notice",
}  # fmt: skip


def _term_end(mapping: TableMapping) -> str:
    """Return SQL for the end of the term in which a notice was given; 31 days later where no term is known."""
    renews = "t.renews_at" if "renews_at" in mapping.columns else "NULL::TIMESTAMP"
    later = f"CASE WHEN {renews} >= t.cancelled_at THEN {renews} ELSE t.cancelled_at + INTERVAL 31 DAY END"
    if "billing_period" not in mapping.columns:
        return f"CASE WHEN t.cancelled_at <= t.started_at THEN t.cancelled_at ELSE {later} END"
    length = "TRY(period_months(t.billing_period))"
    term = "CASE WHEN length < 1 THEN 1 ELSE round(length)::INTEGER END"  # empty where no period is known
    past = "months * floor(date_diff('month', anchor, t.cancelled_at) / months)"
    ends = ", ".join(f"anchor + to_months((past + {step} * months)::INTEGER)" for step in range(3))
    first = once(f"[{ends}]", "ends", "list_filter(ends, lambda e: e >= t.cancelled_at)[1]")
    # Each is written once: the words of all billing periods stand in the length of one.
    found = once(length, "length", once(term, "months", once(past, "past", first)))
    found = once(f"coalesce({renews}, t.started_at)", "anchor", found)
    return f"CASE WHEN t.cancelled_at <= t.started_at THEN t.cancelled_at ELSE coalesce({found}, {later}) END"


def _ends(rules: RowRules, mapping: TableMapping, source: Source) -> None:
    """The end of service as an instant: the last day of service lasts until the next midnight."""
    ended = "t.ended_at"
    if mapping.ended_at_is == "last_day_of_service":
        day = f"{ended} = date_trunc('day', {ended})"
        ended = f"CASE WHEN {day} THEN {ended} + INTERVAL 1 DAY ELSE {ended} END"
    if mapping.cancelled_without_date == "end_of_term" and "renews_at" in mapping.columns:
        ended = f"CASE WHEN {rules.flags[_UNDATED]} THEN t.renews_at ELSE {ended} END"
    if mapping.cancelled_without_date == "end_of_term":
        no_term = "cancelled without a date, and its term is not known"
        rules.problems.append(Problem(f'{_UNDATED} AND "ended_at" IS NULL', no_term))
    if mapping.cancelled_without_date == "export_day":
        at = f"date_trunc('day', TIMESTAMP {literal(source.complete_until)} - INTERVAL 1 MICROSECOND)"
        ended = f"CASE WHEN {rules.flags[_UNDATED]} THEN {at} ELSE {ended} END"
    if mapping.undated == "last_activity":
        rules.joins.append(f"LEFT JOIN {LAST_ACTIVITY} AS activity ON t.customer_id = activity.customer_id")
        at = "greatest(t.started_at, activity.last_at)"
        ended = f"CASE WHEN {rules.flags[_UNDATED]} THEN {at} ELSE {ended} END"
    if mapping.has_notices:
        ended = _end_after_notice(rules, mapping, ended)
    if ended != "t.ended_at":
        rules.replaced["ended_at"] = ended


def _amounts(rules: RowRules, spec: Table, mapping: TableMapping, source: Source, amounts: list[str]) -> None:
    own = literal(source.currency)
    if mapping.currency_column is not None:
        text = f"trim(({mapping.currency_column}\n)::VARCHAR)"
        rules.raw[_CURRENCY] = f"coalesce(nullif({code_sql(text)}, ''), {own})"
    elif mapping.unit is not None:
        rules.raw[_CURRENCY] = own
    for name in amounts:
        amount = _signed(rules, f't."{name}"')
        if mapping.unit == "cents":
            amount = f"{amount} / {units_sql(_CURRENCY)}"
        if mapping.currency_column is not None and source.rates is not None:
            amount = f"{amount} * CASE WHEN {_CURRENCY} = {own} THEN 1 ELSE coalesce(rate.rate, 1) END"
        if amount != f't."{name}"':
            rules.replaced[name] = f"CAST({amount} AS DECIMAL(18, 4))"
    if mapping.currency_column is not None:
        _currencies(rules, spec, mapping, source, own)


def _signed(rules: RowRules, amount: str) -> str:
    """What a credit note is about counts against sales, whatever its sign."""
    return f"CASE WHEN {rules.credit} THEN -abs({amount}) ELSE {amount} END" if rules.credit else amount


def _currencies(rules: RowRules, spec: Table, mapping: TableMapping, source: Source, own: str) -> None:
    other = f"{_CURRENCY} <> {own}"
    if source.rates is None:
        rules.problems.append(Problem(other, f"amounts are in another currency than {source.currency}", _CURRENCY))
        return
    dated = f't."{spec.dated_by}"' if spec.dated_by in mapping.columns else "NULL::TIMESTAMP"
    rules.joins.append(f"ASOF LEFT JOIN {RATES} AS rate ON t.{_CURRENCY} = rate.currency AND {dated} >= rate.since")
    rules.flags[_RATE] = "rate.rate"
    day = f"coalesce(' on ' || \"{spec.dated_by}\"::DATE, '')" if spec.dated_by in mapping.columns else "''"
    no_rate = "rates have none for the currency on or before the day"
    rules.problems.append(Problem(f"{other} AND {_RATE} IS NULL", no_rate, f"{_CURRENCY} || {day}"))
    rules.remarks[f"amounts changed into {source.currency} at the stated rates"] = f"{other} AND {_RATE} IS NOT NULL"


def _mixed_dates(rules: RowRules, spec: Table, mapping: TableMapping, how: Reading) -> None:
    order = str(how.dates).replace("_", "-")
    for name in (n for n in mapping.columns if spec[n].type == "time"):
        iso = f"regexp_matches(\"text_{name}\", '^\\d{{4}}[-/.]')"
        rules.remarks[f"{name} is an ISO date beside {order} ones; each is read as it is written"] = iso


def _off_scale(spec: Table, mapping: TableMapping, source: Source) -> Iterator[Problem]:
    scales = source.all_scales
    if spec.name == "tickets" and "satisfaction" in mapping.columns:
        yield _off("satisfaction", "tickets", *scales["tickets"], among="true")
    if spec.name == "surveys" and {"score", "instrument"} <= mapping.columns.keys():
        for instrument, (low, high) in scales.items():
            if instrument != "tickets":
                yield _off("score", instrument, low, high, among=f'lower("instrument") = {literal(instrument)}')


def _off(column: str, scale: str, low: float, high: float, *, among: str) -> Problem:
    condition = f'{among} AND "{column}" NOT BETWEEN {low} AND {high}'
    return Problem(condition, f"{column} is off the scale of {scale}, {low:g} to {high:g}", f'"{column}"::VARCHAR')


def check_scales(con: duckdb.DuckDBPyConnection, spec: Table, source: Source, rows: str, good: int) -> None:
    """Raise SourceError where so many marks are off a scale nobody stated that another scale is meant."""
    if spec.name not in ("tickets", "surveys"):
        return
    off = "regexp_extract(_rule, 'off the scale of ([^,]*),', 1)"
    found = con.execute(f"SELECT {off}, count(*) FROM {rows} WHERE NOT _good AND {off} <> '' GROUP BY 1").fetchall()
    stated = {name.strip().lower() for name in source.scales}
    wrong = [(name, n) for name, n in found if name not in stated and n > _FEW_MARKS * (good + n)]
    if wrong:
        raise SourceError(
            " ".join(
                f"tables.{spec.name}: {n:,} marks lie off the usual scale of {name}, {low:g} to {high:g}; "
                f"state its own, as in scales: {{{name}: 0-100}}."
                for name, n in wrong
                for low, high in [source.all_scales[name]]
            )
        )
