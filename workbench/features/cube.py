"""The fast way for tables of many rows in DuckDB: every row is added once, to its customer's cell of a dense array.

The edges of all windows of all snapshots cut time into *bands*; a row lies in exactly one, and a window is a run of
bands. DuckDB reads the rows, numpy adds them up; amounts are added as whole numbers, so their sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, pairwise
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from workbench.crm import CODE
from workbench.engines import without_bar

Array = np.ndarray[Any, Any]
Batch = dict[str, Array]
Turn = Callable[[], pa.Table]
THREADS = 2
"""Each reads a share of the time; where rows do not lie in order of time, each reads all of them."""
BATCH = 1_000_000
ROOM = 2.0**63 / THREADS
"""No sum can leave 64 bits while the values each thread adds up stay below this."""
MOST_BYTES = 2**30
"""What the arrays may take; customers who do not fit together go in turns."""
PACKED = 7
"""How many conditions one signed byte holds."""
DAY = 86_400_000_000
"""Instants are whole microseconds since 1970."""
GATHERED_BY = {
    "count": np.add, "sum": np.add, "mean": np.add, "min": np.minimum, "max": np.maximum,
    "days since first": np.minimum, "days since last": np.maximum,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Wanted:
    """One column of the result: an aggregate of ``of`` over the rows ``where``, in the ``days`` before the snapshot.

    ``how`` is a key of :data:`GATHERED_BY`; a count has no ``of``; no ``where`` or ``days``: all rows before it.
    """

    name: str
    how: str
    of: ir.Value | None = None
    where: ir.Value | None = None
    days: int | None = None


@dataclass(frozen=True)
class Part:
    """What is gathered per band and customer: sum, minimum or maximum of what was read of each row into ``column``.

    No column: how many rows; no condition: all rows. The column holds ``scale`` times the value.
    """

    ufunc: np.ufunc
    column: str | None = None
    condition: int | None = None
    kind: type[np.generic] = np.int32
    scale: int = 1

    @property
    def empty(self) -> Any:
        """What a cell without rows holds, in the type of the array: numpy adds other types ten times slower."""
        if self.ufunc is np.add:
            return self.kind(0)
        far = np.finfo(np.float64) if self.kind is np.float64 else np.iinfo(np.int64)
        return self.kind(far.max if self.ufunc is np.minimum else far.min)

    @property
    def is_running(self) -> bool:
        """Whether sums are running sums over the bands: whole numbers lose nothing when one is taken from another."""
        return self.ufunc is np.add and self.kind is not np.float64

    def over(self, cells: Array, begin: int, end: int) -> Array:
        """Return what the bands from ``begin`` to before ``end`` hold together."""
        if self.is_running:
            return cells[end - 1] - cells[begin - 1] if begin else cells[end - 1]
        return self.ufunc.reduce(cells[begin:end], axis=0)


ANY = Part(np.add)
Cells = dict[Part, Array]


@dataclass
class Reading:
    """What is read of each row: the customer's number, date, values, and which of the conditions it fulfils."""

    rows: ir.Table
    date: str
    values: list[ir.Value] = field(default_factory=list)
    conditions: list[ir.Value] = field(default_factory=list)

    def parts(self, wanted: Wanted) -> list[Part]:
        """Return what a column is made from, and note what must be read for it."""
        ufunc, where = GATHERED_BY[wanted.how], wanted.where
        if wanted.how == "count" or wanted.of is None:
            column = None if wanted.how == "count" else "dated"
            return [Part(ufunc, column, self._condition(where), np.int32 if column is None else np.int64)]
        value, scale = _as_whole(wanted.of)
        if wanted.how != "sum":
            where = value.notnull() if where is None else where & value.notnull()
        column = f"v{_place(self.values, value.fill_null(0))}"
        kind = np.float64 if value.type().is_floating() else np.int64
        part = Part(ufunc, column, self._condition(where), kind, scale)
        return [part, Part(np.add, condition=part.condition)] if wanted.how == "mean" else [part]

    def _condition(self, where: ir.Value | None) -> int | None:
        return None if where is None else _place(self.conditions, where)

    def query(self) -> str:
        """Return the SQL that gives code (the customer's number), dated, c0, c1 ... (conditions) and v0, v1 ... ."""
        bits = [ibis.ifelse(condition, 1 << i % PACKED, 0) for i, condition in enumerate(self.conditions)]
        packed = [sum(bits[i : i + PACKED], ibis.literal(0)).cast("int8") for i in range(0, len(bits), PACKED)]
        columns = {f"c{i}": some for i, some in enumerate(packed)} | {f"v{i}": v for i, v in enumerate(self.values)}
        read = self.rows.select(code=self.rows[CODE], dated=self.rows[self.date], **columns)
        return str(ibis.to_sql(read, dialect="duckdb"))


def cube(
    rows: ir.Table, date: str, moments: Sequence[datetime], wanted: Sequence[Wanted], codes: ir.Table
) -> list[Turn]:
    """Return turns, each giving customer_id, as_of and the wanted columns of some who have a row before the snapshot.

    Every one of ``rows`` has a customer_code, as ``codes`` say, and a ``date``, and they lie in DuckDB. Where there
    are rows and none counts, count and sum are 0, the others empty. A turn raises OverflowError where amounts are so
    great that 64 bits may not hold their sum.
    """
    reading = Reading(rows, date)
    parts = {w: reading.parts(w) for w in wanted}
    needed = list(dict.fromkeys([ANY, *chain(*parts.values())]))
    home, query, until = rows.get_backend().con, reading.query(), max(moments)
    first = _another(home).execute(f"SELECT min(dated) FROM ({query})").fetchall()[0][0]
    begin = min(first or until, until)
    shares = [begin + (until - begin) * i / THREADS for i in range(THREADS + 1)]
    begins = [t - timedelta(days=w.days) for t in moments for w in wanted if w.days]
    edges = np.unique(_instants([*shares, *moments, *begins]))
    customers = codes.order_by(CODE).customer_id.to_pyarrow().combine_chunks()

    def turn(places: range) -> pa.Table:
        # The shares of time fill different bands of the same arrays.
        read = [_batches(_another(home), query, places, *share) for share in pairwise(shares)]
        cells = _filled(needed, edges, len(places), read)
        return _result(customers[places.start : places.stop], moments, parts, cells, edges)

    each = len(edges) * sum(np.dtype(part.kind).itemsize for part in needed)
    at_once = max(MOST_BYTES // each, 1)
    places = range(max(len(customers), 1))
    return [partial(turn, places[i : i + at_once]) for i in places[::at_once]]


def _another(home: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return another connection to the same database, with the same clock: each thread needs its own."""
    zone = home.execute("SELECT current_setting('TimeZone')").fetchall()[0][0]
    con = home.cursor()
    without_bar(con)
    con.execute(f"SET TimeZone = '{zone}'")
    return con


def _batches(
    con: duckdb.DuckDBPyConnection, query: str, places: range, begin: datetime, end: datetime
) -> Iterator[Batch]:
    """Yield what is read of some customers' rows between two instants; ``code`` is the place among them."""
    con.execute("SET arrow_output_version = '1.5'")
    query = (
        f"SELECT * REPLACE (code - {places.start} AS code) FROM ({query}) "
        f"WHERE code >= {places.start} AND code < {places.stop} "
        f"AND dated >= TIMESTAMP '{begin}' AND dated < TIMESTAMP '{end}'"
    )
    for batch in con.execute(query).to_arrow_reader(BATCH):
        yield {name: _numbers(batch[name]) for name in batch.schema.names}


def _numbers(column: pa.Array) -> Array:
    """Return a column without gaps as numbers: an amount in its smallest units, an instant in microseconds."""
    if pa.types.is_decimal(column.type):
        return np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column)]
    values = column.to_numpy(zero_copy_only=False)
    return values.view(np.int64) if pa.types.is_timestamp(column.type) else values


def _filled(parts: Sequence[Part], edges: Array, customers: int, shares: Sequence[Iterable[Batch]]) -> Cells:
    """Return the parts' cells, band by customer, filled with all rows; those of running sums added up over the bands.

    Each share of the rows has a thread of its own.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        made = pool.map(lambda part: np.full((len(edges), customers), part.empty), parts)
        cells = dict(zip(parts, made, strict=True))
        list(pool.map(partial(_gather, cells, edges, customers), shares))
        list(pool.map(_run, cells, cells.values()))
    return cells


def _gather(cells: Cells, edges: Array, customers: int, batches: Iterable[Batch]) -> None:
    """Add every row to its cells."""
    together: dict[int | None, list[Part]] = {}
    for part in cells:
        together.setdefault(part.condition, []).append(part)
    size = dict.fromkeys((part.column for part in cells if part.is_running and part.column), 0.0)
    for batch in batches:
        _check_room(size, batch)
        cell = np.searchsorted(edges, batch["dated"], side="right") * customers + batch["code"]
        for c, parts in together.items():
            which = slice(None) if c is None else np.flatnonzero(batch[f"c{c // PACKED}"] & (1 << c % PACKED) != 0)
            chosen = cell[which]
            for part in parts:
                value = part.kind(1) if part.column is None else batch[part.column][which]
                part.ufunc.at(cells[part].reshape(-1), chosen, value)


def _check_room(size: dict[str, float], batch: Batch) -> None:
    """Add up what is added up, signs left out; raise OverflowError where a sum of 64 bits may not hold it."""
    for column in size:
        size[column] += float(np.abs(batch[column]).sum(dtype=np.float64))
        if size[column] > ROOM:
            raise OverflowError(column)


def _run(part: Part, cells: Array) -> None:
    """Add up running sums over the bands; numpy's accumulate would go customer by customer, far slower."""
    for before, band in pairwise(cells if part.is_running else ()):
        np.add(band, before, out=band)


def _result(
    customers: pa.Array, moments: Sequence[datetime], parts: dict[Wanted, list[Part]], cells: Cells, edges: Array
) -> pa.Table:
    """Return the columns of all customers known at each snapshot; what is no longer needed of the cells is let go."""
    upto = np.searchsorted(edges, _instants(moments), side="right")
    known = [np.flatnonzero(ANY.over(cells[ANY], 0, end)) for end in upto]
    places = np.cumsum([0, *map(len, known)])
    columns: dict[str, Any] = {
        "customer_id": customers.take(pa.array(np.concatenate(known))),
        "as_of": np.repeat(np.array(moments, "datetime64[us]"), np.diff(places)),
    }
    last_use = {part: wanted for wanted, made_from in parts.items() for part in made_from}
    with ThreadPoolExecutor(THREADS) as pool:
        for wanted, made_from in parts.items():
            values = np.empty(places[-1], np.int32 if wanted.how == "count" else np.float64)
            fill = partial(_fill, wanted, made_from, cells, edges)
            list(pool.map(fill, moments, known, np.split(values, places[1:-1])))
            columns[wanted.name] = pa.array(values, from_pandas=wanted.how not in {"count", "sum"})
            for part in made_from:
                if last_use[part] is wanted:  # the next columns lie where its cells lay
                    cells.pop(part, None)
    return pa.table(columns)


def _fill(
    wanted: Wanted, parts: Sequence[Part], cells: Cells, edges: Array, t: datetime, who: Array, values: Array
) -> None:
    """Write a column's values at a snapshot."""
    since = t - timedelta(days=wanted.days or 0)
    begin, end = np.searchsorted(edges, _instants([since, t]), side="right")
    gathered = [part.over(cells[part], begin if wanted.days else 0, end)[who] for part in parts]
    values[:] = _value(wanted.how, parts[0], gathered, t)


def _value(how: str, part: Part, gathered: list[Array], as_of: datetime) -> Array:
    """Return an aggregate, NaN where no row counts and that is not 0."""
    value = gathered[0]
    if how == "count":
        return value
    if how == "sum":
        return value / part.scale
    if how == "mean":
        return value / part.scale / np.where(gathered[1] == 0, np.nan, gathered[1])
    if how.startswith("days since"):
        days = _instants([as_of])[0] // DAY - value // DAY
        return np.where(value == part.empty, np.nan, days)
    return np.where(value == part.empty, np.nan, value / part.scale)


def _as_whole(of: ir.Value) -> tuple[ir.Value, int]:
    """Return a value in a type whose sums are exact where there is one, and how many of its units make one."""
    kind = of.type()
    if kind.is_decimal() and kind.scale is not None and (kind.precision or 38) <= 18:
        return of.cast(dt.Decimal(18, kind.scale)), 10**kind.scale
    return (of.cast("float64"), 1) if kind.is_floating() or kind.is_decimal() else (of.cast("int64"), 1)


def _place(known: list[ir.Value], value: ir.Value) -> int:
    """Return where a value stands in a list, at its end if it is new."""
    same = [i for i, other in enumerate(known) if other.equals(value)]
    if not same:
        known.append(value)
    return same[0] if same else len(known) - 1


def _instants(moments: Iterable[datetime]) -> Array:
    """Return instants as microseconds since 1970."""
    return np.array(list(moments), "datetime64[us]").view(np.int64)
