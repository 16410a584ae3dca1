"""A file for each month, each a picture of all customers of that month: read as one month of service per row."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path

from workbench.engines import identifier

FILE_OF_ROW = "file_of_row"
"""The column to which the name of each row's file is added."""
PICTURE = '"month of file"'
_MONTH = "(20[0-9][0-9])[-_. ]?(0[1-9]|1[0-2])"
_ALONE = re.compile(f"{_MONTH}([-_. ]?(0[1-9]|[12][0-9]|3[01]))?(?![0-9])")
_FEWEST = 3
_ROWS = 2000
_FEWEST_ROWS = 5
_RECUR = 0.5
"""A share of the ids of one month that recur in the next, from which on files are pictures of the same customers."""
_DATE = re.compile(r"(?P<y>20\d\d)[-/.]?(?P<m>\d\d)[-/.]?\d\d.*|\d{1,2}[-/. ](?P<n>\d{1,2})[-/. ](?P<z>20\d\d).*")

Columns = dict[str, list[str]]


def are_pictures(paths: list[Path], encoding: str | None) -> bool:
    """Return whether files are pictures of months: the names state each one, and the same ids are in the last two.

    Rows that have a date in the month of their file happened then: they are sales or use, and no pictures.
    """
    months = [found.groups()[:2] for path in paths if (found := _ALONE.search(path.stem))]
    if len(set(months)) < max(_FEWEST, len(paths)) or paths[0].suffix.lower() != ".csv":
        return False
    first, second = (_head(path, encoding) for path in paths[-2:])
    if any(_are_of(values, months[-2]) for values in first.values()) or _keep_leavers(first, second):
        return False
    return any(_recurs(first[name], second[name]) for name in first.keys() & second.keys())


def recurring_id(paths: list[Path], encoding: str | None) -> str:
    """Return the column whose ids never repeat within a file and recur from file to file; empty for none."""
    if len(paths) < _FEWEST or paths[0].suffix.lower() != ".csv":
        return ""
    heads = [_head(path, encoding) for path in paths[-_FEWEST:]]
    pairs = list(pairwise(heads))
    named = (name for name in heads[0] if all(name in head for head in heads))
    return next((name for name in named if all(_recurs(one[name], other[name]) for one, other in pairs)), "")


def _head(path: Path, encoding: str | None) -> Columns:
    """Return the first rows of a CSV file as columns."""
    with path.open(encoding=encoding or "utf-8-sig", errors="replace", newline="") as lines:
        line = lines.readline()
        lines.seek(0)
        rows = list(islice(csv.reader(lines, delimiter=max(",;\t|", key=line.count)), _ROWS))
    return {name: list(values) for name, values in zip(rows[0], zip(*rows[1:], strict=False), strict=False)}


def _are_of(values: Sequence[str], month: tuple[str, ...]) -> bool:
    """Whether a column holds dates that are nearly all of one month."""
    found = [_DATE.fullmatch(value.strip()) for value in values if value.strip()]
    year, number = (int(part) for part in month)
    inside = sum(
        one is not None and (int(one["y"] or one["z"]), int(one["m"] or one["n"])) == (year, number) for one in found
    )
    return bool(found) and inside > _RECUR * len(found)


def _keep_leavers(first: Columns, second: Columns) -> bool:
    """Whether all of one month are in the next, some of them with a date that others lack: those left, and are kept.

    Such files are whole exports, of which the newest row of each counts.
    """
    ids = [n for n in first.keys() & second.keys() if _recurs(first[n], second[n]) and {*first[n]} <= {*second[n]}]
    dated = [[_DATE.fullmatch(v.strip()) for v in values if v.strip()] for values in second.values()]
    rows = max((len(values) for values in second.values()), default=0)
    return bool(ids) and any(found and all(found) and len(found) < rows for found in dated)


def _recurs(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a column holds ids that never repeat within a file, most of which the next file has as well."""
    both = [{value.strip() for value in values} for values in (one, other)]
    unique = all(len(ids) == len(values) >= _FEWEST_ROWS for ids, values in zip(both, (one, other), strict=True))
    return unique and len(both[0] & both[1]) >= _RECUR * min(map(len, both))


def month_of_file(name: str, columns: list[str]) -> str:
    """Return the SELECT that gives each row the month of its file from its start to its end; empty for other files.

    The last month goes on: nothing says yet that it was the customer's last.
    """
    if FILE_OF_ROW not in columns:
        return ""
    kept = ", ".join(identifier(c) for c in columns if c not in (FILE_OF_ROW, "started_at", "ended_at"))
    year, month = (f"regexp_extract({FILE_OF_ROW}, '{_MONTH}', {group})::INTEGER" for group in (1, 2))
    end = "CASE WHEN month_of < max(month_of) OVER () THEN (month_of + INTERVAL 1 MONTH)::DATE::VARCHAR END"
    return (
        f"SELECT {kept}, {PICTURE}.started_at, {PICTURE}.ended_at FROM (SELECT *, {{'started_at': month_of::VARCHAR, "
        f"'ended_at': {end}}} AS {PICTURE} FROM (SELECT *, make_date({year}, {month}, 1) AS month_of "
        f"FROM {identifier(name)}) AS dated) AS dated"
    )
