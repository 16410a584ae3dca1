"""A proposal as a commented source file, for a person to read and correct."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb

from workbench.engines import identifier
from workbench.errors import SourceError
from workbench.propose.ask import shown
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import Proposal, TableProposal
from workbench.sources import RawFile


def write_source(proposal: Proposal, path: str | Path) -> None:
    """Write a proposal as a commented source file; paths in it are relative to its folder.

    Raises SourceError rather than write over a file that is there, and when it cannot be written.
    """
    path = Path(path)
    if path.exists():
        raise SourceError(f"{path}: there already; choose another name, or move it away.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(_lines(proposal, path.parent)) + "\n", encoding="utf-8")
    except OSError as problem:
        raise SourceError(f"{path} cannot be written ({problem.strerror}); name another place.") from None


def _lines(proposal: Proposal, folder: Path) -> Iterator[str]:
    yield "# Proposed from the raw files by `workbench init`: read it once, correct it, then run `workbench check`."
    yield "# Left of each colon: a column of the contract. Right: a SQL expression over the raw columns."
    if proposal.unsure:
        yield "#"
        yield "# Unsure of:"
        for doubt in proposal.questions:
            yield from _comment(f"- {doubt.sentence}", "")
            for line in shown(doubt):
                yield f"#   {_one_line(line)}"
    yield f"name: {_text(proposal.name)}"
    for setting, (value, why) in proposal.settings.items():
        yield f"{setting}: {value if value.startswith('[') else _text(value)}  # {_one_line(why)}"
    yield ""
    yield from _files(proposal, folder)
    yield ""
    yield "tables:"
    for table in proposal.tables:
        yield from _table_lines(table)


def _files(proposal: Proposal, folder: Path) -> Iterator[str]:
    yield "files:"
    used = {name for name in proposal.files if any(t.reads(name) for t in proposal.tables)}
    used |= {proposal.settings["rates"][0]} if "rates" in proposal.settings else set()
    for name, file in proposal.files.items():
        if name in used:
            yield f"  {name}:"
            yield from (f"    {line}" for line in _file_lines(file, folder))
        else:
            yield from _comment(f"{name} is not used: {proposal.unused[name]}", "  ")
    for name in sorted(proposal.unused.keys() - proposal.files.keys()):
        yield from _comment(f"{name} is not used: {proposal.unused[name]}", "  ")


def _file_lines(file: RawFile, folder: Path) -> Iterator[str]:
    if file.postgres is not None:
        yield "postgres:"
        yield f"  dsn: {_text(file.postgres.dsn)}"
        yield f"  table: {_text(str(file.postgres.table))}"
        yield "  # password_env: name the environment variable that holds the password, if it asks for one"
    if file.path is not None:
        yield f"path: {_text(os.path.relpath(file.path.resolve(), folder.resolve()))}"
    for field in ("encoding", "sheet", "table", "name_column"):
        if value := getattr(file, field):
            yield f"{field}: {_text(value)}"


def _table_lines(table: TableProposal) -> Iterator[str]:
    yield f"  {table.table}:"
    if table.select:
        yield "    sql: >-"
        yield from (" " * 6 + line for line in _sql_lines(table.select))
    else:
        yield f"    from: {table.file}"
    for key, (_, why) in table.stated.items():
        yield from _stated(key, table.stated_sql(key), why)
    yield "    columns:"
    for name in table.missing:
        yield f"      # {name}: required; write the raw column that holds it here"
    for name, mapped in table.columns.items():
        yield f"      {name}: {_text(_bare(mapped.sql))}  # {_sure(mapped)}: {_one_line(mapped.why)}"
    if table.unmapped:
        yield "      # not mapped:"
    for raw, why in table.unmapped.items():
        yield from _comment(f"{raw}: {why}", "      ")
    yield ""


def _stated(key: str, value: object, why: str) -> Iterator[str]:
    if isinstance(value, str):
        yield f"    {key}: {_text(_bare(value))}  # {_one_line(why)}"
        return
    yield f"    {key}:  # {_one_line(why)}"
    several = isinstance(value, list)
    for status in value if isinstance(value, list) else [value]:
        assert isinstance(status, dict)
        yield f"      {'- ' if several else ''}column: {_text(_bare(status['column']))}"
        words = ", ".join(f"{_word(word)}: {action}" for word, action in status["values"].items())
        yield f"      {'  ' if several else ''}values: {{{words}}}"


def _word(word: str) -> str:
    return word if re.fullmatch(r"[a-z_]+", word) and _text(word) == word else "'" + word.replace("'", "''") + "'"


def _sql_lines(sql: str) -> list[str]:
    """Break a SELECT into lines, but never inside a quoted name."""
    lines = [""]
    for word in re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", sql):
        if len(lines[-1]) + len(word) > 110:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _bare(sql: str) -> str:
    """Write a plain column name without its quotes."""
    name = sql[1:-1]
    return (
        name
        if re.fullmatch(r"[A-Za-z_]\w*", name) and sql == identifier(name) and name.lower() not in _reserved()
        else sql
    )


@cache
def _reserved() -> frozenset[str]:
    found = duckdb.execute(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    ).fetchall()
    return frozenset(row[0] for row in found)


def _sure(mapped: Mapped) -> str:
    if mapped.confidence >= 0.95:
        return "sure"
    return "likely" if mapped.confidence >= 0.7 else "unsure"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        _one_line(text), 116, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}#   ", break_long_words=False
    )


def _text(value: str) -> str:
    """Quote for YAML unless it is a plain word."""
    plain = re.fullmatch(r"[A-Za-z_][\w./-]*( [\w./-]+)*", value) and value.lower() not in (
        "yes",
        "no",
        "true",
        "false",
        "on",
        "off",
        "null",
        "y",
        "n",
    )
    return value if plain else "'" + value.replace("'", "''") + "'"
