"""Amounts of a ledger: in a column for debit and one for credit, or beside a mark that says which of both it is."""

from __future__ import annotations

from workbench.engines import identifier
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import words
from workbench.propose.words.status_words import Action

_DEBIT = {"soll", "debit", "debet", "debe", "debito", "borc", "dr"}
_CREDIT = {"haben", "credit", "kredit", "haber", "credito", "alacak", "cr"}
_DEBIT_MARKS, _CREDIT_MARKS = _DEBIT | {"s", "d", "db", "b"}, _CREDIT | {"h", "c", "a"}
_BOTH = 0.02
"""A share of rows with an amount on both sides, up to which these are debit and credit of one ledger."""


def debit_and_credit(raw: RawTable) -> Mapped | None:
    """Return debit minus credit, or the reverse where more stands in credit: a row has an amount in one of them."""
    debit, credit = _of(raw, _DEBIT), _of(raw, _CREDIT)
    if debit is None or credit is None or debit.filled + credit.filled > (1 + _BOTH) * raw.rows:
        return None
    ways = [_minus(debit, credit), _minus(credit, debit)]
    if credit.filled > debit.filled:
        ways.reverse()
    choices = tuple(Choice(label, sql) for label, sql in ways)
    text = f"sales are taken to stand in {ways[0][0].split()[0]}, and what takes them back in the other column"
    found = Mapped(identifier(debit.name), (debit.name, credit.name), 0.7, ways[0][0])
    return found.doubted(Doubt("sides", text, "money", choices))


def sides(column: RawColumn) -> dict[str, Action | None]:
    """Return what a mark of debit and credit says of a row: the more frequent side is the sale; empty for no such mark.

    >>> sides(RawColumn("S/H", 9, 9, 2, values={"h": 0.9, "s": 0.1}))
    {'h': 'keep', 's': 'credit'}
    >>> sides(RawColumn("variant", 9, 9, 2, values={"a": 0.6, "b": 0.4}))
    {}
    """
    marks = set(column.values)
    if len(marks) != 2 or not (marks & _DEBIT_MARKS and marks & _CREDIT_MARKS):
        return {}
    if not words(column.name) & (_DEBIT | _CREDIT | {"s", "h", "d", "c", "dc", "sh", "side"}):
        return {}
    sale = max(marks, key=lambda mark: (column.values[mark], mark))
    return {mark: "keep" if mark == sale else "credit" for mark in sorted(marks)}


def _of(raw: RawTable, side: set[str]) -> RawColumn | None:
    named = [c for c in raw.columns if c.number_sql and not c.time_sql and words(c.name) & side]
    return next((c for c in named if 0 < c.filled < c.rows), None)


def _minus(one: RawColumn, other: RawColumn) -> tuple[str, str]:
    sql = f"coalesce({exact(one)}, 0) - coalesce({exact(other)}, 0)"
    return f"{one.name} minus {other.name}", sql
