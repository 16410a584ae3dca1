"""A source file: how a company's raw files map to the tables of the contract."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from workbench import contract
from workbench.errors import SourceError, did_you_mean, ended
from workbench.sources.safe_sql import Reads, select_reads, why_not_among
from workbench.yamlfile import explain, read_yaml, scrub

Format = Literal["csv", "parquet", "jsonl", "excel", "sqlite", "duckdb"]

SUFFIXES: dict[str, Format] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "excel"),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), "sqlite"),
    ".duckdb": "duckdb",
}

MISSING = ("NA", "N/A", "#N/A", "NULL", "null", "None", "NaN", "nan", "-", "--", "/")
"""What stands for nothing in an id, a date, a number or a flag unless ``nulls`` says otherwise."""
MISSING_TEXT = ("NULL", "null", "#N/A")
"""The same in other text, where NA is Namibia and None a plan."""


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone; write it as Europe/Berlin or UTC") from None
    return name


def _scale(text: object) -> tuple[float, float]:
    found = re.fullmatch(r"\s*(-?[\d.]+)\s*-\s*(-?[\d.]+)\s*", str(text))
    try:
        low, high = (float(mark) for mark in found.groups()) if found else (0.0, 0.0)
    except ValueError:
        low = high = 0.0
    if low >= high:
        raise ValueError("is not a scale; write its lowest and highest mark as 0-10")
    return low, high


def _day_or_instant(value: object) -> object:
    # Pydantic would make midnight of a day that is written in quotes.
    return date.fromisoformat(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value


TimeZone = Annotated[str, AfterValidator(_time_zone)]
Scale = Annotated[tuple[float, float], BeforeValidator(_scale)]
DayOrInstant = Annotated[datetime | date, BeforeValidator(_day_or_instant)]
DateOrder = Literal["iso", "day_first", "month_first"]
Decimal = Literal["point", "comma"]
Action = Literal["keep", "refuse", "return", "credit", "cancelled"]
EndedAt = Literal["last_day_of_service", "first_day_without"]
Price = Literal["price_since_start", "price_of_today"]
Undated = Literal["last_activity", "end_of_term", "export_day", "leave_out"]
Noticed = Literal["end_of_term", "notice", "goes_on", "leave_out"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Postgres(_Strict):
    """A table or query of a PostgreSQL database; the password comes from the environment only."""

    dsn: str = Field(description="postgresql://user@host:port/database, without the password")
    password_env: str | None = Field(default=None, description="the environment variable that holds the password")
    table: str | None = Field(default=None, description="a table, as crm.orders")
    query: str | None = Field(default=None, description="a SELECT, run in the database, instead of table")

    @model_validator(mode="after")
    def _no_password_and_one_origin(self) -> Self:
        parts = urlsplit(self.dsn)
        if parts.password or "password" in parse_qs(parts.query) or scrub(self.dsn) != self.dsn:
            raise ValueError("dsn holds a password; take it out and name its environment variable in password_env")
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query, not both")
        return self


class RawFile(_Strict):
    """One raw input: files, a database or Spark; every value of a text file is read as text, so zeros survive."""

    path: Path | None = Field(default=None, description="relative to the source file's folder; * takes many files")
    postgres: Postgres | None = None
    spark: str | None = Field(default=None, description="a Spark table, or a path that Spark reads")
    format: Format | None = Field(default=None, description="taken from the file's ending when left out")
    delimiter: str | None = Field(default=None, description="one character or tab; found by looking when left out")
    encoding: str | None = Field(default=None, description="utf-8, utf-16, windows-1254 …; utf-8 when left out")
    sheet: str | None = Field(default=None, description="of an Excel file; the first when left out")
    table: str | None = Field(default=None, description="of a SQLite or DuckDB file; may be left out if there is one")
    name_column: str | None = Field(
        default=None, description="of CSV files: a column to add, the name of each row's file"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.path, self.postgres, self.spark)) != 1:
            raise ValueError("give one of path, postgres or spark")
        if self.path is not None and self.format is None and self._suffix() not in SUFFIXES:
            raise ValueError(f"path {self.path.name}: the ending says no format; state format: csv, parquet, jsonl …")
        if self.delimiter is not None and self.delimiter != "tab" and len(self.delimiter) != 1:
            raise ValueError(f"delimiter {self.delimiter!r}: give one character, or tab")
        if self.name_column is not None and (self.path is None or self.kind != "csv"):
            raise ValueError("name_column: only CSV files take it")
        return self

    def _suffix(self) -> str:
        name = self.path.name.lower().removesuffix(".gz") if self.path else ""
        return Path(name).suffix

    @property
    def kind(self) -> Format:
        """The format: stated, or known by the file's ending."""
        return self.format or SUFFIXES[self._suffix()]


class _Reading(_Strict):
    """How text is read."""

    time_zone: TimeZone | None = Field(default=None, description="zone of times that state none")
    dates: DateOrder | None = Field(default=None, description="order of 03/04/2024; refused when left out")
    decimal: Decimal | None = Field(default=None, description="the decimal mark; 1,50 is refused when left out")
    nulls: list[str] | None = Field(default=None, description="words that mean: no value")


class Status(_Strict):
    """What the status of a row means: the column, and what to do with the rows of each value."""

    column: str = Field(description="SQL expression over the rows")
    values: dict[str, Action] = Field(
        description="keep, refuse, return (a sale that was taken back), credit (the row itself takes back), cancelled"
    )

    @field_validator("values", mode="before")
    @classmethod
    def _plain(cls, values: object) -> object:
        return {str(v).strip().lower(): act for v, act in values.items()} if isinstance(values, dict) else values

    def of(self, *actions: Action) -> list[str]:
        """The status values with one of these actions."""
        return [value for value, action in self.values.items() if action in actions]


def _several(status: object) -> object:
    return status if isinstance(status, list | tuple) else [status]


class TableMapping(_Reading):
    """One table of the contract: where its rows come from, and a SQL expression per column."""

    from_: str | None = Field(default=None, alias="from", description="a raw file named under files")
    sql: str | None = Field(default=None, description="a SELECT over the raw files, instead of from")
    columns: dict[str, str] = Field(description="contract column: SQL expression over the rows")
    currency_column: str | None = Field(default=None, description="SQL expression for the currency of a row's amounts")
    unit: Literal["cents"] | None = Field(default=None, description="amounts in the smallest unit of their currency")
    status: Annotated[tuple[Status, ...], BeforeValidator(_several)] = Field(
        default=(), description="what each status of a row means; a list where several columns say it"
    )
    returned_at: str | None = Field(default=None, description="SQL expression: when a sale was taken back")
    returned_amount: str | None = Field(default=None, description="SQL expression: how much of it; all if left out")
    ended_at_is: EndedAt | None = Field(default=None, description="what an end date without a time is")
    mrr_is: Price | None = Field(
        default=None, description="since when mrr has been paid; price_of_today when left out: earlier ones not known"
    )
    cancelled_without_date: Undated | None = Field(default=None, description="when a cancelled subscription ended")
    notice_without_end: Noticed | None = Field(
        default=None, description="when service ended after a notice without an end; with its term when left out"
    )
    merged_into: str | None = Field(default=None, description="SQL expression: the customer that a merged one became")
    deleted: str | None = Field(default=None, description="SQL expression: whether the account was deleted")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if (self.from_ is None) == (self.sql is None):
            yield "give either from (a raw file) or sql (a SELECT), not both"
        if self.sql is not None and (why := _why_not_safe(self.sql)):
            yield f"sql should be one SELECT over the raw files ({why})"
        for place, sql in self.expressions.items():
            if why := _why_not_safe(sql, expression=True):
                cure = 'put an odd column name into "quotes"'
                yield f"{place} = {sql!r} should be one SQL expression ({why}); {cure}"

    @property
    def reads(self) -> dict[str, Reads]:
        """The tables that each piece of SQL names, by its place in the source file."""
        whole = {} if self.sql is None else {"sql": select_reads(self.sql)}
        return whole | {place: select_reads(sql, expression=True) for place, sql in self.expressions.items()}

    @property
    def expressions(self) -> dict[str, str]:
        """Every SQL expression over the raw row, by its place in the source file."""
        status = {f"status.{place}.column": status.column for place, status in enumerate(self.status, start=1)}
        if len(self.status) == 1:
            status = {"status.column": self.status[0].column}
        named = {name: getattr(self, name) for name in _EXPRESSIONS}
        stated = {name: sql for name, sql in named.items() if sql is not None}
        return {f"columns.{column}": sql for column, sql in self.columns.items()} | status | stated

    @property
    def actions(self) -> set[Action]:
        """What any status does with a row."""
        return {action for status in self.status for action in status.values.values()}

    @property
    def undated(self) -> Undated | None:
        """When a cancelled subscription without a date ended: none goes on for ever, whatever is left out."""
        return self.cancelled_without_date or ("last_activity" if "cancelled" in self.actions else None)

    @property
    def has_notices(self) -> bool:
        """Whether both the notice and the end of service are recorded, so that one may be there without the other."""
        return {"cancelled_at", "ended_at"} <= self.columns.keys()

    @property
    def takes_back(self) -> bool:
        """Whether sales may be taken back, each with a row of its own."""
        return "return" in self.actions or self.returned_at is not None or self.returned_amount is not None

    @property
    def select(self) -> str:
        """The SELECT that gives the raw rows."""
        if self.sql is not None:
            return self.sql
        return f'SELECT * FROM "{self.from_}"'


def _why_not_safe(sql: str, *, expression: bool = False) -> str:
    """Return why SQL is not one SELECT, or expression, that only reads its tables; empty when it is one."""
    try:
        select_reads(sql, expression=expression)
    except ValueError as problem:
        return str(problem)
    return ""


_EXPRESSIONS = ("currency_column", "merged_into", "deleted", "returned_at", "returned_amount")
_SALES = ("orders", "invoices")
_ONLY = {
    "ended_at_is": ("subscriptions",),
    "mrr_is": ("subscriptions",),
    "cancelled_without_date": ("subscriptions",),
    "notice_without_end": ("subscriptions",),
    "merged_into": ("customers",),
    "deleted": ("customers",),
    "returned_at": _SALES,
    "returned_amount": _SALES,
}


def _misplaced(table: str, mapping: TableMapping) -> Iterator[str]:
    for key, only in _ONLY.items():
        if getattr(mapping, key) is not None and table not in only:
            yield f"tables.{table}: {key} belongs to {' or '.join(only)}; move it there"
    for action, only in (("return", _SALES), ("credit", _SALES), ("cancelled", ("subscriptions",))):
        if action in mapping.actions and table not in only:
            yield f"tables.{table}: status {action} is for {' or '.join(only)}; choose keep or refuse"
    if mapping.mrr_is is not None and "mrr" not in mapping.columns:
        yield f"tables.{table}: mrr_is needs the column mrr; map it, or take mrr_is out"
    if mapping.cancelled_without_date is not None and "cancelled" not in mapping.actions:
        yield f"tables.{table}: cancelled_without_date needs status, with the values that mean cancelled"
    if mapping.notice_without_end is not None and not mapping.has_notices:
        yield f"tables.{table}: notice_without_end needs cancelled_at and ended_at; map both"


class Source(_Reading):
    """The whole source file, checked."""

    name: str
    about: str = Field(default="", description="origin and licence of the data")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO code of every amount")] = (
        contract.UNKNOWN_CURRENCY
    )
    exported_at: DayOrInstant | None = Field(default=None, description="until when the data are complete, if known")
    rates: str | None = Field(
        default=None, description="a raw file with currency, date and rate: units of our currency"
    )
    not_customers: list[str] = Field(default=[], description="ids that stand for nobody, such as 0 or guest")
    scales: dict[str, Scale] = Field(default={}, description="lowest and highest mark of a survey, or of tickets")
    files: dict[Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")], RawFile]
    tables: dict[str, TableMapping]
    folder: Path = Path()

    def __repr__(self) -> str:
        tables = [f"  {name}: {len(table.columns)} columns" for name, table in self.tables.items()]
        return "\n".join(
            [f"Source {self.name}: {len(self.files)} files, {contract.amounts_in(self.currency)}", *tables]
        )

    @field_validator("not_customers", mode="before")
    @classmethod
    def _ids_are_text(cls, ids: object) -> object:
        return [str(id_) for id_ in ids] if isinstance(ids, list) else ids

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        problems = [problem for name in self.tables for problem in self._problems(name)]
        if "currency" not in self.model_fields_set and self._has_amounts:
            problems.append("currency: missing; add the ISO code of the amounts, or XXX if nobody knows it")
        if self.rates is not None and self.rates not in self.files:
            problems.append(f"rates {self.rates!r}: {did_you_mean(self.rates, self.files)}")
        twins = [name for name, n in Counter(map(str.lower, self.files)).items() if n > 1]
        problems += [f"files: {name!r} is there twice, but for capitals; rename one" for name in twins]
        if not any(t in self.tables for t in contract.ACTIVITY_TABLES):
            some = ", ".join(contract.ACTIVITY_TABLES)
            problems.append(f"tables: at least one of {some} is needed to see activity")
        if problems:
            raise ValueError(" ".join([*map(ended, problems[:-1]), problems[-1]]))
        return self

    @property
    def _has_amounts(self) -> bool:
        """Whether a column of amounts is mapped: without any, no currency need be stated."""
        mapped = ((contract.TABLES.get(name), mapping.columns) for name, mapping in self.tables.items())
        return any(c.type == "amount" for table, columns in mapped if table for c in table.columns if c.name in columns)

    def _problems(self, name: str) -> Iterator[str]:
        mapping = self.tables[name]
        if name not in contract.TABLES:
            yield f"tables: {name!r} is not a table of the contract; {did_you_mean(name, contract.TABLES)}"
            return
        spec = contract.TABLES[name]
        for column in mapping.columns:
            if column not in spec:
                yield f"tables.{name}: no column {column!r}; {did_you_mean(column, spec.names)}"
        missing = [c for c in spec.required if c not in mapping.columns]
        if missing:
            yield f"tables.{name}: columns {', '.join(missing)} are required; map them"
        if mapping.from_ is not None and mapping.from_ not in self.files:
            yield f"tables.{name}: from {mapping.from_!r}: {did_you_mean(mapping.from_, self.files)}"
        yield from self._unknown_reads(name)
        yield from _misplaced(name, mapping)
        if mapping.cancelled_without_date == "export_day" and self.exported_at is None:
            yield f"tables.{name}: cancelled_without_date export_day needs exported_at; state it"

    def _unknown_reads(self, name: str) -> Iterator[str]:
        frames = [f"raw_{table}" for table in self.tables]
        for place, reads in self.tables[name].reads.items():
            if why := why_not_among(reads, [*self.files, *frames]):
                yield f"tables.{name}.{place} {why}; name it under files"

    @property
    def complete_until(self) -> datetime | None:
        """The instant until which the data are complete, by the source's clock; the end of a stated day."""
        at = self.exported_at
        if at is None or (isinstance(at, datetime) and at.tzinfo is None):
            return at
        if not isinstance(at, datetime):
            return datetime(at.year, at.month, at.day) + timedelta(days=1)
        return at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    @property
    def all_scales(self) -> dict[str, tuple[float, float]]:
        """The lowest and highest mark by instrument: those stated, else the usual ones."""
        return {**contract.SCALES, **{name.strip().lower(): scale for name, scale in self.scales.items()}}

    @cached_property
    def zone(self) -> str:
        """The time zone whose wall clock every instant of the Crm shows."""
        return self.time_zone or "UTC"


def read_source(path: str | Path) -> Source:
    """Return the checked source file.

    Raises SourceError naming the file, the field, the value and the cure, for all that is wrong at once.
    """
    path = Path(path)
    content = read_yaml(path, SourceError)
    try:
        return Source.model_validate({**content, "folder": path.parent})
    except ValidationError as problem:
        known = [name for name in Source.model_fields if name != "folder"]
        raise SourceError(f"{path}: {explain(problem, known)}") from None
