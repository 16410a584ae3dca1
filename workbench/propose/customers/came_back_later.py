"""Those who left, in a list of their own beside the members of today: who is in both came back, or an id was reused."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.words.naming import means

BACK = "came back"
"""The topic of the doubt about customers in both lists."""
_SAME = 0.5
"""A share of the ids in both whose name is the same, above which an id is that of one person."""


def are_the_same_people(con: duckdb.DuckDBPyConnection, raws: tuple[RawTable, RawTable], key: tuple[str, str]) -> bool:
    """Return whether rows of one id in two files are of one person: by what names people, which they have alike.

    Where nothing names them, an id stands for one person, as it does everywhere else.
    """
    one, other = raws
    shared = [c.name for c in one.columns if c.name in {d.name for d in other.columns} and c.name != key[0]]
    naming = [n for n in shared if means(n, "name") or means(n, "email") or means(n, "phone")]
    if not naming:
        return True
    alike = ", ".join(
        f"avg((lower(trim(a.{identifier(n)}::VARCHAR)) = lower(trim(b.{identifier(n)}::VARCHAR)))::INT)" for n in naming
    )
    row = con.execute(
        f"SELECT {alike} FROM {identifier(one.name)} AS a JOIN {identifier(other.name)} AS b "
        f"ON a.{identifier(key[0])}::VARCHAR = b.{identifier(key[1])}::VARCHAR"
    ).fetchone()
    return max((float(share or 0) for share in row or ()), default=0.0) > _SAME


def begin_alike(con: duckdb.DuckDBPyConnection, one: TableProposal, other: TableProposal) -> bool:
    """Return whether what has one id in two files began on one day in both: a list of ends, and no second time."""
    day = contract.TABLES[one.table].dated_by
    if any(day not in part.columns for part in (one, other)):
        return True
    first, second = (
        f"SELECT ({part.columns['customer_id'].sql})::VARCHAR AS who, "
        f"TRY_CAST({part.columns[day].sql} AS TIMESTAMP)::DATE AS on_day FROM {part.rows}"
        for part in (one, other)
    )
    row = con.execute(
        f"SELECT avg((a.on_day = b.on_day)::INT) FROM ({first}) AS a JOIN ({second}) AS b USING (who)"
    ).fetchone()
    return row is not None and float(row[0] or 0) > _SAME


def with_own_time(second: TableProposal, first: TableProposal, both: int) -> TableProposal:
    """Return the second file's times of service with ids of their own, so that those who came back have two."""
    mapped = second.columns["subscription_id"]
    word = literal(f"{second.file}-")
    columns = {**second.columns, "subscription_id": replace(mapped, base=f"{word} || ({mapped.base})")}
    text = (
        f"{both:,} customers of {second.file} are in {first.file} too: they left and came back, and have a time of "
        f"service in each; where an id was given to another person, write {word} || before customer_id of {second.file}"
    )
    return replace(second, columns=columns, doubts=(*second.doubts, Doubt(BACK, text, "customers")))
