"""The decimal mark that a source states, and the question where its numbers can be read in two ways."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn
from workbench.propose.raw_files.samples import seen
from workbench.sources import Decimal, number_text, units_of_one

_WITHOUT_CENTS = ("¥", "￥", "円", "₩", "원", "₫", "đ")
_NUMBERS = ("amount", "number", "whole")


def decimal_setting(evidence: Evidence, tables: tuple[TableProposal, ...]) -> dict[str, tuple[str, str]]:
    """Return the decimal mark to state, with what it rests on; nothing while all is plain, or where columns differ."""
    whole = [column for _, column in _numbers(evidence, tables) if column.mark.ambiguous]
    if whole and all(units_of_one(column.sign or "") == 1 or column.sign in _WITHOUT_CENTS for column in whole):
        return {"decimal": ("point", f"{whole[0].name}: {whole[0].sign} has no smaller unit, so marks part thousands")}
    if whole and all(map(_names_in_characters, whole)):
        return {
            "decimal": ("point", f"{whole[0].name}: its language writes a decimal point, and commas part thousands")
        }
    found = {column.mark.mark: (place, column) for place, column in _numbers(evidence, tables) if column.mark.mark}
    if set(found) != {"comma"}:
        return {}
    place, column = found["comma"]
    return {"decimal": ("comma", f"{place}: {column.mark.evidence}")}


def _names_in_characters(column: RawColumn) -> bool:
    """Whether the name of a column is Japanese, Chinese, Korean or Thai: none of them has a decimal comma."""
    letters = [letter for letter in column.name if letter.isalpha() and not letter.isascii()]
    return bool(letters) and all("\u2e80" <= one <= "\ud7ff" or "\u0e00" <= one <= "\u0e7f" for one in letters)


def decimal_doubts(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> Iterator[Doubt]:
    """Yield one question where numbers have a mark that may part thousands or decimals, and nothing decides it."""
    settled = decimal_setting(evidence, tables)
    for place, column in _numbers(evidence, tables):
        if column.mark.ambiguous and not settled:
            table, _, name = place.partition(".")
            text = f"{place}: {column.mark.evidence}; state decimal: point or decimal: comma"
            readings: tuple[tuple[str, Decimal], ...] = (("a decimal point", "point"), ("a decimal comma", "comma"))
            choices = tuple(
                Choice(label, setting=("decimal", m), shown=_shown(con, table, name, m)) for label, m in readings
            )
            yield Doubt("decimal", text, "load", choices, "decimal")
            return


def _shown(con: duckdb.DuckDBPyConnection, table: str, name: str, mark: Decimal) -> tuple[str, ...]:
    value = identifier(name)
    number = f"TRY_CAST({number_text(value, mark)} AS DOUBLE)"
    rows = con.execute(
        f"SELECT DISTINCT {value}, {number} FROM {seen(table)} WHERE {value} ~ '.*[.,].*' ORDER BY 1 LIMIT 3"
    ).fetchall()
    return tuple(f"{text} -> {'refused' if read is None else f'{read:,.2f}'}" for text, read in rows)


def _numbers(evidence: Evidence, tables: tuple[TableProposal, ...]) -> Iterator[tuple[str, RawColumn]]:
    """Yield the raw columns of numbers that the tables use, each with its place."""
    for table in tables:
        raw, spec = evidence.tables[table.file], contract.TABLES[table.table]
        for name, mapped in table.columns.items():
            if spec[name].type not in _NUMBERS:
                continue
            for column in (c for c in raw.columns if c.name in mapped.raw and c.number_sql):
                yield f"{table.file}.{column.name}", column
