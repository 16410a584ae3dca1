"""Tables that nothing is made from any more are freed, and never while rows of a query are on their way."""

import gc

import ibis
import pyarrow as pa

from workbench.engines import in_memory, materialized
from workbench.engines.displays import glance


def test_a_table_no_longer_used_ends_no_query_whose_rows_are_on_their_way_and_goes_before_the_next() -> None:
    home = ibis.duckdb.connect()
    rows = in_memory(pa.table({"x": range(10_000)}), home)
    others = [in_memory(pa.table({"y": [1]}), home), materialized(rows.limit(1))]
    batches = iter(rows.order_by("x").to_pyarrow_batches(chunk_size=2_048))
    read = next(batches).num_rows
    others.clear()
    gc.collect()
    assert read + sum(batch.num_rows for batch in batches) == 10_000
    last = in_memory(pa.table({"z": [1]}), home)
    assert {name for (name,) in home.con.execute("SHOW TABLES").fetchall()} == {rows.get_name(), last.get_name()}


def test_what_a_notebook_showed_and_what_was_computed_from_rows_of_python_end_no_query_either() -> None:
    home = ibis.duckdb.connect()
    rows = in_memory(pa.table({"x": range(10_000)}), home)
    shown = glance(rows.group_by("x").agg(n=rows.count()))
    computed = materialized(rows.join(ibis.memtable({"x": [1, 2]}), "x"))
    assert (shown.n, sorted(computed.x.to_pandas())) == (10_000, [1, 2])
    batches = iter(rows.order_by("x").to_pyarrow_batches(chunk_size=2_048))
    read = next(batches).num_rows
    del shown, computed
    gc.collect()
    assert read + sum(batch.num_rows for batch in batches) == 10_000
