"""Quoted values that span lines: most are meant, some are one stray quote that swallowed the rows below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_ENOUGH = 12
"""Delimiters in swallowed lines that look like rows: a comment with a few commas a line holds fewer."""


@dataclass(frozen=True)
class Block:
    """A quoted value over several lines: its row's first line, its own first and last, how it begins."""

    row: int
    first: int
    last: int
    closes: bool
    like_rows: int
    delimiters: int
    text: str

    @property
    def is_stray(self) -> bool:
        """Whether its opening quote is a stray one, and what it holds are rows.

        It is when it closes nowhere; or when most lines below its first look like rows (no quote, and as many
        delimiters as the header) and hold a dozen delimiters or more between them. Comments and addresses with line
        breaks do neither.
        """
        swallowed = self.last - self.first
        rows = 2 * self.like_rows >= swallowed and self.like_rows * self.delimiters >= _ENOUGH
        return swallowed > 0 and (rows or not self.closes)

    @property
    def sentence(self) -> str:
        """Where it opens, and how many lines it takes in."""
        where = f"closes only in line {self.last}" if self.closes else "closes nowhere"
        swallowed = self.last - self.first
        lines = f"the {swallowed:,} lines" if swallowed > 1 else "the line"
        return f"line {self.first}: the quote before {self.text!r} {where} and swallows {lines} below it"


def blocks(lines: Iterable[str], delimiter: str, columns: int) -> Iterator[Block]:
    """Give every quoted value that spans lines, reading quotes as DuckDB does: only at the start of a value.

    Text between a closing quote and the next delimiter spoils the row, but hides no quote behind that delimiter.
    """
    scan = _Scan(delimiter, columns - 1)
    for number, line in enumerate(lines, start=1):
        if scan.is_open:
            yield from scan.go_on(number, line.rstrip("\n"))
        elif '"' in line:
            scan.begin_row(number, line.rstrip("\n"))
    yield from scan.finish()


class _Scan:
    """One pass over the lines of a file; between two lines it knows whether a quoted value is open."""

    def __init__(self, delimiter: str, delimiters: int) -> None:
        mark = re.escape(delimiter)
        # DuckDB skips one space before a quote, and takes a quote for a doubled one over any spaces between the two.
        pad, spaces = ("", "") if delimiter == " " else (" ?", " *+")
        inside = f'[^"]*+(?:"{spaces}"[^"]*+)*+'
        rest = f"[^{mark}]*+(?:{mark}|\\Z)"
        self._values = re.compile(f'(?:(?:{pad}"{inside}"|(?!{pad}")){rest})*+')
        self._opens = re.compile(f'{pad}"{inside}\\Z')
        self._closes = re.compile(f'{inside}"{rest}')
        self._delimiter, self._delimiters = delimiter, delimiters
        self._row = self._first = self._last = self._like_rows = 0
        self._text = ""

    @property
    def is_open(self) -> bool:
        return self._first > 0

    def begin_row(self, number: int, line: str) -> None:
        self._row = number
        self._open(number, line, 0)

    def go_on(self, number: int, line: str) -> Iterator[Block]:
        if line:
            self._last = number
            self._like_rows += '""' not in line and line.count(self._delimiter) == self._delimiters
        closing = self._closes.match(line)
        if closing:
            yield self._block(closes=True)
            self._first = 0
            self._open(number, line, closing.end())

    def finish(self) -> Iterator[Block]:
        if self.is_open:
            yield self._block(closes=False)

    def _open(self, number: int, line: str, at: int) -> None:
        values = self._values.match(line, at)
        end = values.end() if values else at
        if end < len(line) and (opening := self._opens.match(line, end)):
            self._first = self._last = number
            self._like_rows, self._text = 0, opening[0].lstrip(" ")[1:31]

    def _block(self, *, closes: bool) -> Block:
        return Block(self._row, self._first, self._last, closes, self._like_rows, self._delimiters, self._text)
