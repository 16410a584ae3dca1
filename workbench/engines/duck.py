"""DuckDB in this process: what memory it may take, where it spills, and tables read from Parquet."""

from __future__ import annotations

import os
import sys
import uuid
import weakref
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from workbench.engines.quoting import identifier
from workbench.engines.scratch import scratch_folder
from workbench.errors import DataError

MEMORY = 768 * 2**20
"""Bytes DuckDB may take before it spills: several notebooks are open at once, each with a database of its own."""


def settings(read: int = 0) -> dict[str, Any]:
    """Return the settings of a connection: a folder of its own to spill to, limits of memory, and of threads if needed.

    It gets 768 MiB, or the bytes of the files to be ``read`` where they are more: some of its steps cannot spill. It
    does not know the limit a process may have (``ulimit -v``); then it gets at most a sixth of that, for libraries and
    the arrays of features take the rest. It uses as many threads as OMP_NUM_THREADS says, where that is set, as
    numerical libraries do; else one for each core.

    >>> settings()["memory_limit"], settings(read=3 * 2**30)["memory_limit"]
    ('768MiB', '3072MiB')
    """
    spill = scratch_folder() / uuid.uuid4().hex
    most = _process_limit()
    memory = max(MEMORY, read) if most is None else min(most // 6, max(MEMORY, read))
    chosen: dict[str, Any] = {"temp_directory": str(spill), "memory_limit": f"{memory // 2**20}MiB"}
    if most is not None:
        chosen["preserve_insertion_order"] = False
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads):
        chosen["threads"] = int(threads)
    return chosen


def leave_selects_apart() -> None:
    """Have Ibis write a selection of a selection as it is: merging them, which DuckDB does too, takes it long."""
    ibis.options.sql.fuse_selects = False


def without_bar(con: duckdb.DuckDBPyConnection) -> None:
    """Have a connection draw no bar of progress: it would put seconds into a notebook's output and a run's log."""
    con.execute("SET enable_progress_bar = false")


def _process_limit() -> int | None:
    """Return how many bytes of addresses this process may take; None where there is no such limit."""
    if sys.platform == "win32":
        return None
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if most == resource.RLIM_INFINITY else most


def in_memory(rows: pa.Table, home: Any) -> ir.Table:
    """Return rows as a table for queries of a DuckDB backend, for as long as something made from it is in use.

    Ibis' memtable would hold its rows until the process ends, and a query of nothing else run in another database.

    >>> in_memory(pa.table({"x": [1, 2]}), ibis.duckdb.connect()).x.sum().to_pyarrow().as_py()
    3
    """
    _free_unused(home)
    name = ibis.util.gen_name("in_memory")
    home.con.register(name, rows)
    table: ir.Table = home.table(name)
    weakref.finalize(table.op(), _unused(home).append, name).atexit = False
    return table


def materialized_in_duckdb(table: ir.Table) -> ir.Table:
    """Return a table computed now, for as long as something made from it is in use.

    What Ibis' cache does, without three copies of the query on its way to the database.

    >>> rows = ibis.duckdb.connect().sql("SELECT 2 AS x")
    >>> materialized_in_duckdb(rows).x.sum().to_pyarrow().as_py()
    2
    """
    backend, name = table.get_backend(), ibis.util.gen_name("materialized")
    _free_unused(backend)
    columns = ", ".join(column.sql("duckdb") for column in table.schema().to_sqlglot_column_defs("duckdb"))
    backend.con.execute(f"CREATE TEMP TABLE {name} ({columns})")
    try:
        backend.con.execute(f"INSERT INTO {name} {backend.compile(table)}")
    except duckdb.CatalogException:  # rows or functions of Python, which Ibis registers only for a query of its own
        backend.con.execute(f"DROP TABLE {name}")
        backend.create_table(name, table, temp=True)
    # Not backend.table, which would ask the database for the schema, and parse it.
    place = ops.Namespace(catalog="temp", database="main")
    there: ir.Table = ops.DatabaseTable(name, schema=table.schema(), source=backend, namespace=place).to_expr()
    weakref.finalize(there.op(), _unused(backend).append, name).atexit = False
    return there


def _unused(backend: Any) -> list[str]:
    """Return the names of a backend's tables that nothing is made from any more.

    Python notices at any time and in any thread, also while rows of a query are on their way: a statement run then
    would end that query. So they are freed before the next table is made.
    """
    names: list[str] = backend.__dict__.setdefault("unused_tables", [])
    return names


def _free_unused(backend: Any) -> None:
    names = _unused(backend)
    while names:
        name = names.pop()
        backend.con.unregister(name)
        backend.con.execute(f"DROP TABLE IF EXISTS {name}")


@cache
def _type(types: Any, name: str, nullable: str) -> dt.DataType:
    return types.from_string(name, nullable=nullable == "YES")


def table_there(backend: Any, name: str) -> ir.Table:
    """Return a table of a DuckDB backend as its ``table`` does, which parses the name of each column's type anew.

    >>> backend = ibis.duckdb.connect()
    >>> _ = backend.raw_sql("CREATE TABLE lines (id VARCHAR NOT NULL, amount DECIMAL(18, 4))")
    >>> table_there(backend, "lines").equals(backend.table("lines"))
    True
    """
    described = backend.con.execute(f"DESCRIBE {identifier(name)}").fetchall()
    types = backend.compiler.type_mapper
    schema = {column: _type(types, kind, nullable) for column, kind, nullable, *_ in described}
    return ops.DatabaseTable(name, schema=schema, source=backend, namespace=ops.Namespace()).to_expr()


def in_duckdb(files: Mapping[str, Path]) -> dict[str, ir.Table]:
    """Return Parquet files as tables of a database in this process.

    Raises DataError when a file is missing or damaged.
    """
    backend = ibis.duckdb.connect(**settings(sum(file.stat().st_size for file in files.values() if file.exists())))
    without_bar(backend.con)
    leave_selects_apart()
    try:
        for name, file in files.items():
            # Not ibis' read_parquet: its views are hidden from other connections, and so from other threads.
            backend.con.read_parquet(str(file)).create_view(name)
    except duckdb.Error as problem:
        message = str(problem).strip().splitlines()[0]
        raise DataError(f"{file.parent}: cannot be read: {message}. Run notebook 01_load again.") from None
    return {name: table_there(backend, name) for name in files}
