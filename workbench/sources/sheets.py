"""How far the sheets of a workbook reach, seen without loading them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_COLUMN = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})\d')
_ROW = re.compile(rb'<row [^>]*?\br="(\d{1,7})"')
_BLOCK = 1 << 20
_OVERLAP = 200
"""Bytes within which a cell's reference stands; blocks overlap by as much."""


def wide_sheets(path: Path, most_cells: int) -> Iterator[tuple[str, str, int]]:
    """Yield the sheets of an .xlsx file that span more than ``most_cells``: name of the part, last cell, cells.

    Other formats, and damaged files, yield nothing: reading them says what is wrong.
    """
    try:
        with zipfile.ZipFile(path) as book:
            for part in book.namelist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part):
                    with book.open(part) as sheet:
                        column, row = _last(sheet)
                    if _number(column) * row > most_cells:
                        yield Path(part).stem, f"{column}{row}", _number(column) * row
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return


def _last(sheet: IO[bytes]) -> tuple[str, int]:
    """Return the last column and the last row of a sheet."""
    column, row, rest = "A", 1, b""
    while block := sheet.read(_BLOCK):
        seen = rest + block
        column = max(column, *(letters.decode() for letters in set(_COLUMN.findall(seen))), key=_number)
        row = max(row, *map(int, set(_ROW.findall(seen))))
        rest = block[-_OVERLAP:]
    return column, row


def _number(column: str) -> int:
    """Return a column's number.

    >>> _number("A"), _number("Z"), _number("AA"), _number("XFD")
    (1, 26, 27, 16384)
    """
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
