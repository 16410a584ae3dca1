"""What was known at a moment: the only place that knows about time.

All instants are wall-clock times of the source's one time zone, so a day is a calendar day and daylight
saving moves nothing. All intervals are half-open: *known* at ``as_of`` is what happened strictly before it,
the outcome window is ``[as_of, as_of + horizon_days)``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any

import ibis
import ibis.expr.types as ir

from workbench import contract
from workbench.crm.instants import Moment, moment, moments
from workbench.crm.remembered import remembered
from workbench.errors import DataError

KEY = ["customer_id", "as_of"]
CODE = "customer_code"
VIEWS = 2
"""As-of views remembered: what leaves at snapshots, and what comes back, is asked of the same one."""
TOGETHER = 12
"""So many snapshots share a pass over the rows; a group of more columns takes more memory than a further pass."""


@dataclass(frozen=True)
class Facts:
    """What a source states of itself, and what loading it found; amounts are in ``currency``.

    ``scales`` has the lowest and highest mark of each survey instrument (nps, csat, ...), and of ticket satisfaction
    under ``tickets``. ``remarks`` (table, remark, rows) has what loading did beside refusing rows, ``made`` the tables
    that it made of others.
    """

    name: str
    currency: str
    about: str
    begins_at: datetime
    last_record_at: datetime
    known_until: datetime
    loaded: dict[str, int] = field(default_factory=dict)
    refused: list[dict[str, object]] = field(default_factory=list)
    files: list[dict[str, object]] = field(default_factory=list)
    scales: dict[str, list[float]] = field(default_factory=lambda: {n: list(s) for n, s in contract.SCALES.items()})
    remarks: list[dict[str, object]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"{self.heading}, {sum(self.loaded.values()):,} rows loaded"

    @property
    def tables(self) -> list[str]:
        """The names of all tables."""
        return [*self.loaded, *self.made]

    @property
    def heading(self) -> str:
        """Whose data these are, of which days, and in which currency."""
        span = f"{self.begins_at:%Y-%m-%d} to {self.known_until:%Y-%m-%d}"
        return f"{self.name}: {span}, {contract.amounts_in(self.currency)}"

    def is_export_day(self, at: datetime) -> bool:
        """Return whether a moment lies on the day of the export, whose values the export holds, or after it."""
        return at >= self.known_until - timedelta(days=1)


@dataclass(frozen=True)
class Crm:
    """A company's CRM: the tables of the contract as Ibis expressions, and the rows that were refused.

    Read from disk, ``tables`` have a column customer_code beside customer_id, and ``codes`` (customer_id,
    customer_code: 0, 1, 2 ...) maps them: a number is found several times as fast as a text. It is no
    column of the contract; only ``lasting`` shows it. ``found`` has what was computed of the tables.
    """

    tables: Mapping[str, ir.Table]
    facts: Facts
    refused: ir.Table
    codes: ir.Table | None = None
    found: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @remembered
    def __getitem__(self, name: str) -> ir.Table:
        rows = _table(self.tables, name)
        return rows.drop(CODE) if CODE in rows.columns else rows

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return "\n".join([self.facts.heading, *(f"  {name}: {shown}" for name, shown in self._contents.items())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td style='text-align: left'>{escape(shown)}</td></tr>"
            for name, shown in self._contents.items()
        )
        return f"<p>{escape(self.facts.heading)}</p><table>{rows}</table>"

    @property
    def _contents(self) -> dict[str, str]:
        """The rows and columns of each table as loaded, and how many rows were refused."""
        faults: dict[str, int] = {}
        for refused in self.facts.refused:
            faults[str(refused["table"])] = faults.get(str(refused["table"]), 0) + int(str(refused["rows"]))
        shown = {}
        for name in self:
            columns = [c for c in self[name].columns if c != "as_of"]
            loaded = self.facts.loaded.get(name)
            rows = "" if loaded is None else f"{loaded:,} rows, "
            shown[name] = f"{rows}{len(columns)} columns" + (f", {faults[name]:,} refused" if name in faults else "")
        return shown

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    @remembered
    def known_at(self, as_of: Moment) -> Crm:
        """Return the Crm as it would have been at ``as_of``: nothing built on it can leak."""
        at = moment(as_of)
        facts = replace(
            self.facts,
            last_record_at=min(self.facts.last_record_at, at),
            known_until=min(self.facts.known_until, at),
        )
        now = ibis.timestamp(str(at))
        tables = {name: _known(contract.table(name), rows, lambda _: now) for name, rows in self.tables.items()}
        return replace(self, tables=tables, facts=facts)

    @remembered
    def counted(self) -> Crm:
        """Return the Crm without the rows of excluded accounts, as customers.exclude_reason names them.

        That column goes with them, so that nobody is left out twice.
        """
        if "customers" not in self or "exclude_reason" not in self["customers"].columns:
            return self
        excluded = self["customers"].filter(ibis._.exclude_reason.notnull()).select("customer_id")
        counted = self.restricted(lambda rows: rows.anti_join(excluded, "customer_id"))
        customers = counted.tables["customers"].drop("exclude_reason")
        return replace(counted, tables={**counted.tables, "customers": customers})

    def restricted(self, restrict: Callable[[ir.Table], ir.Table]) -> Crm:
        """Return the Crm with every table that names customers restricted; changes follow their subscriptions."""
        tables = {n: restrict(rows) if "customer_id" in rows.columns else rows for n, rows in self.tables.items()}
        return replace(self, tables=tables)

    @remembered
    def lasting(self, name: str) -> ir.Table:
        """Return a table's columns that never change once the row is known, and customer_code where there is one.

        What is built from them alone needs a snapshot only for which rows are known.
        """
        spec, rows = contract.table(name), _table(self.tables, name)
        return rows.select(*(c for c in rows.columns if c == CODE or (c in spec and spec[c].lasts)))

    def as_of(self, as_of: Moment | Iterable[Moment]) -> AsOf:
        """Return the tables as they stood at one or many snapshots; the last two such views are remembered."""
        at = moments(as_of)
        views: list[AsOf] = self.found.setdefault(AsOf, [])
        same = [view for view in views if view.moments == at] or [AsOf(self, at)]
        views[:] = [*same, *(view for view in views if view.moments != at)][:VIEWS]
        return same[0]


@dataclass(frozen=True)
class AsOf:
    """The tables as they stood at each snapshot: later rows gone, hidden columns blank, ``as_of`` added.

    Overwritten columns are not in the view: their value then is not known.
    """

    crm: Crm
    moments: list[datetime]
    found: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        days = ", ".join(f"{moment:%Y-%m-%d}" for moment in self.moments)
        return f"{self.crm.facts.name} as of {days}: {', '.join(self.crm)}"

    @remembered
    def __getitem__(self, name: str) -> ir.Table:
        return self.seen(name, self.crm[name])

    def seen(self, name: str, rows: ir.Table) -> ir.Table:
        """Return rows of a table as they stood at each snapshot, with ``as_of``."""
        rows = rows.cross_join(snapshot_table(self.moments))
        return _known(contract.table(name), rows, lambda each: each.as_of)

    def __contains__(self, name: object) -> bool:
        return name in self.crm

    @property
    def snapshots(self) -> ir.Table:
        """A one-column table ``as_of`` with one row per snapshot."""
        return snapshot_table(self.moments)


def keys(tables: Crm | AsOf) -> list[str]:
    """Return what identifies a customer in these tables: with the snapshot, in an as-of view."""
    return KEY if isinstance(tables, AsOf) else ["customer_id"]


def _known(spec: contract.Table, rows: ir.Table, at: Callable[[ir.Table], ir.Value]) -> ir.Table:
    """Return the rows known at an instant, one for all or each row's own, with what was visible of them then."""
    dated = rows[spec.dated_by] if spec.dated_by in rows.columns else ibis.null("timestamp")
    known = rows.filter((dated < at(rows)) | dated.isnull())
    beside = [c for c in ("as_of", CODE) if c in rows.columns]
    return known.select(*beside, *(_visible(known, spec[c], at(known)) for c in known.columns if _is_seen(spec, c)))


def _is_seen(spec: contract.Table, column: str) -> bool:
    return column in spec and spec[column].time_class != "overwritten"


def _visible(rows: ir.Table, column: contract.Column, at: ir.Value) -> ir.Value:
    value = rows[column.name]
    if column.time_class == "event":
        return ibis.ifelse(value < at, value, None).name(column.name)
    if column.hidden_with:
        if column.hidden_with not in rows.columns:
            return ibis.null(value.type()).name(column.name)
        return ibis.ifelse(rows[column.hidden_with] < at, value, None).name(column.name)
    return value


def _table(tables: Mapping[str, ir.Table], name: str) -> ir.Table:
    if name not in tables:
        contract.table(name)
        raise DataError(f"this source has no table {name!r}; it has {', '.join(tables)}. Map it in the source file.")
    return tables[name]


def snapshot_table(at: list[datetime]) -> ir.Table:
    """Return a one-column table ``as_of`` with one row per snapshot."""
    return ibis.array([ibis.timestamp(str(t)) for t in at]).unnest().name("as_of").as_table()


def last_and_next(rows: ir.Table, at: list[datetime], *, codes: ir.Table | None, ahead: bool = False) -> ir.Table:
    """Return the last and the next activity at each snapshot, in one pass over the rows for a dozen snapshots.

    Input columns: customer_id, at, and customer_code where ``codes`` map them. Columns: customer_id, as_of,
    first_at and last_at (before the snapshot, never empty), with ``ahead`` next_at (the first from the snapshot on;
    empty: none).
    """
    by = CODE if CODE in rows.columns else "customer_id"
    passes = [_last_and_next_once(rows, by, at[i : i + TOGETHER], ahead=ahead) for i in range(0, len(at), TOGETHER)]
    found = ibis.union(*passes) if len(passes) > 1 else passes[0]
    return found if codes is None or by != CODE else found.join(codes, CODE).drop(CODE).relocate(*KEY)


def _last_and_next_once(activity: ir.Table, by: str, at: list[datetime], *, ahead: bool) -> ir.Table:
    """One row per customer first, with a pair of columns per snapshot: far fewer groups than customers and periods."""
    begin = [ibis.timestamp(str(t)) for t in at]
    rows = activity if ahead else activity.filter(activity["at"] < begin[-1])
    found = {"last": [rows["at"].max(where=rows["at"] < t) for t in begin]}
    if ahead:
        found["next"] = [rows["at"].min(where=rows["at"] >= t) for t in begin]
    named = {f"{side}_{i}": at_side for side, each in found.items() for i, at_side in enumerate(each)}
    pairs = rows.group_by(by).aggregate(first_at=rows["at"].min(), **named).cross_join(snapshot_table(at))
    sides = {
        f"{side}_at": ibis.cases(*((pairs.as_of == t, pairs[f"{side}_{i}"]) for i, t in enumerate(begin)), else_=None)
        for side in found
    }
    return pairs.select(by, "as_of", "first_at", **sides).filter(ibis._.last_at.notnull())
