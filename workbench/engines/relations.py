"""What the stages do to any table, on every engine: attach columns, keep the first row of a group, compute once."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.engines.duck import materialized_in_duckdb
from workbench.engines.recipes import step_of_recipe
from workbench.engines.spark import materialized_in_spark


def attach(left: ir.Table, right: ir.Table, by: list[str]) -> ir.Table:
    """Return the rows of ``left`` with the other columns of the row of ``right`` that has the same key, if any."""
    met = left.left_join(right, by).select(*left.columns, *(c for c in right.columns if c not in by))
    # Selected once more: a join made of a join is written out again wherever its rows are used, so that the query grows
    # exponentially; a selection is written once and named.
    return met.select(met.columns)


def first_of(table: ir.Table, group: list[str], *order: str | ir.Value) -> ir.Table:
    """Return the first row of each group; unlike argmin it keeps what is empty in that row, on every engine."""
    place = ibis.row_number().over(ibis.window(group_by=group, order_by=list(order)))
    return table.mutate(place=place).filter(ibis._.place == 0).select(table.columns)


def rows_of(rows: list[dict[str, object]]) -> ir.Table:
    """Return a few typed rows as a table within the query itself: an engine keeps no table in memory for it.

    >>> rows_of([{"place": 1, "phrase": "too dear"}]).columns
    ('place', 'phrase')
    """
    written = ibis.array([ibis.struct({n: ibis.literal(value) for n, value in row.items()}) for row in rows])
    unnested = written.unnest().name("row").as_table()
    return unnested.select(**{name: unnested["row"][name] for name in rows[0]})


def written_once(rows: ir.Table) -> ir.Table:
    """Return rows that stand in the query itself; in a recipe as a step of its own, as many take long to plan."""
    step = step_of_recipe(rows)
    return rows if step is None else step


def in_pandas(rows: pd.DataFrame | ir.Table) -> pd.DataFrame:
    """Return rows as a data frame, computed where they are an expression: an analyst hands over either.

    >>> in_pandas(rows_of([{"reason": "price"}]))["reason"].tolist()
    ['price']
    """
    return rows if isinstance(rows, pd.DataFrame) else rows.to_pandas()


def materialized(table: ir.Table) -> ir.Table:
    """Return a table computed now and once, for as long as something made from it is in use.

    For what is small and used often: an engine would compute it anew at every use, and Ibis write it out.
    """
    engine = table.get_backend().name
    if engine == "pyspark":
        return materialized_in_spark(table)
    step = step_of_recipe(table)
    if step is not None:
        return step
    return materialized_in_duckdb(table) if engine == "duckdb" else table.cache()
