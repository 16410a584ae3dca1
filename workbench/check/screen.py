"""A report of findings on the screen: figures to compare first, then each finding with its cure."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbench.check.findings import Report
from workbench.check.key_figures import KeyFigures, shown_count
from workbench.errors import visible

_MONTHS = 6


def render_terminal(report: Report, console: Console | None = None) -> None:
    """Print a report: what was loaded, figures to compare with what you know, then each finding with its cure."""
    console = console or Console()
    loaded = ", ".join(f"{name} {rows:,}" for name, rows in report.loaded.items())
    console.print(_plain(f"{report.source}: {report.span}; rows: {loaded}"))
    if report.key_figures.figures:
        console.print(Text("\nCompare with what you know:", style="bold"))
        console.print(_figures_table(report.key_figures))
        console.print(_months_table(report.key_figures))
    for remark in report.remarks:
        console.print(_plain(remark))
    if report.findings:
        console.print(_findings_table(report))
    console.print(_plain(report.summary, style="bold red" if report.stops else "bold"))


def _plain(text: str, style: str = "") -> Text:
    """Return a text in which nothing steers the terminal or is taken for markup: ids and names come from the data."""
    return Text(visible(text), style=style)


def _figures_table(known: KeyFigures) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim", overflow="fold")
    for figure in known.figures:
        table.add_row(*map(_plain, (figure.name, figure.value, figure.note)))
    return table


def _months_table(known: KeyFigures) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("month")
    for name in known.columns:
        table.add_column(name, justify="right")
    for month in known.months[-_MONTHS:]:
        table.add_row(*map(_plain, (month.month, *(shown_count(month.counts.get(name)) for name in known.columns))))
    return table


def _findings_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for heading in ("", "where", "what is wrong, and what helps"):
        table.add_column(heading, overflow="fold")
    for f in report.findings:
        style = "bold red" if f.severity == "stop" else "yellow"
        example = (f"For example {f.examples[0]}. ",) if f.examples else ()
        what = Text.assemble(visible(f"{f.rule}: {f.sentence} "), *map(visible, example), (visible(f.cure), "dim"))
        table.add_row(_plain(f.severity, style), _plain(f.where), what)
    return table
