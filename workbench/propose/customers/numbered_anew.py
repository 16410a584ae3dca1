"""Files of countries or branches in which ids begin anew: 1 in orders_de and 1 in orders_fr are two orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable

ANEW = "anew"
"""The topic of the doubt of a part whose ids begin anew."""
_VERSIONS = {
    "old", "new", "copy", "backup", "archive", "final", "draft", "current", "previous", "latest", "full", "part", "all",
    "alt", "neu", "oud", "nieuw", "ancien", "nouveau", "vieja", "nueva", "vecchio", "nuovo", "stary", "nowy", "export",
}  # fmt: skip
_DIFFER, _NAMES, _SAME = 0.9, 0.9, 0.5
"""The share of ids whose e-mail address or other such value differs, how rarely those repeat, and of equal values."""


def own_words(files: Sequence[str]) -> dict[str, str]:
    """Return the one word in which each of several names differs from the others; nothing where versions do.

    >>> own_words(["orders_de", "orders_fr"]), own_words(["orders_old", "orders_new"]), own_words(["a_1_x", "b_2_x"])
    ({'orders_de': 'de', 'orders_fr': 'fr'}, {}, {})
    """
    split = [name.split("_") for name in files]
    if len({len(words) for words in split}) != 1:
        return {}
    places = [place for place, words in enumerate(zip(*split, strict=True)) if len(set(words)) > 1]
    own = [words[places[0]] for words in split] if len(places) == 1 else []
    plain = len(set(own)) == len(files) and all(word.isalpha() and word not in _VERSIONS for word in own)
    return dict(zip(files, own, strict=True)) if plain else {}


def begin_anew(
    con: duckdb.DuckDBPyConnection, one: RawTable, other: RawTable, ids: tuple[TableProposal, TableProposal], key: str
) -> bool:
    """Return whether rows of two files with one id are of two things, for what is said of them differs."""
    if not own_words([one.name, other.name]) or any(part.select for part in ids):
        return False
    if key != "customer_id" and _agree(con, ids, key):
        return False
    used = {name for part in ids for name in part.columns[key].raw}
    names = [c.name for c in one.columns if c.name not in used and c.name in {d.name for d in other.columns}]
    names = [name for name in names if min(one[name].distinct, other[name].distinct) > 1]
    if not names:
        return False
    equal = ", ".join(
        f"avg((lower(a.{identifier(n)}::VARCHAR) IS NOT DISTINCT FROM lower(b.{identifier(n)}::VARCHAR))::INT)"
        for n in names
    )
    first, second = (part.columns[key].sql for part in ids)
    row = (
        con.execute(
            f"SELECT {equal} FROM (SELECT *, ({first})::VARCHAR AS its_id FROM {ids[0].rows}) AS a "
            f"JOIN (SELECT *, ({second})::VARCHAR AS its_id FROM {ids[1].rows}) AS b USING (its_id)"
        ).fetchone()
        or ()
    )
    shares = [float(share or 0) for share in row]
    of_one = [s for s, n in zip(shares, names, strict=True) if min(one[n].unique, other[n].unique) >= _NAMES]
    return any(share <= 1 - _DIFFER for share in of_one) or sum(shares) < _SAME * len(shares)


def _agree(con: duckdb.DuckDBPyConnection, ids: tuple[TableProposal, TableProposal], key: str) -> bool:
    """Return whether most rows of one id are of one customer and day in both files, however each writes them."""
    day = contract.TABLES[ids[0].table].dated_by
    if any(name not in part.columns for part in ids for name in ("customer_id", day)):
        return False
    first, second = (
        f"SELECT ({part.columns[key].sql})::VARCHAR AS its_id, ({part.columns['customer_id'].sql})::VARCHAR AS who, "
        f"TRY_CAST({part.columns[day].sql} AS TIMESTAMP)::DATE AS on_day FROM {part.rows}"
        for part in ids
    )
    row = con.execute(
        "SELECT avg((a.who = b.who AND a.on_day = b.on_day)::INT) "
        f"FROM ({first}) AS a JOIN ({second}) AS b USING (its_id)"
    ).fetchone()
    return row is not None and float(row[0] or 0) > _SAME


def with_own_numbers(con: duckdb.DuckDBPyConnection, tables: list[TableProposal]) -> list[TableProposal]:
    """Write the word of its file before each id that begins anew in several, in every table that has files so named.

    Where no file lists customers, nothing shows whether one id is one person: that is asked. Where another table names
    such ids without the word, or with others, nothing says which row it means: the files that begin anew are left out.
    """
    parts = {table.table: (table, *table.more) for table in tables}
    anew = {_key(name) for name, of in parts.items() if any(map(_begins, of))}
    if not anew:
        return tables
    listed = "customers" in parts
    if not listed:
        anew.add("customer_id")
    own = {file: word for of in parts.values() if len(of) > 1 for file, word in _words_of(of).items()}
    if any(_named_without(parts, own, key) for key in anew):
        return [replace(table, more=tuple(p for p in table.more if not _begins(p))) for table in tables]
    asked = None if listed else next((of for of in parts.values() if any(p.file in own for p in of)), None)
    doubt = _of_customers(con, asked, own) if asked else None
    return [_with_words(table, own, anew, doubt) for table in tables]


def _words_of(parts: tuple[TableProposal, ...]) -> dict[str, str]:
    """Return the word of each file; its whole name where ids begin anew though the names are those of versions."""
    files = [part.file for part in parts]
    return own_words(files) or ({file: file for file in files} if any(map(_begins, parts)) else {})


def _begins(part: TableProposal) -> bool:
    return any(doubt.topic == ANEW for doubt in part.doubts)


def _named_without(parts: dict[str, tuple[TableProposal, ...]], own: dict[str, str], key: str) -> bool:
    """Return whether tables name an id with words that are not the same in all of them, or with none."""
    names = {key, "returns_order_id"} if key == "order_id" else {key}
    naming = [[own.get(p.file) for p in of if names & p.columns.keys()] for of in parts.values()]
    used = [set(words) for words in naming if words]
    return any(None in words for words in used) or len({frozenset(words) for words in used}) > 1


def _key(table: str) -> str:
    return "order_id" if table == "orders" else str(contract.TABLES[table].unique)


def _with_words(table: TableProposal, own: dict[str, str], anew: set[str], doubt: Doubt | None) -> TableProposal:
    more = tuple(_with_words(part, own, anew, None) for part in table.more)
    if table.file not in own:
        return replace(table, more=more)
    word = literal(f"{own[table.file]}-")
    names = anew | ({"returns_order_id"} if "order_id" in anew else set())
    columns = {n: _worded(m, word) if n in names else m for n, m in table.columns.items()}
    if doubt and "customer_id" in columns:
        columns["customer_id"] = columns["customer_id"].doubted(doubt)
    return replace(table, more=more, columns=columns)


def _worded(mapped: Mapped, word: str) -> Mapped:
    doubts = tuple(doubt for doubt in mapped.doubts if doubt.topic != "orphans")
    return replace(
        mapped, base=f"{word} || ({mapped.base})", doubts=doubts, why=f"{mapped.why}; begins anew in each file"
    )


def _of_customers(
    con: duckdb.DuckDBPyConnection, parts: tuple[TableProposal, ...], own: dict[str, str]
) -> Doubt | None:
    first, second, *_ = [part for part in parts if part.file in own]
    ids = [f"SELECT ({part.columns['customer_id'].sql})::VARCHAR AS id FROM {part.rows}" for part in (first, second)]
    shared = [id_ for (id_,) in con.execute(f"{ids[0]} INTERSECT {ids[1]} ORDER BY 1 LIMIT 3").fetchall()]
    if not shared:
        return None
    words = [own[part.file] for part in (first, second)]
    text = (
        "the numbers of rows begin anew in each file, and so may those of customers: nothing shows whether a number is "
        "the same person in all of them"
    )
    two = tuple(
        f"{id_} in {first.file}, {id_} in {second.file} -> {words[0]}-{id_}, {words[1]}-{id_}" for id_ in shared
    )
    one = tuple(f"{id_} in {first.file}, {id_} in {second.file} -> {id_}" for id_ in shared)
    without = f"regexp_replace({SAME}, '^({'|'.join(sorted({*own.values()}))})-', '')"
    choices = (Choice("a customer in each file", shown=two), Choice("one customer in all files", without, shown=one))
    return Doubt(ANEW, text, "customers", choices)
