"""How far the sheets of a workbook reach, and whether it can be read at all, seen without loading it."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

_COLUMN = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})\d')
_ROW = re.compile(rb'<row [^>]*?\br="(\d{1,7})"')
_BLOCK = 1 << 20
_OVERLAP = 200
"""Bytes within which a cell's reference stands; blocks overlap by as much."""


_PROBE = """
import resource, sys, python_calamine
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
for name in book.sheet_names:
    book.get_sheet_by_name(name)
"""
MOST_MEMORY = 6 * 2**30
"""Bytes a workbook may need to be read."""
MOST_SECONDS = 120
"""Processor seconds that reading it may take."""
MOST_UNPACKED = 2 * 2**30
"""Bytes the parts of a workbook may unpack to: a million rows of twenty columns are half of it."""


def unpacks_to(path: Path) -> int:
    """Return the bytes that the parts of a workbook say they unpack to; 0 for a file that is no archive.

    Parts that say less than they are end at the limits of :func:`can_be_read`.
    """
    try:
        with zipfile.ZipFile(path) as book:
            return sum(part.file_size for part in book.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return 0


def can_be_read(path: Path) -> bool:
    """Return whether a workbook can be read in the memory and time allowed; a damaged one can, to name the damage.

    The reader ends its process where memory ends, as with one cell far from all others in a file of a few kilobytes: so
    a process of its own reads the workbook first.
    """
    if unpacks_to(path) > MOST_UNPACKED:
        return False
    stat = path.stat()
    return sys.platform == "win32" or _survived(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(100)  # a workbook is opened once for each of its sheets
def _survived(path: str, _changed: int, _bytes: int) -> bool:
    command = [sys.executable, "-I", "-c", _PROBE, path, str(MOST_MEMORY), str(MOST_SECONDS)]
    return subprocess.run(command, capture_output=True, check=False).returncode >= 0


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
        column = max([column, *(letters.decode() for letters in set(_COLUMN.findall(seen)))], key=_number)
        row = max([row, *map(int, set(_ROW.findall(seen)))])
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
