"""The lines of a CSV file that cannot be read: set aside by their number in the file, and none lost silently."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path

import pyarrow as pa

from workbench.engines import identifier
from workbench.sources.opening import REFUSALS, Opening
from workbench.sources.quoted_lines import Block, blocks

# No input has a name that begins with an underscore, or has spaces in it.
REJECTED, REJECTING = "_rejected_lines", "_rejecting_scans"
_SPOILT = '"the spoilt rows"'
_PIECE = 1 << 20
_LONGEST = 16 << 20
_BATCH = 50_000


def check_quotes(
    opening: Opening, shown: str, plain: Path, delimiter: str, header: Sequence[str], rows: int
) -> list[Block]:
    """Return the quoted values that span lines; ``rows`` is how many rows DuckDB made of the file.

    Only a file with quotes, and with more lines than rows, can hold any: all others are not read again.

    Raises SourceError for every stray quote that swallowed rows.
    """
    lines, has_quotes = _lines(opening, shown, plain)
    if not has_quotes:
        return []
    (rejected,) = opening.con.execute(f"SELECT count(DISTINCT line) FROM {identifier(REJECTED)}").fetchone() or (0,)
    if rows + rejected + 1 >= lines:
        return []
    with plain.open(encoding="utf-8-sig", errors="surrogateescape") as text:
        found = list(blocks(text, delimiter, len(header)))
    stray = [block.sentence for block in found if block.is_stray]
    if stray:
        more = f"; and {len(stray) - 3:,} more such quotes" if len(stray) > 3 else ""
        raise opening.fail(
            f"{shown}, {'; '.join(stray[:3])}{more}. Take the quote out, or close it after its value; "
            'a quote that belongs to the text is written twice, as in "12"" pipe".'
        )
    return found


def _lines(opening: Opening, shown: str, plain: Path) -> tuple[int, bool]:
    """Return how many lines a file has, and whether there is a quote in it.

    Raises SourceError for a line so long that DuckDB would leave it out without a word.
    """
    lines, has_quotes, last, mark, unbroken = 0, False, b"", b"", 0
    with plain.open("rb") as raw:
        while piece := raw.read(_PIECE):
            mark = mark or (b"\n" if b"\n" in piece else b"\r")
            found = piece.count(mark)
            unbroken = 0 if found else unbroken + 1
            if unbroken * _PIECE >= _LONGEST:
                size = f"{_LONGEST >> 20} MB"
                raise opening.fail(f"{shown}, line {lines + 1}: is longer than {size}; shorten it, or take it out.")
            lines += found
            has_quotes = has_quotes or b'"' in piece
            last = piece[-1:]
    return lines + (last != mark), has_quotes


def set_aside(opening: Opening, shown: str, plain: Path, found: list[Block]) -> None:
    """Move the lines DuckDB rejected to the refused rows, each with its number in the file and the reason.

    Raises SourceError when they are not text in the encoding stated.
    """
    odd = "min(line) FILTER (error_type = 'INVALID ENCODING')"
    rejected, line = opening.con.execute(f"SELECT count(*), {odd} FROM {identifier(REJECTED)}").fetchone() or (0, None)
    if not rejected:
        return
    places = _Places(found)
    if line is not None:
        raise opening.fail(
            f"{shown}, line {places.first(line)}: is not {opening.file.encoding or 'utf-8'} text; "
            "state its encoding, such as windows-1252, windows-1254 (Turkish) or windows-1256 (Persian, Arabic)."
        )
    _refuse_lines(opening, shown, plain, places)


class _Places:
    """Where in the file a row stands that DuckDB numbers as if every row were one line."""

    def __init__(self, found: list[Block]) -> None:
        self._more: Counter[int] = Counter()
        for block in found:
            self._more[block.row] += block.last - block.first
        self._before = list(accumulate(self._more.values(), initial=0))
        self._rows = [row - before for row, before in zip(self._more, self._before, strict=False)]

    def first(self, row: int) -> int:
        return row + self._before[bisect_left(self._rows, row)]

    def last(self, row: int) -> int:
        return self.first(row) + self._more[self.first(row)]


def _refuse_lines(opening: Opening, shown: str, plain: Path, places: _Places) -> None:
    con = opening.con
    con.execute(
        f"CREATE TEMP TABLE {_SPOILT} AS SELECT row, bool_or(kind = 'UNQUOTED VALUE') AS by_a_quote, "
        "lower(string_agg(DISTINCT message, '; ' ORDER BY message)) AS message "
        # A short line is reported once for every column that it lacks.
        "FROM (SELECT line AS row, error_type AS kind, arg_min(error_message, column_idx) AS message "
        f"FROM {identifier(REJECTED)} GROUP BY ALL) GROUP BY ALL"
    )
    texts_of_rows = _texts(plain, places, con.execute(f"SELECT row, by_a_quote FROM {_SPOILT} ORDER BY row").fetchall())
    while batch := list(islice(texts_of_rows, _BATCH)):
        rows, lines, texts = zip(*batch, strict=True)
        con.register("the refused lines", pa.table({"row": rows, "line": lines, "text": texts}))
        con.execute(
            f"INSERT INTO {REFUSALS} SELECT 'files.' || ?, 'the line cannot be read', 'the line cannot be read: ' || "
            "message, to_json({'file': ?, 'line': line, 'text': text}) "
            f'FROM "the refused lines" JOIN {_SPOILT} USING (row) ORDER BY line',
            [opening.name, shown],
        )
        con.unregister("the refused lines")
    con.execute(f"DROP TABLE {_SPOILT}")


def _texts(plain: Path, places: _Places, rows: Iterable[tuple[int, bool]]) -> Iterator[tuple[int, int, str]]:
    """Give row, line and text of what is refused; every line that a spoilt quote took in counts by itself.

    The text comes from the file: DuckDB's own record of it is cut short, and may be that of the row before.
    """
    with plain.open(encoding="utf-8-sig", errors="replace") as file:
        at = 0
        for row, by_a_quote in rows:
            first, last = places.first(row), places.last(row)
            texts = [line.rstrip("\n") for line in islice(file, first - 1 - at, last - at)]
            at = last
            if by_a_quote:
                yield from ((row, first + part, text) for part, text in enumerate(texts))
            else:
                yield row, first, "\n".join(texts)
