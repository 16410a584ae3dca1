"""What SQL from a file may do: read the tables it is given, and nothing else on this machine or beyond."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import duckdb

TABLE_FUNCTIONS = ("unnest", "range", "generate_series", "json_each", "json_tree", "repeat", "repeat_row")
"""The functions after FROM that make rows of values; every other one reads files, settings or the machine."""
REFUSED_FUNCTIONS = ("current_setting", "getenv", "getvariable", "sleep_ms", "write_log")
"""The functions of values that read settings, or write."""


@dataclass(frozen=True)
class Reads:
    """The tables that a SELECT names, as written; those it defines itself (WITH) are left out."""

    tables: frozenset[str]


@lru_cache(1_000)  # a source is checked, planned and loaded from the same expressions
def select_reads(sql: str, *, expression: bool = False) -> Reads:
    """Return what one SELECT, or one expression over a row, reads; DuckDB's own parser says so.

    Raises ValueError with the reason when it is not one SELECT (or one expression), or calls a function that reaches
    outside its tables.

    >>> sorted(select_reads("SELECT * FROM orders JOIN customers USING (id)").tables)
    ['customers', 'orders']
    >>> select_reads("SELECT * FROM read_text('/etc/passwd')")
    Traceback (most recent call last):
    ValueError: calls read_text; only the named raw files may be read
    """
    tree = _parsed(f"SELECT ({sql}\n) AS v" if expression else sql)
    if expression and (len(tree["select_list"]) > 1 or tree["from_table"]["type"] != "EMPTY"):
        raise ValueError("is more than one expression")
    tables, defined = set[str](), set[str]()
    for node in _nodes(tree):
        called = _called(node)
        if called is not None:
            raise ValueError(f"calls {called}; only the named raw files may be read")
        if node.get("type") == "BASE_TABLE":
            tables.add(".".join(filter(None, (node["catalog_name"], node["schema_name"], node["table_name"]))))
        if "cte_map" in node:
            defined |= {entry["key"] for entry in node["cte_map"]["map"]}
    return Reads(frozenset(tables - defined))


def why_not_among(reads: Reads, known: Collection[str]) -> str:
    """Return which table a SELECT names that is none of the ``known`` ones; empty when there is none.

    >>> why_not_among(select_reads("SELECT * FROM 'secrets.csv'"), ["orders"])
    "reads 'secrets.csv', which is not a file of this source"
    """
    names = {name.lower() for name in known}
    other = sorted(table for table in reads.tables if table.lower().removeprefix("raw.") not in names)
    return f"reads {other[0]!r}, which is not a file of this source" if other else ""


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": False})


def _parsed(sql: str) -> dict[str, Any]:
    found = _parser().cursor().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    parsed = json.loads(found[0]) if found else {}
    if parsed.get("error"):
        raise ValueError(str(parsed["error_message"]).splitlines()[0].rstrip("."))
    if len(parsed["statements"]) != 1:
        raise ValueError(f"{len(parsed['statements'])} statements")
    return dict(parsed["statements"][0]["node"])


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a parsed statement; a stack, as deep nesting is no reason to fail."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
        parts = node.values() if isinstance(node, dict) else node
        waiting += [part for part in parts if isinstance(part, dict | list)]


def _called(node: dict[str, Any]) -> str | None:
    """Return the function that a node calls and may not."""
    if node.get("type") == "TABLE_FUNCTION":
        name = str(node["function"]["function_name"]).lower()
        return None if name in TABLE_FUNCTIONS else name
    name = str(node.get("function_name", "")).lower()
    return name if name in REFUSED_FUNCTIONS else None
