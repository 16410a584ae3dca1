"""SQL for the numbers of a raw column: that sums exactly, and with its own decimal mark."""

from __future__ import annotations

from workbench.engines import identifier
from workbench.propose.proposed.doubts import SAME
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.sources import number_text

EXACT = "TRY_CAST({} AS DECIMAL(18, 4))"


def exact(column: RawColumn) -> str:
    """Return SQL for a number that sums exactly."""
    return EXACT.replace(SAME, identifier(column.name))


def read_number(column: RawColumn) -> str:
    """Return SQL for a number as loading reads it, with its own decimal mark."""
    return f"TRY_CAST({number_text(f'{identifier(column.name)}::VARCHAR', column.mark.mark)} AS DECIMAL(18, 4))"


def with_marks(raw: RawTable, mapped: Mapped, sql: str) -> str:
    """Return an expression in which numbers are read with the decimal mark of their column, as loading does."""
    for column in (c for c in raw.columns if c.name in mapped.raw and c.number_sql):
        sql = sql.replace(exact(column), read_number(column))
    return sql
