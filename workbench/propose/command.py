"""The command ``workbench init``: propose, ask if wanted, write, try to load, and say what is unsure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.crm import Facts, load_tables
from workbench.errors import UserError, visible
from workbench.propose.ask import ask, shown
from workbench.propose.proposed.proposal import Proposal
from workbench.propose.proposing import propose_source
from workbench.propose.write import write_source
from workbench.sources import Source, by_status, read_source


def init_command(folder: str, out: str | Path, *, ask_doubts: bool = False) -> int:
    """Write the proposed source file of a folder, print what is unsure; 0, or 2 when it cannot be loaded yet."""
    proposal = propose_source(folder)
    if ask_doubts:
        proposal = ask(proposal, input, print)
    write_source(proposal, out)
    for line in _lines(proposal):
        print(visible(line))
    problem, loaded = _tried(proposal, Path(out))
    for line in loaded:
        print(visible(line))
    if problem:
        print(visible(f"Not yet loadable: {problem}"))
        print(f"Written: {out}; complete it, then run: workbench check {out}")
        return 2
    print(f"Written: {out}; read it, correct it, then run: workbench check {out}")
    return 0


def _lines(proposal: Proposal) -> Iterator[str]:
    for table in proposal.tables:
        files = [name for name in proposal.files if table.reads(name)] or [table.file]
        yield f"{table.table}: {' and '.join(files)}, {len(table.columns)} columns"
    for name, why in proposal.unused.items():
        yield f"Not used: {name}: {why}"
    for doubt in proposal.questions:
        yield f"Unsure: {doubt.sentence}"
        yield from shown(doubt)


def _tried(proposal: Proposal, out: Path) -> tuple[str, list[str]]:
    """Return why the source cannot be loaded yet (empty when it can), and what loading it gave.

    The tables of a server are not copied for that.
    """
    asked = [doubt.sentence for doubt in proposal.questions if doubt.cost == "load"]
    if asked:
        return " ".join(asked), []
    try:
        source = read_source(out)
        if any(file.postgres or file.spark for file in source.files.values()):
            return "", []
        return "", list(_loaded(load_tables(out).facts, source))
    except UserError as problem:
        return str(problem), []


def _loaded(facts: Facts, source: Source) -> Iterator[str]:
    for table, rows in facts.loaded.items():
        status, by_words, others = by_status(facts.refused, table, source.tables.get(table))
        aside = [f"{by_words:,} by their status ({status})"] if status else []
        aside += [f"{n:,} {reason}" for reason, n in others]
        yield f"Loaded: {table}: {rows:,} rows" + (f"; set aside: {', '.join(aside)}" if aside else "")
