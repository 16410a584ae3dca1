"""The Excel workbook: figures, changes, periods, segments, cohorts, the lists, and what each column means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from workbench.contract import amounts_in
from workbench.errors import in_singular
from workbench.report.exports.workbook_charts import draw_bridge, draw_cohorts, draw_periods, draw_segments
from workbench.report.exports.workbook_columns import (
    BANDS,
    BRIDGE,
    CAMPAIGNS,
    CHANGES,
    FIGURES,
    FORECAST,
    LISTED,
    PERIODS,
    READ,
    REASONS,
    SIGNS,
    SUMMED,
    VALUE,
)
from workbench.report.exports.workbook_sheet import Column, Say, Sheet, write_sheet
from workbench.report.findings.contents import Findings, most_revealing
from workbench.report.formats import number_texts as texts
from workbench.report.sentences import wording as words
from workbench.report.text_tables.why_tables import reason_named

DRAWN = ("end", "churn", "low", "high", "movement", "amount", "segment")
"""Columns that charts show."""
MOST_LISTED = 5_000
"""Rows of a list at the most: who works by hand gets no further, and a file for machines stands beside."""
WIDEST_LISTED = 32
"""Letters of a line of a list's column at the most, so that a printed page holds all that is read."""
LONGEST_NAME = 31
"""Letters of a sheet's name at the most, by Excel."""


def write_workbook(findings: Findings, path: Path, say: Say = str) -> None:
    """Write ``segments.xlsx``: a sheet per subject and per list, the last one says what each column means.

    ``say`` translates the texts of ours; the company's own names are marked in the findings then.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": say(f"Customer retention: {findings.facts.name}"), "created": findings.as_of})
        sheets = [*map(_known, _sheets(findings)), *_lists(findings)]
        for sheet in [*sheets, _read_me(sheets, findings)]:
            write_sheet(book, replace(sheet, say=say, name=say(sheet.name)[:LONGEST_NAME]), say(stamp(findings)))


def _known(sheet: Sheet) -> Sheet:
    """Return a sheet without columns in which nothing is known, but for those that its chart shows."""
    known = [c for c in sheet.columns if c.name in DRAWN or sheet.rows[c.name].notna().any()]
    return replace(sheet, columns=known) if len(sheet.rows) else sheet


def stamp(f: Findings) -> str:
    """Return the line that stands on every sheet: company, run, day, currency, and what is hidden."""
    hidden = f"; figures of groups under {f.min_cell} customers are hidden" if f.min_cell > 1 else ""
    return f"{f.facts.name}; run {f.run}; as of {texts.day(f.as_of)}; {amounts_in(f.facts.currency)}{hidden}"


def _sheets(f: Findings) -> Iterator[Sheet]:
    metrics = [*f.metrics.values(), *f.outlook.values(), *f.other_definitions.values()]
    rows = pd.DataFrame([asdict(metric) for metric in metrics])
    yield Sheet("Figures", f"the last period, {texts.span(f.start, f.end)}, and the next", FIGURES, rows)
    if f.changes is not None:
        about = f"since the run before, as of {texts.day(f.changes.since)}"
        yield Sheet("Changes", about, CHANGES, f.changes.figures)
    about = f"of those at the start, who was lost in {f.horizon_days} days"
    yield Sheet("Periods", about, PERIODS, f.periods, draw_periods, "Total")
    if f.bridge is not None:
        yield Sheet("Revenue", "how monthly recurring revenue moved in the last period", BRIDGE, f.bridge, draw_bridge)
    if len(f.segments):
        yield _segments(f)
    if len(f.cohorts):
        yield _cohorts(f)
    yield from _details(f)


def _details(f: Findings) -> Iterator[Sheet]:
    found = f.details
    if len(found.reasons):
        reasons = found.reasons.rename(index=reason_named).rename_axis("reason").reset_index()
        yield Sheet("Reasons", "why they left, as they said", REASONS, reasons)
    if len(found.signs):
        yield Sheet("Signs", "what goes with leaving", SIGNS, found.signs)
    if len(found.bands):
        yield Sheet("Risk", "the active customers by risk", BANDS, found.bands, None, "Total")
    if len(f.forecast.rows):
        about = f"what to expect by {texts.day(f.until)}"
        yield Sheet("Forecast", about, FORECAST, f.forecast.rows)
    if len(f.value.segments):
        titles = {"all": "All customers", **f.segmentations}
        rows = f.value.segments.assign(title=f.value.segments["segmentation"].map(titles))
        yield Sheet("Value", f"margin still to come within {f.value.horizon_months} months", VALUE, rows)
    if len(f.campaigns):
        yield Sheet("Campaigns", "what contacting changed", CAMPAIGNS, f.campaigns)


def _segments(f: Findings) -> Sheet:
    columns = (
        Column("title", "Sorted by", "text", "what customers are sorted by"),
        Column("segment", "Segment", "text", "the group"),
        Column("customers", "Customers", "whole", f"scored on {texts.day(f.as_of)}: at risk, or lapsed; no others"),
        Column("at_risk", "Active", "whole", "those of them who are active and so can be lost"),
        Column("expected_churn", "Expected churn", "share",
               f"mean probability of the active to {words.will_leave(f)} in the next {f.horizon_days} days"),
        Column("expected_lost", "Expected to be lost", "decimal", "sum of those probabilities: customers"),
        Column("yearly_revenue", f.revenue_title, "money", f"of the active: {f.revenue_meaning}; empty: not known"),
        Column("revenue_at_risk", "Revenue at risk", "money", "probability of churn times that revenue, summed"),
        Column("n", "Active then", "whole", f"customers at risk on {texts.day(f.start)}"),
        Column("lost", "Lost", "whole", f"those who {words.has_left(f)} in the {f.horizon_days} days after"),
        Column("churn", "Churn", "share", "lost / active then"),
        Column("low", "From (95 %)", "share", "lower bound of the 95 % Wilson interval of churn"),
        Column("high", "To (95 %)", "share", "upper bound of it"),
        Column("differs", "Differs from the others", "text",
               "yes: churn differs from that of all other customers (5 % false discoveries within the sorting)"),
    )  # fmt: skip
    rows = f.segments.assign(title=f.segments["segmentation"].map(f.segmentations))
    rows = pd.concat([_everyone(f), rows], ignore_index=True)
    revealing = f.segmentations.get(most_revealing(f.segments) or "")
    return Sheet(
        "Segments", "who leaves, and what it costs", columns, rows,
        lambda book, page, sheet: draw_segments(book, page, sheet, revealing),
    )  # fmt: skip


def _everyone(f: Findings) -> pd.DataFrame:
    """Return the row of all customers, which stands first."""
    churn, expected, revenue = f.metrics["churn_rate"], f.outlook["expected_churn"], f.outlook["revenue_at_risk"]
    row = {
        "title": "All customers", "segment": "all", "customers": f.n_at_risk + f.n_lapsed, "at_risk": f.n_at_risk,
        "expected_churn": expected.value, "expected_lost": expected.count,
        "yearly_revenue": revenue.of, "revenue_at_risk": revenue.value, "n": churn.of,
        "lost": churn.count, "churn": churn.value, "low": churn.low, "high": churn.high, "differs": False,
    }  # fmt: skip
    return pd.DataFrame([row])


def _cohorts(f: Findings) -> Sheet:
    sizes = f.cohorts.attrs["sizes"]
    rows = f.cohorts.reset_index(names="cohort").rename(columns=str)
    rows.insert(1, "customers", [sizes[f"{month:%Y-%m-%d}"] for month in f.cohorts.index])
    meaning = "share of them who ordered in that month" if f.cohorts_order else "share of them still customers"
    columns = [
        Column("cohort", "First month", "date", "the month of the first order or subscription"),
        Column("customers", "Customers", "whole", "customers who began in it", summed=True),
        *(
            Column(str(c), in_singular(f"After {c} months"), "share", in_singular(f"{meaning}, {c} months later"))
            for c in f.cohorts.columns
            if c
        ),
    ]
    return Sheet("Cohorts", "do new customers stay?", columns, rows, draw_cohorts, "Total")


def _lists(f: Findings) -> Iterator[Sheet]:
    for name, listed in f.lists.items():
        if len(listed):
            rows = _dated(listed)
            known = [c for c in rows.columns if c != "list" and rows[c].notna().any()]
            read = [c for c in READ if c in known]
            columns = [_listed(c, rows[c]) for c in [*read, *(c for c in known if c not in read)]]
            about = f"{len(rows):,} customer{'s' if len(rows) != 1 else ''}"
            whole = rows if len(rows) > MOST_LISTED else None
            if whole is not None:
                about = f"the first {MOST_LISTED:,} of {about}; all stand in actions.csv"
            yield Sheet(
                f"List {name}", about, columns, rows.head(MOST_LISTED), None, "Total", ours=False, whole=whole,
                printed=len(read),
            )  # fmt: skip


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a list with days that stand there as text as dates, where all of a column can be read."""
    days = {
        str(name): pd.to_datetime(rows[name], errors="coerce")
        for name in rows
        if name in LISTED and LISTED[str(name)][1] == "date"
    }
    return rows.assign(**{name: day for name, day in days.items() if day.notna().equals(rows[name].notna())})


def _listed(name: str, values: pd.Series) -> Column:
    head, form = LISTED.get(name, (name.replace("_", " ").capitalize(), "text"))
    if form == "date" and not pd.api.types.is_datetime64_any_dtype(values):
        form = "text"
    return Column(name, head, form, "", summed=name in SUMMED, widest=WIDEST_LISTED)  # type: ignore[arg-type]


def _read_me(sheets: list[Sheet], f: Findings) -> Sheet:
    rows = [(s.name, c.head, c.meaning) for s in sheets for c in s.columns if c.meaning]
    rows += [("Lists", "Expected gain (scenario)", "what a contact is expected to bring under the stated assumptions")]
    columns = (Column("sheet", "Sheet", "text", ""), Column("column", "Column", "text", ""),
               Column("meaning", "Meaning", "text", ""))  # fmt: skip
    about = f"what each column means. {words.how_lost(f)}"
    return Sheet("Read me", about, columns, pd.DataFrame(rows, columns=["sheet", "column", "meaning"]))
