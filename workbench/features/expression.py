"""A feature's expression, built over the rows it is given and refused if it reads anything else."""

from __future__ import annotations

import re
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

from workbench import contract
from workbench.errors import DataError, SettingError, UserError, did_you_mean
from workbench.features.declare import Expression, Feature

NO_COLUMN = re.compile(r"'Table' object has no attribute '(\w+)'|Column '(\w+)' is not found")


def build(feature: Feature, expression: Expression, rows: ir.Table, *, adds_up: bool = False) -> Any:
    """Return the expression over rows: one value per row, or with ``adds_up`` one per group of rows.

    Raises DataError or SettingError, by the feature's name, for a column that is not among the rows, an overwritten
    one, another table, and an expression that fails or gives something else.
    """
    try:
        value = expression(rows)
    except UserError:
        raise
    except Exception as problem:  # the analyst's own code may raise anything
        raise _told(feature, problem, rows) from None
    _check(feature, value, rows, adds_up=adds_up)
    return value


def _told(feature: Feature, problem: Exception, rows: ir.Table) -> UserError:
    found = NO_COLUMN.search(str(problem))
    if not found:
        return SettingError(f"feature {feature.name}: its expression fails: {type(problem).__name__}: {problem}")
    column = found[1] or found[2]
    if not feature.table:
        return DataError(
            f"feature {feature.name}: no column {column!r} before it; {did_you_mean(column, rows.columns)}"
        )
    spec = contract.table(feature.table)
    if column in spec.names and spec[column].time_class == "overwritten":
        return DataError(
            f"feature {feature.name}: {feature.table}.{column} is overwritten: it holds today's value; what it "
            "was at a snapshot is not known. Use the history in subscription_changes instead."
        )
    return DataError(
        f"feature {feature.name}: table {feature.table} has no column {column!r}; {did_you_mean(column, rows.columns)}"
    )


def _check(feature: Feature, value: Any, rows: ir.Table, *, adds_up: bool) -> None:
    if not isinstance(value, ir.Value):
        raise SettingError(f"feature {feature.name}: its expression gives {type(value).__name__}, not a column.")
    node = value.op()
    if node.relations - {rows.op()} or node.find(ops.Subquery, filter=ops.Value):
        raise DataError(
            f"feature {feature.name}: its expression reads past the as-of view, where later rows are known. "
            "Use only the table it is given: lambda t: t.amount."
        )
    if node.relations and isinstance(value, ir.Scalar) is not adds_up:
        wanted = "one value per customer, such as t.amount.max()" if adds_up else "one value per row, such as t.amount"
        raise SettingError(f"feature {feature.name}: its expression is to give {wanted}.")
