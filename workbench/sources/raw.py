"""The raw inputs as they came: opened by name in DuckDB, for looking before and beside loading."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from workbench.engines import literal, scratch_folder
from workbench.errors import SourceError
from workbench.sources.opening import Opening, connect
from workbench.sources.read import open_file
from workbench.sources.source import RawFile, Source


def open_raw(
    files: dict[str, RawFile], folder: Path, of_source: str | None = None
) -> tuple[duckdb.DuckDBPyConnection, dict[str, str]]:
    """Return a connection with every readable input as a relation of its name, and what is wrong with the others.

    It has those of our functions that the text of a source calls for, all without a text.
    """
    con = connect(of_source)
    problems = {}
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as scratch:
        for name, file in files.items():
            try:
                open_file(Opening(con, name, file, folder, Path(scratch)))
            except SourceError as problem:
                problems[name] = str(problem)
    return con, problems


def open_source(source: Source) -> duckdb.DuckDBPyConnection:
    """Return a connection with all raw inputs of a source; raise SourceError with all that cannot be read."""
    con, problems = open_raw(source.files, source.folder, repr(source.tables))
    if problems:
        raise SourceError("\n".join(problems.values()))
    con.execute(f"SET TimeZone = {literal(source.zone)}")
    return con
