"""Which dates of a table of subscriptions end service: those of paid terms, and the later of two dates of leaving."""

from __future__ import annotations

from workbench import contract
from workbench.propose.columns.derive import mapped_column
from workbench.propose.fitting.fit import WEAK, is_bound, is_overwritten
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words

_TERMS = 0.9
"""A share of the rows that last as long as billing periods do from which on each row is a paid term."""


_SELDOM = 0.5
"""A share of the rows with a notice up to which most terms ran until their end."""


def with_ends_of_terms(raw: RawTable, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Read the end of a period as that of service, where customers have a row for each period that they paid."""
    customer, start, end = (columns.get(name) for name in ("customer_id", "started_at", "renews_at"))
    if not (customer and start and end) or columns.keys() & {"ended_at", "auto_renew"}:
        return columns
    notice = columns.get("cancelled_at")
    if notice is not None and raw[notice.raw[0]].filled > _SELDOM * raw.rows:
        return columns
    repeated = bool(customer.raw) and raw[customer.raw[0]].unique < 1
    shares = raw.spans.get((start.raw[0], end.raw[0]), {})
    if not repeated or sum(shares.values()) < _TERMS or raw[end.raw[0]].filled < _TERMS * raw.rows:
        return columns
    text = f"each row is taken for a term that was paid: service ends with {end.raw[0]} unless the next one begins"
    doubt = Doubt("end", text, "service", (Choice(f"service lasts until {end.raw[0]}"), Choice("it goes on", "")))
    rest = {name: mapped for name, mapped in columns.items() if name != "renews_at"}
    return rest | {"ended_at": end.doubted(doubt)}


_ALWAYS = 0.98


def with_end_beside_notice(raw: RawTable, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Read the later of two dates of leaving as the end of service, the earlier one as the notice."""
    notice, spec = columns.get("cancelled_at"), contract.TABLES["subscriptions"]
    end = columns.get("ended_at")
    if notice is not None and end and "deleted" in words(end.raw[0]):  # a record is deleted long after, or never
        columns = {name: mapped for name, mapped in columns.items() if name != "ended_at"}
        end = None
    if notice is None or len(notice.raw) != 1 or (end and not raw[end.raw[0]].empty):
        return columns
    used, own = {name for mapped in columns.values() for name in mapped.raw}, notice.raw[0]
    for column in (c for c in raw.columns if c.name not in used and _may_be_end(c) and c.filled <= raw[own].filled):
        after, before = (raw.in_order.get(pair, 0.0) for pair in ((own, column.name), (column.name, own)))
        if max(after, before) >= _ALWAYS and after != before:
            pair = (own, column.name) if after > before else (column.name, own)
            dates = zip(("cancelled_at", "ended_at"), pair, strict=True)
            return columns | {name: mapped_column(raw, raw_name, spec, spec[name], WEAK) for name, raw_name in dates}
    return columns


def _may_be_end(column: RawColumn) -> bool:
    left = column.time_sql and 0 < column.filled < _TERMS * column.rows
    named = means(column.name, "cancel")  # other ends are those of a discount, a promotion or a pause
    return bool(left) and named and not is_overwritten(column.name) and not is_bound(column.name)
