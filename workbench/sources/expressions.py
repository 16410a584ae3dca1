"""The SQL expressions of a source file, made safe: one bad value refuses its row and does not stop the load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sqlglot
from sqlglot import exp

from workbench.sources.numbers import number_text
from workbench.sources.source import MISSING, Decimal
from workbench.sources.values import Reading, plain_text, time_text

Decimals = Mapping[str, Decimal | None]
"""The decimal mark of each text that an expression casts to a number, where the source states none."""

GUARD = "TRY({'v': "
"""What stands before a mapped expression made safe."""


def casts_to_numbers(sql: str) -> list[str]:
    """Return the SQL of what an expression casts to numbers.

    >>> casts_to_numbers("CAST(quantity AS INTEGER) * CAST(price AS DECIMAL(9, 2))")
    ['quantity', 'price']
    """
    tree = _tree(sql)
    if tree is None:
        return []
    casts = [c for c in tree.find_all(exp.Cast, bfs=False) if c.to.this in exp.DataType.NUMERIC_TYPES]
    return list(dict.fromkeys(c.this.sql(dialect="duckdb") for c in casts if not isinstance(c.this, exp.Literal)))


@lru_cache(1_000)
def _tree(sql: str) -> exp.Expression | None:
    """Return an expression parsed, not to be changed; None for what DuckDB knows and sqlglot does not."""
    try:
        return sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return None


def cast_text(operand: str, how: Reading) -> str:
    """Return SQL for the trimmed text of what is cast."""
    return plain_text(f"({operand})::VARCHAR", how.nulls if how.nulls is not None else MISSING)


def guarded(sql: str, how: Reading, decimals: Decimals | None = None) -> tuple[str, list[str]]:
    """Return a mapped expression made safe, and the raw columns it reads (none for a bare column).

    Casts read numbers and times as the source states; an error in the expression yields NULL instead of
    ``{'v': value}``, so that one bad value refuses its row and does not stop the load. A window over several rows
    reads numbers and times so too, and its errors stop the load.
    """
    tree = _tree(sql)
    if tree is None:
        return sql, []
    bare = isinstance(tree, exp.Column | exp.Literal | exp.Null)
    unguardable = (exp.Window, exp.AggFunc, exp.Subquery, exp.Select, exp.Rand)
    if bare or tree.find(*unguardable):
        over_rows = tree.find(exp.Window) and tree.find(exp.Cast) and not tree.find(exp.Subquery, exp.Select)
        return (_with_safe_casts(tree, how, decimals or {}).sql(dialect="duckdb") if over_rows else sql), []
    safe = _with_safe_casts(tree, how, decimals or {}).sql(dialect="duckdb") if tree.find(exp.Cast) else sql
    columns = {c.name: c.sql(dialect="duckdb") for c in tree.find_all(exp.Column)}
    if not columns:
        return sql, []
    # DuckDB takes what two expressions share out of TRY, where it fails for all rows, but not out of CASE.
    always = f"({columns[min(columns)]} IS NULL) IS NOT NULL"
    # The line break ends a comment that the expression may end with.
    return f"CASE WHEN {always} THEN {GUARD}{safe}\n}}) END", sorted(columns)


def _with_safe_casts(tree: exp.Expression, how: Reading, decimals: Decimals) -> exp.Expression:
    return tree.transform(lambda node: _safe_cast(node, how, decimals))


def _safe_cast(node: exp.Expression, how: Reading, decimals: Decimals) -> exp.Expression:
    if not isinstance(node, exp.Cast) or isinstance(node.this, exp.Literal):
        return node
    if node.this.find(exp.Cast):  # a cast of casts: those inside read the text, this one sees what they give
        inner = _with_safe_casts(node.this, how, decimals).sql(dialect="duckdb")
        kind = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
        return exp.Var(this=f"{kind}({inner} AS {node.to.sql(dialect='duckdb')})")
    read = _cast_sql(node, how, decimals)
    return node if read is None else exp.Var(this=read)  # written as it is: it is long, and ours


def _cast_sql(node: exp.Cast, how: Reading, decimals: Decimals) -> str | None:
    target = node.to.sql(dialect="duckdb")
    operand = node.this.sql(dialect="duckdb")
    text = cast_text(operand, how)
    cast = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
    if node.to.this in exp.DataType.NUMERIC_TYPES:
        read = f"{cast}({number_text(text, how.decimal or decimals.get(operand))} AS {target})"
        return f"CASE WHEN typeof({operand}) = 'VARCHAR' THEN {read} ELSE {cast}({operand} AS {target}) END"
    if node.to.this in exp.DataType.TEMPORAL_TYPES and "ZONE" not in target and target != "TIMESTAMPTZ":
        read = f"coalesce(({time_text(text, how)})::VARCHAR, 'no time: ' || {text})"
        return f"{cast}({read} AS {target})"
    return None
