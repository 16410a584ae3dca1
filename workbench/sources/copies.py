"""Exports that overlap: rows that stand in several files of one pattern, taken once."""

from __future__ import annotations

from workbench.engines import identifier
from workbench.sources.opening import REMARKS, Opening


def drop_copies(opening: Opening, ends: list[int], *, table: str = "", by: str = "") -> None:
    """Delete rows that an earlier file holds as well, and remark how many; ``ends`` has the rows up to each file's end.

    Rows are compared in all columns, or in the one named ``by``. A row that one file holds twice stays twice: an order
    may have two equal lines.
    """
    if len(ends) < 2:
        return
    con, table = opening.con, identifier(table or opening.name)
    names = [row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()]
    if "rowid" in map(str.lower, names):
        return  # a column of the file hides the place of each row
    columns = [identifier(name) for name in names if by in ("", name)]
    row = f"hash({', '.join(columns)})"
    total, different = con.execute(f"SELECT count(*), count(DISTINCT {row}) FROM {table}").fetchone() or (0, 0)
    if total == different:
        return
    several = f"SELECT {row} FROM {table} GROUP BY 1 HAVING count(*) > 1"
    file = "CASE " + " ".join(f"WHEN rowid < {end} THEN {number}" for number, end in enumerate(ends)) + " END"
    same = ", ".join(columns)
    numbered = (
        f"SELECT *, rowid AS _place, row_number() OVER (PARTITION BY {same}, {file} ORDER BY rowid) AS _nth "
        f"FROM {table} WHERE {row} IN ({several})"
    )
    first = f"SELECT _place, min(_place) OVER (PARTITION BY {same}, _nth) AS _first FROM ({numbered})"
    deleted = con.execute(
        f"DELETE FROM {table} WHERE rowid IN (SELECT _place FROM ({first}) WHERE _place <> _first)"
    ).fetchone()
    if deleted and deleted[0]:
        remark = "stand in several of its files and are taken once"
        con.execute(f"INSERT INTO {REMARKS} VALUES (?, ?, ?)", [f"files.{opening.name}", remark, deleted[0]])
