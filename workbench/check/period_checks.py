"""Do all tables cover the same period: early ends, months without rows, dates far from all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.queries import connection, dated_tables, example_rows, relation
from workbench.crm import Crm

_MONTHLY_ROWS = 5
"""A table with fewer rows a month than this may well miss one by chance."""

_ENOUGH_ROWS = 30
_STRAY_GAP, _STRAY_GAP_BEFORE = timedelta(days=365), timedelta(days=3 * 365)
_STRAY_SHARE = 0.01
_CLOSE = timedelta(days=30)
_LEAST_TAIL = timedelta(days=14)
_OVER_GAP = 3
"""A table ends early when its silence at the end is so many times its longest silence before."""


@dataclass(frozen=True)
class Span:
    """A table's rows by day; ``strays`` are the days far from all others."""

    table: str
    days: dict[date, int]
    strays: dict[date, int]

    @property
    def first(self) -> date:
        """The first day with a row."""
        return min(self.days)

    @property
    def last(self) -> date:
        """The last day with a row."""
        return max(self.days)

    @property
    def longest_silence(self) -> timedelta:
        """The longest time without a row."""
        return max((b - a for a, b in pairwise(sorted(self.days))), default=timedelta(0))


def spans(crm: Crm) -> list[Span]:
    """Return, per dated table, how many rows it has on which day."""
    found = [_span(crm, name) for name in dated_tables(crm)]
    return [_without_shared(span, [other for other in found if other is not span]) for span in found]


def _without_shared(span: Span, others: list[Span]) -> Span:
    """A day on which, or close to it, another table has rows too is far from all others of its table and no stray."""
    shared = {
        day: n for day, n in span.strays.items() if any(abs(d - day) < _CLOSE for other in others for d in other.days)
    }
    return Span(span.table, span.days | shared, {day: n for day, n in span.strays.items() if day not in shared})


def _span(crm: Crm, name: str) -> Span:
    dated = contract.TABLES[name].dated_by
    rows = connection(crm).execute(
        f"SELECT {dated}::DATE, count(*) FROM {relation(crm, name)} WHERE {dated} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    days = dict(rows.fetchall())
    strays = _strays(days)
    return Span(name, {d: n for d, n in days.items() if d not in strays}, {d: days[d] for d in strays})


def _strays(days: dict[date, int]) -> set[date]:
    """The few days beyond a year (before the others: three years) without any row."""
    ordered, most = sorted(days), _STRAY_SHARE * sum(days.values())
    found = set[date]()
    for place, (day, following) in enumerate(pairwise(ordered), start=1):
        for gap, beyond in ((_STRAY_GAP, ordered[place:]), (_STRAY_GAP_BEFORE, ordered[:place])):
            if following - day >= gap and sum(days[d] for d in beyond) <= most:
                found |= set(beyond)
    return found


def check_periods(crm: Crm, found: list[Span]) -> list[Finding]:
    """Return the tables that end before the others, have months without rows, or dates far from all others."""
    until = (crm.facts.known_until - timedelta(microseconds=1)).date()
    end = max((day for span in found for day in span.days if day <= until), default=date.min)  # later: what is planned
    findings = [finding for span in found for finding in (*_stray_dates(crm, span), *_still_to_come(crm, span))]
    for span in (s for s in found if s.days and s.table != "treatments"):
        # Few sign-ups late are no missing rows: a customer who is not in the table is an orphan, and named as one.
        early = [] if span.table == "customers" else _ends_early(_with_departures(crm, span), end, "the other tables")
        if not early and span.table not in ("customers", "subscriptions"):  # no new contract for months is no gap
            early = _ends_early(span, until, "the end of the data")
        findings += early + _gaps(span, crm.facts.begins_at.date())
    return findings


def _with_departures(crm: Crm, span: Span) -> Span:
    """Where subscriptions end later than any begins, their export goes on: nobody may have been won since."""
    have = crm[span.table].columns if span.table == "subscriptions" else ()
    named = [name for name in ("cancelled_at", "ended_at") if name in have]
    if not named:
        return span
    dates = " UNION ALL ".join(f"SELECT {name} AS left_at FROM {relation(crm, span.table)}" for name in named)
    until = f"TIMESTAMP '{crm.facts.known_until}'"
    row = connection(crm).execute(f"SELECT max(left_at)::DATE FROM ({dates}) WHERE left_at < {until}").fetchone()
    last = row[0] if row and row[0] else span.last
    return Span(span.table, span.days | {last: span.days.get(last, 0)}, span.strays)


def _stray_dates(crm: Crm, span: Span) -> list[Finding]:
    if not span.strays:
        return []
    dated, rows = contract.TABLES[span.table].dated_by, sum(span.strays.values())
    days = ", ".join(f"DATE '{day}'" for day in sorted(span.strays))
    examples = example_rows(connection(crm), crm, span.table, f"{dated}::DATE IN ({days})")
    listed = ", ".join(str(day) for day in sorted(span.strays)[:3]) + (" …" if len(span.strays) > 3 else "")
    total = rows + sum(span.days.values())
    sentence = (
        f"{share_of(rows, total)} have {dated} far from all others: {listed}; the others lie between "
        f"{span.first} and {span.last}."
    )
    cure = f"Fix these dates or leave the rows out; one wrong {dated} moves the end of the data, and all look silent."
    return [Finding("stray date", span.table, dated, rows, total, sentence, cure, examples)]


def _still_to_come(crm: Crm, span: Span) -> list[Finding]:
    """Rows of activity dated after today, where no day of the export keeps them out."""
    today = date.today()
    until = min(span.last if span.days else today, (crm.facts.known_until - timedelta(microseconds=1)).date())
    if span.table not in contract.ACTIVITY_TABLES or until <= today:
        return []
    dated, total = contract.TABLES[span.table].dated_by, sum(span.days.values())
    rows = sum(count for day, count in span.days.items() if day > today)
    sentence = f"{share_of(rows, total)} have {dated} after today ({today}), up to {span.last}."
    cure = "State exported_at, the day of the export: future rows, such as appointments, are then ignored."
    return [Finding("after today", span.table, dated, rows, total, sentence, cure)]


def _ends_early(span: Span, end: date, what: str) -> list[Finding]:
    tail = end - span.last
    if sum(span.days.values()) < _ENOUGH_ROWS or tail <= max(_LEAST_TAIL, _OVER_GAP * span.longest_silence):
        return []
    dated = contract.TABLES[span.table].dated_by
    sentence = f"{span.table} end on {span.last}, {tail.days:,} days before {what} ({end})."
    cure = (
        f"Export {span.table} up to the same day, or look from {span.last} at the latest: later silence means nothing."
    )
    return [Finding("early end", span.table, dated, tail.days, (end - span.first).days, sentence, cure)]


def _gaps(span: Span, begins: date) -> list[Finding]:
    """Months of the data without a row between a busy table's own first and last.

    Sign-ups need not be monthly; nor need waves, as of a survey each spring, of which no two months follow each other.
    """
    have = {(day.year, day.month) for day in span.days}
    months = _months(max(span.first, begins), span.last)
    missing = [f"{year:04d}-{month:02d}" for year, month in months if (year, month) not in have]
    rows = sum(n for day, n in span.days.items() if day >= begins)
    waves = not any(one in have and following in have for one, following in pairwise(months))
    if span.table == "customers" or waves or not missing or rows < _MONTHLY_ROWS * len(months):
        return []
    listed = ", ".join(missing[:6]) + (" …" if len(missing) > 6 else "")
    sentence = f"{share_of(len(missing), len(months), 'months')} have no row: {listed}."
    cure = "Export these months, or begin after them."
    return [Finding("gap", span.table, contract.TABLES[span.table].dated_by, len(missing), len(months), sentence, cure)]


def _months(first: date, last: date) -> list[tuple[int, int]]:
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [(n // 12, n % 12 + 1) for n in range(begin, end + 1)]
