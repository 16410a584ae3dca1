"""Files of one shape, such as invoices_old and invoices_new: their names and their columns mean the same."""

from __future__ import annotations

import re

from workbench import contract
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.lexicon import TABLE_WORDS
from workbench.propose.words.naming import is_blank, means, table_likeness, tokens, words
from workbench.propose.words.status_words import PROMISED

Shapes = dict[str, frozenset[str]]
_NAMED = 0.3
_SHARED = 0.6
"""A share of the columns of the smaller file that the other one must have."""
_NEARLY_ALL = 0.8
"""The same where only the names, and not what they mean, say that files belong together."""
_FEWEST = 3
_NEARLY_EVERY, _IN_BOTH = 0.95, 0.5


def same_shape(tables: list[RawTable], labels: dict[str, str]) -> Shapes:
    """Return, per file that has any, the files of its shape: together with itself, most columns first.

    Names must mean the same table and differ in unknown words only: orders and order_lines are two things.
    """
    groups: list[list[RawTable]] = []
    for table in sorted(tables, key=lambda t: (-len(t.columns), t.name)):
        group = next((g for g in groups if _alike(g[0], table, labels)), None)
        if group is None:
            groups.append([table])
        else:
            group.append(table)
    return {t.name: frozenset(other.name for other in group) for group in groups if len(group) > 1 for t in group}


def partner(column: str, table: RawTable) -> str | None:
    """Return the column of a file that means the same as one of another file.

    >>> from workbench.propose.raw_files.raw_columns import RawColumn
    >>> one = RawTable("new", 1, tuple(RawColumn(n, 1, 1, 1) for n in ("factuur_nr", "bedrag")), {})
    >>> partner("factuurnummer", one), partner("land", one)
    ('factuur_nr', None)
    """
    names = [c.name for c in table.columns]
    same = next((name for name in names if name.lower() == column.lower()), None)
    alike = [name for name in names if _means_the_same(column, name)]
    return same or min(alike, key=lambda name: abs(len(tokens(name)) - len(tokens(column))), default=None)


def _alike(one: RawTable, other: RawTable, labels: dict[str, str]) -> bool:
    if _are_parts(one, other, labels) or _are_members_and_leavers(one, other):
        return True
    smaller, larger = sorted((one, other), key=lambda t: len(t.columns))
    partners = {partner(c.name, larger) for c in smaller.columns} - {None}
    if numbered_alike(labels[one.name], labels[other.name]):
        said = [name for name in partners if not is_blank(name or "")]
        return len(said) >= max(_FEWEST, _NEARLY_ALL * len(smaller.columns))
    if not _same_name(labels[one.name], labels[other.name]):
        return False
    return len(partners) >= max(_FEWEST, _SHARED * len(smaller.columns)) or len(partners) == len(smaller.columns) > 1


def numbered_alike(one: str, other: str) -> bool:
    """Return whether names differ in numbers alone, as those of files of several months do, whatever their headers.

    >>> numbered_alike("altas_2024_01", "altas_2024_11"), numbered_alike("2024_01", "2024_02")
    (True, False)
    """
    plain = [re.sub(r"\d+", "#", name) for name in (one, other)]
    return plain[0] == plain[1] and re.search("[a-z]", plain[0], re.IGNORECASE) is not None


def _are_parts(one: RawTable, other: RawTable, labels: dict[str, str]) -> bool:
    """Whether two files have the same columns, or most, and names that say of no table, as sheets do.

    Columns without names of their own, c0, c1, …, are the same where they hold the same kinds of values.
    """
    names = [[c.name for c in table.columns] for table in (one, other)]
    unnamed = all(table_likeness(labels[t.name], table) <= _NAMED for t in (one, other) for table in contract.TABLES)
    both = [name for name in names[0] if name in names[1] and not is_blank(name)]
    if names[0] != names[1] and any(map(_is_of_no_sales, (labels[one.name], labels[other.name]))):
        return False
    if names[0] != names[1] and len(both) < max(_FEWEST + 1, _SHARED * min(map(len, names))):
        return False
    if not unnamed or min(map(len, names)) < _FEWEST:
        return False
    pairs = [(one[name], other[name]) for name in both] or zip(one.columns, other.columns, strict=True)
    return all(a.empty or b.empty or _kind(a) == _kind(b) for a, b in pairs)


def one_lists_who_left(one: RawTable, other: RawTable) -> bool:
    """Return whether one of two files has a day of leaving in nearly every row, and the other in hardly any."""
    return {_left(one), _left(other)} == {True, False}


def _left(raw: RawTable) -> bool | None:
    """Whether nearly all rows have a day of leaving; False where hardly any does, None between the two."""
    leaving = [c for c in raw.columns if c.time_sql and (means(c.name, "end") or means(c.name, "cancel"))]
    shares = [column.filled / max(raw.rows, 1) for column in leaving]
    if any(share >= _NEARLY_EVERY for share in shares):
        return True
    return None if any(share > 1 - _NEARLY_EVERY for share in shares) else False


def _are_members_and_leavers(one: RawTable, other: RawTable) -> bool:
    """Whether a file lists who left, and another one in the same columns those who are there, whatever their names.

    Where most of those who left are in the other file, it says of its rows when they ended, and adds none.
    """
    smaller, larger = sorted((one, other), key=lambda t: len(t.columns))
    names = [c.name for c in smaller.columns]
    if len(names) <= _FEWEST or not set(names) <= {c.name for c in larger.columns}:
        return False
    key = next((n for n in names if smaller[n].keylike and smaller[n].unique == larger[n].unique == 1), None)
    if key is None or not one_lists_who_left(one, other) or not any(smaller[n].time_sql for n in names):
        return False
    fewer, more = sorted((set(one[key].texts), set(other[key].texts)), key=len)
    return len(fewer & more) < _IN_BOTH * len(fewer)


def _is_of_no_sales(label: str) -> bool:
    """Whether a file holds offers or forecasts, whose columns are much like those of sales."""
    return bool(words(label) & PROMISED)


def _kind(column: RawColumn) -> tuple[bool, bool]:
    return bool(column.time_sql), bool(column.number_sql)


def _same_name(one: str, other: str) -> bool:
    table = max(contract.TABLES, key=lambda t: table_likeness(one, t))
    if min(table_likeness(one, table), table_likeness(other, table)) <= _NAMED:
        return False
    known = [{t & _known() for t in tokens(name) if t & _known()} for name in (one, other)]
    return known[0] == known[1]


def _known() -> frozenset[str]:
    return frozenset(word for table in TABLE_WORDS.values() for word in table.replace("|", " ").split())


def _means_the_same(one: str, other: str) -> bool:
    """Every word of the shorter name has a partner in the longer one."""
    shorter, longer = sorted((tokens(one), tokens(other)), key=len)
    return bool(shorter) and all(any(t & u for u in longer) for t in shorter)
