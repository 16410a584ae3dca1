"""The console command: ``workbench init``, ``check``, ``demo``, ``run``, ``runs``, ``publish``, ``report``, …

Each command imports what it needs when it is called: help and typing mistakes are answered at once.
"""

from __future__ import annotations

import re
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from typer.core import TyperCommand

from workbench.errors import ParameterError, RunFailure, UserError, visible

PAIR = "\x1f"
INTERRUPTED = 130


class Log(StrEnum):
    """How a run reports its progress."""

    TEXT = "text"
    JSON = "json"


app = typer.Typer(
    help="Who is leaving, how, why, what it costs, and whom to contact next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def init(
    place: Annotated[
        str, typer.Argument(metavar="FOLDER_OR_URL", help="Raw files, sqlite:///path or postgresql://user@host/db.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The source file to write.")] = Path("source.yaml"),
    ask: Annotated[bool, typer.Option("--ask", help="Ask what is unsure, one question at a time.")] = False,
) -> None:
    """Propose a source file for raw files.

    It states which column is what, how sure that is and why, and what is unsure, the costliest doubt first.

    Exit code: 0 done; 2 it cannot be loaded yet, with what is missing.
    """
    from workbench.propose import init_command

    raise typer.Exit(init_command(place, out, ask_doubts=ask))


@app.command()
def check(
    source: Annotated[Path, typer.Argument(metavar="SOURCE.yaml", help="The source file.")],
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="The page to write; default: beside the source file.")
    ] = None,
    refused: Annotated[
        Path | None, typer.Option("--refused", metavar="FILE", help="Write the refused rows here, .csv or .parquet.")
    ] = None,
) -> None:
    """Report all that is wrong with the data.

    The findings are shown on screen and written as an HTML page.

    Exit code: 0 a report may be built; 2 a finding stops it, or the source cannot be loaded.
    """
    from workbench.check import check_command

    _refuse_foreign(refused, b"table_name", "--refused")
    _refuse_foreign(page, PAGE, "--page")
    raise typer.Exit(check_command(source, page or source.with_name(f"{source.stem}_check.html"), refused))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    customers: Annotated[int, typer.Option("--customers", metavar="N", help="How many customers.")] = 1000,
    months: Annotated[int, typer.Option("--months", metavar="M", help="How many months of data.")] = 24,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed gives the same company.")] = 1,
    extract_at: Annotated[
        str | None, typer.Option("--extract-at", metavar="DATE", help="Also write the export as it was on this day.")
    ] = None,
) -> None:
    """Simulate a company to practise on.

    Its customers leave for known causes; the truth is written beside its tables.
    """
    from workbench.demo import simulate

    typer.echo(str(simulate(folder, customers=customers, months=months, seed=seed, extract_at=extract_at)))


@app.command()
def quick(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One row per customer: CSV, Excel, Parquet …")],
    label: Annotated[str, typer.Option("--label", metavar="COLUMN", help="The column that says who left.")],
    id: Annotated[str, typer.Option("--id", metavar="COLUMN", help="The column of the customers' ids.")] = "",
    leave_out: Annotated[
        list[str] | None, typer.Option("--leave-out", metavar="COLUMN", help="A column not to use; repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where to write; default: a folder beside the file.")
    ] = None,
) -> None:
    """Explain a given label: a table with one row per customer, a column that says who left, and no dates.

    It writes a page, every customer's score, and the figures as JSON. Without dates nothing proves that a column was
    known before the departure; a source file and a run do.

    Exit code: 0 done; 2 the file, the columns or the label are to be fixed.
    """
    from workbench.report import quick as explain
    from workbench.report import write_quick

    found = explain(file, label=label, id=id, leave_out=leave_out or ())
    for sentence in found.summary:
        typer.echo(visible(sentence))
    typer.echo(f"Report: {write_quick(found, out or file.with_name(f'{file.stem}_quick'))}")


class _WithParameters(TyperCommand):
    """A command whose help ends with the parameters of a run."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write them; the list is made only for who reads it."""
        self.epilog = _parameters_help()
        super().format_epilog(ctx, formatter)


def _parameters_help() -> str:
    from workbench.runs import RunParams, described

    lines = [f"{name:<21}{kind:<9}{default:<13} {meaning}" for name, kind, default, meaning in described(RunParams)]
    return "\n".join(["\b", "Parameters (name, type, default, meaning):", *lines])


@app.command()
def runs() -> None:
    """List the runs: their state, figures and durations, and why one failed."""
    from workbench.runs import COLUMNS, project_root, run_rows

    rows = [dict(zip(COLUMNS, COLUMNS, strict=True)), *run_rows(project_root())]
    widths = {name: max(len(row[name]) for row in rows) for name in COLUMNS}
    for row in rows:
        typer.echo(visible("  ".join(row[name].ljust(widths[name]) for name in COLUMNS).rstrip()))


@app.command()
def alerts(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A published run.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent, and where to.")] = False,
) -> None:
    """Send what the alerts of a run newly report, and what could not be sent before.

    A run does so at its end; this does it again, or shows it.

    Exit code: 0 done; 1 a channel did not take it, with the reason; 2 there is no such run, or it names no alerts.
    """
    from workbench.runs import alert_file, preview_alerts, project_root, published_run, report_alerts

    if dry_run:
        would, channels = preview_alerts(run, project_root())
        typer.echo(visible("\n".join(would.lines or ["Nothing new to report."])))
        typer.echo(f"To: {', '.join(channels) or 'nobody; name a channel under send: in the alert file'}")
        for name, reason in would.problems.items():
            typer.echo(visible(f"Not to {name}: {reason}."))
        return
    published = published_run(run, project_root())
    reported = report_alerts(published, alert_file(published))
    typer.echo(visible("\n".join(reported.sentences())))
    raise typer.Exit(1 if reported.problems else 0)


@app.command()
def serve(
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 picks a free one.")
    ] = 8000,
) -> None:
    """Show the reports in a browser on this machine; nobody else can open them.

    Exit code: 130 stopped by Ctrl-C; 2 the port is taken.
    """
    from workbench.runs import project_root, reports_server

    try:
        server = reports_server(project_root(), port)
    except OSError as problem:
        raise ParameterError(f"--port {port}: cannot be used ({problem.strerror}): name another.") from None
    with server:
        typer.echo(f"http://localhost:{server.server_port}/")
        server.serve_forever()


@app.command()
def customer(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's name.")],
    customer_id: Annotated[
        str, typer.Argument(metavar="ID", help="The customer's id; put -- before one that starts with a dash.")
    ],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The page; else customer_ID.html.")] = None,
    for_customer: Annotated[
        bool, typer.Option("--for-customer", help="Only what the customer may read: no score, reason or task.")
    ] = False,
) -> None:
    """Write all that is known of one customer as a page.

    One HTML file that opens offline: history, what is open, score and reasons, segments, tasks.

    Exit code: 0 done; 2 there is no such run or customer, with the nearest ids, or the file cannot be written.
    """
    from workbench.actions import customer as profile_of
    from workbench.runs import project_root, published_run

    _refuse_foreign(out, PAGE, "--out")
    file = out or Path(f"customer_{re.sub('[^A-Za-z0-9_-]+', '_', customer_id)[:64]}.html")
    page = profile_of(published_run(run, project_root()), customer_id).page(for_customer=for_customer)
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as problem:
        raise UserError(f"{file}: cannot be written: {problem.strerror}. Name another with --out.") from None
    typer.echo(str(file))


@app.command()
def pdf(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's name.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The file; else RUN.pdf.")] = None,
) -> None:
    """Print a run's report to a PDF file, by the Chromium or Chrome that is installed.

    Exit code: 0 done; 2 there is no such run or no browser, or the file cannot be written.
    """
    from workbench.report import print_page
    from workbench.runs import project_root, published_run

    _refuse_foreign(out, b"Skia/PDF", "--out")
    page = published_run(run, project_root()).reports / "index.html"
    typer.echo(str(print_page(page, out or Path(f"{run}.pdf"))))


@app.command()
def report(
    run: Annotated[str, typer.Option("--run", metavar="RUN", help="A published run.")],
    against: Annotated[str, typer.Option("--against", metavar="RUN", help="The earlier run to compare it with.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write the comparison here, as JSON.")
    ] = None,
) -> None:
    """Compare two published runs: figures, segments, risk, settings, data, outcomes, models.

    Exit code: 0 done; 2 there is no such run, or the file cannot be written.
    """
    from workbench.runs import compare, comparison_json, comparison_text

    _refuse_foreign(out, b'{\n  "figures": [', "--out")
    tables = compare(run, against)
    typer.echo(visible(comparison_text(tables)))
    if out:
        try:
            out.write_text(comparison_json(tables), encoding="utf-8")
        except OSError as problem:
            raise ParameterError(f"--out {out}: cannot be written ({problem.strerror}): name another file.") from None


@app.command(cls=_WithParameters)
def run(
    params: Annotated[Path, typer.Argument(metavar="PARAMS.yaml", help="The run's parameters.")],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", metavar="NAME VALUE", help="Set one parameter; repeatable.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="The day the report looks from; also latest or today - 1d."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="RUN", help="The run's name; default: the file's.")
    ] = None,
    months: Annotated[
        str | None,
        typer.Option("--backfill", metavar="FROM..TO", help="A run for each past month, such as 2024-01..2024-12."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on after the last notebook that an interrupted run of this name finished."),
    ] = False,
    log: Annotated[
        Log, typer.Option("--log", help="A line for each cell, or one JSON object for each notebook.")
    ] = Log.TEXT,
) -> None:
    """Run the five notebooks and publish the report.

    Exit code: 0 done; 1 a notebook failed; 2 the call, the parameters, the data or a folder's rights are to be fixed,
    or a run of this name is under way; 130 stopped by Ctrl-C, SIGTERM or SIGHUP.
    """
    from workbench.runs import started_early

    pairs = [(name, _plain(value)) for name, _, value in (pair.partition(PAIR) for pair in parameter or [])]
    overrides = _once(pairs)
    if months is not None and (as_of is not None or "as_of" in overrides):
        raise ParameterError("--backfill sets as_of for each month; leave as_of out of the call.")
    with started_early():
        from workbench.runs import read_params, run_notebooks  # takes two seconds

        checked = read_params(params, overrides, as_of=as_of, name=name)
        run_notebooks(checked, months, resume=resume, as_json=log is Log.JSON)


@app.command()
def publish(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run whose notebooks were run by hand.")],
) -> None:
    """Publish what notebooks run by hand in JupyterLab have made of a run.

    They write to a draft beside the published run; the draft takes its place whole, or not at all.

    Exit code: 0 done; 2 there is no draft, or it names the notebook to run first.
    """
    from workbench.runs import from_here, publish_draft

    typer.echo(f"Report: {from_here(publish_draft(run))}")


@app.command()
def score(
    params: Annotated[Path, typer.Argument(metavar="PARAMS.yaml", help="The parameters of the model's run.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The day to score; also latest or today - 1d.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="DIR", help="Another model folder; default: the run's own.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The CSV file to write.")] = None,
) -> None:
    """Score the customers of a day with the model of the last run, without training.

    Exit code: 0 done; 2 there is no model, it reads other features or rules, or the data or the day are to be fixed.
    """
    from workbench.runs import read_params, write_scores
    from workbench.runs import score as scored

    _refuse_foreign(out, b"churn_probability", "--out")
    checked = read_params(params, {}, as_of=as_of, name=None)
    scores = scored(checked, model=model)
    path = out or Path(f"{checked.run_name}_scores_{scores['as_of'].max():%Y-%m-%d}.csv")
    write_scores(scores, path)
    typer.echo(f"Scores: {len(scores):,} customers in {path}")


PAGE = b'content="Churn Workbench"'
"""What stands near the beginning of each page of ours."""
EDGE = 4000
"""Bytes at the beginning and at the end of a file by which it is known."""


def _refuse_foreign(path: Path | None, mark: bytes, option: str) -> None:
    """Refuse to write over a file somebody named that no such command has written: it may be their data."""
    if path is None or not path.is_file():
        return
    with path.open("rb") as file:
        edges = file.read(EDGE)
        file.seek(max(path.stat().st_size - EDGE, 0))
        edges += file.read(EDGE)
    if edges and mark not in edges:
        raise ParameterError(
            f"{option} {path}: this file already exists and was not written by the workbench; name "
            "another, or delete it first."
        )


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ParameterError(f"-p {twice[0]} is given twice; give it once.")
    return dict(pairs)


def _plain(text: str) -> Any:
    """Read a value of the call as YAML would, so that 91 is a number and 2011-12-09 a date."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def join_pairs(words: Sequence[str]) -> list[str]:
    """Return the call's words with each ``-p NAME VALUE`` as one option; typer knows no repeated pairs.

    Raises ParameterError when the value is missing.
    """
    joined, rest = list[str](), list(words)
    while rest:
        word = rest.pop(0)
        if word == "-p":
            if len(rest) < 2:
                raise ParameterError(f"-p {' '.join(rest)}: a parameter takes a name and a value: -p horizon_days 91.")
            joined += ["-p", f"{rest.pop(0)}{PAIR}{rest.pop(0)}"]
        else:
            joined.append(word)
    return joined


def main() -> None:
    """Run the command; report mistakes and failures in a sentence, with the exit code that says which it was."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # a stopped service or closed terminal tidies up as Ctrl-C does
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        app(join_pairs(sys.argv[1:]))
    except UserError as mistake:
        _exit(f"Error: {mistake}", 2)
    except RunFailure as failure:
        _exit(f"Failed: {failure}", 1)
    except (KeyboardInterrupt, SystemExit) as end:  # typer makes an exit of an interrupt
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        _exit("Interrupted; nothing was published.", INTERRUPTED)
    except Exception as problem:
        traceback.print_exc()
        _exit(f"Failed: {type(problem).__name__}: {problem}. Nothing was published.", 1)


def _exit(message: str, code: int) -> None:
    with suppress(OSError):  # the terminal may be gone
        typer.echo(visible(message), err=True)
    sys.exit(code)
