"""What the analyst knows better: single labels overridden by a file, each recorded in the evidence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, cast, get_args

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, Crm, midnight
from workbench.engines import attach, rows_of
from workbench.errors import SettingError, did_you_mean, ended

CorrectedKind = Literal["active", "financial", "passive", "stayed"]
COLUMNS = ["customer_id", "date", "kind", "note"]
BILLING = {"active": "voluntary", "financial": "involuntary", "passive": "none"}


@dataclass(frozen=True)
class Correction:
    """A customer left on that day as that kind, or (``stayed``) did not leave on it."""

    customer_id: str
    at: datetime
    kind: CorrectedKind
    note: str


def read_corrections(crm: Crm, path: str | Path) -> tuple[Correction, ...]:
    """Return the corrections of a CSV file with the columns customer_id, date, kind and note; none for an empty path.

    Raises SettingError naming file, line, value and cure: for a customer the tables do not know, too.
    """
    if not str(path):
        return ()
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise SettingError(f"corrections {path}: cannot be read ({problem}); it should be CSV in UTF-8.") from None
    corrections = tuple(_correction(path, line, row) for line, row in enumerate(rows, start=2))
    _check_once(path, corrections)
    _check_known(crm, path, corrections)
    _check_within(crm, path, corrections)
    return corrections


def _correction(path: str | Path, line: int, row: dict[str, str | None]) -> Correction:
    where = f"corrections {path}, line {line}"
    if None in row:
        raise SettingError(f"{where}: a line has more values than columns; put a note with commas in quotes.")
    unknown = [name for name in row if name not in COLUMNS]
    if unknown or not {"customer_id", "date", "kind"} <= {*row}:
        problem = f"column {unknown[0]!r} is unknown" if unknown else "a column is missing"
        raise SettingError(f"{where}: {problem}; the columns are {', '.join(COLUMNS)}.")
    who, when, kind = ((row[name] or "").strip() for name in COLUMNS[:3])
    if not who:
        raise SettingError(f"{where}: customer_id is empty; name the customer.")
    if kind not in get_args(CorrectedKind):
        raise SettingError(ended(f"{where}: kind {kind!r}; {did_you_mean(kind, get_args(CorrectedKind))}"))
    try:
        at = midnight(date.fromisoformat(when))
    except ValueError:
        raise SettingError(f"{where}: date {when!r} is not a date; write it as 2024-03-01.") from None
    return Correction(who, at, cast("CorrectedKind", kind), (row.get("note") or "").strip())


def _check_once(path: str | Path, corrections: tuple[Correction, ...]) -> None:
    keys = [(c.customer_id, c.at) for c in corrections]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise SettingError(f"corrections {path}: {twice[0]} is corrected twice on {twice[1].date()}; keep one line.")


def _check_within(crm: Crm, path: str | Path, corrections: tuple[Correction, ...]) -> None:
    later = next((c for c in corrections if c.at >= crm.facts.known_until), None)
    if later:
        raise SettingError(
            f"corrections {path}: {later.customer_id} is corrected on {later.at.date()}, where nothing is known: the "
            f"data end with {crm.facts.known_until}. Take the line out until the next export."
        )


def _check_known(crm: Crm, path: str | Path, corrections: tuple[Correction, ...]) -> None:
    asked = {c.customer_id for c in corrections}
    known: set[str] = set()
    for name in ("customers", "subscriptions", "orders", "events"):
        if name in crm and asked - known:
            ids = crm[name].filter(crm[name].customer_id.isin(sorted(asked - known))).select("customer_id").distinct()
            known |= set(ids.to_pandas()["customer_id"])
    if asked - known:
        raise SettingError(f"corrections {path}: no customer {', '.join(sorted(asked - known))}; correct the ids.")


def as_table(corrections: tuple[Correction, ...]) -> ir.Table:
    """Return the corrections as a table: customer_id, corrected_at (midnight), correction, note."""
    return rows_of(
        [
            {"customer_id": c.customer_id, "corrected_at": c.at, "correction": c.kind, "note": c.note}
            for c in corrections
        ]
    )


def correct_labels(labels: ir.Table, corrections: tuple[Correction, ...], horizon_days: int) -> ir.Table:
    """Return the outcome labels, each decided by the first correction dated in its window, if there is one."""
    if not corrections:
        return labels
    pairs = labels.select(KEY).join(as_table(corrections), "customer_id")
    end = pairs.as_of + ibis.interval(days=horizon_days)
    inside = pairs.filter((pairs.corrected_at >= pairs.as_of) & (pairs.corrected_at < end))
    first = inside.group_by(*KEY).aggregate(
        **{n: inside[n].argmin(inside.corrected_at) for n in ("correction", "note")}
    )
    met = attach(labels, first, KEY)
    corrected = met.correction.notnull()
    kind = met.correction.nullif("stayed")
    text = ibis.literal("corrected to ") + met.correction + ": " + met.note
    text = text + " (by the rules: " + met.kind.fill_null("stayed") + ", " + met.rule + ")"
    billing = ibis.cases(*((met.correction == kind, outcome) for kind, outcome in BILLING.items()), else_=None)
    return met.mutate(
        churned=ibis.ifelse(corrected, kind.notnull(), met.churned),
        kind=ibis.ifelse(corrected, kind, met.kind),
        billing_outcome=ibis.ifelse(corrected, billing, met.billing_outcome),
        rule=ibis.ifelse(corrected & ~met.rule.startswith("corrected"), text, met.rule),
        evidence=ibis.ifelse(corrected & ~met.rule.startswith("corrected"), text, met.evidence),
    ).select(labels.columns)
