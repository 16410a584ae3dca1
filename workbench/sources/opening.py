"""What is needed to open a raw input: the connection, names as SQL writes them, and messages that say which input."""

from __future__ import annotations

import errno
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workbench.engines import literal, settings, without_bar
from workbench.errors import SourceError
from workbench.sources.monthly_prices import per_month_macro
from workbench.sources.numbers import spelled_number_macro
from workbench.sources.other_calendars import other_calendar_macro
from workbench.sources.source import RawFile
from workbench.sources.spelled_dates import spelled_time_macro

RAW = "raw"
"""The schema of the raw relations, so that a raw file may be named as a table of the contract."""
REFUSALS = "main.refusals"
REMARKS = "main._remarks"
TITLES = "main._titles"
"""What stands above the headers of files: it may say of when they are, and in which currency."""
MACROS = {
    per_month_macro: ("per_month", "period_months", "billing_period"),  # of that column rules ask how long a period is
    spelled_number_macro: ("spelled_number",),
    spelled_time_macro: ("spelled_time",),
    other_calendar_macro: ("other_calendar",),
}
"""Our functions for SQL over raw rows, and the words of a source that call for each."""
MOST_COLUMNS = 2_000
LONGEST_NAME = 500


@dataclass(frozen=True)
class Opening:
    """One raw input being opened: where to, from what, and a folder for what is needed on the way."""

    con: duckdb.DuckDBPyConnection
    name: str
    file: RawFile
    folder: Path
    scratch: Path

    def fail(self, what: str) -> SourceError:
        """Return the error that says which input is meant."""
        return SourceError(f"files.{self.name}: {what}")


def connect(of_source: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection with the schema of the raw relations chosen, and empty tables of refused rows and remarks.

    It has those of our functions that the text of a source calls for, all without a text: to define them takes as long
    as to load a few rows.

    >>> connect("SELECT Per_Month(12.0, 'year')").execute("SELECT per_month(12.0, 'year')").fetchone()
    (Decimal('1.0000'),)
    """
    con = duckdb.connect(config=settings())
    without_bar(con)
    con.execute(f"CREATE SCHEMA {RAW}; SET schema = {literal(RAW)}")
    define_called(con, repr(list(MACROS.values())) if of_source is None else of_source)
    con.execute(f'CREATE TABLE {REMARKS} ("table" VARCHAR, remark VARCHAR, rows BIGINT)')
    con.execute(f"CREATE TABLE {TITLES} (file VARCHAR, title VARCHAR)")
    con.execute(f"CREATE TABLE {REFUSALS} (table_name VARCHAR, rule VARCHAR, reason VARCHAR, raw VARCHAR)")
    return con


def define_called(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Define those of our functions that a text calls for."""
    for macro, words in MACROS.items():
        if any(word in text.lower() for word in words):
            con.execute(macro())


def distinct_names(header: Iterable[str]) -> list[str]:
    """Return column names, each once whatever its case, a name for the empty ones.

    Of columns with one name all get a number, so that none is taken for the one that was meant.

    >>> distinct_names(["id", "amount", "Amount", ""])
    ['id', 'amount_1', 'Amount_2', 'column_4']
    """
    titles = [t.strip(" \ufeff\t\u00a0") or f"column_{place}" for place, t in enumerate(header, start=1)]
    several = {name for name, n in Counter(map(str.lower, titles)).items() if n > 1}
    taken = set(map(str.lower, titles))
    names, numbers = [], Counter[str]()
    for title in titles:
        name = title
        while title.lower() in several and name.lower() in taken:
            numbers[title.lower()] += 1
            name = f"{title}_{numbers[title.lower()]}"
        taken.add(name.lower())
        names.append(name)
    return names


def check_width(opening: Opening, names: list[str]) -> None:
    """Raise SourceError for what is no table of a company's: it would take hours, and end in nothing."""
    if len(names) > MOST_COLUMNS:
        raise opening.fail(f"holds {len(names):,} columns, {MOST_COLUMNS:,} at the most; export only those needed.")
    longest = max(names, key=len)
    if len(longest) > LONGEST_NAME:
        raise opening.fail(
            f"the column that begins {longest[:40]!r} has a name of {len(longest):,} characters, {LONGEST_NAME} at the "
            "most; check the delimiter, or shorten it."
        )


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(problem: BaseException) -> str:
    """Return the first line of what a library says, as a sentence."""
    line = (str(problem).strip() or type(problem).__name__).splitlines()[0]
    return f"{line.rstrip('.!')}."


def disk_is_full(problem: BaseException) -> bool:
    """Return whether a library failed for want of space on the disk."""
    full = isinstance(problem, OSError) and problem.errno == errno.ENOSPC
    return full or "No space left" in str(problem) or "max_temp_directory_size" in str(problem)
