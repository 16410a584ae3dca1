"""One table of the contract from raw rows: typed, counted in one pass, its bad rows set aside."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from workbench.contract import Table
from workbench.engines import identifier, literal
from workbench.errors import DataError, SourceError
from workbench.sources.continuation import join_continuation_lines
from workbench.sources.opening import RAW, REFUSALS, first_line
from workbench.sources.row_rules import NO_END, UNDATED, UNENDED, check_scales
from workbench.sources.source import Source, TableMapping
from workbench.sources.table_plan import Plan, plan_table

# No input has a name with spaces in it.
_CHECKED = '"the checked rows"'


@dataclass(frozen=True)
class Loaded:
    """What loading one table found: rows loaded, its first and last date, and remarks."""

    rows: int
    begins_at: datetime | None
    ends_at: datetime | None
    remarks: list[dict[str, object]] = field(default_factory=list)


def load_table(
    con: duckdb.DuckDBPyConnection,
    spec: Table,
    mapping: TableMapping,
    source: Source,
    *,
    in_place: bool,
    accounts: bool = False,
) -> Loaded:
    """Make the contract's table from its mapping; a view when the raw rows are read in place.

    Raises SourceError for SQL that fails and for text that can be read in two ways, DataError for no row left.
    """
    mapping = _with_implied(spec, mapping)
    plan = plan_table(con, spec, mapping, _raw_rows(con, spec, mapping), source, accounts=accounts)
    rows, continued = _check(con, plan, in_place=in_place)
    counted = _count(con, plan, rows)
    if floats := _float_ids(con, plan, rows, counted):
        plan = _with_whole_ids(plan, floats)
        rows, continued = _check(con, plan, in_place=in_place)
        counted = {**_count(con, plan, rows), **{f"floats_{key}": counted[f"floats_{key}"] for key in floats}}
    good, refused = counted["good"], counted["total"] - counted["good"]
    if refused:
        check_scales(con, spec, source, rows, good)
        _refuse(con, spec, f"SELECT _rule, _reason, _json FROM {rows} WHERE NOT _good")
    if spec.unique in mapping.columns and counted["ids"] < good:
        good = _make_with_repeats(con, plan, rows, newest=_takes_many_files(source, mapping))
    else:
        kind, where = "VIEW" if in_place else "TABLE", "WHERE _good" if refused else ""
        select = f"SELECT {plan.columns} FROM {rows} {where}"
        con.execute(f"CREATE {kind} main.{identifier(spec.name)} AS {select}{_returns(plan, rows)}")
        good += counted["returned"]
    if not in_place:
        con.execute(f"DROP TABLE {_CHECKED}")
    if mapping.sql is not None:
        con.execute(f"DROP TABLE {plan.rows}")
    if not good:
        raise DataError(_none_left(con, spec.name, counted["total"]))
    return Loaded(good, counted["begins_at"], counted["ends_at"], _remarks(plan, counted, continued))


def _check(con: duckdb.DuckDBPyConnection, plan: Plan, *, in_place: bool) -> tuple[str, int]:
    """Return the checked rows, computed once unless they are read in place, and how many continue the order above."""
    if in_place:
        return f"({plan.checked})", 0
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_CHECKED} AS {plan.checked}")
    return _CHECKED, join_continuation_lines(con, _CHECKED) if plan.spec.name == "orders" else 0


def _float_ids(con: duckdb.DuckDBPyConnection, plan: Plan, rows: str, counted: dict[str, Any]) -> list[str]:
    """Return the keys some of whose values end in .0, where all are whole numbers: 17.0 is then 17."""
    some = [key for key in plan.keys if counted[f"floats_{key}"]]
    whole = ", ".join(f"bool_and(regexp_full_match(\"{key}\", '\\d+(\\.0+)?'))" for key in some)
    found = con.execute(f"SELECT {whole} FROM {rows} WHERE _good").fetchone() if some else None
    return [key for key, is_whole in zip(some, found or (), strict=True) if is_whole]


def _with_whole_ids(plan: Plan, keys: list[str]) -> Plan:
    whole = {
        key: dataclasses.replace(
            plan.values[key], sql=f"regexp_replace({plan.values[key].sql}, '^(\\d+)\\.0+$', '\\1')"
        )
        for key in keys
    }
    return dataclasses.replace(plan, values={**plan.values, **whole})


def _with_implied(spec: Table, mapping: TableMapping) -> TableMapping:
    """Add the columns that only a rule fills."""
    implied = {}
    if mapping.takes_back and "amount" in mapping.columns and spec.name == "orders":
        implied = {"returns_order_id": "NULL::VARCHAR"}
    if mapping.undated not in (None, "leave_out"):
        implied = {"ended_at": NO_END}
    return mapping.model_copy(update={"columns": {**implied, **mapping.columns}})


def _returns(plan: Plan, rows: str) -> str:
    """Return SQL for the rows that take sales back: when that was, or at the sale's own time where no other is known.

    A return takes back the whole sale, unless it is known how much of it; never more, as a refund with the tax of a
    sale without it would.
    """
    if not plan.rules.returned:
        return ""
    key = "order_id" if plan.spec.name == "orders" else str(plan.spec.unique)
    all_, at = "amount", plan.spec.dated_by
    known = "returned_amount" in plan.mapped
    part = f"least(coalesce(nullif(abs(returned_amount), 0), {all_}), {all_})" if known else all_
    back = {key: f"{key} || ' returned'", "amount": f"(-{part})::DECIMAL(18, 4)"}
    if "returned_at" in plan.mapped:
        back[at] = f"greatest({at}, returned_at)"
    if "margin_amount" in plan.mapped:
        back["margin_amount"] = f"(-margin_amount * {part} / {all_})::DECIMAL(18, 4)"
    if "returns_order_id" in plan.mapped:
        back["returns_order_id"] = key
    # Nobody owes what was taken back.
    back |= {name: "NULL" for name in ("due_at",) if name in plan.mapped}
    wanted = ", ".join(f"{back[name]} AS {name}" if name in back else name for name in plan.names)
    return f" UNION ALL SELECT {wanted} FROM {rows} WHERE _good AND returned"


def _remarks(plan: Plan, counted: dict[str, Any], continued: int) -> list[dict[str, object]]:
    found = {remark: counted[f"remark_{i}"] for i, remark in enumerate(plan.rules.remarks)}
    found = {remark: n for remark, n in found.items() if "ISO date beside" not in remark or n < counted["good"]}
    found["lines without an amount or id that belong to the order above"] = continued
    found |= {f"{key} such as 17.0 is read as 17": counted[f"floats_{key}"] for key in plan.keys}
    commas = {n: m for n, m in plan.marks.items() if m.mark == "comma"}
    found |= {f"{name} is read with a decimal comma: {m.evidence}": counted["good"] for name, m in commas.items()}
    places = {remark: f"customers_remark_{i}" for i, remark in enumerate(plan.rules.remarks)}
    return [
        {"table": plan.spec.name, "remark": remark, "rows": rows}
        | ({"customers": counted[places[remark]]} if places.get(remark) in counted else {})
        for remark, rows in found.items()
        if rows
    ]


def _of_customers(plan: Plan) -> list[str]:
    """Return the flags of subscriptions whose end is not recorded: the customers they concern are counted."""
    return [f"remark_{i}" for i, r in enumerate(plan.rules.remarks) if r.startswith((UNDATED, UNENDED))]


def _raw_rows(con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping) -> str:
    if mapping.sql is None:
        return f"{RAW}.{identifier(str(mapping.from_))}"
    rows = identifier(f"rows of {spec.name}")
    try:
        con.execute(f"CREATE TEMP TABLE {rows} AS {mapping.select}")
    except duckdb.Error as problem:
        cure = " Write TRY_CAST where a value may be bad." if isinstance(problem, duckdb.ConversionException) else ""
        raise SourceError(f"tables.{spec.name}.sql: {first_line(problem)}{cure} Fix it in the source file.") from None
    return rows


def _count(con: duckdb.DuckDBPyConnection, plan: Plan, rows: str) -> dict[str, Any]:
    """Count rows, good rows and distinct ids, and find doubts and the span, in one pass."""
    spec = plan.spec
    dated = f'"{spec.dated_by}"' if spec.dated_by in plan.mapped else "NULL::TIMESTAMP"
    unknown = [name for name in plan.flags if name.startswith("unknown_")]
    wanted = {
        "total": "count(*)",
        "good": "count(*) FILTER (WHERE _good)",
        "ids": f'count(DISTINCT "{spec.unique}") FILTER (WHERE _good)' if spec.unique in plan.mapped else "0",
        "begins_at": f"min({dated}) FILTER (WHERE _good)",
        "ends_at": f"max({_last(plan, dated)}) FILTER (WHERE _good)",
        **{f"doubt_{name}": f'min("doubt_{name}")' for name in plan.doubtful},
        **{
            name: f"count(*) FILTER (_good AND {identifier(name)})"
            for name in plan.flags
            if not name.startswith("unknown_")
        },
        **{
            f"customers_{name}": f"count(DISTINCT customer_id) FILTER (_good AND {name})"
            for name in _of_customers(plan)
        },
        **{f"floats_{key}": f"count(*) FILTER (_good AND ends_with(\"{key}\", '.0'))" for key in plan.keys},
        **{flag: f"list(DISTINCT {identifier(flag)})" for flag in unknown},
    }
    found = con.execute(f"SELECT {', '.join(wanted.values())} FROM {rows}").fetchone() or ()
    counted = dict(zip(wanted, found, strict=True))
    if doubts := _doubts(plan, counted):
        raise SourceError("\n".join(f"tables.{spec.name}: {doubt}." for doubt in doubts))
    return counted


def _last(plan: Plan, dated: str) -> str:
    """SQL for the last date of a row: its own, or that of its return."""
    returned = "returned_at" in plan.mapped
    return f"greatest({dated}, CASE WHEN returned THEN returned_at END)" if returned else dated


def _doubts(plan: Plan, counted: dict[str, Any]) -> list[str]:
    texts = {name: (counted[f"doubt_{name}"], value.cure) for name, value in plan.doubtful.items()}
    unclear = [f"{name} {text[:40]!r} {cure}" for name, (text, cure) in texts.items() if text is not None]
    cure = "state decimal: comma or decimal: point"
    for key, (_, what) in plan.rules.unknown.items():
        values = sorted(value for value in counted[f"unknown_{key}"] or [] if value is not None)
        unclear += [f"{key} {', '.join(map(repr, values[:10]))} {what}"] if values else []
    return unclear + [f"{name}: {found.evidence}; {cure}" for name, found in plan.marks.items() if found.ambiguous]


def _takes_many_files(source: Source, mapping: TableMapping) -> bool:
    file = source.files.get(str(mapping.from_))
    return file is not None and file.path is not None and "*" in file.path.name


def _make_with_repeats(con: duckdb.DuckDBPyConnection, plan: Plan, rows: str, *, newest: bool) -> int:
    """Keep the first good row of each id, in the order of the raw rows; set the others aside. Return the rows.

    Of files of one pattern, as full exports of several months are, the ``newest`` row: the last one.
    """
    name, key = plan.spec.name, f'"{plan.spec.unique}"'
    place = f"row_number() OVER (PARTITION BY {key} ORDER BY _line{' DESC' if newest else ''})"
    ranked = f"SELECT * FROM (SELECT *, row_number() OVER () AS _line FROM {rows}) WHERE _good QUALIFY {place}"
    firsts = f"({ranked} = 1)"
    select = f"SELECT {plan.columns} FROM {firsts}{_returns(plan, firsts)}"
    con.execute(f"CREATE TABLE main.{identifier(name)} AS {select}")
    twice = f"{plan.spec.unique} occurs {'again further down, in a later file' if newest else 'twice'}"
    _refuse(
        con,
        plan.spec,
        f"SELECT {literal(twice)}, {literal(twice + ': ')} || {key}, to_json(_raw)::VARCHAR FROM ({ranked} > 1)",
    )
    (made,) = con.execute(f"SELECT count(*) FROM main.{identifier(name)}").fetchone() or (0,)
    return int(made)


def _refuse(con: duckdb.DuckDBPyConnection, spec: Table, rows: str) -> None:
    con.execute(f"INSERT INTO {REFUSALS} SELECT {literal(spec.name)}, * FROM ({rows})")


def _none_left(con: duckdb.DuckDBPyConnection, name: str, total: int) -> str:
    if not total:
        return f"table {name}: there are no raw rows. Check from or sql in the source file."
    reasons = con.execute(
        f"SELECT min(reason), count(*) FROM {REFUSALS} WHERE table_name = ? GROUP BY rule ORDER BY 2 DESC LIMIT 5",
        [name],
    ).fetchall()
    why = "; ".join(f"{reason} ({rows} rows)" for reason, rows in reasons)
    return f"table {name}: no row could be loaded: {why}. Check its mapping, dates and decimal in the source file."
