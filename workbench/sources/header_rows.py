"""Where the table begins and ends in a sheet or text made for reading: below its title, above its totals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

import duckdb

from workbench.engines import identifier
from workbench.sources.opening import REFUSALS, REMARKS, TITLES, Opening

LOOKED_AT = 60
"""Rows within which the header of a table lies."""
_NARROW = 0.5
"""A share of the table's columns: a row with fewer cells filled above the header is a title."""
_WIDE = 0.7
"""A share of the table's columns that the header has at least: the last ones may have no name."""
_LAST_ROWS = 3
_TOTALS = (
    "total totals grandtotal subtotal sum summe gesamt gesamtsumme endsumme somme suma soma totale totaal toplam "
    "geneltoplam razem итого всего 合計 总计 합계 جمع المجموع yhteensä summa ialt"
)
_NUMBER_OR_DATE = re.compile(r"[^A-Za-z]*\d[^A-Za-z]*")


def header_place(rows: Sequence[Sequence[object]]) -> int:
    """Return which of the first rows of a table names its columns: the first one as wide as the rows below titles.

    >>> header_place([["ACME", "", ""], ["", "", ""], ["Client", "Start", "Fee"], ["A1", "2024-01-01", "5"]])
    2
    >>> header_place([["Client", "Start", "Fee"], ["A1", "", ""], ["A2", "", ""]])
    0
    """
    filled = [sum(cell not in (None, "") for cell in row) for row in rows[:LOOKED_AT]]
    usual = max(Counter(n for n in filled if n).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]
    if usual < 3 or not filled:
        return 0
    if filled[0] > _NARROW * usual:
        return int(_is_stamp(rows))
    for place, row in enumerate(rows[:LOOKED_AT]):
        if filled[place] >= _WIDE * usual and _names_columns([str(c) for c in row]):
            return place
    return 0


def _names_columns(cells: list[str]) -> bool:
    """Whether cells may be names of columns: no numbers and no dates, but for months that stand side by side.

    >>> _names_columns(["Kunde", "01/2024", "02/2024", "03/2024", "Summe"]), _names_columns(["A1", "2024-01-05", "5"])
    (True, False)
    """
    numbers = [cell for cell in cells if _NUMBER_OR_DATE.fullmatch(cell)]
    months = len(numbers) >= _FEWEST_MONTHS and len({*numbers}) == len(numbers) < len(cells)
    return not numbers or (months and all(map(_MONTH.fullmatch, numbers)))


_FEWEST_MONTHS = 3
_MONTH = re.compile(r"(0?[1-9]|1[0-2])[-/. ]20\d\d|20\d\d[-/. ]?(0[1-9]|1[0-2])([-/. ]01( 00:00:00)?)?")


def header_of(rows: Sequence[Sequence[object]], place: int) -> list[str]:
    """Return the names of the columns; those that repeat get the heading above their group, if there is one.

    >>> header_of([["Order", "", "Customer", ""], ["No", "Date", "No", "Name"]], 1)
    ['Order No', 'Date', 'Customer No', 'Name']
    """
    names = ["" if cell is None else str(cell) for cell in rows[place]]
    above = ["" if cell is None else str(cell) for cell in rows[place - 1]] if place else []
    repeated = {name for name, n in Counter(name.lower() for name in names).items() if name and n > 1}
    if not repeated or sum(map(bool, above)) < _GROUPS or len(above) > len(names):
        return names
    cells = above + [""] * (len(names) - len(above))
    groups = accumulate(cells, _cell_or_group)
    joined = [f"{group} {n}".strip() if n.lower() in repeated else n for group, n in zip(groups, names, strict=True)]
    return joined if len(set(joined)) == len(set(map(str.lower, joined))) == len(joined) else names


def _cell_or_group(group: str, cell: str) -> str:
    """Return what stands above a column: a cell that covers several columns is written over the first."""
    return cell or group


_GROUPS = 2
"""Headings of groups of columns that a row has at least: a single cell is a title."""


def _is_stamp(rows: Sequence[Sequence[object]]) -> bool:
    """Whether the first row says what the file is, as DATEV writes it: numbers, and other cells than all rows below.

    >>> _is_stamp([["EXTF", "700", "21", "Bookings", "RE"], ["Amount", "Account", "Day"], ["1,00", "10000", "0201"]])
    True
    >>> _is_stamp([["Client", "2024"], ["A", "B"], ["C", "D"]])
    False
    """
    if len(rows) < 3 or len(rows[0]) == len(rows[1]) or any(len(row) != len(rows[1]) for row in rows[2:]):
        return False
    numbers = [sum(bool(_NUMBER_OR_DATE.fullmatch(str(cell))) for cell in row) for row in rows[:3]]
    return numbers[0] > 0 == numbers[1] and numbers[2] > 0 and len(set(rows[1])) == len(rows[1])


def remark_titles(opening: Opening, shown: str, titles: Sequence[Sequence[object]]) -> None:
    """Remark how many rows above the header were left out, and keep what they say."""
    if titles:
        remark = f"left out above the header of {shown}, where titles stand"
        opening.con.execute(f"INSERT INTO {REMARKS} VALUES (?, ?, ?)", [f"files.{opening.name}", remark, len(titles)])
        said = [[opening.name, str(cell)] for row in titles for cell in row if cell not in (None, "")]
        if said:
            opening.con.executemany(f"INSERT INTO {TITLES} VALUES (?, ?)", said)


def drop_totals(opening: Opening) -> None:
    """Set aside the lines of totals that end a table: a word for it, and fewer cells than the others have.

    The very last line may be full, where it begins with the word: a matrix adds up all its columns.
    """
    con, table = opening.con, identifier(opening.name)
    if not (totals := _totals(con, table)):
        return
    where = f"rowid IN ({', '.join(map(str, totals))})"
    con.execute(
        f"INSERT INTO {REFUSALS} SELECT ?, 'a line of totals', 'a line of totals', to_json(t) FROM {table} t "
        f"WHERE {where}",
        [f"files.{opening.name}"],
    )
    con.execute(f"DELETE FROM {table} WHERE {where}")


def _totals(con: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    """Return which rows are totals; all rows are looked at only where one of the last has a word for them."""
    names = [row[0].lower() for row in con.execute(f"DESCRIBE {table}").fetchall()]
    end = None if "rowid" in names else (con.execute(f"SELECT max(rowid) FROM {table}").fetchone() or (None,))[0]
    if end is None:  # no rows, or a column that hides the place of each row
        return []
    last = con.execute(f"SELECT rowid, COLUMNS(*)::VARCHAR FROM {table} WHERE rowid > {end - _LAST_ROWS}").fetchall()
    named = [(place, cells) for place, *cells in last if any(map(_is_total, cells))]
    usual = _usual_cells(con, table) if named else 0
    return [
        place
        for place, cells in named
        if sum(cell not in (None, "") for cell in cells) < usual or (_is_total(cells[0]) and place == end)
    ]


def _is_total(cell: str | None) -> bool:
    return re.sub(r"[\s:.]", "", (cell or "").lower()) in _TOTALS.split()


def _usual_cells(con: duckdb.DuckDBPyConnection, table: str) -> float:
    """Return how many cells a row of a table has filled, in the median."""
    columns = [identifier(row[0]) for row in con.execute(f"DESCRIBE {table}").fetchall()]
    filled = " + ".join(f"(nullif({c}::VARCHAR, '') IS NOT NULL)::INT" for c in columns)
    return float((con.execute(f"SELECT median({filled}) FROM {table}").fetchone() or (0,))[0])
