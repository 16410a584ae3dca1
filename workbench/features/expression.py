"""A feature's expression, built over the rows it is given and refused if it reads anything else."""

from __future__ import annotations

import re
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

from workbench import contract
from workbench.errors import DataError, SettingError, UserError, did_you_mean
from workbench.features.declare import Aggregate, Expression, Feature

NUMBER = (
    'a feature is a number, or yes or no. Compare a text (t.product == "x") or count it ("count distinct"), '
    'and count days from a date ("days since last").'
)
OTHER_ROWS = (ops.WindowFunction, ops.Analytic, ops.Reduction)
NO_COLUMN = re.compile(r"'Table' object has no attribute '(\w+)'|Column '(\w+)' is not found")


def build(feature: Feature, expression: Expression, rows: ir.Table, *, adds_up: bool = False) -> Any:
    """Return the expression over rows: one value per row, or with ``adds_up`` one per group of rows.

    Raises DataError or SettingError, by the feature's name, for a column that is not among the rows, an overwritten
    one, another table, a look at other rows or at today's clock, and an expression that fails or gives something else.
    """
    try:
        value = expression(rows)
    except UserError:
        raise
    except Exception as problem:  # the analyst's own code may raise anything
        raise _named_fault(feature, problem, rows) from None
    _check(feature, value, rows, adds_up=adds_up)
    _check_rows(feature, value.op(), adds_up=adds_up)
    _check_steady(feature, value.op())
    _check_casts(feature, value.op())
    _check_kind(feature, expression, value.type())
    return value


def _named_fault(feature: Feature, problem: Exception, rows: ir.Table) -> UserError:
    found = NO_COLUMN.search(str(problem))
    if not found:
        return SettingError(f"feature {feature.name}: its expression fails: {type(problem).__name__}: {problem}")
    column = found[1] or found[2]
    if not feature.table:
        return DataError(
            f"feature {feature.name}: no column {column!r} before it; {did_you_mean(column, rows.columns)} "
            "What is itself made from other columns must be named in needs."
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


def _check_rows(feature: Feature, node: ops.Value, *, adds_up: bool) -> None:
    if not _strays(node, allowed=ops.Reduction if adds_up else ops.WindowFunction):
        return
    within = "group by as_of for a look at the same snapshot's: f.net_revenue.mean().over(group_by=f.as_of)."
    cure = (
        'Use an Aggregate, which keeps to what is known of a customer: wb.Aggregate("max", of=lambda t: t.amount); '
        f"or an expression over the table, such as lambda t: t.amount.max(); or {within}"
        if feature.table
        else f"Use the customer's own figures only, or {within}"
    )
    raise DataError(
        f"feature {feature.name}: its expression reads other rows than its own, later ones and other snapshots' among "
        f"them. {cure}"
    )


def _strays(node: ops.Value, allowed: type[ops.Value] | None) -> bool:
    """Return whether a value reads other rows than by one allowed step: down its group, or across its snapshot."""
    below = node.__children__
    if isinstance(node, OTHER_ROWS):
        if allowed is None or not isinstance(node, allowed) or _mixes_snapshots(node):
            return True
        allowed = None
        if isinstance(node, ops.WindowFunction):
            below = (*node.func.__children__, *node.group_by, *node.order_by)
    return any(_strays(part, allowed) for part in below if isinstance(part, ops.Value))


def _mixes_snapshots(node: ops.Value) -> bool:
    """Return whether a window is over more than one snapshot; all rows of one were known at it."""
    if not isinstance(node, ops.WindowFunction):
        return False
    return not any(isinstance(by, ops.Field) and by.name == "as_of" for by in node.group_by)


def _check_steady(feature: Feature, node: ops.Value) -> None:
    for unsteady in node.find(ops.Impure, filter=ops.Value):
        raise SettingError(
            f"feature {feature.name}: its expression uses {type(unsteady).__name__}, which may give something else at "
            "every run. The clock is the snapshot: t.as_of."
        )


def _check_casts(feature: Feature, node: ops.Value) -> None:
    for cast in node.find(ops.Cast, filter=ops.Value):
        # What a pattern has cut out of a text may well be known to be digits, and a literal is in plain sight.
        shaped = not cast.arg.relations or cast.arg.find(ops.RegexExtract, filter=ops.Value)
        if cast.arg.dtype.is_string() and not cast.to.is_string() and not shaped:
            raise SettingError(
                f"feature {feature.name}: its expression casts text to {cast.to}, which fails for any text that is "
                f'none. Write .try_cast("{cast.to}"), which leaves such a value empty.'
            )


def _check_kind(feature: Feature, expression: Expression, kind: Any) -> None:
    value = feature.value if isinstance(feature.value, Aggregate) else None
    if value and expression is value.where:
        fits, wanted = kind.is_boolean(), "where is to give yes or no, such as t.amount > 100."
    else:
        counted = value is not None and value.how == "count distinct"
        fits, wanted = counted or kind.is_numeric() or kind.is_boolean(), NUMBER
    if not fits:
        raise SettingError(f"feature {feature.name}: its expression gives {kind}; {wanted}")
