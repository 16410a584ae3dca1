"""Checks of the raw columns beside the contract: repeated ids, flags against dates, columns that leak the outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.table_checks import flat_columns
from workbench.crm import Crm
from workbench.engines import identifier
from workbench.propose import FLAG_WORDS, TRUE_WORDS, means
from workbench.sources import Source, TableMapping, open_source, read_value, reading

_NEARLY_UNIQUE = 0.95
_LEAKS = 0.9
"""An AUC that no honest early sign reaches on its own."""
_ENDS = ("cancelled_at", "ended_at")
_FEW = 20
"""Fewer leavers or stayers than this show nothing."""


@dataclass(frozen=True)
class RawRows:
    """The raw rows behind one table: their SELECT, columns, and the mapping to the contract."""

    table: str
    select: str
    columns: tuple[str, ...]
    mapping: TableMapping

    @property
    def unmapped(self) -> list[str]:
        """Raw columns that no mapping names."""
        used = " ".join(self.mapping.columns.values())
        return [c for c in self.columns if not re.search(rf"(?<!\w){re.escape(c)}(?!\w)", used, re.IGNORECASE)]

    def read(self, column: str) -> str:
        """Return the name under which a contract column, read as loading reads it, stands beside the raw columns."""
        return identifier(f"read as {column}")


def check_raw(crm: Crm, source: Source) -> list[Finding]:
    """Return what the raw files show beyond the loaded tables."""
    findings: list[Finding] = []
    with open_source(source) as con:
        _register_lives(con, crm)
        for name in (n for n in crm if n in source.tables):
            rows = _raw_rows(con, name, source)
            findings += flat_columns(con, f"({rows.select})", name, rows.unmapped) if rows.unmapped else []
            findings += _repeated_ids(con, rows)
            findings += _before_subscription(con, crm, rows)
            findings += _flags_against_dates(con, rows)
            findings += _leaks(con, rows)
    return findings


def _register_lives(con: duckdb.DuckDBPyConnection, crm: Crm) -> None:
    """Make known in the raw connection which customers left and when each subscription ran."""
    con.register("crm_left", crm_left(crm))
    if "subscriptions" in crm:
        have = [c for c in ("subscription_id", "started_at", "ended_at") if c in crm["subscriptions"].columns]
        con.register("crm_subscriptions", crm["subscriptions"].select(have).to_pyarrow())


def crm_left(crm: Crm) -> Any:
    """Return, as an Arrow table, the ids of customers with a dated end.

    That is a cancellation; without such a table a closed account; without one the end of every subscription.
    """
    if "cancellations" in crm:
        return _ids(crm["cancellations"])
    if "customers" in crm and "closed_at" in crm["customers"].columns:
        return _ids(crm["customers"].filter(crm["customers"].closed_at.notnull()))
    if "subscriptions" in crm and "ended_at" in crm["subscriptions"].columns:
        subscriptions = crm["subscriptions"]
        live = subscriptions.filter(subscriptions.ended_at.isnull())
        return _ids(subscriptions.anti_join(live, "customer_id"))
    return pa.table({"customer_id": pa.array([], pa.string())})


def _ids(rows: ir.Table) -> Any:
    return rows.select("customer_id").distinct().to_pyarrow()


def _raw_rows(con: duckdb.DuckDBPyConnection, name: str, source: Source) -> RawRows:
    """Run a table's own SELECT once, for it may hold joins, and every check below reads its rows."""
    mapping = source.tables[name]
    relation = identifier(str(mapping.from_))
    if mapping.sql is not None:
        relation = identifier(f"checked rows of {name}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {mapping.sql}")
    columns = tuple(row[0] for row in con.execute(f"DESCRIBE {relation}").fetchall())
    return RawRows(name, _with_read_columns(con, relation, name, source), columns, mapping)


def _with_read_columns(con: duckdb.DuckDBPyConnection, rows: str, name: str, source: Source) -> str:
    """Add the key and dates that the checks need, in the source's own spelling of dates and of nothing."""
    spec, mapping = contract.TABLES[name], source.tables[name]
    wanted = [c for c in dict.fromkeys(("customer_id", spec.dated_by, *_ENDS)) if c in mapping.columns]
    raw = ", ".join(f'TRY(({mapping.columns[c]})) AS "raw_{c}"' for c in wanted)
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT {raw} FROM {rows}").fetchall()} if wanted else {}
    how = reading(source, mapping)
    values = {c: read_value(spec[c], types[f"raw_{c}"], how) for c in wanted}
    texts = "".join(f', {v.text} AS "text_{c}"' for c, v in values.items())
    typed = "".join(f", {v.sql} AS {identifier(f'read as {c}')}" for c, v in values.items())
    inner = f"SELECT *{', ' if raw else ''}{raw} FROM {rows}"
    return f"SELECT *{typed} FROM (SELECT *{texts} FROM ({inner}))"


def _repeated_ids(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    """A column that names nearly every row once was meant to name each once."""
    names = [c for c in rows.unmapped if means(c, "id")]
    if not names:
        return []
    counts = ", ".join(f"count({identifier(c)}), count(DISTINCT {identifier(c)})" for c in names)
    total, *facts = con.execute(f"SELECT count(*), {counts} FROM ({rows.select})").fetchone() or (0,)
    found = []
    for i, column in enumerate(names):
        filled, distinct = facts[2 * i], facts[2 * i + 1]
        if filled == total and _NEARLY_UNIQUE * filled <= distinct < filled:
            found.append(_repeated(con, rows, column, filled, distinct))
    return found


def _repeated(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, filled: int, distinct: int) -> Finding:
    name = identifier(column)
    ids = f"SELECT {name} AS id, count(*) AS n FROM ({rows.select}) GROUP BY 1 HAVING count(*) > 1"
    (several,) = con.execute(f"SELECT count(*) FROM ({ids})").fetchone() or (0,)
    some = con.execute(f"{ids} ORDER BY 1 LIMIT 3").fetchall()
    extra = filled - distinct
    sentence = f"{several:,} duplicate {column} values; {share_of(extra, filled)} repeat an id already used."
    cure = "If these rows are the same fact exported twice, drop one; if not, the id is not to be trusted as a key."
    examples = tuple(f"{column} {id_}: {n} rows" for id_, n in some)
    return Finding("duplicate id", rows.table, column, extra, filled, sentence, cure, examples)


def _before_subscription(con: duckdb.DuckDBPyConnection, crm: Crm, rows: RawRows) -> list[Finding]:
    """Rows may carry the subscription they belong to though the contract keeps only the customer."""
    spec = contract.TABLES[rows.table]
    if "subscriptions" not in crm or "subscription_id" in spec.names or spec.dated_by not in rows.mapping.columns:
        return []
    key = _subscription_column(con, rows)
    if key is None:
        return []
    at = rows.read(spec.dated_by)
    joined = (
        f"(SELECT {identifier(key)} AS key, {at} AS at FROM ({rows.select})) AS t "
        f"JOIN crm_subscriptions AS s ON trim(t.key::VARCHAR) = s.subscription_id"
    )
    return _outside(con, crm, rows.table, spec.dated_by, key, joined)


def _outside(con: duckdb.DuckDBPyConnection, crm: Crm, table: str, dated: str, key: str, joined: str) -> list[Finding]:
    limits = [("before", "t.at < s.started_at", "started_at")]
    if "ended_at" in crm["subscriptions"].columns:
        limits.append(("after", "t.at >= s.ended_at + INTERVAL 1 DAY", "ended_at"))
    found = []
    for word, bad, limit in limits:
        rows, of = con.execute(
            f"SELECT count(*) FILTER ({bad}), count(*) FROM {joined} WHERE t.at IS NOT NULL"
        ).fetchone() or (0, 0)
        some = con.execute(f"SELECT t.key, t.at, s.{limit} FROM {joined} WHERE {bad} LIMIT 3").fetchall()
        sentence = f"{share_of(rows, of)} have {dated} {word} their subscription's {limit}."
        examples = tuple(f"{key} {k}: {dated} {at:%Y-%m-%d}, {limit} {edge:%Y-%m-%d}" for k, at, edge in some)
        cure = (
            f"Ask what {key} means here: such rows cannot be use of that subscription, and count for the customer only."
        )
        rule = "before the start" if word == "before" else "impossible order"
        found.append(Finding(rule, table, dated, rows, of, sentence, cure, examples))
    return found


def _subscription_column(con: duckdb.DuckDBPyConnection, rows: RawRows) -> str | None:
    for column in rows.unmapped:
        inside = con.execute(
            f"SELECT avg((v IN (SELECT subscription_id FROM crm_subscriptions))::INT), count(*) "
            f"FROM (SELECT DISTINCT trim({identifier(column)}::VARCHAR) AS v FROM ({rows.select}) WHERE v IS NOT NULL)"
        ).fetchone() or (0, 0)
        if (inside[0] or 0) >= 0.8 and inside[1] > 1 and means(column, "subscription"):
            return column
        if (inside[0] or 0) >= 0.95 and inside[1] > _FEW:
            return column
    return None


def _left(rows: RawRows) -> str | None:
    """Return the SQL condition that a raw row's customer or subscription has a dated end."""
    if rows.table == "customers" and "customer_id" in rows.mapping.columns:
        return f"{rows.read('customer_id')} IN (SELECT customer_id FROM crm_left)"
    ends = [c for c in _ENDS if c in rows.mapping.columns]
    if rows.table == "subscriptions" and ends:
        return f"coalesce({', '.join(rows.read(c) for c in ends)}) IS NOT NULL"
    return None


def _flags_against_dates(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    left = _left(rows)
    flags = [c for c in rows.unmapped if means(c, "cancel") and _is_flag(con, rows, c)] if left else []
    return [_flag_against_dates(con, rows, column, left) for column in flags] if left else []


def _is_flag(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str) -> bool:
    known = ", ".join(f"'{word}'" for word in FLAG_WORDS.split())
    value = f"lower(trim({identifier(column)}::VARCHAR))"
    row = con.execute(f"SELECT bool_and({value} IN ({known})), count(DISTINCT {value}) FROM ({rows.select})").fetchone()
    return bool(row and row[0] and row[1] == 2)


def _flag_against_dates(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, left: str) -> Finding:
    true = ", ".join(f"'{word}'" for word in TRUE_WORDS)
    flagged = f"coalesce(lower(trim({identifier(column)}::VARCHAR)) IN ({true}), false)"
    both, flag_only, date_only, neither = con.execute(
        "SELECT count(*) FILTER (f AND d), count(*) FILTER (f AND NOT d), count(*) FILTER (d AND NOT f), "
        f"count(*) FILTER (NOT d AND NOT f) FROM (SELECT {flagged} AS f, {left} AS d FROM ({rows.select}))"
    ).fetchone() or (0, 0, 0, 0)
    dated = "a dated cancellation" if rows.table == "customers" else "a dated end"
    flags, total = both + flag_only, both + flag_only + date_only + neither
    sentence = (
        f"{column} disagrees with the dates for {share_of(flag_only + date_only, total, rows.table)}: it marks "
        f"{flags:,}, but {date_only:,} with {dated} are not marked and {flag_only:,} marked have none."
    )
    if both + date_only and flag_only + neither:
        auc = 0.5 + (both / (both + date_only) - flag_only / (flag_only + neither)) / 2
        verdict = "it carries no signal of them" if abs(auc - 0.5) < 0.05 else "it follows them in part"
        sentence += f" Of those marked {_rate(both, flags)} have one, of the others {_rate(date_only, total - flags)}: "
        sentence += f"{verdict} (AUC {auc:.2f})."
    cure = f"Believe the dates, not {column}, and do not use it as a feature or as the outcome."
    return Finding("contradiction", rows.table, column, flag_only + date_only, total, sentence, cure)


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else "none"


def _leaks(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    left = _left(rows)
    if left is None:
        return []
    con.execute(f"CREATE OR REPLACE TEMP TABLE judged AS SELECT *, ({left}) AS has_left FROM ({rows.select})")
    leavers, stayers = con.execute(
        "SELECT count(*) FILTER (has_left), count(*) FILTER (NOT has_left) FROM judged"
    ).fetchone() or (0, 0)
    if min(leavers, stayers) < _FEW:
        return []
    found = [_leak(con, rows, column, leavers, stayers) for column in rows.unmapped]
    return [finding for finding in found if finding]


def _leak(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, leavers: int, stayers: int) -> Finding | None:
    name = identifier(column)
    filled_left, filled_stayed, distinct = con.execute(
        f"SELECT count({name}) FILTER (has_left), count({name}) FILTER (NOT has_left), "
        f"count(DISTINCT {name}) FROM judged"
    ).fetchone() or (0, 0, 0)
    cure = "It was written when or after they left: keep it out of the features, or say since when it is known."
    whom = "customers" if rows.table == "customers" else "subscriptions"
    if filled_stayed == 0 and filled_left >= max(_FEW, 0.05 * leavers):
        sentence = f"{column} is filled only for {whom} that left: "
        sentence += f"{share_of(filled_left, leavers, whom)}, none of {stayers:,} others."
        return Finding("looks like the answer", rows.table, column, filled_left, leavers + stayers, sentence, cure)
    auc = _auc_alone(con, name, distinct, leavers, stayers)
    if auc < _LEAKS:
        return None
    sentence = f"{column} alone shows which {whom} left: AUC {auc:.3f} over "
    sentence += f"{leavers + stayers:,} rows, {leavers:,} of them left."
    return Finding("looks like the answer", rows.table, column, leavers + stayers, leavers + stayers, sentence, cure)


def _auc_alone(con: duckdb.DuckDBPyConnection, name: str, distinct: int, leavers: int, stayers: int) -> float:
    """Few values are ordered by their share of leavers; many only if they are numbers, by themselves."""
    few = distinct * 10 <= leavers + stayers and distinct <= 50
    order = "n1 / (n1 + n0)" if few else "v"
    value = f"{name}::VARCHAR" if few else f"TRY_CAST({name} AS DOUBLE)"
    row = con.execute(
        f"WITH g AS (SELECT {value} AS v, count(*) FILTER (has_left) AS n1, count(*) FILTER (NOT has_left) AS n0 "
        f"FROM judged GROUP BY 1), o AS (SELECT *, sum(n0) OVER (ORDER BY {order}, v) - n0 AS below FROM g WHERE "
        f"{'true' if few else 'v IS NOT NULL'}) SELECT sum(n1 * (below + n0 / 2.0)) / nullif(sum(n1) * sum(n0), 0), "
        f"sum(n1 + n0) / {leavers + stayers} FROM o"
    ).fetchone() or (None, 0)
    auc, covered = row
    if auc is None or (covered or 0) < 0.5:
        return 0.5
    return max(float(auc), 1 - float(auc))
