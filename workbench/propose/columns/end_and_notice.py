"""Two dates of leaving beside each other: which is the notice, and which the end of service."""

from __future__ import annotations

from dataclasses import replace

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words

_ALL, _SOME = 0.95, 0.9
_SELDOM_BEFORE = 0.95
"""A share of the cancelled rows that end after the notice from which on service may last until then; a term that is
over before some notices is none that a notice ends."""


def notice_beside(raw: RawTable, end: RawColumn) -> RawColumn | None:
    """Return the date of cancellation that only some rows have, beside an end that all have; None where none is."""
    if end.filled < _ALL * raw.rows:
        return None
    some = (c for c in raw.columns if c.time_sql and c.name != end.name and 0 < c.filled < _SOME * raw.rows)
    return next((c for c in some if means(c.name, "cancel")), None)


def past_notice(end: RawColumn, notice: RawColumn) -> Doubt:
    """Ask whether service lasts past a notice until an end that stands in every row."""
    text = f"{_beside(end, notice)}: service is taken to last until {end.name}, past {notice.name}"
    until, never, first = _readings(end, notice)
    return Doubt(
        "end",
        text,
        "service",
        (until, never, replace(first, step=f"least(TRY_CAST({{}} AS TIMESTAMP), {_at(notice)})")),
    )


def ended_by_notice(raw: RawTable, table: TableProposal) -> TableProposal:
    """Take an end that every row has, and that lies before some notices, for the end of no service: they end it."""
    end, given = table.columns.get("ended_at"), table.columns.get("cancelled_at")
    if table.table != "subscriptions" or end is None or given is None or len(end.raw) != 1:
        return table
    own = raw[end.raw[0]]
    notice = notice_beside(raw, own)
    if notice is None or given.raw != (notice.name,) or raw.in_order.get((notice.name, own.name), 1.0) > _SELDOM_BEFORE:
        return table
    if _are_paid_terms(raw, table, own):
        return table
    text = f"{_beside(own, notice)}, and after it in others: service is taken to end on {notice.name}"
    until, never, first = _readings(own, notice)
    first = replace(first, step=f"least({_at(own)}, {_at(notice)})")
    doubt = Doubt("end", text, "service", (never, replace(until, step=own.time_sql), first), "subscriptions.ended_at")
    columns = {name: mapped for name, mapped in table.columns.items() if name != "ended_at"}
    return replace(table, columns=columns, doubts=(*table.doubts, doubt))


_RAN_OUT = {
    "expired", "expiry", "expire", "expiration", "lapsed", "lapse", "ended", "elapsed", "renew", "renewed", "renewal",
    "abgelaufen", "verlopen",
}  # fmt: skip
"""Words of a reason that say no more than that a term was over."""


def with_notice_by_reason(evidence: Evidence, table: TableProposal) -> TableProposal:
    """Read a reason for leaving as notice on the day that service ended, where no date of a notice is known."""
    end, reason = (table.columns.get(name) for name in ("ended_at", "cancel_reason"))
    if end is None or reason is None or "cancelled_at" in table.columns or len(reason.raw) != 1:
        return table
    over = [value for value in evidence.tables[table.file][reason.raw[0]].values if words(value) & _RAN_OUT]
    given = f"nullif(trim({identifier(reason.raw[0])}::VARCHAR), '') IS NOT NULL"
    if over:
        given += f" AND lower(trim({identifier(reason.raw[0])}::VARCHAR)) NOT IN ({', '.join(map(literal, over))})"
    text = f"who gave a reason ({reason.raw[0]}) left on purpose; no day of notice is known: that of the end is taken"
    notice = Mapped(f"CASE WHEN {given} THEN {end.sql} END", (), 0.6, f"the end of those with a {reason.raw[0]}")
    choices = (
        Choice("notice on the day of the end"),
        Choice("no notice is known; reasons are left out", "NULL::VARCHAR"),
    )
    columns = {**table.columns, "cancelled_at": notice.doubted(Doubt("notice", text, "service", choices))}
    ordered = {name: columns[name] for name in contract.TABLES[table.table].names if name in columns}
    return replace(table, columns=ordered)


def _are_paid_terms(raw: RawTable, table: TableProposal, end: RawColumn) -> bool:
    """Whether customers have a row for each term that they paid: the term ends service, whenever notice was given."""
    customer, start = table.columns.get("customer_id"), table.columns.get("started_at")
    if customer is None or start is None or not customer.raw or raw[customer.raw[0]].unique == 1:
        return False
    return sum(raw.spans.get((start.raw[0], end.name), {}).values()) >= _SOME


def _beside(end: RawColumn, notice: RawColumn) -> str:
    return f"{end.name} stands in every row, {notice.name} only in some"


def _readings(end: RawColumn, notice: RawColumn) -> tuple[Choice, Choice, Choice]:
    return (
        Choice(f"service lasts until {end.name}"),
        Choice(f"until {notice.name}; {end.name} ends no service", ""),
        Choice(f"until {notice.name} where there is one, else until {end.name}"),
    )


def _at(column: RawColumn) -> str:
    return f"TRY_CAST({column.time_sql} AS TIMESTAMP)"
