"""A sheet of the workbook: title, the run it is of, plain heads, formats, filters, a total, a chart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.report.formats.number_texts import sentence_case

Form = Literal["text", "whole", "decimal", "share", "money", "date", "unit"]
FORMS: Mapping[str, str] = {
    "whole": "#,##0", "decimal": "#,##0.0", "share": "0.0 %", "money": "#,##0", "date": "d mmm yyyy",
}  # fmt: skip
"""How Excel shows each form; a cell of form ``unit`` has that of the unit in its row."""
OF_UNIT = {**dict.fromkeys(("points", "hours", "days", "times"), "decimal"), "share": "share", "currency": "money"}
HEAD_ROW = 3
"""The row of the heads, counted from 0: above it stand the title, the run, and a line left empty."""
WIDEST, NARROWEST = 60, 9
FILTER = 3
"""Letters that the arrow of a filter takes beside a head."""
LINE, HIGHEST = 15, 400
"""Points that a line takes, and that a row has at the most; Excel takes 409."""
THINGS = ("n_of", "what", "among")
"""Columns that say what was counted: "Customers" is a word, where "customers" may be the table of that name."""
LONGEST = 32_000
"""Letters of a cell at the most; Excel takes 32,767."""


@dataclass(frozen=True)
class Column:
    """A column: its name in the rows, its head, its form, what it means, and whether its values add up to a total.

    ``widest`` is how many letters of a line it takes at the most.
    """

    name: str
    head: str
    form: Form
    meaning: str
    summed: bool = False
    widest: int = WIDEST


Say = Callable[[str], str]
"""Returns a text of ours in the language of the workbook."""
Draw = Callable[[Any, Any, "Sheet"], None]
"""Puts a native chart or colours on a sheet: workbook, sheet, and what stands on it."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, a sentence on what it holds, its columns, its rows, and what is drawn on it.

    ``say`` translates what is written; the texts of the cells only where they are ``ours``. ``whole`` has all rows
    where the sheet has only the first of them. Only the first ``printed`` columns are printed; 0: all of them.
    """

    name: str
    about: str
    columns: Sequence[Column]
    rows: pd.DataFrame
    draw: Draw | None = None
    total: str = ""
    ours: bool = True
    say: Say = str
    whole: pd.DataFrame | None = None
    printed: int = 0

    def cell(self, value: Any, column: Column) -> Any:
        """Return a value as it is written: a text of ours in the language of the workbook."""
        if column.form == "text" and isinstance(value, bool | np.bool_):
            return self.say("yes") if value else ""
        if not self.ours or column.form != "text" or not isinstance(value, str):
            return value
        return self.say(sentence_case(value) if column.name in THINGS else value)

    @property
    def first(self) -> int:
        """The row of the first values, counted from 0."""
        return HEAD_ROW + 1

    @property
    def last(self) -> int:
        """The row of the last values."""
        return HEAD_ROW + len(self.rows)

    def place(self, column: str) -> int:
        """Return the place of a column, counted from 0."""
        return [c.name for c in self.columns].index(column)

    def cells(self, column: str, first: int | None = None, last: int | None = None) -> list[Any]:
        """Return a column's values as a chart takes them; all, or those between two rows."""
        where = self.place(column)
        return [self.name, self.first if first is None else first, where, self.last if last is None else last, where]


def write_sheet(book: Any, sheet: Sheet, stamp: str) -> None:
    """Write a sheet; ``stamp`` says which run it is of, and stands on every one."""
    page = book.add_worksheet(sheet.name)
    forms = {form: book.add_format({"num_format": number, "valign": "top"}) for form, number in FORMS.items()}
    forms["text"] = book.add_format({"text_wrap": True, "valign": "top"})
    _write_head(book, page, sheet, stamp)
    for place, column in enumerate(sheet.columns):
        for row, (value, unit) in enumerate(zip(sheet.rows[column.name], _units(sheet), strict=True), sheet.first):
            form = OF_UNIT[unit] if column.form == "unit" else column.form
            _write(page, row, place, sheet.cell(value, column), form, forms[form])
        page.set_column(place, place, _width(sheet, column))
    _set_heights(page, sheet)
    _write_total(book, page, sheet)
    page.freeze_panes(sheet.first, 1)
    if len(sheet.rows):
        page.autofilter(HEAD_ROW, 0, sheet.last, len(sheet.columns) - 1)
    _set_print(page, stamp)
    if sheet.printed:
        page.print_area(0, 0, sheet.last + 2, sheet.printed - 1)
    if sheet.draw and len(sheet.rows):
        sheet.draw(book, page, sheet)


def _write_head(book: Any, page: Any, sheet: Sheet, stamp: str) -> None:
    page.write_string(0, 0, f"{sheet.name}: {sheet.say(sheet.about)}", book.add_format({"bold": True, "font_size": 14}))
    page.write_string(1, 0, stamp, book.add_format({"italic": True, "font_color": "#444444"}))
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DCE6F1", "bottom": 1}
    )  # fmt: skip
    for place, column in enumerate(sheet.columns):
        page.write_string(HEAD_ROW, place, sheet.say(column.head), head)


def _set_heights(page: Any, sheet: Sheet) -> None:
    """Make each row as high as its texts are long: not every program does that when it opens a file."""
    widths = {column.name: _width(sheet, column) for column in sheet.columns}
    heads = [len(textwrap.wrap(sheet.say(c.head), int(widths[c.name]) - FILTER)) for c in sheet.columns]
    page.set_row(HEAD_ROW, LINE * max([2, *heads]) + 2)
    texts = [[sheet.cell(value, c) for value in sheet.rows[c.name]] for c in sheet.columns if c.form == "text"]
    room = [widths[c.name] for c in sheet.columns if c.form == "text"]
    for row, cells in enumerate(zip(*texts, strict=True), sheet.first):
        lines = max(-(-len(_plain(text)) // int(width)) if isinstance(text, str) else 1
                    for text, width in zip(cells, room, strict=True))  # fmt: skip
        if lines > 1:
            page.set_row(row, min(LINE * lines, HIGHEST))


def _units(sheet: Sheet) -> Sequence[str]:
    return list(sheet.rows["unit"]) if "unit" in sheet.rows else [""] * len(sheet.rows)


def _write(page: Any, row: int, place: int, value: Any, form: str, shown: Any) -> None:
    """Write a value as text or number, never as a formula; nothing where it is not known."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        page.write_blank(row, place, None, shown)
    elif form == "date":
        page.write_datetime(row, place, _moment(value), shown)
    elif form == "text":
        page.write_string(row, place, _plain(value), shown)
    else:
        page.write_number(row, place, float(value), shown)


def _moment(value: date) -> datetime:
    return datetime(value.year, value.month, value.day)


def _plain(value: Any) -> str:
    """Return a text as a cell holds it at the most."""
    return str(value)[:LONGEST]


def _write_total(book: Any, page: Any, sheet: Sheet) -> None:
    """Write a total of the rows that the filter shows under the last, and one of all rows where some are not here."""
    if not sheet.total or not len(sheet.rows):
        return
    shown, everything = sheet.last + 1, sheet.last + 2
    whole = sheet.whole
    bold = book.add_format({"bold": True, "top": 1})
    page.write_string(shown, 0, sheet.say(sheet.total if whole is None else "Total of the rows here"), bold)
    if whole is not None:
        page.write_string(everything, 0, sheet.say(f"Total of all {len(whole):,}"), bold)
    for place, column in enumerate(sheet.columns):
        if column.summed and sheet.rows[column.name].notna().any():
            form = book.add_format({"bold": True, "top": 1, "num_format": FORMS[column.form]})
            cells = f"{_letter(place)}{sheet.first + 1}:{_letter(place)}{sheet.last + 1}"
            page.write_formula(shown, place, f"=SUBTOTAL(109,{cells})", form, _sum(sheet.rows[column.name]))
            if whole is not None:
                page.write_number(everything, place, _sum(whole[column.name]), form)


def _sum(values: pd.Series) -> float:
    return float(values.dropna().astype(float).sum())


def _letter(place: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(place))


def _width(sheet: Sheet, column: Column) -> float:
    values = sheet.rows[column.name].head(200)
    widest = max((_length(sheet.cell(value, column), column.form) for value in values), default=0)
    if column.summed and values.notna().any():
        widest = max(widest, _length(_sum(sheet.rows[column.name]), column.form) + 1)
    words = max(len(word) for word in sheet.say(column.head).split())
    return min(max(widest, words + FILTER, NARROWEST), column.widest)


def _length(value: Any, form: Form) -> int:
    """Return how many letters a cell shows.

    >>> _length("VIP", "text"), _length(1968593.2, "money"), _length(None, "money"), _length(date(2024, 3, 10), "date")
    (3, 10, 0, 12)
    """
    if isinstance(value, str):
        return len(value)
    if value is None or pd.isna(value):
        return 0
    if form == "date":
        return len("10 Mar 2024") + 1
    return len(f"{float(value):,.1f}" if form in ("decimal", "unit") else f"{float(value):,.0f}") + 1


def _set_print(page: Any, stamp: str) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEAD_ROW)
    page.set_footer(f"&L&8{stamp.replace('&', '&&')}&R&8Page &P of &N")
