"""The raw files as they came: opened by name in DuckDB, for looking before and beside loading."""

from __future__ import annotations

from pathlib import Path

import duckdb

from workbench.errors import SourceError, UserError
from workbench.load import _open_file
from workbench.source import RawFile, Source


def open_raw(files: dict[str, RawFile], folder: Path) -> tuple[duckdb.DuckDBPyConnection, list[str]]:
    """Return a connection in which every readable file is a relation of its name, and what is wrong with the others."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    problems = []
    for name, file in files.items():
        try:
            _open_file(con, name, file, folder)
        except UserError as problem:
            problems.append(str(problem))
    return con, problems


def open_source(source: Source) -> duckdb.DuckDBPyConnection:
    """Return a connection with all raw files of a source; raise SourceError with all that cannot be read."""
    con, problems = open_raw(source.files, source.folder)
    if problems:
        raise SourceError(" ".join(problems))
    return con


def quoted(name: str) -> str:
    """Return a name as a SQL identifier.

    >>> quoted("Paid at")
    '"Paid at"'
    """
    return '"' + name.replace('"', '""') + '"'
