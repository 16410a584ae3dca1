"""How DuckDB hands over many rows: as arrays of numbers, each customer by place, on as many connections as asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from workbench.asof import CODE

BATCH = 1_000_000
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Source:
    """Where rows come from: a query of DuckDB and a connection to run it on; rows ``until`` the last snapshot.

    ``customers`` are all ids by place. Where the rows do not name the place themselves, as ``code``, but the
    customer_id, it is looked up.
    """

    home: duckdb.DuckDBPyConnection
    query: str
    until: datetime
    zone: str
    customers: pa.ChunkedArray
    coded: bool

    def begin(self) -> datetime:
        """Return the date of the first row."""
        first = _connection(self.home, self.zone).execute(f"SELECT min(dated) FROM ({self.query})").fetchall()[0][0]
        return min(first or self.until, self.until)

    def batches(self, places: range, begin: datetime, end: datetime) -> Iterator[dict[str, Array]]:
        """Yield what is read of some customers' rows between two instants; ``code`` is the place among them."""
        con, query = _connection(self.home, self.zone), self.query
        con.execute("SET arrow_output_version = '1.5'")
        if not self.coded:
            codes = np.arange(len(self.customers), dtype=np.int32)
            con.register("codes", pa.table({"customer_id": self.customers, "code": codes}))
            query = f"SELECT * EXCLUDE (customer_id) FROM ({query}) JOIN codes USING (customer_id)"
        query = (
            f"SELECT * REPLACE (code - {places.start} AS code) FROM ({query}) "
            f"WHERE code >= {places.start} AND code < {places.stop} "
            f"AND dated >= TIMESTAMP '{begin}' AND dated < TIMESTAMP '{end}'"
        )
        for batch in con.execute(query).to_arrow_reader(BATCH):
            yield {name: _numbers(batch[name]) for name in batch.schema.names}


def source_of(rows: ir.Table, query: str, until: datetime, codes: ir.Table | None) -> Source:
    """Return the source that runs a query where the rows lie; ``codes`` is whose number the query names, if it does."""
    home = rows.get_backend().con
    zone = home.execute("SELECT current_setting('TimeZone')").fetchall()[0][0]
    everybody = f"SELECT DISTINCT customer_id FROM ({query})"
    if codes is not None:
        everybody = str(ibis.to_sql(codes.order_by(CODE).select("customer_id"), dialect="duckdb"))
    customers = _connection(home, zone).execute(everybody).to_arrow_table()[0]
    return Source(home, query, until, zone, customers, coded=codes is not None)


def _connection(home: duckdb.DuckDBPyConnection, zone: str) -> duckdb.DuckDBPyConnection:
    """Return another connection to the same database, with the same clock: each thread needs its own."""
    con = home.cursor()
    con.execute(f"SET TimeZone = '{zone}'")
    return con


def _numbers(column: pa.Array) -> Array:
    """Return a column without gaps as numbers: an amount in its smallest units, an instant in microseconds."""
    if pa.types.is_decimal(column.type):
        return np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column)]
    values = column.to_numpy(zero_copy_only=False)
    return values.view(np.int64) if pa.types.is_timestamp(column.type) else values
