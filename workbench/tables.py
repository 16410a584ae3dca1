"""One table of the contract from raw rows: typed, counted in one pass, its bad rows set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from workbench.contract import Table
from workbench.errors import DataError, SourceError
from workbench.source import Source, TableMapping
from workbench.textfile import REFUSALS, first_line, identifier, literal
from workbench.values import Problem, Reading, Value, guarded, read_value, reading


@dataclass(frozen=True)
class Loaded:
    """What loading one table found: rows kept, and its first and last date."""

    rows: int
    begins_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class _Plan:
    """One table's SQL: the raw rows, the mapped expressions, and how each column is read."""

    spec: Table
    rows: str
    mapped: dict[str, str]
    values: dict[str, Value]
    problems: list[Problem]

    def layers(self, raw: str = "") -> str:
        """Raw expressions, then trimmed text, then typed values, each a SELECT over the one before."""
        mapped = ", ".join(f'{sql} AS "raw_{name}"' for name, sql in self.mapped.items())
        return self._typed(f"SELECT {mapped}{raw} FROM {self.rows} AS raw_row")

    def _typed(self, rows: str) -> str:
        unwrapped = ", ".join(
            f'"raw_{name}" IS NULL AS "failed_{name}", "raw_{name}".v AS "raw_{name}"'
            for name, sql in self.mapped.items()
            if _is_guarded(sql)
        )
        kept = f"SELECT * EXCLUDE ({_guarded_names(self.mapped)}), {unwrapped} FROM ({rows})"
        rows = kept if unwrapped else rows
        texts = ", ".join(f'{value.text} AS "text_{name}"' for name, value in self.values.items())
        typed = ", ".join(f'{value.sql} AS "{name}"' for name, value in self.values.items())
        return f"SELECT *, {typed} FROM (SELECT *, {texts} FROM ({rows}))"

    @property
    def is_good(self) -> str:
        """The condition of a row without a problem."""
        return " AND ".join(f"({p.condition}) IS NOT TRUE" for p in self.problems) or "true"

    @property
    def columns(self) -> str:
        """The typed columns, in the contract's order."""
        return ", ".join(f'"{name}"' for name in self.spec.names if name in self.mapped)


def _is_guarded(sql: str) -> bool:
    return sql.startswith("TRY({'v'")


def _guarded_names(mapped: dict[str, str]) -> str:
    return ", ".join(f'"raw_{name}"' for name, sql in mapped.items() if _is_guarded(sql))


def load_table(
    con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, source: Source, *, in_place: bool
) -> Loaded:
    """Make the contract's table from its mapping; a view when the raw rows are read in place.

    Raises SourceError for SQL that fails and for text that can be read in two ways, DataError for no row left.
    """
    rows = _raw_rows(con, spec, mapping)
    plan = _plan(con, spec, mapping, rows, reading(source, mapping))
    counted = _count(con, plan)
    total, good = counted["total"], counted["good"]
    repeated = spec.unique in mapping.columns and counted["distinct"] < good
    if repeated:
        _make_with_repeats(con, plan)
        good = counted["distinct"]
    else:
        kind = "VIEW" if in_place else "TABLE"
        kept = f"SELECT {plan.columns} FROM ({plan.layers()}) WHERE {plan.is_good}"
        con.execute(f"CREATE {kind} {identifier(spec.name)} AS {kept}")
    if counted["good"] < total:
        _refuse(con, plan, f"SELECT * FROM ({plan.layers(', to_json(raw_row) AS raw')}) WHERE NOT ({plan.is_good})")
    if mapping.sql is not None:
        con.execute(f"DROP TABLE {rows}")
    if not good:
        raise DataError(_none_left(con, spec.name, total))
    return Loaded(good, counted["begins_at"], counted["ends_at"])


def _raw_rows(con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping) -> str:
    if mapping.sql is None:
        return identifier(str(mapping.from_))
    rows = identifier(f"rows of {spec.name}")
    try:
        con.execute(f"CREATE TEMP TABLE {rows} AS {mapping.select}")
    except duckdb.Error as problem:
        cure = " Write TRY_CAST where a value may be bad." if isinstance(problem, duckdb.ConversionException) else ""
        raise SourceError(f"tables.{spec.name}.sql: {first_line(problem)}{cure} Mend it in the source file.") from None
    return rows


def _plan(con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, rows: str, how: Reading) -> _Plan:
    mapped, values, problems, wrong = {}, {}, [], []
    for name, sql in mapping.columns.items():
        safe, reads = guarded(sql, how)
        try:
            sql_type = _type(con, sql, rows)
            values[name] = read_value(spec[name], sql_type, how)
        except (duckdb.Error, ValueError) as problem:
            wrong.append(f"tables.{spec.name}.columns.{name} = {sql!r}: {first_line(problem)}")
            continue
        mapped[name] = safe if reads else sql
        if reads:
            problems.append(Problem(f'"failed_{name}"', f"{name} cannot be computed", _shown(reads)))
        problems += values[name].problems
    if wrong:
        raise SourceError("\n".join(f"{w} Mend the SQL in the source file." for w in wrong))
    return _Plan(spec, rows, mapped, values, problems)


def _type(con: duckdb.DuckDBPyConnection, sql: str, rows: str) -> str:
    row = con.execute(f"DESCRIBE SELECT {sql} AS v FROM {rows} AS raw_row").fetchone()
    return str(row[1]) if row else "VARCHAR"


def _shown(reads: list[str]) -> str:
    """SQL for the raw values an expression reads, as ``Quantity is 1x, UnitPrice is 2``."""
    values = [f"left(json_extract_string(raw, {literal('/' + name)}), 60)" for name in reads]
    told = [f"{literal(f'{name} is ')} || coalesce({v}, 'empty')" for name, v in zip(reads, values, strict=True)]
    return " || ', ' || ".join(told)


def _count(con: duckdb.DuckDBPyConnection, plan: _Plan) -> dict[str, Any]:
    """Count rows, good rows and distinct ids, and find doubts and the span, in one pass over the raw rows."""
    spec = plan.spec
    good = f"FILTER (WHERE {plan.is_good})"
    dated = f'"{spec.dated_by}"' if spec.dated_by in plan.mapped else "NULL::TIMESTAMP"
    wanted = {
        "total": "count(*)",
        "good": f"count(*) {good}",
        "distinct": f'count(DISTINCT "{spec.unique}") {good}' if spec.unique in plan.mapped else "0",
        "begins_at": f"min({dated}) {good}",
        "ends_at": f"max({dated}) {good}",
    }
    doubtful = {f"doubt_{name}": f"min({v.doubt})" for name, v in plan.values.items() if v.cure}
    select = ", ".join(f'{sql} AS "{name}"' for name, sql in {**wanted, **doubtful}.items())
    found = con.execute(f"SELECT {select} FROM ({plan.layers()})").fetchone() or ()
    counted = dict(zip([*wanted, *doubtful], found, strict=True))
    doubts = [(name.removeprefix("doubt_"), counted[name]) for name in doubtful if counted[name] is not None]
    if doubts:
        raise SourceError("\n".join(f"tables.{spec.name}: {n} {v[:40]!r} {plan.values[n].cure}." for n, v in doubts))
    return counted


def _make_with_repeats(con: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    """Keep the first row of each id, in the order of the raw rows; set the later ones aside."""
    name, key = plan.spec.name, f'"{plan.spec.unique}"'
    numbered = f"(SELECT *, row_number() OVER () AS line_ FROM ({plan.layers(', to_json(raw_row) AS raw')}))"
    place = f"row_number() OVER (PARTITION BY {key} ORDER BY line_)"
    ranked = f"SELECT * FROM {numbered} WHERE {plan.is_good} QUALIFY {place}"
    con.execute(f"CREATE TABLE {identifier(name)} AS SELECT {plan.columns} FROM ({ranked} = 1)")
    twice = f"{plan.spec.unique} occurs twice"
    con.execute(
        f"INSERT INTO {REFUSALS} SELECT {literal(name)}, {literal(twice)}, "
        f"{literal(twice + ': ')} || {key}, raw FROM ({ranked} > 1)"
    )


def _refuse(con: duckdb.DuckDBPyConnection, plan: _Plan, rows: str) -> None:
    rules = ", ".join(f"CASE WHEN {p.condition} THEN {literal(p.rule)} END" for p in plan.problems)
    told = ", ".join(
        f"CASE WHEN {p.condition} THEN {literal(p.rule)} || coalesce(': ' || nullif({p.value}, ''), '') END"
        for p in plan.problems
    )
    con.execute(
        f"INSERT INTO {REFUSALS} SELECT {literal(plan.spec.name)}, "
        f"array_to_string(list_filter([{rules}], p -> p IS NOT NULL), '; '), "
        f"array_to_string(list_filter([{told}], p -> p IS NOT NULL), '; '), raw FROM ({rows})"
    )


def _none_left(con: duckdb.DuckDBPyConnection, name: str, total: int) -> str:
    if not total:
        return f"table {name}: the raw rows are none. Check from or sql in the source file."
    reasons = con.execute(
        f"SELECT min(reason), count(*) FROM {REFUSALS} WHERE table_name = ? GROUP BY rule ORDER BY 2 DESC LIMIT 5",
        [name],
    ).fetchall()
    why = "; ".join(f"{reason} ({rows} rows)" for reason, rows in reasons)
    return f"table {name}: no row could be loaded: {why}. Check its mapping in the source file."
