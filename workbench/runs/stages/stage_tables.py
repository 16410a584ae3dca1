"""What holds of every stage table, checked when they are written.

Written out rather than in pandera: importing that sets Spark's environment variables, patches numpy and, where the
extra ``spark`` is installed, loads PySpark's pandas into every notebook, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.crm import KEY
from workbench.errors import DataError, did_you_mean

CHANCES = ("churn_probability", "return_probability")
PLACE = "place in the rows"
ROWS_READ_TOGETHER = 25_600
"""Rows of a batch are found again in groups of so many: one snapshot is read without most of the others."""


class StageError(Exception):
    """A stage table is not as it must be: a fault of the workbench, not of the user's."""


def checked(stage: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame if it has one row per customer and snapshot, and chances from 0 to 1.

    >>> frame = pd.DataFrame({"customer_id": ["a", "a"], "as_of": pd.Timestamp("2024-01-01")})
    >>> checked("labels", frame)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    StageError: labels: 2 rows share a customer_id and as_of, the first a, 2024-01-01 00:00:00

    Raises StageError naming stage, column and values.
    """
    if not set(KEY) <= set(frame.columns):
        raise StageError(f"{stage}: the key {', '.join(KEY)} is not whole; there is {', '.join(frame.columns)}")
    empty = frame[KEY].isna().any(axis=1)
    if empty.any():
        raise StageError(f"{stage}: {empty.sum()} rows without customer_id or as_of")
    twice = frame[frame.duplicated(KEY, keep=False)]
    if len(twice):
        first = ", ".join(str(value) for value in twice.iloc[0][KEY])
        raise StageError(f"{stage}: {len(twice)} rows share a customer_id and as_of, the first {first}")
    for column in set(CHANCES) & set(frame.columns):
        wrong = frame[column].dropna()[lambda chance: ~chance.between(0, 1)]
        if len(wrong):
            raise StageError(f"{stage}: {len(wrong)} values of {column} are not from 0 to 1, the first {wrong.iloc[0]}")
    return frame


def write_batches(stage: str, batches: Iterable[pa.Table], path: Path) -> int:
    """Write a stage's table batch by batch, in order of as_of and customer_id; return how many rows.

    The file is replaced once all batches are written. Raises StageError as :func:`checked`, and for a batch that does
    not begin after the last row of the one before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, writer, rows, last = path.with_suffix(".unfinished"), None, 0, None
    try:
        for batch in batches:
            judged = batch.select([c for c in (*KEY, *CHANCES) if c in batch.column_names])
            ends = checked(stage, judged.to_pandas())[["as_of", "customer_id"]].iloc[[0, -1]]
            first, end = ends.itertuples(index=False, name=None)
            if last is not None and not last < first:
                raise StageError(f"{stage}: a batch begins with {first[1]} at {first[0]}, not after the one before")
            last = end
            writer = writer or pq.ParquetWriter(unfinished, batch.schema, coerce_timestamps="us")
            writer.write_table(batch, row_group_size=ROWS_READ_TOGETHER)
            rows += batch.num_rows
            pa.default_memory_pool().release_unused()
        if writer:
            writer.close()
            unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def read_rows(
    path: Path,
    columns: Sequence[str] | None,
    moments: Sequence[datetime] | None,
    most_customers: int | None,
    customer_id: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return a stage table, or the key and some of its columns, of some snapshots or customers; the rest is not read.

    Raises DataError for a column that is not in the file.
    """
    there = pq.read_schema(path).names
    if wrong := [c for c in columns or () if c not in there]:
        raise DataError(f"{path.name} has no column {wrong[0]!r}; {did_you_mean(wrong[0], there)}")
    wanted: dict[str, list[Any]] = {} if moments is None else {"as_of": list(moments)}
    if most_customers is not None:
        ids = pd.read_parquet(path, columns=["customer_id"])["customer_id"].unique()
        wanted["customer_id"] = drawn(ids, most_customers)
    if customer_id is not None:
        wanted["customer_id"] = [customer_id] if isinstance(customer_id, str) else list(customer_id)
    chosen = None if columns is None else [*KEY, *(c for c in columns if c not in KEY)]
    rows = _of_groups(path, chosen, wanted) if wanted else pd.read_parquet(path, columns=chosen)
    pa.default_memory_pool().release_unused()  # else Arrow keeps twice as much as it gave
    return rows


def _of_groups(path: Path, columns: Sequence[str] | None, wanted: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Read one group of rows after the other: Arrow's own filter holds many unfiltered, 1.3 GB of a panel of 0.6."""
    with pq.ParquetFile(path) as file:
        parts = [file.schema_arrow.empty_table().select(columns or file.schema_arrow.names)]
        sets = {name: pa.array(values, file.schema_arrow.field(name).type) for name, values in wanted.items()}
        for group in _groups_with(file.metadata, sets):
            keys = file.read_row_group(group, columns=KEY)
            chosen = reduce(pc.and_, (pc.is_in(keys[name], values) for name, values in sets.items()))
            if pc.any(chosen).as_py():
                parts.append(file.read_row_group(group, columns=columns).filter(chosen))
                pa.default_memory_pool().release_unused()
    table = pa.concat_tables(parts)
    parts.clear()  # so that each column goes as soon as pandas has it
    rows: pd.DataFrame = table.to_pandas(self_destruct=True)
    return rows


def _groups_with(metadata: pq.FileMetaData, sets: Mapping[str, pa.Array]) -> Iterator[int]:
    """Yield the groups of rows that may hold some of the values, by the least and the greatest of each."""
    if not all(map(len, sets.values())):
        return
    places = {metadata.schema.column(i).name: i for i in range(metadata.num_columns)}
    ends = {places[name]: pc.min_max(values).as_py() for name, values in sets.items()}
    for group in range(metadata.num_row_groups):
        held = [(metadata.row_group(group).column(place).statistics, end) for place, end in ends.items()]
        if all(s is None or not s.has_min_max or (s.min <= e["max"] and e["min"] <= s.max) for s, e in held):
            yield group


def panel_rows(run: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with features and categories beside, read snapshot by snapshot (see ``Run.panel``)."""
    there = sorted(run.read("categories", columns=[])["as_of"].unique())
    wanted = rows.assign(**{PLACE: range(len(rows))})
    parts = []
    for at, some in wanted.groupby("as_of") if len(rows) else [(there[0], wanted)]:
        features, texts = (
            run.read(stage, as_of=at, customer_id=some["customer_id"]) for stage in ("features", "categories")
        )
        parts.append(some.merge(features, on=KEY).merge(texts, on=KEY))
    together = pd.concat(parts)
    parts.clear()  # else sorting would hold all rows a third time
    return together.sort_values(PLACE, ignore_index=True).drop(columns=PLACE)


def drawn(customer_ids: Iterable[str], n: int) -> list[str]:
    """Return at most ``n`` customers, the same at every call: those whose ids have the smallest hashes.

    >>> drawn(["ann", "bob", "cid"], 2) == drawn(["cid", "ann", "bob"], 2)
    True
    """
    ids = pd.Series(list(customer_ids), dtype=object)
    return list(ids.iloc[pd.util.hash_array(ids.to_numpy()).argsort()[:n]])
