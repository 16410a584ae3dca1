"""A source file in, a checked Crm out: every raw row is either loaded or set aside with its reason."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis

from workbench import contract
from workbench.asof import Crm, Facts
from workbench.errors import DataError, SourceError
from workbench.source import RawFile, Source, TableMapping, read_source

SIDE_TABLE = "refused"


def load_tables(source: str | Path | Mapping[str, Any]) -> Crm:
    """Return the Crm of a source file, or of data frames already named and shaped as the contract says.

    Rows with a required value missing, an unreadable value or a repeated unique id are set aside in
    ``crm.refused`` (table, reason, raw row as JSON) and counted in ``crm.facts.refused``.

    Raises SourceError (file, table, column, cure) and DataError when a table is left without a row.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["a", None],
    ...                        "ordered_at": ["2024-01-01", "2024-01-02"], "amount": [9.5, 3]})
    >>> crm = load_tables({"orders": orders})
    >>> crm.facts.loaded, crm.facts.refused
    ({'orders': 1}, [{'table': 'orders', 'reason': 'customer_id is missing', 'rows': 1}])
    """
    con = duckdb.connect()
    if isinstance(source, Mapping):
        described = _register_frames(con, source)
    else:
        described = read_source(source)
        for name, file in described.files.items():
            _open_file(con, name, file, described.folder)
    con.execute(f"CREATE TABLE {SIDE_TABLE} (table_name VARCHAR, reason VARCHAR, raw VARCHAR)")
    for name, mapping in described.tables.items():
        _load_table(con, contract.TABLES[name], mapping)
    return _crm(con, list(described.tables), described)


def _register_frames(con: duckdb.DuckDBPyConnection, frames: Mapping[str, Any]) -> Source:
    tables = {}
    for name, frame in frames.items():
        con.register(f"raw_{name}", frame)
        columns = {column: f'"{column}"' for column in frame.columns}
        tables[name] = {"sql": f"SELECT * FROM raw_{name}", "columns": columns}
    return Source.model_validate({"name": "data frames", "currency": "XXX", "files": {}, "tables": tables})


def _open_file(con: duckdb.DuckDBPyConnection, name: str, file: RawFile, folder: Path) -> None:
    path = folder / file.path
    if not path.is_file():
        raise SourceError(f"files.{name}: {file.path} is not a file beside the source file; check path.")
    if path.stat().st_size == 0:
        raise SourceError(f"files.{name}: {file.path} is empty; export it again.")
    try:
        if path.suffix == ".parquet":
            con.read_parquet(str(path)).create(f'"{name}"')
        else:
            con.read_csv(
                str(path), all_varchar=True, header=True, delimiter=file.delimiter, encoding=file.encoding
            ).create(f'"{name}"')
    except duckdb.Error as problem:
        raise SourceError(
            f"files.{name}: {file.path} cannot be read: {_first_line(problem)} "
            "Check that it is whole, and state its delimiter and encoding."
        ) from None


def _load_table(con: duckdb.DuckDBPyConnection, spec: contract.Table, mapping: TableMapping) -> None:
    staged = f"staged_{spec.name}"
    _stage(con, staged, spec, mapping)
    problems = ", ".join(_problem_sql(spec[c]) for c in mapping.columns)
    if spec.unique:
        problems += (
            f", CASE WHEN {spec.unique} IS NOT NULL AND row_number() OVER "
            f"(PARTITION BY trim({spec.unique}::VARCHAR) ORDER BY raw_row) > 1 THEN '{spec.unique} occurs twice' END"
        )
    con.execute(
        f"CREATE TEMP TABLE checked AS SELECT *, list_filter([{problems}], p -> p IS NOT NULL) AS problems "
        f"FROM {staged}"
    )
    raw = ", ".join(f'"{c}" := "{c}"' for c in mapping.columns)
    con.execute(
        f"INSERT INTO {SIDE_TABLE} SELECT '{spec.name}', array_to_string(problems, '; '), to_json(struct_pack({raw})) "
        "FROM checked WHERE len(problems) > 0"
    )
    typed = ", ".join(f'{_typed_sql(spec[c])} AS "{c}"' for c in spec.names if c in mapping.columns)
    con.execute(f'CREATE TABLE "{spec.name}" AS SELECT {typed} FROM checked WHERE len(problems) = 0')
    con.execute(f"DROP TABLE checked; DROP TABLE {staged}")
    if not _count(con, spec.name):
        reasons = con.execute(f"SELECT DISTINCT reason FROM {SIDE_TABLE} WHERE table_name = ? LIMIT 3", [spec.name])
        why = "; ".join(row[0] for row in reasons.fetchall()) or "the raw rows are none"
        raise DataError(f"table {spec.name}: no row could be loaded ({why}). Check its mapping in the source file.")


def _stage(con: duckdb.DuckDBPyConnection, staged: str, spec: contract.Table, mapping: TableMapping) -> None:
    columns = ", ".join(f'({sql}) AS "{name}"' for name, sql in mapping.columns.items())
    try:
        con.execute(
            f"CREATE TEMP TABLE {staged} AS SELECT row_number() OVER () AS raw_row, {columns} FROM ({mapping.select})"
        )
    except duckdb.Error as problem:
        culprit = _culprit(con, mapping)
        raise SourceError(
            f"tables.{spec.name}{culprit}: {_first_line(problem)} Mend the SQL in the source file."
        ) from None


def _culprit(con: duckdb.DuckDBPyConnection, mapping: TableMapping) -> str:
    """Name the first mapping that fails by itself, so that the message points at one line."""
    for name, sql in mapping.columns.items():
        try:
            con.execute(f"SELECT ({sql}) FROM ({mapping.select}) LIMIT 0")
        except duckdb.Error:
            return f".columns.{name} = {sql!r}"
    return ""


def _problem_sql(column: contract.Column) -> str:
    name, typed = f'"{column.name}"', _typed_sql(column)
    text = f"trim({name}::VARCHAR)"
    unreadable = f"WHEN {text} <> '' AND {typed} IS NULL THEN '{column.name} is no {column.type}: ' || left({text}, 40)"
    missing = f"WHEN {name} IS NULL OR {text} = '' THEN '{column.name} is missing'" if column.required else ""
    return f"CASE {missing} {unreadable} END"


def _typed_sql(column: contract.Column) -> str:
    name = f'"{column.name}"'
    if column.type == "text":
        return f"nullif(trim({name}::VARCHAR), '')"
    return f"TRY_CAST({name} AS {contract.SQL_TYPES[column.type]})"


def _first_line(problem: Exception) -> str:
    line = str(problem).strip().splitlines()[0]
    return line if line.endswith(".") else f"{line}."


def _count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    row = con.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    return int(row[0]) if row else 0


def _span(con: duckdb.DuckDBPyConnection, names: list[str]) -> tuple[datetime, datetime]:
    dated = [(n, contract.TABLES[n].dated_by) for n in names if n in contract.ACTIVITY_TABLES]
    union = " UNION ALL ".join(f'SELECT min("{by}") AS a, max("{by}") AS b FROM "{n}"' for n, by in dated)
    row = con.execute(f"SELECT min(a), max(b) FROM ({union})").fetchone()
    if row is None or row[0] is None:
        raise DataError(f"tables {', '.join(names)}: no dated row; map the date column in the source file.")
    return row[0], row[1]


def _crm(con: duckdb.DuckDBPyConnection, names: list[str], source: Source) -> Crm:
    begins_at, last_record_at = _span(con, names)
    # The day of the last record counts as complete: a shop's last order of the day is not its midnight.
    day_after = datetime.combine(last_record_at.date(), time()) + timedelta(days=1)
    refused = con.execute(
        f"SELECT table_name, regexp_replace(reason, ': [^;]*', '', 'g') AS why, count(*) FROM {SIDE_TABLE} "
        "GROUP BY ALL ORDER BY table_name, count(*) DESC, why"
    ).fetchall()
    facts = Facts(
        name=source.name,
        currency=source.currency,
        about=source.about,
        begins_at=begins_at,
        last_record_at=last_record_at,
        known_until=source.exported_at or day_after,
        loaded={name: _count(con, name) for name in names},
        refused=[{"table": table, "reason": why, "rows": rows} for table, why, rows in refused],
        files=[_fingerprint(source.folder, file.path) for file in source.files.values()],
    )
    backend = ibis.duckdb.from_connection(con)
    return Crm({name: backend.table(name) for name in names}, facts, backend.table(SIDE_TABLE))


def _fingerprint(folder: Path, path: Path) -> dict[str, object]:
    with (folder / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "bytes": (folder / path).stat().st_size, "sha256": digest}


def write_crm(crm: Crm, folder: Path) -> None:
    """Write the tables and the refused rows as one Parquet file each, and what is known of them as ``crm.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in crm:
        crm[name].to_parquet(folder / f"{name}.parquet")
    crm.refused.to_parquet(folder / f"{SIDE_TABLE}.parquet")
    (folder / "crm.json").write_text(json.dumps(dataclasses.asdict(crm.facts), default=str, indent=2))


def read_crm(folder: Path) -> Crm:
    """Return the Crm that ``write_crm`` wrote.

    Raises DataError when notebook 01 has not run yet.
    """
    if not (folder / "crm.json").is_file():
        raise DataError(f"{folder.parent.name}: no loaded tables; run notebook 01_load first.")
    content = json.loads((folder / "crm.json").read_text())
    for instant in ("begins_at", "last_record_at", "known_until"):
        content[instant] = datetime.fromisoformat(content[instant])
    facts = Facts(**content)
    backend = ibis.duckdb.connect()
    tables = {name: backend.read_parquet(folder / f"{name}.parquet", table_name=name) for name in facts.loaded}
    return Crm(tables, facts, backend.read_parquet(folder / f"{SIDE_TABLE}.parquet", table_name=SIDE_TABLE))
