"""Raw inputs as DuckDB relations: Parquet files and tables of DuckDB as views, all else as tables; never in pandas."""

from __future__ import annotations

import contextlib
import glob
import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, time
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import python_calamine

from workbench.engines import identifier, literal, settings
from workbench.errors import did_you_mean, ended, or_near
from workbench.sources.copies import drop_copies
from workbench.sources.header_rows import drop_totals, header_of, header_place, remark_titles
from workbench.sources.opening import RAW, Opening, check_width, disk_is_full, distinct_names, fingerprint, first_line
from workbench.sources.servers import open_postgres, open_spark
from workbench.sources.sheets import MOST_UNPACKED, can_be_read, unpacks_to, wide_sheets
from workbench.sources.textfile import open_csv, open_json_lines

MOST_CELLS = 200_000_000
"""The most cells that a sheet may span: one value in its last cell would else need more memory than there is."""
MOST_COPIED = 500_000
"""The most rows of a Parquet or DuckDB file that are copied into memory; files of more are read in place."""
_BATCH = 50_000
_INTERNAL = "a batch of rows"  # no input has a name with spaces in it


def open_file(opening: Opening) -> list[dict[str, object]]:
    """Open one raw input under its name and return what was read: file, bytes, sha256.

    Raises SourceError naming the input, the file and the cure.
    """
    try:
        read = _open(opening)
    except PermissionError as problem:
        raise opening.fail(f"{_shown(problem)} may not be read; ask for the right to read it.") from None
    except OSError as problem:
        if disk_is_full(problem):
            raise
        raise opening.fail(f"{_shown(problem)} cannot be read: {problem.strerror or problem}.") from None
    described = opening.con.execute(f"DESCRIBE {identifier(opening.name)}").fetchall()
    check_width(opening, [row[0] for row in described])
    return read


def _open(opening: Opening) -> list[dict[str, object]]:
    if opening.file.postgres is not None:
        return [open_postgres(opening, opening.file.postgres)]
    if opening.file.spark is not None:
        return [open_spark(opening, opening.file.spark)]
    paths = _paths(opening)
    _OPENERS[opening.file.kind](opening, paths)
    return [_read_file(path) for path in paths]


def stays_in_place(opening: Opening) -> bool:
    """Return whether the input is a view of a file of many rows, to be read where it lies, not copied.

    What reads a few rows again and again costs more by the expressions of the view than by the rows.
    """
    if opening.file.path is not None and opening.file.kind not in ("parquet", "duckdb"):
        return False
    views = "SELECT 1 FROM duckdb_views() WHERE database_name = 'memory' AND schema_name = ? AND view_name = ?"
    if opening.con.execute(views, [RAW, opening.name]).fetchone() is None:
        return False
    counted = opening.con.execute(f"SELECT count(*) FROM {RAW}.{identifier(opening.name)}").fetchone()
    return counted is not None and counted[0] > MOST_COPIED


def _shown(problem: OSError) -> str:
    return Path(str(problem.filename)).name if problem.filename else "the file"


def _paths(opening: Opening) -> list[Path]:
    stated = opening.file.path
    assert stated is not None
    whole = opening.folder / stated
    paths = sorted(map(Path, glob.glob(str(whole), recursive=True))) if glob.has_magic(str(stated)) else [whole]  # noqa: PTH207
    if not paths:
        raise opening.fail(f"no file is named {stated}; {or_near('check path.', whole)}")
    if len(paths) > 1 and opening.file.kind in ("excel", "sqlite", "duckdb"):
        raise opening.fail(f"{stated} names {len(paths)} files; name one {opening.file.kind} file.")
    for path in paths:
        if path.is_dir():
            raise opening.fail(f"{stated} is a folder; name the files in it, as {stated}/*.parquet.")
        if not path.is_file():
            raise opening.fail(f"{stated} is not a file beside the source file; {or_near('check path.', path)}")
        if path.stat().st_size == 0:
            raise opening.fail(f"{path.name} is empty; export it again.")
        path.open("rb").close()
    return paths


def _open_parquet(opening: Opening, paths: list[Path]) -> None:
    listed = ", ".join(literal(path) for path in paths)
    select, name = f"SELECT * FROM read_parquet([{listed}], union_by_name=true)", identifier(opening.name)
    try:
        opening.con.execute(f"CREATE VIEW {name} AS {select}")
        if len(paths) > 1 and _repeats(opening):
            opening.con.execute(f"DROP VIEW {name}; CREATE TABLE {name} AS {select} LIMIT 0")
            drop_copies(opening, [_added(opening, path) for path in paths])
    except duckdb.Error as problem:
        if disk_is_full(problem):
            raise
        message = first_line(problem)
        raise opening.fail(f"{paths[0].name} cannot be read: {message} Check that it is whole.") from None


def _repeats(opening: Opening) -> bool:
    """Return whether some rows are equal: only then need the files be copied, to take those of several files once."""
    name = identifier(opening.name)
    columns = ", ".join(identifier(row[0]) for row in opening.con.execute(f"DESCRIBE {name}").fetchall())
    total, different = opening.con.execute(
        f"SELECT count(*), count(DISTINCT hash({columns})) FROM {name}"
    ).fetchone() or (0, 0)
    return bool(total > different)


def _added(opening: Opening, path: Path) -> int:
    """Add the rows of a file to the table; return how many rows the table has then."""
    name = identifier(opening.name)
    opening.con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM read_parquet({literal(path)})")
    row = opening.con.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,)
    return int(row[0])


def _open_duckdb(opening: Opening, paths: list[Path]) -> None:
    path = paths[0]
    try:
        with contextlib.closing(duckdb.connect(str(path), read_only=True, config=settings())) as database:
            schema, name, is_view = _found_in(opening, path, database)
            if is_view:
                _copy(opening, database.execute(f"SELECT * FROM {identifier(schema)}.{identifier(name)}"))
                return
    except duckdb.PermissionException:
        cure = "Export the rows you need as a table."
        raise opening.fail(f"{path.name}: its view {name} reads outside the file. {cure}") from None
    except duckdb.Error as problem:
        if disk_is_full(problem):
            raise
        message = first_line(problem).replace(str(path), path.name)
        cure = "Check that it is a DuckDB file that no other program holds open for writing."
        raise opening.fail(f"{path.name} cannot be read: {message} {cure}") from None
    place = identifier(f"{opening.name} file")
    opening.con.execute(f"ATTACH {literal(path)} AS {place} (TYPE duckdb, READ_ONLY)")
    rows = f"SELECT * FROM {place}.{identifier(schema)}.{identifier(name)}"
    opening.con.execute(f"CREATE VIEW {identifier(opening.name)} AS {rows}")


def _found_in(opening: Opening, path: Path, database: duckdb.DuckDBPyConnection) -> tuple[str, str, bool]:
    """Return schema and name of the table that is asked for, and whether it is a view; lock its database.

    Whoever made the file chose what its views and their macros read. Macros may be named as DuckDB's own functions, so
    these are called with their schema; and a log to a file, once switched on, ends the process when it is refused.
    """
    database.execute(_LOCK)
    for (sql,) in database.execute(_DEFINITIONS).fetchall():
        if "enable_logging" in sql.lower():
            raise opening.fail(f"{path.name}: one of its views switches logs on. Export the rows you need as a table.")
    found = {name if schema == "main" else f"{schema}.{name}": (schema, name, is_view)
             for schema, name, is_view in database.execute(_TABLES_AND_VIEWS).fetchall()}  # fmt: skip
    return found[_chosen(opening, path, opening.file.table, list(found), "table")]


_LOCK = "SET allow_persistent_secrets = false; SET enable_external_access = false; SET lock_configuration = true"
_VIEWS = "system.main.duckdb_views() WHERE NOT internal"
_TABLES_AND_VIEWS = (
    "SELECT schema_name, table_name, false FROM system.main.duckdb_tables() "
    f"UNION ALL SELECT schema_name, view_name, true FROM {_VIEWS} ORDER BY 2, 1"
)
_DEFINITIONS = (
    f"SELECT sql FROM {_VIEWS} UNION ALL SELECT macro_definition FROM system.main.duckdb_functions() "
    "WHERE NOT internal AND macro_definition IS NOT NULL"
)


def _copy(opening: Opening, rows: duckdb.DuckDBPyConnection) -> None:
    """Make a table of the rows that another connection gives, a batch at a time."""
    opening.con.register(_INTERNAL, rows.to_arrow_reader(_BATCH))
    opening.con.execute(f"CREATE TABLE {identifier(opening.name)} AS SELECT * FROM {identifier(_INTERNAL)}")
    opening.con.unregister(_INTERNAL)


def _chosen(opening: Opening, path: Path, stated: str | None, known: list[str], what: str) -> str:
    if stated is None and len(known) == 1:
        return known[0]
    if stated is None:
        raise opening.fail(f"{path.name} holds {len(known)} {what}s; state {what}: {did_you_mean('', known)}.")
    if stated not in known:
        raise opening.fail(ended(f"{path.name} has no {what} {stated!r}; {did_you_mean(stated, known)}"))
    return stated


def _open_sqlite(opening: Opening, paths: list[Path]) -> None:
    path = paths[0].resolve()
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            names = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            known = [row[0] for row in database.execute(f"{names} ORDER BY 1")]
            table = identifier(_chosen(opening, path, opening.file.table, known, "table"))
            rows = database.execute(f"SELECT * FROM {table}")
            header = [column[0] for column in rows.description]
            _create(opening, header, _sqlite_types(database, table, header), rows)
    except sqlite3.Error as problem:
        raise opening.fail(f"{path.name} cannot be read as SQLite: {first_line(problem)} Check the file.") from None


def _sqlite_types(database: sqlite3.Connection, table: str, header: list[str]) -> list[str]:
    """A SQLite column may hold anything, whatever it was declared: see what it does hold."""
    odd = ", ".join(f"max(typeof({identifier(c)}) IN ('text', 'blob'))" for c in header)
    real = ", ".join(f"max(typeof({identifier(c)}) = 'real')" for c in header)
    found = database.execute(f"SELECT {odd}, {real} FROM {table}").fetchone()
    texts, reals = found[: len(header)], found[len(header) :]
    return [_number_type(bool(text), bool(real)) for text, real in zip(texts, reals, strict=True)]


def _number_type(is_text: bool, is_real: bool) -> str:
    if is_text:
        return "VARCHAR"
    return "DOUBLE" if is_real else "BIGINT"


def _open_excel(opening: Opening, paths: list[Path]) -> None:
    path = paths[0]
    _check_extent(opening, path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            stated = opening.file.sheet or book.sheet_names[0]
            sheet = book.get_sheet_by_name(_chosen(opening, path, stated, book.sheet_names, "sheet"))
            rows = [row for row in sheet.to_python() if any(cell != "" for cell in row)]
    except python_calamine.PasswordError:
        raise opening.fail(f"{path.name} is protected by a password; save it without one.") from None
    except (python_calamine.CalamineError, python_calamine.ZipError, python_calamine.XmlError, OSError) as problem:
        if isinstance(problem, OSError) and problem.filename:
            raise
        raise opening.fail(f"{path.name} cannot be read as Excel: {first_line(problem)} Save it again.") from None
    if len(rows) < 2:
        raise opening.fail(f"{path.name}: sheet {stated!r} holds no row below its header; check sheet.")
    titles = header_place(rows)
    header, below = header_of([[_text(c) for c in row] for row in rows[: titles + 1]], titles), rows[titles + 1 :]
    types = [_cell_type([row[place] for row in below]) for place in range(len(header))]
    remark_titles(opening, path.name, rows[:titles])
    _create(opening, header, types, below)
    drop_totals(opening)


def _check_extent(opening: Opening, path: Path) -> None:
    """Raise SourceError for a workbook that is too large, or a sheet that spans too many cells, before reading it."""
    if (unpacked := unpacks_to(path)) > MOST_UNPACKED:
        raise opening.fail(
            f"{path.name} unpacks to {unpacked / 2**30:,.1f} GB, {MOST_UNPACKED / 2**30:.0f} GB at the most; save the "
            "table as CSV."
        )
    for sheet, last, cells in wide_sheets(path, MOST_CELLS):
        raise opening.fail(
            f"{path.name}: {sheet} reaches to cell {last}, {cells:,} cells with the empty ones; delete what lies far "
            "from the table, or save the table as CSV."
        )
    if not can_be_read(path):
        raise opening.fail(f"{path.name} needs too much memory or time to be read; save the table as CSV.")


def _cell_type(cells: list[object]) -> str:
    filled = [cell for cell in cells if cell != ""]
    numbers = all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in filled)
    return "DOUBLE" if filled and numbers else "VARCHAR"


def _create(opening: Opening, header: list[str], types: list[str], rows: Iterable[Sequence[object]]) -> None:
    """Make a table of rows that Python holds, a batch at a time; what is no number becomes text."""
    check_width(opening, names := distinct_names(header))
    columns = ", ".join(f"{identifier(n)} {t}" for n, t in zip(names, types, strict=True))
    opening.con.execute(f"CREATE TABLE {identifier(opening.name)} ({columns})")
    remaining = iter(rows)
    some = False
    while batch := list(islice(remaining, _BATCH)):
        columns_of_batch = zip(*batch, strict=True)
        arrays = [_array(list(cells), kind) for cells, kind in zip(columns_of_batch, types, strict=True)]
        opening.con.register(_INTERNAL, pa.table(arrays, names=[str(place) for place in range(len(arrays))]))
        opening.con.execute(f"INSERT INTO {identifier(opening.name)} SELECT * FROM {identifier(_INTERNAL)}")
        opening.con.unregister(_INTERNAL)
        some = True
    if not some:
        raise opening.fail("holds no row; export it again.")


_WITH_COMMA = re.compile(r"\D{0,4}-?[\d. ]*,\d{1,2}\D{0,5}")
"""A number with a decimal comma that was typed as text: numbers beside it are written likewise, to be read as one."""


def _array(cells: list[object], kind: str) -> pa.Array:
    if kind == "VARCHAR":
        texts = [_text(cell) for cell in cells]
        if any(isinstance(cell, str) and _WITH_COMMA.fullmatch(cell) for cell in cells):
            pairs = zip(texts, cells, strict=True)
            texts = [t.replace(".", ",") if t and isinstance(cell, float) else t for t, cell in pairs]
        return pa.array(texts, pa.string())
    return pa.array([None if cell == "" else cell for cell in cells], pa.int64() if kind == "BIGINT" else pa.float64())


def _text(cell: object) -> str | None:
    """Return a cell as text, a whole number without .0, a time as ISO writes it."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | time):
        return cell.isoformat()
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _read_file(path: Path) -> dict[str, object]:
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": fingerprint(path)}


_OPENERS = {
    "csv": open_csv,
    "jsonl": open_json_lines,
    "parquet": _open_parquet,
    "duckdb": _open_duckdb,
    "sqlite": _open_sqlite,
    "excel": _open_excel,
}
