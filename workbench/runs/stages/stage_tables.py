"""What holds of every stage table, checked when they are written.

Written out rather than in pandera: importing that sets Spark's environment variables, patches numpy and, where the
extra ``spark`` is installed, loads PySpark's pandas into every notebook, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
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
ROWS_READ_TOGETHER = 25_000
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
    """Write a stage's table batch by batch, each with all rows of its snapshots; return how many rows.

    The file is replaced once all batches are written. Raises StageError as :func:`checked`, and for a snapshot that is
    in two batches.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, writer, rows, written = path.with_suffix(".unfinished"), None, 0, set[Any]()
    try:
        for batch in batches:
            judged = batch.select([c for c in (*KEY, *CHANCES) if c in batch.column_names])
            moments = set(checked(stage, judged.to_pandas())["as_of"])
            if twice := written & moments:
                raise StageError(f"{stage}: the snapshot {min(twice)} is in two batches")
            writer = writer or pq.ParquetWriter(unfinished, batch.schema, coerce_timestamps="us")
            writer.write_table(batch, row_group_size=ROWS_READ_TOGETHER)
            rows, written = rows + batch.num_rows, written | moments
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
    filters: list[tuple[str, str, Any]] = [] if moments is None else [("as_of", "in", list(moments))]
    if most_customers is not None:
        ids = pd.read_parquet(path, columns=["customer_id"])["customer_id"].unique()
        filters.append(("customer_id", "in", pa.array(drawn(ids, most_customers), pa.large_string())))
    if customer_id is not None:
        named = [customer_id] if isinstance(customer_id, str) else list(customer_id)
        filters.append(("customer_id", "in", pa.array(named, pa.large_string())))
    chosen = None if columns is None else [*KEY, *(c for c in columns if c not in KEY)]
    if filters:
        rows = _of_groups(path, chosen, pq.filters_to_expression(filters))
    else:
        rows = pd.read_parquet(path, columns=chosen)
    pa.default_memory_pool().release_unused()  # else Arrow keeps twice as much as it gave
    return rows


def _of_groups(path: Path, columns: Sequence[str] | None, wanted: pc.Expression) -> pd.DataFrame:
    """Read one group of rows after the other: Arrow's own filter holds many unfiltered, 1.3 GB of a panel of 0.6."""
    with pq.ParquetFile(path) as file:
        parts = [file.schema_arrow.empty_table().select(columns or file.schema_arrow.names)]
        for group in range(file.num_row_groups):
            if file.read_row_group(group, columns=KEY).filter(wanted).num_rows:
                parts.append(file.read_row_group(group, columns=columns).filter(wanted))
                pa.default_memory_pool().release_unused()
    rows: pd.DataFrame = pa.concat_tables(parts).to_pandas()
    return rows


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
