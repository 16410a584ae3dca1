"""How far back the data reach: a window that begins before its table does cannot be known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import ibis
import pandas as pd

from workbench import contract
from workbench.crm import AsOf, Crm, midnight
from workbench.errors import SettingError
from workbench.features.declare import Column


def data_begin(crm: Crm, columns: Iterable[Column]) -> dict[str, datetime]:
    """Return the midnight before the first dated row of each table.

    A table without a dated row is left out; one whose own date is not mapped begins with the data.
    """
    dates = {c.feature.table: contract.table(c.feature.table).dated_by for c in columns if c.feature.table}
    firsts = [
        crm[name].aggregate(name=ibis.literal(name), first=crm[name][date].min().cast("timestamp"))
        for name, date in dates.items()
        if date in crm[name].columns
    ]
    undated = {name: crm.facts.begins_at for name, date in dates.items() if date not in crm[name].columns}
    found = (ibis.union(*firsts) if len(firsts) > 1 else firsts[0]).to_pandas().dropna() if firsts else pd.DataFrame()
    dated = {row["name"]: row["first"] for row in found.to_dict("records")}
    return {name: midnight(first) for name, first in (undated | dated).items()}


def beyond_begin(column: Column, as_of: datetime, begin: Mapping[str, datetime]) -> datetime | None:
    """Return when the column's table begins if its window starts before that, else None.

    Without a window: if nothing of the table can be known yet. Rows that need no date are known from the beginning.
    """
    spec = contract.table(column.feature.table)
    first = begin.get(spec.name, datetime.max)
    if column.window_days is not None:
        return first if as_of - timedelta(days=column.window_days) < first else None
    return first if spec[spec.dated_by].required and as_of <= first else None


def refuse_beyond(view: AsOf, columns: Sequence[Column], begin: Mapping[str, datetime]) -> None:
    """Raise SettingError for a window that reaches back before its table."""
    for column in columns:
        if column.window_days is None:
            continue
        first = beyond_begin(column, view.moments[0], begin)
        if first is None:
            continue
        table, reach = column.feature.table, (view.moments[0] - first).days
        problem = f"begins {first:%Y-%m-%d}" if first < datetime.max else "has no dated row"
        raise SettingError(
            f"feature {column.name}: its window of {column.window_days} days reaches back before the table {table} "
            f"{problem}, at the snapshot {view.moments[0]:%Y-%m-%d}. "
            f"Choose a window of at most {max(reach, 0)} days, or a later first snapshot."
        )
