"""Columns that know of departures what nobody could know: values only leavers have, and columns that predict too well.

Every column of every table is looked at on its own, mapped or not: by its values, by whether it is filled, and (dates
of something else, such as a contact's leaving) by whether that happened shortly before the departure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb

from workbench.check.findings import LIMITS, Finding
from workbench.check.leak_rows import (
    EARLY_DAYS,
    LATE_DAYS,
    LEAK_CUSTOMERS,
    LEAK_ROWS,
    NEXT_DAYS,
    STANDING,
    Sample,
    Suspects,
    prepare,
    sample_customers,
    suspects_of_raw,
    suspects_of_table,
)
from workbench.check.leavers import SILENT_DAYS
from workbench.check.queries import connection, one_row, relation
from workbench.check.raw_rows import RawRows
from workbench.crm import Crm
from workbench.engines import literal
from workbench.sources import Source

FEWEST = 20
"""Fewer customers that left, or stayed, show nothing."""

_MOST_VALUES = 50
_LEAVERS_PER_VALUE = 5
"""With fewer leavers per value, chance alone would order the values well."""

_FEWEST_WITH_VALUE, _BY_CHANCE = 5, 1e-4
_NUMERIC, _OFTEN = 0.95, 0.05
_DAYS_BEFORE = (0, 45, 90, 135, 180)
"""How many days before a departure a period of 91 days may end to which something was dated back."""
_OF_SILENT = 0.1
_OFTEN_OTHERWISE = 0.25
"""A value that fewer of the others lack may be that of nearly everyone."""


@dataclass(frozen=True)
class Coding:
    """One way to look at a column: its SQL, and whether its values are ordered by their share of leavers."""

    sql: str
    by_share: bool


@dataclass(frozen=True)
class Strength:
    """How well a column separates leavers from others within an outcome window, over how many of each."""

    auc: float
    left: float
    stayed: float


def check_leaks(crm: Crm, source: Source | None = None) -> list[Finding]:
    """Return the columns of the loaded tables that show departures too well; of a source, those not read unchanged."""
    con = connection(crm)
    sample = sample_customers(con, crm)
    found = list[Finding]()
    for name in crm if sample and min(sample.left, sample.stayed) >= FEWEST else ():
        suspects = suspects_of_table(crm, name, source)
        if sample and suspects:
            found += _of_columns(con, crm, suspects, sample)
            found += [] if sample.by_silence else _of_dates(con, crm, suspects, sample)
    con.execute(f"DROP TABLE IF EXISTS {LEAK_ROWS}; DROP TABLE IF EXISTS {LEAK_CUSTOMERS}")
    return found


def check_raw_columns(con: duckdb.DuckDBPyConnection, crm: Crm, rows: RawRows, sample: Sample | None) -> list[Finding]:
    """Return the raw columns behind a table, mapped or not, that show departures too well."""
    suspects = suspects_of_raw(rows)
    if sample is None or suspects is None or min(sample.left, sample.stayed) < FEWEST:
        return []
    found = _of_columns(con, crm, suspects, sample)
    return [replace(f, cure=_unused(f.column)) if f.column in rows.unmapped else f for f in found]


def _of_columns(con: duckdb.DuckDBPyConnection, crm: Crm, suspects: Suspects, sample: Sample) -> Iterator[Finding]:
    if not suspects.columns:
        return
    prepare(con, suspects, str(crm.facts.known_until))
    left, stayed = one_row(
        con,
        "SELECT count(DISTINCT customer) FILTER (next = 1), count(DISTINCT customer) FILTER (next = 0) "
        f"FROM {LEAK_ROWS}",
    )
    for place, (column, sign) in enumerate(suspects.columns.items()):
        codings = list(_codings(con, f"c{place}", left))
        only = [f for coding in codings for f in _only_leavers(con, suspects.table, column, coding, sample)]
        if sample.by_silence and suspects.table not in STANDING:  # a few may all have fallen silent by themselves
            only = [finding for finding in only if finding.rows >= sample.left * _OF_SILENT]
        same = () if only or suspects.table != "customers" else _same_for_leavers(con, column, codings, sample)
        if column in suspects.reported:  # a plan given up may have been that of a few who all left
            yield from (finding for finding in only if finding.rows >= sample.left / 2)
        elif only or same:
            yield [*only, *same][0]
        elif min(left, stayed) >= FEWEST:
            yield from _too_strong(con, suspects.table, column, codings, sample, sign=sign)


def _codings(con: duckdb.DuckDBPyConnection, name: str, left: int) -> Iterator[Coding]:
    rows, filled, distinct, numbers, times = one_row(
        con,
        f"SELECT count(*), count({name}), approx_count_distinct({name}), count(TRY_CAST({name}::VARCHAR AS DOUBLE)), "
        f"count(TRY_CAST({name}::VARCHAR AS TIMESTAMP)) FROM {LEAK_ROWS}",
    )
    if 0 < filled < rows:
        yield Coding(f"CASE WHEN {name} IS NULL THEN 'empty' ELSE 'filled' END", by_share=True)
    if distinct <= _MOST_VALUES:
        most = max(2, left // _LEAVERS_PER_VALUE)
        common = con.execute(
            f"SELECT {name}::VARCHAR FROM {LEAK_ROWS} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 "
            f"LIMIT {most}"
        ).fetchall()
        listed = ", ".join(literal(value) for (value,) in common) or "NULL"
        value = f"{name}::VARCHAR"
        yield Coding(f"CASE WHEN {value} IN ({listed}) THEN {value} WHEN {name} IS NOT NULL THEN '(other)' END", True)
        return
    yield from _most_common(con, name, filled)
    if numbers >= _NUMERIC * filled:
        yield Coding(f"TRY_CAST({name}::VARCHAR AS DOUBLE)", by_share=False)
    elif times >= _NUMERIC * filled:
        yield Coding(f"epoch(TRY_CAST({name}::VARCHAR AS TIMESTAMP))", by_share=False)


def _most_common(con: duckdb.DuckDBPyConnection, name: str, filled: int) -> Iterator[Coding]:
    """Of many values one may stand for what was written over, such as a balance of 0."""
    value, n = one_row(
        con, f"SELECT {name}::VARCHAR, count(*) FROM {LEAK_ROWS} WHERE {name} IS NOT NULL GROUP BY 1 "
        "ORDER BY 2 DESC, 1 LIMIT 1"
    )  # fmt: skip
    if n >= _OFTEN * filled:
        listed = literal(value)
        text = f"{name}::VARCHAR"
        yield Coding(f"CASE WHEN {text} = {listed} THEN {text} WHEN {name} IS NOT NULL THEN '(other)' END", True)


def _only_leavers(
    con: duckdb.DuckDBPyConnection, table: str, column: str, coding: Coding, sample: Sample
) -> list[Finding]:
    """A value that, before the day they left, only customers have who left; rows of that day or later may say so.

    Who left once and came back may have kept it. Chance is asked within a quarter (see ``prepare``): most who bought
    what was sold long ago may have left since.
    """
    if not coding.by_share:
        return []
    silence = f" + INTERVAL {SILENT_DAYS} DAY" if sample.by_silence else ""  # in which they had not yet left for sure
    known = f"NOT undecided AND (left_at IS NULL OR dated IS NULL OR dated < date_trunc('day', left_at){silence})"
    values = con.execute(
        f"WITH r AS (SELECT {coding.sql} AS v, customer, left_at, returned, stratum FROM {LEAK_ROWS} WHERE {known}), "
        "s AS (SELECT stratum, count(DISTINCT customer) FILTER (left_at IS NOT NULL) / count(DISTINCT customer) "
        "AS share FROM r GROUP BY 1), "
        "c AS (SELECT v, customer, bool_or(left_at IS NOT NULL) AS gone, bool_or(returned) AS returned, "
        "min(share) AS share "
        "FROM r JOIN s ON r.stratum IS NOT DISTINCT FROM s.stratum "
        "WHERE v IS NOT NULL AND v <> '(other)' GROUP BY 1, 2) "
        "SELECT v, count(*) FILTER (gone) AS n, count(*) FILTER (NOT gone) FROM c GROUP BY 1 "
        "HAVING bool_and(gone OR returned) AND sum(ln(nullif(share, 0))) FILTER (gone) < ln(?) "
        "ORDER BY n DESC, v",
        [_BY_CHANCE],
    ).fetchall()
    values = [(v, n, back) for v, n, back in values if n >= _FEWEST_WITH_VALUE]
    if not values:
        return []
    left, n_customers = one_row(
        con,
        f"SELECT count(DISTINCT customer) FILTER (left_at IS NOT NULL), count(DISTINCT customer) FROM {LEAK_ROWS} "
        f"WHERE {known}",
    )
    customers, back = sum(n for _, n, _ in values), sum(back for _, _, back in values)
    what = f"{column} is {' or '.join(v for v, _, _ in values[:3])}"
    others = f"none of {n_customers - left - back:,} others{sample.note}"
    others += f", but {back:,} that left and came back" if back else ""
    sentence = f"{what} only for customers that left: {customers:,} of {left:,}, {others}."
    return [Finding("only leavers", table, column, customers, n_customers, sentence, _cure(table, column))]


def _same_for_leavers(
    con: duckdb.DuckDBPyConnection, column: str, codings: list[Coding], sample: Sample
) -> list[Finding]:
    """A value that all customers have who left, and far from all others: it was written over when they left.

    It may have been written over when service ended, so that those who cancelled and came back kept theirs.
    """
    found = (_same_where(con, column, codings, sample, who) for who in ("left_at IS NOT NULL", "gone"))
    return next(filter(None, found), [])


def _same_where(
    con: duckdb.DuckDBPyConnection, column: str, codings: list[Coding], sample: Sample, who: str
) -> list[Finding]:
    name = next((c.sql for c in codings if c.by_share and "'filled'" not in c.sql), None)
    value, left, stayed, other = one_row(
        con,
        f"WITH r AS (SELECT {name or 'NULL'} AS v, {who} AS gone FROM {LEAK_ROWS} WHERE {who} OR left_at IS NULL), "
        "one AS (SELECT min(v) AS same FROM r WHERE gone HAVING min(v) = max(v) AND count(v) = count(*)) "
        "SELECT min(same), count(*) FILTER (gone), count(*) FILTER (NOT gone), "
        "count(*) FILTER (NOT gone AND v <> same) FROM r, one",
    )
    share = other / stayed if stayed else 0.0
    if left < FEWEST or share < _OFTEN_OTHERWISE or (1 - share) ** left >= _BY_CHANCE:
        return []
    others = f"{other:,} of the {stayed:,} others have another value{sample.note}"
    sentence = f"{column} is {value} for all {left:,} customers that left; {others}."
    return [Finding("only leavers", "customers", column, left, left + stayed, sentence, _cure("customers", column))]


def _too_strong(
    con: duckdb.DuckDBPyConnection, table: str, column: str, codings: list[Coding], sample: Sample, *, sign: bool
) -> Iterator[Finding]:
    soon = max((_strength(con, c, "next") for c in codings), key=lambda s: s.auc, default=Strength(0.5, 0, 0))
    early = max((_strength(con, c, "early") for c in codings), key=lambda s: s.auc, default=Strength(0.5, 0, 0))
    n = round(soon.left + soon.stayed)
    within = "ever" if table in STANDING else f"within {NEXT_DAYS} days"
    if soon.auc > LIMITS["leak"].warn:
        sentence = (
            f"{column} alone separates customers that leave {within} from the others: AUC {soon.auc:.2f}{sample.note}."
        )
        rule = "leak" if sign else "looks like the answer"
        yield Finding(rule, table, column, n, n, sentence, _cure(table, column), auc=soon.auc)
    elif early.auc > LIMITS["predicts too early"].warn and early.auc > soon.auc - 0.05:
        sentence = (
            f"{column} predicts departures {EARLY_DAYS} to {LATE_DAYS} days ahead (AUC {early.auc:.2f}) as well as "
            f"those of the next {NEXT_DAYS} ({soon.auc:.2f}); an honest sign fades{sample.note}."
        )
        yield Finding("predicts too early", table, column, n, n, sentence, _cure(table, column), auc=early.auc)


def _strength(con: duckdb.DuckDBPyConnection, coding: Coding, outcome: str) -> Strength:
    """The area under the ROC curve within strata; few values are ordered by their share of leavers."""
    order = "sum(n1) OVER (PARTITION BY v) / sum(n1 + n0) OVER (PARTITION BY v)" if coding.by_share else "v"
    auc, left, stayed = one_row(
        con,
        "WITH g AS (SELECT stratum, v, "
        "coalesce(sum(w) FILTER (o = 1), 0) AS n1, coalesce(sum(w) FILTER (o = 0), 0) AS n0 "
        f"FROM (SELECT stratum, {coding.sql} AS v, {outcome} AS o, w_{outcome} AS w FROM {LEAK_ROWS}) "
        f"WHERE v IS NOT NULL AND o IS NOT NULL GROUP BY 1, 2), r AS (SELECT *, {order} AS place FROM g), "
        "p AS (SELECT *, sum(n0) OVER (PARTITION BY stratum ORDER BY place, v) - n0 AS below, "
        "sum(n0) OVER (PARTITION BY stratum) AS others FROM r) "
        "SELECT sum(n1 * (below + n0 / 2)) / nullif(sum(n1 * others), 0), "
        "sum(n1) FILTER (others > 0), sum(n0) FROM p",
    )
    if auc is None or min(left or 0, stayed or 0) < FEWEST / 2:
        return Strength(0.5, 0, 0)
    return Strength(max(float(auc), 1 - float(auc)), float(left), float(stayed))


def _of_dates(con: duckdb.DuckDBPyConnection, crm: Crm, suspects: Suspects, sample: Sample) -> Iterator[Finding]:
    """Something dated shortly before most departures, and seldom at other times."""
    for column in suspects.event_dates:
        rows = relation(crm, suspects.table)
        left, usual, *each = one_row(con, _dates_sql(rows, column, str(crm.facts.known_until)))
        hits, first = max(zip(each, _DAYS_BEFORE, strict=True), key=lambda found: found[0])
        auc = 0.5 + (hits / left - usual) / 2
        when = f"{first} to {first + NEXT_DAYS}" if first else f"the {NEXT_DAYS}"
        sentence = (
            f"{hits:,} of {left:,} customers that left have {column} within {when} days before; of the others "
            f"{usual:.0%} have in as many days: AUC {auc:.2f}{sample.note}."
        ).replace("%", " %")
        yield Finding("leak", suspects.table, column, left, left, sentence, _cure(suspects.table, column), auc=auc)


def _dates_sql(rows: str, column: str, known_until: str) -> str:
    """All customers that left, the others' share, and how many left with a date in each period before the departure.

    A period is of 91 days and ends on one of the days in _DAYS_BEFORE. The others are looked at over the last four
    periods before the data end.
    """
    dates = f"SELECT DISTINCT customer_id, {column} AS dated FROM {rows} WHERE {column} < TIMESTAMP '{known_until}'"
    ago = f"CASE WHEN left_at IS NULL THEN date_diff('day', dated, TIMESTAMP '{known_until}') // {NEXT_DAYS} END"
    before = [
        f"dated >= left_at - INTERVAL {days + NEXT_DAYS} DAY AND dated < left_at - INTERVAL {days} DAY"
        for days in _DAYS_BEFORE
    ]
    hit = ", ".join(f"coalesce(bool_or({period}), false) AS hit{place}" for place, period in enumerate(before))
    hits = ", ".join(f"count(*) FILTER (hit{place} AND left_at IS NOT NULL)" for place in range(len(before)))
    return (
        f"WITH d AS ({dates}), c AS (SELECT customer_id, left_at, {hit}, "
        f"count(DISTINCT CASE WHEN {ago} < 4 THEN {ago} END) AS periods "
        f"FROM {LEAK_CUSTOMERS} LEFT JOIN d USING (customer_id) GROUP BY 1, 2) "
        f"SELECT count(left_at), coalesce(avg(periods / 4) FILTER (left_at IS NULL), 0)::DOUBLE, {hits} FROM c"
    )


def _cure(table: str, column: str) -> str:
    return (
        f"Ask when {column} is written. If it is filled in or changed because customers leave, take {table}.{column} "
        "from a dated history or out of the mapping."
    )


def _unused(column: str) -> str:
    return (
        f"{column} is not mapped, so no report sees it. Before mapping it, ask when it is written: what is filled in "
        "or changed because customers leave is no warning sign."
    )
