"""The columns of a large panel, one pass over a table's rows after the other."""

from __future__ import annotations

from collections.abc import Iterable

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from workbench.crm import KEY
from workbench.engines import in_memory

PLACE = "place in the panel"


def assembled(spine: ir.Table, parts: Iterable[ir.Table]) -> ir.Table:
    """Return the spine's rows with the columns of all parts beside them, each part computed before the next is begun.

    The parts have the key and columns of float64. One query of all parts would hold the tables of every join at once:
    1.2 GB for 10,000 customers with all tables at two snapshots, where this takes a third.
    """
    rows = spine.order_by("as_of", "customer_id").to_pyarrow()
    home = spine.get_backend()
    places = in_memory(rows.select(KEY).append_column(PLACE, pa.array(np.arange(len(rows)))), home)
    columns = {name: rows[name] for name in rows.column_names}
    for part in parts:
        found = part.join(places, KEY).drop(KEY).to_pyarrow()
        columns |= {name: _placed(found, name, len(rows)) for name in found.column_names if name != PLACE}
    return in_memory(pa.table(columns), home)


def _placed(found: pa.Table, name: str, rows: int) -> pa.Array:
    """Return a column's values at their places, empty elsewhere."""
    values = np.full(rows, np.nan)
    values[found[PLACE].to_numpy()] = found[name].to_numpy()
    return pa.array(values, from_pandas=True)
