"""How DuckDB hands over many rows: as arrays of numbers, each customer by place, on as many connections as asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

BATCH = 250_000
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Source:
    """Where rows come from: a query of DuckDB and a connection to run it on; rows ``until`` the last snapshot."""

    home: duckdb.DuckDBPyConnection
    query: str
    until: datetime
    zone: str

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return another connection to the same database, with the same clock: each thread needs its own."""
        con = self.home.cursor()
        con.execute(f"SET TimeZone = '{self.zone}'")
        return con

    def begin(self) -> datetime:
        """Return the date of the first row."""
        first = self.connection().execute(f"SELECT min(dated) FROM ({self.query})").fetchall()[0][0]
        return min(first or self.until, self.until)

    def customers(self) -> pa.ChunkedArray:
        """Return everybody who has a row."""
        return self.connection().execute(f"SELECT DISTINCT customer_id FROM ({self.query})").to_arrow_table()[0]

    def batches(self, customers: pa.ChunkedArray, begin: datetime, end: datetime) -> Iterator[dict[str, Array]]:
        """Yield what is read of some customers' rows between two instants; ``code`` is the customer's place."""
        con = self.connection()
        con.execute("SET arrow_output_version = '1.5'")
        con.register("codes", pa.table({"customer_id": customers, "code": np.arange(len(customers), dtype=np.int32)}))
        query = (
            f"SELECT * EXCLUDE (customer_id) FROM ({self.query}) JOIN codes USING (customer_id) "
            f"WHERE dated >= TIMESTAMP '{begin}' AND dated < TIMESTAMP '{end}'"
        )
        for batch in con.execute(query).to_arrow_reader(BATCH):
            yield {name: _numbers(batch[name]) for name in batch.schema.names}


def source_of(rows: ir.Table, query: str, until: datetime) -> Source:
    """Return the source that runs a query where the rows lie."""
    home = rows.get_backend().con
    zone = home.execute("SELECT current_setting('TimeZone')").fetchall()[0][0]
    return Source(home, query, until, zone)


def _numbers(column: pa.Array) -> Array:
    """Return a column without gaps as numbers: an amount in its smallest units, an instant in microseconds."""
    if pa.types.is_decimal(column.type):
        return np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column)]
    values = column.to_numpy(zero_copy_only=False)
    return values.view(np.int64) if pa.types.is_timestamp(column.type) else values
