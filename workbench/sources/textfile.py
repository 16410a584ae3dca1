"""CSV and JSON lines as DuckDB tables, in any encoding; a line that cannot be read is set aside, not lost."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb

from workbench.engines import identifier, literal
from workbench.errors import SourceError
from workbench.sources.copies import drop_copies
from workbench.sources.header_rows import LOOKED_AT, drop_totals, header_of, header_place, remark_titles
from workbench.sources.opening import REFUSALS, Opening, check_width, disk_is_full, distinct_names, first_line
from workbench.sources.plaintext import PlainText
from workbench.sources.rejects import REJECTED, REJECTING, check_quotes, set_aside

_DELIMITERS = ",;\t|"
_EVEN = " with even line ends.txt"


def open_csv(opening: Opening, paths: list[Path]) -> None:
    """Make a table of text columns from CSV files with the same columns, in whatever order.

    Raises SourceError for an empty, damaged or wrongly described file.
    """
    header: list[str] = []
    ends = list[int]()
    for path in paths:
        with PlainText(opening, path) as text, _from_header(opening, path, text) as (plain, delimiter):
            found = distinct_names(_rows_of(plain, delimiter)[0])
            if header and set(found) != set(header):
                odd = ", ".join(sorted(set(found) ^ set(header)))
                raise opening.fail(
                    f"{path.name} has other columns than {paths[0].name}: {odd}. Name it as another file."
                )
            rows = load_csv(opening, path.name, plain, dict.fromkeys(found, "VARCHAR"), delimiter, first=not header)
            header = header or found
        _name_rows(opening, path)
        ends.append(rows + sum(ends[-1:]))
    drop_copies(opening, ends)
    drop_totals(opening)
    if not _rows(opening.con, opening.name):
        raise opening.fail(_no_row(opening, paths[0], header))


def _name_rows(opening: Opening, path: Path) -> None:
    """Write the name of a file, without its ending, beside the rows that were read from it, where a column is asked."""
    if opening.file.name_column is None:
        return
    table, column = identifier(opening.name), identifier(opening.file.name_column)
    opening.con.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} VARCHAR")
    opening.con.execute(f"UPDATE {table} SET {column} = {literal(path.name.split('.')[0])} WHERE {column} IS NULL")


def _no_row(opening: Opening, path: Path, header: list[str]) -> str:
    odd = opening.con.execute(
        f"SELECT count(*), min(reason) FROM {REFUSALS} WHERE table_name = ?", [f"files.{opening.name}"]
    ).fetchone() or (0, "")
    if not odd[0]:
        return f"{path.name} holds a header and no row; export it again."
    shown = ", ".join(header)[:80]
    return f"{path.name}: none of its {odd[0]} lines fits its header ({shown}): {odd[1]}; check header and delimiter."


def load_csv(
    opening: Opening,
    shown: str,
    plain: Path,
    types: dict[str, str],
    delimiter: str,
    *,
    first: bool = True,
    trusted: bool = False,
) -> int:
    """Add the lines of one plain UTF-8 file to the table, and return how many; set the others aside with the reason.

    A ``trusted`` file is one a program just wrote: whatever its values look like, its quotes are right.
    """
    if any("\0" in name for name in types):
        raise opening.fail(f"{shown} is not a text file; check path, format and encoding.")
    check_width(opening, list(types))
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    select = (
        f"SELECT * FROM read_csv({literal(plain)}, columns={{{columns}}}, auto_detect=false, header=true, "
        f"delim={literal(delimiter)}, quote='\"', escape='\"', nullstr=['', '\\N'], "
        f"rejects_table={literal(REJECTED)}, rejects_scan={literal(REJECTING)})"
    )
    table = identifier(opening.name)
    try:
        made = opening.con.execute(
            f"CREATE TABLE {table} AS {select}" if first else f"INSERT INTO {table} BY NAME {select}"
        ).fetchone()
    except duckdb.Error as problem:
        if disk_is_full(problem):
            raise
        if "state machine" in str(problem) and not plain.name.endswith(_EVEN):
            with _even_line_ends(opening, plain) as even:
                return load_csv(opening, shown, even, types, delimiter, first=first, trusted=trusted)
        message = first_line(problem).replace(str(plain), shown)
        raise opening.fail(f"{shown} cannot be read: {message} State its delimiter and encoding.") from None
    try:
        rows = int(made[0]) if made else 0
        found = [] if trusted else check_quotes(opening, shown, plain, delimiter, list(types), rows)
        set_aside(opening, shown, plain, found)
        return rows
    finally:
        _forget_rejects(opening)


def _forget_rejects(opening: Opening) -> None:
    opening.con.execute(f"DROP TABLE IF EXISTS {identifier(REJECTED)}; DROP TABLE IF EXISTS {identifier(REJECTING)}")


@contextlib.contextmanager
def _even_line_ends(opening: Opening, plain: Path) -> Iterator[Path]:
    """Give a copy in which every line ends alike, which DuckDB asks for; files put together from two do not."""
    even = opening.scratch / f"{opening.name}{_EVEN}"
    with (
        plain.open(encoding="utf-8", errors="surrogateescape") as old,  # Python reads any line end as \n
        even.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as new,
    ):
        shutil.copyfileobj(old, new, 1 << 20)
    _forget_rejects(opening)
    yield even
    even.unlink()


def open_json_lines(opening: Opening, paths: list[Path]) -> None:
    """Make a table with one column per key from files with one JSON object a line; numbers stay numbers.

    Raises SourceError for an empty or damaged file, and for one that holds no object a line.
    """
    lines = f"{opening.name} lines"
    raw = Opening(opening.con, lines, opening.file, opening.folder, opening.scratch)
    ends = []
    for number, path in enumerate(paths):
        with PlainText(opening, path) as plain:
            _load_lines(raw, path, plain, first=number == 0)
        ends.append(_rows(opening.con, lines))
    drop_copies(opening, ends, table=lines, by="line")
    table = identifier(lines)
    opening.con.execute(
        f"INSERT INTO {REFUSALS} SELECT ?, 'the line is no JSON object', 'the line is no JSON object', "
        f"to_json({{'file': file, 'text': line}}) FROM {table} WHERE NOT is_object",
        [f"files.{opening.name}"],
    )
    opening.con.execute(f"CREATE TABLE {identifier(opening.name)} AS {_json_select(opening, table, paths[0])}")
    opening.con.execute(f"DROP TABLE {table}")


def _load_lines(raw: Opening, path: Path, plain: Path, *, first: bool) -> None:
    # A line of JSON holds no unescaped control character, so this delimiter parts nothing.
    lines = (
        f"read_csv({literal(plain)}, columns={{'line': 'VARCHAR'}}, auto_detect=false, header=false, delim=chr(1), "
        "quote='', escape='')"
    )
    if _is_array(plain):
        lines = f"(SELECT json::VARCHAR AS line FROM read_json_objects({literal(plain)}, format='array'))"
    elif whole := _documents(raw.con, plain):
        lines = whole
    select = (
        f"SELECT *, CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS is_object, "
        f"{literal(path.name)} AS file FROM {lines} WHERE trim(line) <> ''"
    )
    table = identifier(raw.name)
    try:
        raw.con.execute(f"CREATE TABLE {table} AS {select}" if first else f"INSERT INTO {table} {select}")
    except duckdb.Error as problem:
        message = first_line(problem).replace(str(plain), path.name)
        raise SourceError(f"files.{raw.name.split()[0]}: {path.name} cannot be read: {message}") from None


def _is_array(path: Path) -> bool:
    """Whether the objects stand in one list, as interfaces return them, and not one a line."""
    with path.open(encoding="utf-8-sig", errors="replace") as text:
        return text.read(100).lstrip().startswith("[")


def _documents(con: duckdb.DuckDBPyConnection, plain: Path) -> str:
    """Return SELECT for the objects of a file that is one document, or several over many lines; empty for lines.

    Interfaces answer with one object around the list of rows, beside how many there are: the rows are meant.
    """
    with plain.open(encoding="utf-8-sig", errors="replace") as text:
        first, more = text.readline(_LONGEST_LINE), bool(text.read(_LONGEST_LINE).strip())
    if not first.lstrip().startswith("{") or (more and _is_object(first)):
        return ""
    objects = f"read_json_objects({literal(plain)}, format='unstructured', maximum_object_size={_size(plain)})"
    try:
        documents = con.execute(f"SELECT json::VARCHAR FROM {objects} LIMIT 2").fetchall()
    except duckdb.Error:  # lines, the first of which is damaged
        return ""
    path = _rows_within(json.loads(documents[0][0])) if len(documents) == 1 else ""
    if len(documents) == 1 and not path:
        return ""
    rows = f"unnest(json_extract(json, {literal(path + '[*]')}))::VARCHAR" if path else "json::VARCHAR"
    return f"(SELECT {rows} AS line FROM {objects})"


_LONGEST_LINE = 1 << 20


def _size(path: Path) -> int:
    return max(path.stat().st_size + 1, 1 << 24)


def _is_object(line: str) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(json.loads(line), dict)
    return False


def _rows_within(document: dict[str, object], path: str = "$", depth: int = 2) -> str:
    """Return the JSON path of the longest list of objects in a document, or in an object of it; empty for none.

    >>> _rows_within({"data": [{"id": 1}], "total": 1}), _rows_within({"hits": {"hits": [{}, {}]}}), _rows_within({})
    ('$."data"', '$."hits"."hits"', '')
    """
    found = list[tuple[int, str]]()
    for key, value in document.items():
        place = f'{path}."{key}"'
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            found.append((len(value), place))
        elif isinstance(value, dict) and depth > 1 and (inner := _rows_within(value, place, depth - 1)):
            found.append((0, inner))
    return max(found, default=(0, ""))[1]


def _json_select(opening: Opening, table: str, path: Path) -> str:
    con = opening.con
    objects = f"FROM {table} WHERE is_object"
    keys = [
        row[0] for row in con.execute(f"SELECT DISTINCT unnest(json_keys(line)) AS k {objects} ORDER BY k").fetchall()
    ]
    if not keys:
        raise opening.fail(f"{path.name} holds no JSON object; write one object a line.")
    pointers = [literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys]
    kinds = ", ".join(f"list(DISTINCT json_type(line, {pointer}))" for pointer in pointers)
    types = con.execute(f"SELECT {kinds} {objects}").fetchone() or ()
    columns = ", ".join(
        f"TRY_CAST(json_extract_string(line, {pointer}) AS {_json_type(kind)}) AS {identifier(name)}"
        for name, pointer, kind in zip(distinct_names(keys), pointers, types, strict=True)
    )
    return f"SELECT {columns} {objects}"


def _json_type(kinds: list[str | None]) -> str:
    found = {kind for kind in kinds if kind not in (None, "NULL")}
    if found and found <= {"BIGINT", "UBIGINT"}:
        return "HUGEINT"
    return "DOUBLE" if found and found <= {"BIGINT", "UBIGINT", "DOUBLE"} else "VARCHAR"


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {identifier(table)}").fetchone()
    return int(row[0]) if row else 0


def _rows_of(plain: Path, delimiter: str) -> list[list[str]]:
    """Return the first rows of a text file, at least one."""
    with plain.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        try:
            return list(islice(csv.reader(lines, delimiter=delimiter), LOOKED_AT)) or [[]]
        except csv.Error:  # a quote that opens here and closes far below; reading the lines reports it
            lines.seek(0)
            return [lines.readline().rstrip("\r\n").split(delimiter)]


def _header(plain: Path, delimiter: str) -> list[str]:
    rows = _rows_of(plain, delimiter)
    return rows[header_place(rows)]


@contextlib.contextmanager
def _from_header(opening: Opening, path: Path, plain: Path) -> Iterator[tuple[Path, str]]:
    """Give the text from its header on, and its delimiter; titles above the header become empty lines below it."""
    delimiter = _delimiter(opening, path, plain)
    rows = _rows_of(plain, delimiter)
    place = header_place(rows)
    if not place:
        yield plain, delimiter
        return
    names = header_of(rows, place)
    headed = opening.scratch / f"{opening.name} from its header.txt"
    with (
        plain.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines,
        headed.open("w", encoding="utf-8", errors="surrogateescape", newline="") as new,
    ):
        header = next(islice(lines, place, None))
        if names == rows[place]:
            new.write(header)
        else:
            csv.writer(new, delimiter=delimiter, lineterminator="\n").writerow(names)
        new.write("\n" * place)
        shutil.copyfileobj(lines, new, 1 << 20)
    remark_titles(opening, path.name, rows[:place])
    yield headed, delimiter
    headed.unlink()


def _delimiter(opening: Opening, path: Path, plain: Path) -> str:
    counts = {mark: len(_header(plain, mark)) for mark in _DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    if opening.file.delimiter is None:
        return best
    stated = "\t" if opening.file.delimiter == "tab" else opening.file.delimiter
    if len(_header(plain, stated)) == 1 and counts[best] > 1:
        raise opening.fail(
            f"{path.name}: with delimiter {opening.file.delimiter!r} the header is one column, "
            f"{_header(plain, stated)[0][:60]!r}; it looks parted by {'tab' if best == chr(9) else best!r}."
        )
    return stated
