"""A source file in, a checked Crm out: every raw row is either loaded or set aside with its reason."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
from pydantic import ValidationError

from workbench import contract
from workbench.crm.asof import Crm, Facts
from workbench.crm.instants import midnight
from workbench.crm.store import SIDE_TABLE
from workbench.crm.store import read_crm as read_crm
from workbench.crm.store import write_crm as write_crm
from workbench.engines import identifier, leave_selects_apart, literal, scratch_folder, table_there
from workbench.errors import DataError, SourceError, UserError
from workbench.sources import (
    CHANGES,
    RAW,
    REFUSALS,
    REMARKS,
    Loaded,
    Opening,
    Source,
    Strays,
    connect,
    disk_is_full,
    find_strays,
    first_line,
    last_before,
    load_rates,
    load_table,
    loading_order,
    note_accounts,
    note_first_prices,
    note_last_activity,
    note_last_date,
    open_file,
    read_source,
    stays_in_place,
)
from workbench.yamlfile import explain


def load_tables(source: str | Path | Mapping[str, Any]) -> Crm:
    """Return the Crm of a source file, or of data frames already named and shaped as the contract says.

    Rows with a required value missing, an unreadable value or a repeated unique id are set aside in
    ``crm.refused`` (table_name, reason, raw row as JSON) and counted in ``crm.facts.refused``; so are lines
    of a text file that cannot be read, under ``files.name``.

    Raises SourceError (file, table, column, cure) and DataError when a table is left without a row; either
    says all that is wrong at once.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["a", None],
    ...                        "ordered_at": ["2024-01-01", "2024-01-02"], "amount": [9.5, 3]})
    >>> crm = load_tables({"orders": orders})
    >>> crm.facts.loaded, crm.facts.refused
    ({'orders': 1}, [{'table': 'orders', 'reason': 'customer_id is missing', 'rows': 1}])
    """
    described = _frames(source) if isinstance(source, Mapping) else read_source(source)
    frames = source if isinstance(source, Mapping) else {}
    con = _connect(described)
    try:
        files, views = _open(con, described, frames)
        loaded = _load(con, described, views)
        return _crm(con, described, files, loaded)
    except (duckdb.Error, OSError) as problem:
        con.close()
        raise _explained(problem) from None
    except UserError:
        con.close()
        raise


def _connect(source: Source) -> duckdb.DuckDBPyConnection:
    con = connect(repr(source.tables))
    con.execute(f"SET TimeZone = {literal(source.zone)}")
    return con


def _frames(frames: Mapping[str, Any]) -> Source:
    tables = {
        str(name): {
            "sql": f"SELECT * FROM {identifier(f'raw_{name}')}",
            "columns": {str(c): identifier(str(c)) for c in frame},
        }
        for name, frame in frames.items()
    }
    try:
        unknown = {"name": "data frames", "currency": contract.UNKNOWN_CURRENCY}
        return Source.model_validate({**unknown, "files": {}, "tables": tables})
    except ValidationError as problem:
        raise SourceError(f"data frames: {explain(problem, [])}") from None


def _with_types(frame: Any) -> Any:
    """Give a data frame's empty columns a type: DuckDB would take a column of None for whole numbers."""
    empty = [column for column in frame if frame[column].isna().all()]
    return frame.astype(dict.fromkeys(empty, "str")).where(frame.notna(), None) if empty else frame


def _open(
    con: duckdb.DuckDBPyConnection, source: Source, frames: Mapping[str, Any]
) -> tuple[list[dict[str, object]], set[str]]:
    """Open every raw input; return what was read, and the names of those read in place."""
    for name, frame in frames.items():
        con.register(f"raw_{name}", _with_types(frame))
    files, views, problems = [], set(), []
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as scratch:
        for name, file in source.files.items():
            opening = Opening(con, name, file, source.folder, Path(scratch))
            try:
                files += open_file(opening)
            except SourceError as problem:
                problems.append(str(problem))
            if stays_in_place(opening):
                views.add(name)
    if problems:
        raise SourceError("\n".join(problems))
    return files, views


def _load(con: duckdb.DuckDBPyConnection, source: Source, views: set[str]) -> dict[str, Loaded]:
    loaded: dict[str, Loaded] = {}
    problems: list[UserError] = []
    load_rates(con, source)
    accounts = "customers" in source.tables and note_accounts(con, source)
    for name in loading_order(source):
        mapping = source.tables[name]
        if mapping.undated == "last_activity":
            note_last_activity(con, list(loaded))
        if mapping.has_notices:
            note_last_date(con, source, [table.ends_at for table in loaded.values()])
        try:
            in_place = mapping.from_ in views
            loaded[name] = load_table(con, contract.TABLES[name], mapping, source, in_place=in_place, accounts=accounts)
        except UserError as problem:
            problems.append(problem)
    if problems:
        kind = SourceError if any(isinstance(p, SourceError) for p in problems) else DataError
        raise kind("\n".join(str(problem) for problem in problems))
    return {name: loaded[name] for name in source.tables}


def _explained(problem: duckdb.Error | OSError) -> UserError:
    message = first_line(problem)
    if disk_is_full(problem):
        return DataError(
            f"the disk is full: {message} Free space under {tempfile.gettempdir()} (or set TMPDIR); load again."
        )
    if isinstance(problem, duckdb.OutOfMemoryException):
        return DataError(f"the tables do not fit into memory: {message} Load fewer columns, or give them as Parquet.")
    return SourceError(f"the raw data cannot be read: {message} Check that the files are whole.")


def _crm(
    con: duckdb.DuckDBPyConnection, source: Source, files: list[dict[str, object]], loaded: dict[str, Loaded]
) -> Crm:
    loaded = _without_planned(con, loaded)
    begins_at, last_record_at = _span(loaded)
    first_stray, strays = find_strays(con, {name: (table.rows, table.ends_at) for name, table in loaded.items()})
    if first_stray is not None:
        dated = [name for name, table in loaded.items() if table.ends_at is not None]
        last_record_at = last_before(con, dated, first_stray)
    # The day of the last record counts as complete: a shop's last order of the day is not its midnight.
    day_after = midnight(last_record_at) + timedelta(days=1)
    priced = note_first_prices(con, source)
    refused = con.execute(
        f"SELECT table_name, rule, count(*) FROM {REFUSALS} GROUP BY ALL ORDER BY table_name, count(*) DESC, rule"
    ).fetchall()
    _drop_raw_tables(con)
    con.execute(f"SET schema = 'main'; CREATE VIEW {SIDE_TABLE} AS SELECT table_name, reason, raw FROM {REFUSALS}")
    facts = Facts(
        name=source.name,
        currency=source.currency,
        about=source.about,
        begins_at=begins_at,
        last_record_at=last_record_at,
        known_until=source.complete_until or day_after,
        loaded={name: table.rows for name, table in loaded.items()},
        made=[CHANGES] if priced and CHANGES not in loaded else [],
        refused=[{"table": table, "reason": rule, "rows": rows} for table, rule, rows in refused],
        files=files,
        remarks=[*_remarks(con, loaded, strays), *_first_prices(priced)],
        scales={name: list(scale) for name, scale in source.all_scales.items()},
    )
    backend = ibis.duckdb.from_connection(con)
    leave_selects_apart()
    # Ibis sets UTC; expressions over rows read in place are computed later, and by the source's clock.
    con.execute(f"SET TimeZone = {literal(source.zone)}")
    tables = {name: table_there(backend, name) for name in facts.tables}
    return Crm(tables, facts, table_there(backend, SIDE_TABLE))


def _first_prices(rows: int) -> list[dict[str, object]]:
    words = "whose price is assumed to have applied since they began (mrr_is)"
    return [{"table": "subscriptions", "remark": words, "rows": rows}] if rows else []


def _remarks(
    con: duckdb.DuckDBPyConnection, loaded: Mapping[str, Loaded], strays: list[Strays]
) -> list[dict[str, object]]:
    of_files = con.execute(f"SELECT * FROM {REMARKS}").fetchall()
    return [
        *({"table": table, "remark": remark, "rows": rows} for table, remark, rows in of_files),
        *(remark for table in loaded.values() for remark in table.remarks),
        *({"table": stray.table, "remark": stray.remark, "rows": stray.rows} for stray in strays),
    ]


def _drop_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    copies = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory' AND schema_name = ?", [RAW]
    ).fetchall()
    for (name,) in copies:
        con.execute(f"DROP TABLE {RAW}.{identifier(name)}")


def _without_planned(con: duckdb.DuckDBPyConnection, loaded: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """The end of a pause is planned with its beginning: it does not say until when the data reach."""
    name = CHANGES
    if name not in loaded or "change" not in {c[0] for c in con.execute(f"DESCRIBE main.{name}").fetchall()}:
        return dict(loaded)
    row = con.execute(f"SELECT max(changed_at) FROM main.{name} WHERE change IS DISTINCT FROM 'resumed'").fetchone()
    return {**loaded, name: replace(loaded[name], ends_at=row[0] if row else None)}


def _span(loaded: Mapping[str, Loaded]) -> tuple[datetime, datetime]:
    active = [table for name, table in loaded.items() if name in contract.ACTIVITY_TABLES]
    begins = [table.begins_at for table in active if table.begins_at is not None]
    ends = [table.ends_at for table in loaded.values() if table.ends_at is not None]
    if not begins:
        raise DataError(f"tables {', '.join(loaded)}: no dated row; map the date column in the source file.")
    return min(begins), max(ends)
