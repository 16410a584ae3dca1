"""Conditions that an analyst writes, such as ``days_since_order > 182 and plan = 'pro'``: checked, then computed.

They are SQL conditions, as in source files; nothing in them is run as Python, and no function, table or setting can be
reached from them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import duckdb
import numpy as np
import pandas as pd
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from workbench.errors import SettingError, did_you_mean, ended
from workbench.features import FEATURES

_ALLOWED = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Is,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg,
)  # fmt: skip
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_ORDERED = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_ANSWERS = (exp.And, exp.Or, exp.Not, exp.Is, exp.Boolean, *_COMPARED)
LANGUAGE = (
    "comparisons (=, <>, <, <=, >, >=, between, in, is null) of columns, numbers and 'texts', joined by and, or, not"
)


STATES = (
    "paying", "dormant", "delinquent", "lapsed", "in notice", "paused", "gone", "trial", "free", "prospect",
)  # fmt: skip
KINDS = ("active", "financial", "passive")
_OF_FEW = {"state": STATES, "likely_kind": KINDS, "left_kind": KINDS}
"""Columns that hold no other text than these."""
_DATE = re.compile(r"(?<!['\d-])\b\d{4}-\d\d?-\d\d?\b(?!['\d-])")


@dataclass(frozen=True)
class Condition:
    """A checked condition: where it is written, its text, and the columns it reads."""

    where: str
    text: str
    columns: tuple[str, ...]

    def check(self, customers: pd.DataFrame) -> None:
        """Raise SettingError when a column is unknown, or is compared with a value of another type."""
        unknown = [name for name in self.columns if name not in customers and f'"{name}"' not in self.text]
        if unknown and (column := _compared_with(unknown[0], _tree(self.text), customers)):
            raise SettingError(f"{self.where}: {column} is compared with {unknown[0]}; write a text as '{unknown[0]}'.")
        self.check_names({*map(str, customers)})
        for column, _ in _pairs(_tree(self.text), _ORDERED):
            if _is_text(customers[column]):
                numbers = [name for name in map(str, customers) if name.startswith(f"{column}_from")]
                other = f"; {numbers[0]} is a number" if numbers else ""
                named = f"name them: {column} in ('…', '…'){other}"
                raise SettingError(f"{self.where}: {column} is text, and texts have no order; {named}.")
        for column, literal in _pairs(_tree(self.text)):
            is_text = _is_text(customers[column])
            if is_text != literal.is_string and not pd.api.types.is_datetime64_any_dtype(customers[column]):
                held, cure = ("text", "put it in quotes") if is_text else ("a number", "leave the quotes out")
                raise SettingError(f"{self.where}: {column} is {held} and is compared with {literal.sql()}; {cure}.")

    def check_names(self, known: Collection[str]) -> None:
        """Raise SettingError when a column is not among those known, with the nearest name or what was meant."""
        for name in (name for name in self.columns if name not in known):
            if f'"{name}"' in self.text:
                raise SettingError(f"{self.where}: \"{name}\" names a column; write a text as '{name}'.")
            if name.lower() in ("yes", "no"):
                raise SettingError(f"{self.where}: {name} is not a value; write true or false, or a text as '{name}'.")
            if name in FEATURES:
                made_of = FEATURES[name].table or "features that are not there"
                raise SettingError(f"{self.where}: this run has no {name}, which is made of {made_of}.")
            raise SettingError(ended(f"{self.where}: unknown column {name!r}; {did_you_mean(name, known)}"))

    def unseen(self, customers: pd.DataFrame) -> list[str]:
        """Return a sentence for each text that no customer has in the column it is compared with.

        >>> condition("plan = 'Pro'", where="rule").unseen(pd.DataFrame({"plan": ["pro", "basic"]}))
        ["plan is 'Pro' of no customer; did you mean pro?"]
        """
        texts = {(column, value.name) for column, value in _pairs(_tree(self.text)) if value.is_string}
        held = {c: {*customers[c].dropna().astype("str")} for c, _ in texts if _is_text(customers[c])}
        return [
            f"{column} is '{text}' of no customer; {did_you_mean(text, held[column])}"
            for column, text in sorted(texts)
            if column in held and text not in held[column]
        ]

    def holds(self, customers: pd.DataFrame) -> NDArray[np.bool_]:
        """Return for which customers it holds; where a column it needs is empty it does not hold.

        >>> customers = pd.DataFrame({"days_since_order": [10.0, 200.0, None], "plan": ["pro", "pro", "basic"]})
        >>> condition("days_since_order > 182 and plan = 'pro'", where="rule").holds(customers).tolist()
        [False, True, False]

        Raises SettingError for an unknown column, and for one compared with a value of another type.
        """
        self.check(customers)
        rows = customers[list(self.columns)].reset_index(drop=True)
        rows["row__"] = np.arange(len(rows))
        with _database().cursor() as con:
            con.register("customers", rows)
            try:
                answers = con.sql(f"SELECT coalesce({_sql(self.text)}, false) AS holds FROM customers ORDER BY row__")
                return answers.df()["holds"].to_numpy(bool)
            except duckdb.Error:
                raise SettingError(
                    f"{self.where}: {self.text!r} cannot be computed; compare numbers with numbers, texts with texts, "
                    "and dates with dates such as '2026-07-01'."
                ) from None


@lru_cache(1_000)  # playbooks and segments are asked at several snapshots
def _tree(text: str) -> exp.Expression:
    """Return a checked condition parsed, not to be changed."""
    return sqlglot.parse_one(text, read="duckdb")


@lru_cache(1_000)
def _sql(text: str) -> str:
    parsed = _tree(text).copy()
    for column in parsed.find_all(exp.Column):
        column.replace(exp.column(exp.to_identifier(column.name, quoted=True)))
    return parsed.sql(dialect="duckdb")


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": False})


def hold_each(conditions: Sequence[Condition], customers: pd.DataFrame) -> list[NDArray[np.bool_]]:
    """Return for each condition for which customers it holds, as :meth:`Condition.holds` does, in one query.

    >>> customers = pd.DataFrame({"n_orders": [1, 5]})
    >>> few, many = (condition(f"n_orders {sign} 3", where="rule") for sign in "<>")
    >>> [holds.tolist() for holds in hold_each([few, many], customers)]
    [[True, False], [False, True]]

    Raises SettingError as :meth:`Condition.holds` does.
    """
    if not conditions:
        return []
    for each in conditions:
        each.check(customers)
    rows = customers[sorted({name for each in conditions for name in each.columns})].reset_index(drop=True)
    rows["row__"] = np.arange(len(rows))
    asked = ", ".join(f'coalesce({_sql(each.text)}, false) AS "holds__{i}"' for i, each in enumerate(conditions))
    with _database().cursor() as con:
        con.register("customers", rows)
        try:
            answers = con.sql(f"SELECT {asked} FROM customers ORDER BY row__").df()
        except duckdb.Error:  # one of them cannot be computed: asked by itself it is named
            return [each.holds(customers) for each in conditions]
    return [answers[f"holds__{i}"].to_numpy(bool) for i in range(len(conditions))]


def condition(text: object, *, where: str) -> Condition:
    """Return a condition read from text; ``where`` names its place in messages.

    >>> condition("n_orders >= 2 or country in ('NL', 'BE')", where="segments.yaml: regulars").columns
    ('country', 'n_orders')

    Raises SettingError when it is no condition, or holds more than comparisons of columns and values.
    """
    try:
        (parsed,) = sqlglot.parse(str(text), read="duckdb")
    except (sqlglot.errors.SqlglotError, ValueError):
        point = " Decimals have a point, and shares no sign: 0.3." if re.search(r"\d[,%]", str(text)) else ""
        raise SettingError(f"{where}: {text!r} is not a condition; write {LANGUAGE}.{point}") from None
    for node in parsed.walk() if parsed else ():
        if not isinstance(node, _ALLOWED) or (isinstance(node, exp.Column) and node.table):
            raise SettingError(f"{where}: {node.sql()!r} is not allowed here; write {LANGUAGE}.")
    if parsed is None or not isinstance(parsed.unnest(), _ANSWERS):
        flag = f"'{text} = true' of a flag, else " if parsed and isinstance(parsed.unnest(), exp.Column) else ""
        raise SettingError(f"{where}: {text!r} is neither true nor false of a customer; write {flag}{LANGUAGE}.")
    columns = tuple(sorted({column.name for column in parsed.find_all(exp.Column)}))
    if not columns:
        raise SettingError(f"{where}: {text!r} reads no column, so it holds for all or none.")
    _check_values(parsed, str(text), where)
    return Condition(where, str(text), columns)


def _check_values(parsed: exp.Expression, text: str, where: str) -> None:
    """Refuse what would hold for nobody, whoever the customers are."""
    if found := _DATE.search(text):
        raise SettingError(f"{where}: {found[0]} is read as a subtraction; write a date as '{found[0]}'.")
    for compared in parsed.find_all(exp.EQ, exp.NEQ):
        if compared.find(exp.Null):
            raise SettingError(f"{where}: nothing equals null; write 'is null' or 'is not null'.")
    for column, value in _pairs(parsed):
        few = _OF_FEW.get(column, ())
        if few and value.is_string and value.name not in few:
            raise SettingError(ended(f"{where}: {column} is never {value.name!r}; {did_you_mean(value.name, few)}"))
        if column.endswith("_probability") and not value.is_string and float(value.name) > 1:
            raise SettingError(f"{where}: {column} lies between 0 and 1; write 0.3 for 30 %, not {value.name}.")


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column))


def _compared_with(name: str, parsed: exp.Expression, customers: pd.DataFrame) -> str:
    """Return the column of texts that a name is compared with, which is meant for one of them; empty without one."""
    there = {str(column) for column in customers}
    for compared in parsed.find_all(*_COMPARED):
        names = [column.name for column in compared.find_all(exp.Column)]
        texts = [other for other in names if other in there and _is_text(customers[other])]
        if name in names and texts:
            return texts[0]
    return ""


def _pairs(
    parsed: exp.Expression, kinds: tuple[type[exp.Expression], ...] = _COMPARED
) -> list[tuple[str, exp.Literal]]:
    """Every column with a value that it is compared with, in comparisons of some kinds."""
    return [
        (column.name, literal)
        for compared in parsed.find_all(*kinds)
        for column in compared.find_all(exp.Column)
        for literal in compared.find_all(exp.Literal)
        if not compared.find(exp.Add, exp.Sub, exp.Mul, exp.Div)
    ]
