"""The tables of why customers leave, as texts: reasons, what could have been avoided, signs, kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.report.findings.contents import Findings
from workbench.report.formats import number_texts as texts
from workbench.report.text_tables.tables import Table, records


def why_tables(f: Findings) -> dict[str, Table | None]:
    """Return the tables of why customers leave by name; None where there is nothing to show."""
    known = f.details
    return {
        "reasons": _reasons(known.reasons, f.currency),
        "split": _split(known.split),
        "signs": _signs(known.signs, f.currency),
        "kind_signs": _kind_signs(f),
    }


UNSORTED = {
    "other": "other, in words of their own",
    "unmapped": "in words that match no listed reason",
    "not given": "none recorded",
}
"""What the rows of departures without one of the listed reasons are called."""


def reason_named(reason: str) -> str:
    """Return what a reason is called on the page and in the workbook.

    >>> reason_named("not given"), reason_named("price")
    ('none recorded', 'price')
    """
    return UNSORTED.get(reason, reason)


def _reasons(reasons: pd.DataFrame, currency: str) -> Table | None:
    if not len(reasons):
        return None
    kinds = [str(name) for name in reasons if name not in ("n", "share", "revenue", "avoidable")]
    heads = (
        "Reason given",
        "Customers",
        "Share",
        "Their yearly revenue",
        *(kind.capitalize() for kind in kinds),
        "Avoidable",
    )
    lost = float(reasons["n"].sum())
    return Table(heads, [
        (reason_named(row["reason"]), texts.counted(row["n"]), texts.share_of(row["share"], lost),
         texts.amount(row["revenue"], currency),
         *(texts.counted(row[kind]) for kind in kinds),
         row["avoidable"])
        for row in records(reasons.reset_index())
    ]).known()  # fmt: skip


def _split(split: pd.DataFrame) -> Table | None:
    """Return whether departures could have been avoided; nothing where no reason and no failed payment is known."""
    if not split.loc[split.index.intersection(["involuntary", "avoidable", "not avoidable"]), "n"].any():
        return None
    asked = split.index.str.contains("avoidable|unknown")
    rows: list[tuple[str, ...]] = []
    groups = []
    for question, part in (("By what ended it", split[~asked]), ("By the reason given", split[asked])):
        if len(part):
            groups.append(len(rows))
            rows.append((question, "", "", "", ""))
            rows += [_part(row) for row in records(part.rename_axis("part").reset_index())]
    return Table(("Departures", "Customers", "Share", "95 %", "Often claimed"), rows, groups=tuple(groups))


def _part(row: Mapping[str, Any]) -> tuple[str, ...]:
    claimed = "" if pd.isna(row["claimed"]) else texts.stated(row["claimed"])
    return (
        row["part"].capitalize(),
        texts.counted(row["n"]),
        *texts.share_and_range(row, "share"),
        claimed,
    )


def sign_limit(row: Mapping[Any, Any], currency: str) -> str:
    """Return from which value on, in its unit, a sign counts as shown."""
    return texts.limit(row["side"], row["limit"], row["unit"], currency)


def _signs(signs: pd.DataFrame, currency: str) -> Table | None:
    rows = [
        (f"{row['family'].capitalize()}: {row['meaning']}, {sign_limit(row, currency)}",
         f"{row['lost']:,} of {row['n']:,}", "{} ({})".format(*texts.share_and_range(row, "churn")),
         texts.share_of(row["others_churn"], row["others_n"]), "yes" if row["differs"] else "not clearly")
        for row in records(signs)
    ]  # fmt: skip
    heads = ("Sign before leaving", "Lost with the sign", "Churn with it", "Churn without it", "Differs")
    return Table(heads, rows) if rows else None


def _kind_signs(f: Findings) -> Table | None:
    rows = [
        (k["kind"].capitalize(), texts.counted(texts.known(k["cases"])), ", ".join(k["signs"]))
        for k in f.evaluation["kinds"]
        if k["signs"]
    ]
    heads = ("Kind of churn", "Lost, last period", "Strongest signs")
    return Table(heads, rows, texts=(2,)).known() if rows else None
