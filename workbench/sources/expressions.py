"""The SQL expressions of a source file, made safe: one bad value refuses its row and does not stop the load."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from workbench.sources.source import MISSING
from workbench.sources.values import Reading, number_text, plain_text, time_text


def guarded(sql: str, how: Reading) -> tuple[str, list[str]]:
    """Return a mapped expression made safe, and the raw columns it reads (none for a bare column).

    Casts read numbers and times as the source states; an error in the expression yields NULL instead of
    ``{'v': value}``, so that one bad value refuses its row and does not stop the load.
    """
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return sql, []  # DuckDB knows more SQL than sqlglot does
    bare = isinstance(tree, exp.Column | exp.Literal | exp.Null)
    unguardable = (exp.Window, exp.AggFunc, exp.Subquery, exp.Select, exp.Rand)
    if bare or tree.find(*unguardable):
        return sql, []
    safe = tree.transform(lambda node: _safe_cast(node, how)).sql(dialect="duckdb") if tree.find(exp.Cast) else sql
    # The line break ends a comment that the expression may end with.
    return f"TRY({{'v': {safe}\n}})", sorted({c.name for c in tree.find_all(exp.Column)})


def _safe_cast(node: exp.Expression, how: Reading) -> exp.Expression:
    if not isinstance(node, exp.Cast) or isinstance(node.this, exp.Literal):
        return node
    read = _cast_sql(node, how)
    return node if read is None else sqlglot.parse_one(read, dialect="duckdb")


def _cast_sql(node: exp.Cast, how: Reading) -> str | None:
    target = node.to.sql(dialect="duckdb")
    text = plain_text(f"({node.this.sql(dialect='duckdb')})::VARCHAR", how.nulls if how.nulls is not None else MISSING)
    cast = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
    if node.to.this in exp.DataType.NUMERIC_TYPES:
        read = f"{cast}({number_text(text, how.decimal)} AS {target})"
        operand = node.this.sql(dialect="duckdb")
        return f"CASE WHEN typeof({operand}) = 'VARCHAR' THEN {read} ELSE {cast}({operand} AS {target}) END"
    if node.to.this in exp.DataType.TEMPORAL_TYPES and "ZONE" not in target and target != "TIMESTAMPTZ":
        read = f"coalesce(({time_text(text, how)})::VARCHAR, 'no time: ' || {text})"
        return f"{cast}({read} AS {target})"
    return None
