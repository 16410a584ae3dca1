"""Two dates of leaving beside each other: which is the notice, and which the end of service."""

from __future__ import annotations

from dataclasses import replace

from workbench.propose.doubts import Choice, Doubt
from workbench.propose.naming import means
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawColumn, RawTable

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
    text = f"{_beside(own, notice)}, and after it in others: service is taken to end on {notice.name}"
    until, never, first = _readings(own, notice)
    first = replace(first, step=f"least({_at(own)}, {_at(notice)})")
    doubt = Doubt("end", text, "service", (never, replace(until, step=own.time_sql), first), "subscriptions.ended_at")
    columns = {name: mapped for name, mapped in table.columns.items() if name != "ended_at"}
    return replace(table, columns=columns, doubts=(*table.doubts, doubt))


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
