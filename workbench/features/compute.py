"""From declarations to the columns of the panel, by the rules of the as-of view.

Where a value never changes once its row is known, rows are first gathered into *bands*: the edges of all windows of
all snapshots cut time into pieces, each row lies in exactly one, and a window is a run of bands. What changes later
(a ticket's answer, an invoice's payment) is counted at each snapshot from the as-of view itself.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from workbench import contract
from workbench.crm import CODE, KEY, AsOf, Crm, snapshot_table
from workbench.engines import in_memory, scratch_folder
from workbench.features.cube import Wanted, cube
from workbench.features.declare import Aggregate, Column, Expression, Feature, days_between
from workbench.features.expression import build
from workbench.features.rows import known_rows

MANY_ROWS = 300_000
"""From this many rows on the cube is faster than SQL."""
PARTS = {"count": "sum", "days since first": "min", "days since last": "max"}
"""How the parts of an aggregate add up, where not by its own name."""


@dataclass(frozen=True)
class Pass:
    """What one pass over a table's rows gives: aggregates of one date that add up alike."""

    table: str
    way: str
    dated_by: str
    lasting: bool
    alone: Aggregate | None


def aggregates(view: AsOf, columns: Sequence[Column]) -> Iterator[ir.Table]:
    """Yield tables of key and columns that together hold every column made from a table's rows, as float64."""
    made = [c for c in columns if c.feature.table and not isinstance(c.feature.value, Aggregate)]
    for table in dict.fromkeys(c.feature.table for c in made):
        yield _by_expression(view, table, [c for c in made if c.feature.table == table])
    for shared, together in _passes(view.crm, columns).items():
        way = (_LARGE if _is_large(view.crm, shared) else _WAYS)[shared.way]
        yield way(view, shared, together)


def is_lasting(crm: Crm, feature: Feature) -> bool:
    """Return whether a feature is an aggregate of columns that never change once their row is known."""
    value, rows = feature.value, crm.lasting(feature.table)
    own_date = contract.table(feature.table).dated_by
    if not isinstance(value, Aggregate) or not {"customer_id", own_date} <= set(rows.columns):
        return False
    try:
        for part in (value.of, value.where):
            _ = part and part(rows)
    except Exception:  # reported where it is built over the as-of view
        return False
    return value.dated_by in {"", own_date}


def band(date: ir.Value, edges: Sequence[datetime]) -> ir.Value:
    """Return the latest edge that is not after a date: the start of its band; empty before the first edge."""
    middle = len(edges) // 2
    if not middle:
        return ibis.ifelse(date >= _written(edges[0]), _written(edges[0]), None)
    after = date >= _written(edges[middle])
    return ibis.ifelse(after, band(date, edges[middle:]), band(date, edges[:middle]))


@lru_cache(maxsize=4096)
def _written(edge: datetime) -> ir.TimestampScalar:
    """Return an instant as a query has it; every family of features has the same ones."""
    return ibis.timestamp(str(edge))


def _by_expression(view: AsOf, table: str, columns: list[Column]) -> ir.Table:
    rows = known_rows(view, table)
    values = {
        c.name: build(c.feature, cast(Expression, c.feature.value), rows, adds_up=True).cast("float64") for c in columns
    }
    return rows.group_by(KEY).aggregate(**values)


def _passes(crm: Crm, columns: Sequence[Column]) -> dict[Pass, list[Column]]:
    passes: dict[Pass, list[Column]] = {}
    added = [c for c in columns if isinstance(c.feature.value, Aggregate)]
    lasting = {feature: is_lasting(crm, feature) for feature in dict.fromkeys(c.feature for c in added)}
    for column in added:
        value, table = _aggregate(column), column.feature.table
        way = value.how if value.how in _WAYS else "add up"
        dated_by = value.dated_by or contract.table(table).dated_by
        alone = value if way == "count distinct" else None
        shared = Pass(table, way, dated_by, lasting[column.feature], alone)
        passes.setdefault(shared, []).append(column)
    return passes


def _aggregate(column: Column) -> Aggregate:
    return cast(Aggregate, column.feature.value)


def _dated(view: AsOf, shared: Pass, windowed: Sequence[Column], values: Mapping[str, Feature]) -> ir.Table:
    """Return the rows' customer, date ``at`` and values; where they last, the start of the band in place of the date.

    Without columns ``windowed`` the date itself stays. The customer is named by :func:`_keys`.
    """
    rows = view.crm.lasting(shared.table) if shared.lasting else known_rows(view, shared.table)
    at = rows[shared.dated_by] if shared.dated_by in rows.columns else ibis.null("timestamp")
    if shared.lasting and windowed:
        at = band(at, _edges(view, windowed))
    keys = _keys(view, shared)
    return rows.select(
        *(c for c in keys if c in rows.columns),
        at=at,
        **{name: _row_value(f, rows, shared.dated_by) for name, f in values.items()},
    )


def _keys(view: AsOf, shared: Pass) -> list[str]:
    """Return what rows are gathered by: customer and snapshot, the customer by number where there is one."""
    numbered = shared.lasting and CODE in view.crm.lasting(shared.table).columns
    return [CODE, "as_of"] if numbered else KEY


def _named(view: AsOf, gathered: ir.Table) -> ir.Table:
    """Return what was gathered by customer and snapshot, each customer named by the id."""
    if CODE not in gathered.columns:
        return gathered
    return gathered.join(cast(ir.Table, view.crm.codes), CODE).drop(CODE).relocate(*KEY)


def _row_value(feature: Feature, rows: ir.Table, dated_by: str) -> ir.Value:
    """Return what a row adds to a feature: 1 or 0 for a count, else its value; empty for a row that does not count."""
    value = cast(Aggregate, feature.value)
    where = build(feature, value.where, rows) if value.where else ibis.literal(True)
    if value.how == "count":
        return where.fill_null(False).cast("int64")
    of = build(feature, value.of, rows) if value.of else rows[dated_by]
    return ibis.ifelse(where, of.cast("float64") if value.how == "mean" else of, None)


def _edges(view: AsOf, columns: Sequence[Column]) -> list[datetime]:
    days = {column.window_days or 0 for column in columns} | {0}
    return sorted({t - timedelta(days=d) for t in view.moments for d in days})


def _at_snapshots(view: AsOf, gathered: ir.Table, *, lasting: bool) -> ir.Table:
    """Return what was gathered once for every snapshot at which it was known."""
    if not lasting:
        return gathered
    each = gathered.cross_join(snapshot_table(view.moments))
    return each.filter((each["at"] < each.as_of) | each["at"].isnull())


def _inside(rows: ir.Table, column: Column) -> ir.Value | None:
    """Return whether a row lies in a column's window; None if all that is known counts."""
    if column.window_days is None:
        return None
    return (rows["at"] >= rows.as_of - ibis.interval(days=column.window_days)) & (rows["at"] < rows.as_of)


def _add_up(view: AsOf, shared: Pass, columns: list[Column]) -> ir.Table:
    """Counts, sums, means, extremes: gathered per band, then over the bands of each window."""
    parts = {value: f"part_{i}" for i, value in enumerate(dict.fromkeys(map(_aggregate, columns)))}
    features = {_aggregate(c): c.feature for c in columns}
    rows = _dated(view, shared, columns, {parts[value]: feature for value, feature in features.items()})
    keys = _keys(view, shared)
    if shared.lasting:
        rows = _per_band(rows, keys[0], parts)
    rows = _at_snapshots(view, rows, lasting=shared.lasting)
    added = rows.group_by(keys).aggregate(**{c.name: _total(c, rows, parts[_aggregate(c)]) for c in columns})
    return _named(view, added)


def _is_large(crm: Crm, shared: Pass) -> bool:
    """Return whether rows can and should be read once: many lasting ones in DuckDB, dated, their customers numbered."""
    many = shared.way in _LARGE and shared.lasting and crm.facts.loaded.get(shared.table, 0) >= MANY_ROWS
    dated = contract.table(shared.table)[shared.dated_by].required
    return many and dated and crm.codes is not None and crm.codes.get_backend().name == "duckdb"


def _by_cube(view: AsOf, shared: Pass, columns: list[Column]) -> ir.Table:
    """The same as ``_add_up``, by the cube; what is too great for it is left to SQL."""
    rows = view.crm.lasting(shared.table)
    wanted = [_wanted(column, rows) for column in columns]
    turns = cube(rows, shared.dated_by, view.moments, wanted, cast(ir.Table, view.crm.codes))
    try:
        home = rows.get_backend()
        added = in_memory(turns[0](), home) if len(turns) == 1 else _kept(turns, home)
    except OverflowError:
        return _add_up(view, shared, columns)
    return added.cast({c.name: "float64" for c in columns})


def _kept(turns: Iterable[Callable[[], pa.Table]], home: Any) -> ir.Table:
    """Return the tables of all turns as one, kept on disk for as long as the connection lives."""
    folder, name = TemporaryDirectory(dir=scratch_folder()), ibis.util.gen_name("cube")
    weakref.finalize(home, folder.cleanup)
    for i, turn in enumerate(turns):
        pq.write_table(turn(), f"{folder.name}/{i}.parquet", use_dictionary=False)
    home.con.read_parquet(f"{folder.name}/*.parquet").create_view(name)
    return home.table(name)


def _wanted(column: Column, rows: ir.Table) -> Wanted:
    value = _aggregate(column)
    of, where = (part and build(column.feature, part, rows) for part in (value.of, value.where))
    return Wanted(column.name, value.how, of, where, column.window_days)


def _per_band(rows: ir.Table, customer: str, parts: Mapping[Aggregate, str]) -> ir.Table:
    gathered = {part: _gather(value, rows[part], None) for value, part in parts.items()}
    counted = {f"{part}_n": rows[part].count() for value, part in parts.items() if value.how == "mean"}
    return rows.group_by([customer, "at"]).aggregate(**gathered, **counted)


def _gather(value: Aggregate, part: ir.Value, where: ir.Value | None) -> ir.Value:
    how = "sum" if value.how == "mean" else PARTS.get(value.how, value.how)
    return getattr(part, how)(where=where)


def _total(column: Column, rows: ir.Table, part: str) -> ir.Value:
    """Return a column's aggregate over the parts in its window: sums stay exact until they are whole."""
    value, inside = _aggregate(column), _inside(rows, column)
    whole = _gather(value, rows[part], inside)
    if value.how in {"count", "sum"}:
        whole = whole.fill_null(0)
    elif value.how == "mean":
        n = rows[f"{part}_n"].sum(where=inside) if f"{part}_n" in rows.columns else rows[part].count(where=inside)
        whole = whole / n.cast("float64").nullif(0)
    elif value.how in {"days since first", "days since last"}:
        whole = days_between(rows.as_of.max(), whole)
    return whole.cast("float64")


def _count_distinct(view: AsOf, shared: Pass, columns: list[Column]) -> ir.Table:
    """Different values: of each the latest row before the snapshot, which lies in a window if any row of it does."""
    once = _dated(view, shared, columns, {"value": columns[0].feature}).distinct()
    rows = _at_snapshots(view, once, lasting=shared.lasting)
    keys = _keys(view, shared)
    latest = rows.group_by([*keys, "value"]).aggregate(at=rows["at"].max())
    known = latest["value"].notnull()
    inside = {c.name: _inside(latest, c) for c in columns}
    counted = {name: known if window is None else known & window for name, window in inside.items()}
    each = {name: latest.count(where=which).fill_null(0).cast("float64") for name, which in counted.items()}
    return _named(view, latest.group_by(keys).aggregate(**each))


def _count_distinct_at_once(view: AsOf, shared: Pass, columns: list[Column]) -> ir.Table:
    """The same as ``_count_distinct``, with one row per customer and value: the latest date before each snapshot."""
    rows = _dated(view, shared, [], {"value": columns[0].feature})
    instants = [ibis.timestamp(str(t)) for t in view.moments]
    last = {f"last_{i}": rows["at"].max(where=rows["at"] < t) for i, t in enumerate(instants)}
    each = rows.group_by([CODE, "value"]).aggregate(**last)
    counted = {f"known_{i}": each[f"last_{i}"].count() for i in range(len(instants))}
    for i, t in enumerate(instants):
        for c in columns:
            begins = ibis.timestamp("0001-01-01") if c.window_days is None else t - ibis.interval(days=c.window_days)
            counted[f"{c.name}_{i}"] = each["value"].count(where=each[f"last_{i}"] >= begins)
    found = each.group_by(CODE).aggregate(**counted).cross_join(snapshot_table(view.moments))

    def at_snapshot(name: str) -> ir.Value:
        return ibis.cases(*((found.as_of == t, found[f"{name}_{i}"]) for i, t in enumerate(instants)))

    known = found.filter(at_snapshot("known") > 0)
    return _named(view, known.select(CODE, "as_of", **{c.name: at_snapshot(c.name).cast("float64") for c in columns}))


def _last(view: AsOf, shared: Pass, columns: list[Column]) -> ir.Table:
    """The latest values: one row per instant, the greatest value of it, then the latest of each window."""
    values = {c.name: c.feature for c in columns}
    rows = _dated(view, shared, [], values)
    rows = rows.group_by([c for c in rows.columns if c not in values]).aggregate(**{c: rows[c].max() for c in values})
    rows = _at_snapshots(view, rows, lasting=shared.lasting)
    latest = {}
    for column in columns:
        known, inside = rows[column.name].notnull(), _inside(rows, column)
        where = known if inside is None else known & inside
        latest[column.name] = rows[column.name].argmax(rows["at"], where=where).cast("float64")
    return _named(view, rows.group_by(_keys(view, shared)).aggregate(**latest))


_WAYS = {"add up": _add_up, "count distinct": _count_distinct, "last": _last}
_LARGE = {"add up": _by_cube, "count distinct": _count_distinct_at_once}
"""The ways for many rows."""
