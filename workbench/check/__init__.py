"""``workbench check``: all that is wrong with a source at once, with figures, examples and the cure.

The table checks are aggregate queries, not pandera: on Ibis pandera pulls failing rows into pandas and lets a repeated
value of a unique column pass.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import ibis

from workbench.check.check_page import render_page
from workbench.check.copy_checks import check_copies
from workbench.check.customer_checks import check_customers
from workbench.check.departure_checks import check_departures
from workbench.check.findings import LIMITS as LIMITS
from workbench.check.findings import Finding as Finding
from workbench.check.findings import Limit as Limit
from workbench.check.findings import Report as Report
from workbench.check.findings import judge
from workbench.check.key_figures import key_figures
from workbench.check.leak_checks import check_leaks
from workbench.check.money_checks import check_cents
from workbench.check.period_checks import check_periods, spans
from workbench.check.queries import connection
from workbench.check.raw_checks import check_raw
from workbench.check.screen import render_terminal as render_terminal
from workbench.check.subscription_checks import check_subscriptions
from workbench.check.table_checks import check_tables
from workbench.crm import Crm, load_tables
from workbench.engines import literal
from workbench.errors import SettingError
from workbench.sources import Source, first_line, read_source


def check_crm(crm: Crm, source: Source | None = None, *, limits: Mapping[str, Limit] = LIMITS) -> Report:
    """Return all findings about loaded tables, and figures to compare; with a source, about its raw columns too.

    ``limits`` states per rule the share of rows above which a finding is a warning or a stop.

    >>> import pandas as pd
    >>> from workbench.crm import load_tables
    >>> tickets = pd.DataFrame({"ticket_id": ["1"], "customer_id": ["a"],
    ...                         "opened_at": ["2024-02-02"], "resolved_at": ["2024-02-01"]})
    >>> events = pd.DataFrame({"customer_id": ["a", "b"], "occurred_at": ["2024-01-01", "2024-03-01"]})
    >>> [f.sentence for f in check_crm(load_tables({"tickets": tickets, "events": events})).stops]
    ['1 of 1 row (100.0 %) have resolved_at before opened_at.']

    Raises SourceError when a raw file cannot be read.
    """
    periods = spans(crm)
    findings = check_customers(crm) + check_periods(crm, periods) + check_subscriptions(crm)
    findings += check_copies(crm) + check_leaks(crm, source)
    findings += check_departures(crm)
    raw, totals = check_raw(crm, source) if source is not None else (check_cents(crm, crm), [])
    findings += check_tables(crm, source) + raw
    known = key_figures(crm)
    known = replace(known, figures=(*known.figures, *totals))
    last = min(crm.facts.last_record_at, crm.facts.known_until - timedelta(microseconds=1))
    span = f"{crm.facts.begins_at:%Y-%m-%d} to {last:%Y-%m-%d}"
    judged = judge(findings, {**LIMITS, **limits})
    return Report(crm.facts.name, dict(crm.facts.loaded), span, judged, known, _remarks(crm))


def _remarks(crm: Crm) -> tuple[str, ...]:
    return tuple(
        f"{r['table']}: {r['rows']:,} {'row' if r['rows'] == 1 else 'rows'} {r['remark']}." for r in crm.facts.remarks
    )


def check_source(path: str | Path, *, limits: Mapping[str, Limit] = LIMITS) -> tuple[Crm, Report]:
    """Load a source file and return its tables with all findings about them.

    Raises SourceError or DataError when it cannot be loaded at all.
    """
    crm = load_tables(path)
    return crm, check_crm(crm, read_source(path), limits=limits)


def write_page(report: Report, path: str | Path) -> None:
    """Write a report of findings as one HTML page.

    Raises SettingError when the page cannot be written there.
    """
    path = Path(path)
    with _writing(path):
        path.write_text(render_page(report), encoding="utf-8")


def write_refused(crm: Crm, path: str | Path) -> int:
    """Write the refused rows (table, reason, raw row as JSON) as CSV or Parquet, by the ending; return how many.

    Raises SettingError when the file cannot be written there.
    """
    path = Path(path)
    form = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
    rows = f"({ibis.to_sql(crm.refused, dialect='duckdb')})"
    with _writing(path):
        copied = connection(crm).execute(f"COPY {rows} TO {literal(path)} ({form})").fetchone()
    return int(copied[0]) if copied else 0


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, duckdb.IOException) as problem:
        raise SettingError(f"{path} cannot be written ({first_line(problem)}); name another place.") from None


def _check_free(path: Path, source_path: Path) -> None:
    """Raise SettingError where a raw file, or the source file itself, would be written over."""
    source = read_source(source_path)
    stated = [source.folder / file.path for file in source.files.values() if file.path is not None]
    raw = [found for place in stated for found in (glob.glob(str(place), recursive=True) or [str(place)])]  # noqa: PTH207
    if path.exists() and any(path.samefile(taken) for taken in (source_path, *map(Path, raw)) if taken.exists()):
        raise SettingError(f"{path} is the file being checked and would be overwritten; name another file.")


def check_command(source_path: str | Path, page_path: str | Path, refused_path: str | Path | None = None) -> int:
    """Check a source file: print the findings, write the page and the refused rows; 2 when a finding stops, else 0.

    Raises SourceError or DataError when the source cannot be loaded at all, SettingError where nothing can be written.
    """
    for path in (page_path, refused_path):
        if path is not None:
            _check_free(Path(path), Path(source_path))
    crm, report = check_source(source_path)
    render_terminal(report)
    if refused_path is not None:
        print(f"Refused rows: {write_refused(crm, refused_path):,} in {refused_path}")
    write_page(report, page_path)
    print(f"Page: {page_path}")
    return report.exit_code
