"""The console command: ``workbench run PARAMS.yaml``."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from workbench.errors import ParameterError, UserError
from workbench.params import RunParams, check, described
from workbench.yamlfile import read_yaml

PAIR = "\x1f"

app = typer.Typer(
    help="Who is leaving, how, why, what it costs, and whom to contact next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _workbench() -> None:
    """Keep ``run`` a command of its own."""


def _parameters_help() -> str:
    lines = [f"{name:<17}{kind:<9}{default:<10}{meaning}" for name, kind, default, meaning in described(RunParams)]
    return "\n".join(["\b", "Parameters (name, type, default, meaning):", *lines])


@app.command(epilog=_parameters_help())
def run(
    params: Annotated[Path, typer.Argument(metavar="PARAMS.yaml", help="The run's parameters.")],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", metavar="NAME VALUE", help="Set one parameter; repeatable.")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The day the report looks from.")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="RUN", help="The run's name; else the file's.")] = None,
) -> None:
    """Run the five notebooks and publish the report.

    Exit code: 0 done; 1 a notebook failed; 2 the call, the parameters or the data are to be mended.
    """
    overrides = dict(pair.split(PAIR, 1) for pair in parameter or [])
    checked = read_params(params, overrides, as_of=as_of, name=name)
    from workbench.run import execute

    report = execute(checked, on_cell=_tell)
    typer.echo(f"Report: {report.relative_to(Path.cwd()) if report.is_relative_to(Path.cwd()) else report}")


def read_params(path: Path, overrides: Mapping[str, str], *, as_of: str | None, name: str | None) -> RunParams:
    """Return the checked parameters of a run: the file's, then those of the call.

    Raises ParameterError naming file, parameter, value and cure.
    """
    content: dict[str, Any] = {"run_name": path.stem, **read_yaml(path, ParameterError)}
    content |= {key: _plain(value) for key, value in overrides.items()}
    content |= {key: value for key, value in (("as_of", as_of), ("run_name", name)) if value is not None}
    checked = check(RunParams, content, where=str(path))
    from workbench.run import resolve_source

    return checked.model_copy(update={"source": resolve_source(checked.source, path.parent)})


def _plain(text: str) -> Any:
    """Read a value of the call as YAML would, so that 91 is a number and 2011-12-09 a date."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _tell(notebook: str, cell: int, cells: int, seconds: float, title: str) -> None:
    typer.echo(f"{notebook:<12} cell {cell:>2}/{cells:<2} {seconds:6.1f} s  {title}")


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
    """Run the command; tell mistakes and failures in a sentence, with the exit code that says which it was."""
    from workbench.run import RunFailure

    try:
        app(join_pairs(sys.argv[1:]))
    except UserError as mistake:
        _exit(f"Error: {mistake}", 2)
    except RunFailure as failure:
        _exit(f"Failed: {failure}", 1)
    except KeyboardInterrupt:
        _exit("Interrupted; nothing was published.", 130)
    except Exception as problem:
        traceback.print_exc()
        _exit(f"Failed: {type(problem).__name__}: {problem}. Nothing was published.", 1)


def _exit(message: str, code: int) -> None:
    typer.echo(message, err=True)
    sys.exit(code)
