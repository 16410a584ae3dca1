"""Rows that were set aside: one sum of those that a word of a stated status set aside, and the other reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.sources.source import TableMapping


def by_status(
    refused: Iterable[Mapping[str, object]], table: str, mapping: TableMapping | None
) -> tuple[str, int, list[tuple[str, int]]]:
    """Return what words of a table's status set aside, how many rows, and the other reasons with their rows.

    >>> rows = {"status is void": 2, "status is open": 3, "amount is missing": 1}
    >>> by_status([{"table": "orders", "reason": r, "rows": n} for r, n in rows.items()], "orders", None)
    ('open 3, void 2', 5, [('amount is missing', 1)])
    """
    own = [(str(r["reason"]), int(str(r["rows"]))) for r in refused if r["table"] == table]
    names = ["status", *(status.column.strip('"') for status in (mapping.status if mapping else []))]
    words: dict[str, list[tuple[int, str]]] = {}
    others = []
    for reason, rows in own:
        name = next((n for n in names if reason.startswith(f"{n} is ") and "; " not in reason), "")
        if name:
            words.setdefault(name, []).append((rows, reason.removeprefix(f"{name} is ")))
        else:
            others.append((reason, rows))
    stated = [f"{'' if name == 'status' else f'{name}: '}{_listed(several)}" for name, several in words.items()]
    return "; ".join(stated), sum(rows for several in words.values() for rows, _ in several), others


def _listed(several: list[tuple[int, str]]) -> str:
    return ", ".join(f"{word} {rows:,}" for rows, word in sorted(several, key=lambda one: (-one[0], one[1])))
