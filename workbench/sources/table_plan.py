"""One table's SQL: the raw rows, the mapped expressions, how each column is read, and which rows are good."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from workbench.contract import Column, Table
from workbench.engines import identifier, literal
from workbench.errors import SourceError
from workbench.sources.currency_checks import check_currencies
from workbench.sources.decimals import column_marks, number_texts, operand_marks
from workbench.sources.expressions import GUARD, guarded
from workbench.sources.numbers import DecimalMark
from workbench.sources.opening import first_line
from workbench.sources.row_rules import RowRules, row_rules
from workbench.sources.source import Source, TableMapping
from workbench.sources.values import NO_VALUE, Problem, Value, read_value, reading

# Hardly a raw column has these brackets in its name.
_ROW = '"<the raw row>"'


RETURNS = {
    "returned_at": Column("returned_at", "time", "event", "when a sale was taken back"),
    "returned_amount": Column("returned_amount", "amount", "event", "how much of it was taken back", "currency"),
}
"""Columns read beside those of the contract: each sale that they show as taken back has a row for its return."""


@dataclass(frozen=True)
class Plan:
    """One table's SQL: the raw rows, the mapped expressions, and how each column is read."""

    spec: Table
    rows: str
    mapped: dict[str, str]
    values: dict[str, Value]
    problems: list[Problem]
    marks: dict[str, DecimalMark]
    rules: RowRules

    @property
    def checked(self) -> str:
        """SQL for the typed rows, whether each is good, and why not: a few layers, so nothing is written twice."""
        mapped = ", ".join(f'({sql}\n) AS "raw_{name}"' for name, sql in self.mapped.items())
        mapped += "".join(f", ({sql}\n) AS {name}" for name, sql in self.rules.raw.items())
        rows = self._unwrapped(f"SELECT {mapped}, {_ROW} AS _raw FROM {self.rows} AS {_ROW}")
        texts = ", ".join(f'{value.text} AS "text_{name}"' for name, value in self.values.items())
        typed = ", ".join(f'{value.sql} AS "{name}"' for name, value in self.values.items())
        typed = self.rules.adjusted(f"SELECT *, {typed} FROM (SELECT *, {texts} FROM ({rows}))")
        doubts = "".join(f', {value.doubt} AS "doubt_{name}"' for name, value in self.doubtful.items())
        why = (
            f"CASE WHEN NOT _good THEN {self._why(_rule)} END AS _rule, "
            f"CASE WHEN NOT _good THEN {self._why(_reason)} END AS _reason, "
            "CASE WHEN NOT _good THEN to_json(_raw)::VARCHAR END AS _json"
        )
        flags = "".join(f", {sql} AS {identifier(name)}" for name, sql in self.flags.items())
        good = " AND ".join(f"({p.condition}) IS NOT TRUE" for p in self.problems) or "true"
        extra = "".join(f', "{name}"' for name in RETURNS if name in self.mapped)
        # A repeat is seen only among all rows, so a table with an id keeps its raw rows until then.
        raw = ", _raw" if self.spec.unique in self.mapped else ""
        wanted = f"{self.columns}{extra}{doubts}{flags}{raw}, _good, {why}"
        return f"SELECT {wanted} FROM (SELECT *, {good} AS _good FROM ({typed}))"

    def _unwrapped(self, rows: str) -> str:
        """Take the values out of ``{'v': value}``; where there is no such thing, computing it failed."""
        wrapped = [name for name, sql in self.mapped.items() if GUARD in sql]
        if not wrapped:
            return rows
        values = ", ".join(f'"raw_{n}" IS NULL AS "failed_{n}", "raw_{n}".v AS "raw_{n}"' for n in wrapped)
        others = ", ".join(f'"raw_{n}"' for n in wrapped)
        return f"SELECT * EXCLUDE ({others}), {values} FROM ({rows})"

    def _why(self, part: Callable[[Problem], str]) -> str:
        """SQL for what is wrong with a row, part by part; what a word of its status says is all that is said."""
        stated = [part(problem) for problem in self.problems if problem.stated]
        return f"coalesce({', '.join([*stated, _listed([part(p) for p in self.problems if not p.stated])])})"

    @property
    def keys(self) -> list[str]:
        """The columns that are ids."""
        return [name for name in self.mapped if self.spec[name].time_class == "key"]

    @property
    def flags(self) -> dict[str, str]:
        """What the rules say of a row: whether it is an order taken back, what is remarked, and what is unknown."""
        remarks = {f"remark_{i}": f"({sql}) IS TRUE" for i, sql in enumerate(self.rules.remarks.values())}
        unknown = {f"unknown_{key}": sql for key, (sql, _) in self.rules.unknown.items()}
        return {"returned": f"({self.rules.returned or 'false'}) IS TRUE", **remarks, **unknown}

    @property
    def doubtful(self) -> dict[str, Value]:
        """The columns whose text may be read in two ways."""
        return {name: value for name, value in self.values.items() if value.cure}

    @property
    def names(self) -> list[str]:
        """The names of the contract's columns, in its order, then the company's own."""
        own = [name for name in self.mapped if name not in self.spec.names]
        return [name for name in (*self.spec.names, *own) if name in self.mapped and name not in RETURNS]

    @property
    def columns(self) -> str:
        """SQL for the typed columns."""
        return ", ".join(f'"{name}"' for name in self.names)


def _rule(problem: Problem) -> str:
    return f"CASE WHEN {problem.condition} THEN {literal(problem.rule)} END"


def _reason(problem: Problem) -> str:
    reason = literal(problem.rule)
    if problem.value != NO_VALUE:
        reason += f" || coalesce(': ' || nullif({problem.value}, ''), '')"
    return f"CASE WHEN {problem.condition} THEN {reason} END"


def _listed(parts: list[str]) -> str:
    return f"concat_ws('; ', {', '.join(parts)})" if parts else "''"


def plan_table(
    con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, rows: str, source: Source, *, accounts: bool
) -> Plan:
    """Return how one table is loaded.

    Raises SourceError for SQL that fails, and for amounts of several currencies.
    """
    how = reading(source, mapping)
    spec, mapping = _with_returns(spec, mapping)
    types = _types(con, spec, mapping, rows)
    columns = column_marks(con, spec, mapping, rows, types, how)
    texts = number_texts(spec, mapping, types, how)
    may_have_signs = {name: text for name, text in texts.items() if name not in columns or not columns[name].plain}
    check_currencies(con, spec, mapping, source, rows, may_have_signs)
    operands = operand_marks(con, mapping, rows, how)
    decimals = {operand: found.mark for operand, found in operands.items()}
    mapped, values, problems, wrong = {}, {}, [], []
    for name, sql in mapping.columns.items():
        found = columns.get(name, DecimalMark(how.decimal))
        own = dataclasses.replace(how, decimal=found.mark, plain=found.plain)
        try:
            values[name] = read_value(spec[name], types[name], own)
        except ValueError as problem:
            wrong.append(f"tables.{spec.name}.columns.{name} = {sql!r}: {first_line(problem)}")
            continue
        safe, reads = guarded(sql, how, decimals)
        if safe != sql and not _binds(con, safe, rows):
            safe, reads = sql, []  # TRY refuses what gives another value each time, such as uuid()
        mapped[name] = safe
        if reads:
            problems.append(Problem(f'"failed_{name}"', f"{name} cannot be computed", _shown(reads)))
        problems += [_unless_failed(p, name) if reads else p for p in values[name].problems]
    if wrong:
        raise _wrong_sql(con, spec, rows, wrong)
    rules = row_rules(spec, mapping, source, how, accounts=accounts)
    return Plan(spec, rows, mapped, values, [*problems, *rules.problems], {**columns, **operands}, rules)


def _with_returns(spec: Table, mapping: TableMapping) -> tuple[Table, TableMapping]:
    """Read when a sale was taken back, and how much of it, as columns are read."""
    stated = {name: sql for name in RETURNS if (sql := getattr(mapping, name)) is not None}
    if not stated:
        return spec, mapping
    columns = (*spec.columns, *(RETURNS[name] for name in stated))
    update = {"columns": {**mapping.columns, **stated}, **dict.fromkeys(stated)}
    return dataclasses.replace(spec, columns=columns), mapping.model_copy(update=update)


def _types(con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, rows: str) -> dict[str, str]:
    places = [place.removeprefix("columns.") for place in mapping.expressions]
    try:
        found = _types_of(con, list(mapping.expressions.values()), rows)
    except duckdb.Error:
        found = []
    if len(found) == len(places):
        return dict(zip(places, found, strict=True))
    # Asked one by one, each that is wrong is named.
    types, wrong = {}, []
    for place, sql in mapping.expressions.items():
        try:
            types[place.removeprefix("columns.")] = _type(con, sql, rows)
        except duckdb.Error as problem:
            wrong.append(f"tables.{spec.name}.{place} = {sql!r}: {first_line(problem)}")
    if wrong:
        raise _wrong_sql(con, spec, rows, wrong)
    return types


def _wrong_sql(con: duckdb.DuckDBPyConnection, spec: Table, rows: str, wrong: list[str]) -> SourceError:
    known = ", ".join(row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall())
    return SourceError("\n".join([*wrong, f"tables.{spec.name}: fix the SQL; the raw columns are: {known}."]))


def _unless_failed(problem: Problem, name: str) -> Problem:
    return dataclasses.replace(problem, condition=f'({problem.condition}) AND NOT "failed_{name}"')


def _type(con: duckdb.DuckDBPyConnection, sql: str, rows: str) -> str:
    types = _types_of(con, [sql], rows)
    return types[0] if types else "VARCHAR"


def _types_of(con: duckdb.DuckDBPyConnection, expressions: list[str], rows: str) -> list[str]:
    selected = ", ".join(f'({sql}\n) AS "value {place}"' for place, sql in enumerate(expressions))
    return [str(row[1]) for row in con.execute(f"DESCRIBE SELECT {selected} FROM {rows} AS {_ROW}").fetchall()]


def _binds(con: duckdb.DuckDBPyConnection, sql: str, rows: str) -> bool:
    try:
        _type(con, sql, rows)
    except duckdb.Error:
        return False
    return True


def _shown(reads: list[str]) -> str:
    """SQL for the raw values an expression reads, as ``Quantity is 1x, UnitPrice is 2``."""
    values = [f"left(json_extract_string(to_json(_raw), {literal('/' + name)}), 60)" for name in reads]
    shown = [f"{literal(f'{name} is ')} || coalesce({v}, 'empty')" for name, v in zip(reads, values, strict=True)]
    return " || ', ' || ".join(shown)
