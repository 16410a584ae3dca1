"""The examples of schedules in the notebooks' README: their syntax, and that the commands in them exist."""

import ast
import configparser
import re
import shlex
from typing import Any

import pytest
import typer

from tests.conftest import ROOT
from workbench import cli
from workbench.engines.spark import SETTINGS
from workbench.runs.stages.params import NOTEBOOKS

README = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
NIGHTLY = README[README.index("### Every night") : README.index("Relative paths of files")]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", NIGHTLY, re.MULTILINE | re.DOTALL)
CRON = r"([\d*/,-]+ ){4}[\d*/,-]+"


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def calls(source: str, name: str) -> list[dict[str, ast.expr]]:
    """The named arguments of every call of a name."""
    found = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    named = [n for n in found if isinstance(n.func, ast.Name) and n.func.id == name]
    return [{word.arg: word.value for word in n.keywords if word.arg} for n in named]


@pytest.mark.parametrize("command", re.findall(r"workbench (run|publish) ([^\n\">]+)", NIGHTLY))
def test_every_command_is_one_the_program_takes(command: tuple[str, str]) -> None:
    group: Any = typer.main.get_command(cli.app)
    verb, words = command
    group.commands[verb].make_context(verb, shlex.split(words), resilient_parsing=False)


def test_the_table_of_cron_has_five_fields_and_no_sign_that_cron_takes_for_a_new_line() -> None:
    (line,) = blocks("cron")[0].splitlines()
    assert re.match(rf"{CRON} cd /", line)
    assert "%" not in line


def test_the_units_of_systemd_are_a_service_that_runs_once_and_its_timer() -> None:
    service, timer = (configparser.ConfigParser(interpolation=None, strict=True) for _ in range(2))
    for parser, text in zip((service, timer), blocks("ini"), strict=True):
        parser.read_string(text)
    assert service.sections() == ["Unit", "Service"]
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["ExecStart"].startswith("/")
    assert timer.sections() == ["Unit", "Timer", "Install"]
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:\d\d", timer["Timer"]["OnCalendar"])


def test_the_graphs_of_airflow_are_python_with_a_schedule_and_tasks_of_their_own_names() -> None:
    one, each, _ = blocks("py")
    for source in (one, each):
        (graph,) = calls(source, "DAG")
        assert re.fullmatch(CRON, ast.literal_eval(graph["schedule"]))
        assert {"start_date", "catchup", "max_active_runs"} <= graph.keys()
    (bash,) = calls(one, "BashOperator")
    assert bash.keys() == {"task_id", "bash_command", "cwd", "retries", "retry_delay"}
    (notebook,) = calls(each, "PapermillOperator")
    assert notebook.keys() == {"task_id", "input_nb", "output_nb", "parameters", "kernel_name"}


def test_the_notebooks_of_airflow_are_those_of_a_run_with_parameters_they_know() -> None:
    (given,) = [
        ast.literal_eval(node.value)
        for node in ast.parse(blocks("py")[1]).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "GIVEN"
    ]
    assert list(given) == list(NOTEBOOKS)
    assert all(set(values) <= set(NOTEBOOKS[name].model_fields) for name, values in given.items())


def test_the_cell_for_the_scheduler_of_jupyterlab_fails_when_the_run_does() -> None:
    assert "check=True" in ast.unparse(ast.parse(blocks("py")[2]))


def test_the_configuration_of_a_cluster_sets_each_key_once_and_none_that_the_numbers_rest_on() -> None:
    lines = [line.split(maxsplit=1) for line in blocks("properties")[0].splitlines()]
    keys, given = [key for key, _ in lines], dict(lines)
    assert len(given) == len(lines)
    assert all(re.fullmatch(r"spark(\.\w+)+", key) for key in keys)
    assert not given.keys() & SETTINGS.keys()
    (shared,) = [value for key, value in lines if key.endswith("mount.path")]
    assert given["spark.sql.warehouse.dir"].startswith(f"{shared}/"), "where the executors see it too"
    assert shared.endswith("/data/derived")
