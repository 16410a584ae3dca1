"""From a place of raw files to a proposed source."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.errors import SourceError, ended
from workbench.propose.assembly.doubts_of_source import currency_of, doubts_of_source, in_titles, no_dates
from workbench.propose.assembly.second_tables import second_tables
from workbench.propose.assembly.statements import with_statements
from workbench.propose.assembly.table_mapping import of_rows_that_count, propose_tables
from workbench.propose.assembly.united import united
from workbench.propose.columns.end_and_notice import with_notice_by_reason
from workbench.propose.customers.customer_of_orders import with_customer_of_orders
from workbench.propose.customers.guests import with_guests
from workbench.propose.customers.leading_zeros import with_leading_zeros
from workbench.propose.customers.nobody import nobody
from workbench.propose.customers.spelled_names import with_one_spelling
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.rates import rates_file
from workbench.propose.matching.examine import examine
from workbench.propose.matching.left_over import doubts_of_left_over, left_over, of_nobody
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import with_marks
from workbench.propose.proposed.proposal import Proposal, TableProposal
from workbench.propose.raw_files.inputs import find_inputs
from workbench.propose.raw_files.samples import MOST_ROWS
from workbench.propose.sales.decimal_marks import decimal_doubts, decimal_setting
from workbench.propose.sales.discounts import net_beside_refunds, without_discount
from workbench.propose.sales.line_totals import by_line
from workbench.propose.sales.net_of_lines import net_of_lines
from workbench.propose.sales.order_items import with_items
from workbench.propose.sales.paid_and_kept import paid_beside_kept
from workbench.propose.sales.refund_files import with_amounts_of_sales, without_second_returns
from workbench.propose.sales.refund_rows import taken_back_by_rows
from workbench.propose.sales.returns import with_returns
from workbench.propose.sales.same_unit import with_one_unit
from workbench.propose.sales.tax_by_sums import without_tax_by_sums
from workbench.propose.sales.total_of_units import with_total_of_units
from workbench.propose.terms.export_day import export_day
from workbench.propose.terms.measured_use import with_measured_use
from workbench.propose.terms.price_history import price_history
from workbench.propose.terms.still_to_come import last_entered
from workbench.sources import Postgres, RawFile, open_raw

_SHOWN = 3
_CALLED = "per_month spelled_number"
"""Functions that proposed readings call; those of rare dates are defined where such dates are."""


def propose_source(folder: str | Path) -> Proposal:
    """Return a proposed mapping of a folder's raw files (or of one file) to the tables of the contract.

    ``folder`` may also be ``sqlite:///path`` or ``postgresql://user@host/database``.
    Raises SourceError when nothing there can be read as a table, or nothing in it fits the contract.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "logins.csv").write_text("user_id,login_date\\na,2024-01-01\\nb,2024-01-02\\na,2024-01-03\\n")
    >>> {name: mapped.sql for name, mapped in propose_source(folder)["events"].columns.items()}
    {'customer_id': '"user_id"', 'occurred_at': '"login_date"'}
    """
    files, skipped = find_inputs(folder)
    con, problems = open_raw({name: _part(file) for name, file in files.items()}, Path(), _CALLED)
    with con:
        examined = examine(con, problems, list(files))
        evidence, unused = examined.evidence, skipped | examined.unused
        if not evidence.tables:
            raise SourceError(f"{folder}: no file can be read as a table; export the tables as CSV. {_listed(unused)}")
        tables = with_one_unit(propose_tables(con, evidence, examined.selects))
        tables = with_one_spelling(con, evidence, tables)
        tables = tuple(with_statements(con, evidence, with_customer_of_orders(con, evidence, t)) for t in tables)
        if not tables:
            why = no_dates(evidence) or of_nobody(evidence)
            why = why or "no file fits a table of the contract; write the source file by hand"
            raise SourceError(f"{folder}: {why}. {_listed(unused)}".replace("..", "."))
        tables = tuple(with_measured_use(con, evidence, with_notice_by_reason(evidence, t)) for t in tables)
        tables = tuple(taken_back_by_rows(con, evidence, table) for table in of_rows_that_count(tables))
        tables = tuple(with_total_of_units(con, evidence, table) for table in tables)
        tables = price_history(con, evidence, second_tables(con, evidence, tables))
        tables = tuple(with_returns(con, evidence, by_line(con, evidence, table)) for table in tables)
        tables = tuple(paid_beside_kept(con, evidence, table) for table in tables)
        tables = tuple(net_of_lines(con, evidence, without_tax_by_sums(con, evidence, t)) for t in tables)
        tables = tuple(net_beside_refunds(con, evidence, without_discount(con, evidence, table)) for table in tables)
        tables = tuple(with_guests(con, evidence, table) for table in tables)
        tables = tuple(with_amounts_of_sales(evidence, table) for table in with_leading_zeros(con, evidence, tables))
        tables = with_items(evidence, tables)
        parts = tuple(part for table in tables for part in (table, *table.more))
        ids, doubts_of_ids = nobody(con, evidence, parts)
        doubts = (
            *doubts_of_source(con, evidence, tables, files),
            *decimal_doubts(con, evidence, parts),
            *doubts_of_ids,
        )
        unread = _listed(skipped | {name: why for name, why in unused.items() if name in problems})
        doubts = tuple(_naming_what_is_missing(doubt, unread) for doubt in doubts)
        tables = tuple(united(con, evidence, without_second_returns(con, table)) for table in tables)
        entered = last_entered(con, evidence, parts)
        exported, doubts_of_export = export_day(con, evidence, tables, files, entered=entered)
        currency = currency_of(evidence, parts, in_titles(con))
        rates = [found.name] if (found := rates_file(evidence.tables.values())) else []
        left = left_over(evidence, tables)
        proposal = Proposal(
            _title(folder),
            files,
            tables,
            {"currency": currency, **_rates_setting(rates), **exported, **decimal_setting(evidence, parts), **ids},
            (*doubts, *doubts_of_export, *doubts_of_left_over(evidence, tables, left)),
            {name: why for name, why in (unused | left).items() if name not in rates},
        )
        return _with_examples(con, evidence, proposal)


def _naming_what_is_missing(doubt: Doubt, unread: str) -> Doubt:
    """Name the files that cannot be read where nothing loads without them."""
    lacking = doubt.topic in ("activity", "missing") and unread
    return dataclasses.replace(doubt, text=f"{doubt.text} {unread}") if lacking else doubt


def _rates_setting(rates: list[str]) -> dict[str, tuple[str, str]]:
    return {"rates": (rates[0], "by its columns currency, date and rate")} if rates else {}


def _listed(unused: dict[str, str]) -> str:
    return " ".join(ended(f"Not used: {name}: {why.rstrip('.')}") for name, why in unused.items())


_OF_ANY_COMPANY = {
    "raw",
    "data",
    "export",
    "exports",
    "csv",
    "files",
    "input",
    "inputs",
    "dump",
    "download",
    "downloads",
}


def _title(folder: str | Path) -> str:
    """Return the name of a folder, or of the one around it where it could be that of any company."""
    path = Path(urlsplit(str(folder)).path).resolve()
    names = [place.name.split(".")[0] for place in (path, path.parent)]
    return next((name for name in names if name and name.lower() not in _OF_ANY_COMPANY), names[0] or "source")


def _part(file: RawFile) -> RawFile:
    """Copy no more of a server's table than is looked at."""
    if file.postgres is None or file.postgres.table is None:
        return file
    table = ".".join(identifier(part) for part in file.postgres.table.split("."))
    return RawFile(postgres=Postgres(dsn=file.postgres.dsn, query=f"SELECT * FROM {table} LIMIT {MOST_ROWS}"))


def _with_examples(con: duckdb.DuckDBPyConnection, evidence: Evidence, proposal: Proposal) -> Proposal:
    """Return the proposal with what each reading of a doubt makes of a few real rows."""
    tables = []
    for table in proposal.tables:
        columns = {
            name: dataclasses.replace(m, doubts=tuple(_shown(con, evidence, table, name, doubt) for doubt in m.doubts))
            for name, m in table.columns.items()
        }
        tables.append(dataclasses.replace(table, columns=columns))
    return dataclasses.replace(proposal, tables=tuple(tables))


def _shown(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, name: str, doubt: Doubt) -> Doubt:
    if len(doubt.choices) < 2 or doubt.choices[0].shown:
        return doubt
    mapped = table.columns[name]
    readings = [f"({mapped.answered(doubt.topic, choice.step).sql or 'NULL'})" for choice in doubt.choices]
    readings = [with_marks(evidence.tables[table.file], mapped, sql) for sql in readings]
    if contract.TABLES[table.table][name].type == "time":
        readings = [f"TRY_CAST({sql} AS TIMESTAMP)" for sql in readings]
    raw = [identifier(column) for column in mapped.raw if table.select == "" or mapped.sql != name] or ["NULL"]
    wanted = ", ".join(f"{sql}::VARCHAR AS c{place}" for place, sql in enumerate([*raw, *readings]))
    read = [f"c{len(raw) + place}" for place in range(len(readings))]
    differ = " OR ".join(f"{read[0]} IS DISTINCT FROM {other}" for other in read[1:])
    most = f"len(list_distinct([{', '.join(read)}])) DESC, len(list_filter([{', '.join(read)}], x -> x IS NULL))"
    try:
        rows = con.execute(
            f"SELECT DISTINCT ON (*) * FROM (SELECT {wanted} FROM {table.rows}) WHERE {differ} "
            f"ORDER BY {most}, * LIMIT {_SHOWN}"
        ).fetchall()
    except duckdb.Error:
        return doubt  # an example is a help, not a need
    choices = tuple(_with_rows(choice, rows, len(raw), place) for place, choice in enumerate(doubt.choices))
    return dataclasses.replace(doubt, choices=choices)


def _with_rows(choice: Choice, rows: list[tuple[str | None, ...]], raws: int, place: int) -> Choice:
    shown = tuple(f"{' | '.join(str(v) for v in row[:raws])} -> {_rounded(row[raws + place])}" for row in rows)
    return dataclasses.replace(choice, shown=shown)


def _rounded(text: str | None) -> str:
    """Return a number with at most two decimals, and other text as it is."""
    return f"{float(text):.2f}" if text and re.fullmatch(r"-?\d+\.\d+", text) else str(text)
