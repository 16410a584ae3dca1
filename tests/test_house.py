"""The house's own rules: what stands where, and who may know whom."""

import ast
import re
import tomllib
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from tests.conftest import ROOT

ORDER = [
    "errors", "yamlfile", "stats", "contract", "engines", "sources", "crm", "propose", "check", "demo", "label", "features",
    "metrics", "model", "segments", "actions", "report", "runs", "cli",
]  # fmt: skip
"""The rooms in the direction of flow: each knows only those to its left, and enters them through their door."""
WITHIN = {
    "propose": [
        "words", "raw_files", "proposed", "fitting", "shapes", "row_status", "columns", "matching", "customers", "sales",
        "terms", "assembly",
    ],
    "report": ["formats", "findings", "privacy", "text_tables", "sentences", "drawing", "exports", "html_page"],
    "runs": ["stages", "publishing", "notebooks", "alerts", "live", "commands"],
}  # fmt: skip
"""The rooms within a large room, in the same direction; the modules beside them may know all of them."""
SIDE_BY_SIDE = 36
"""At most so many modules in one folder: more are grouped."""
APART = [("label", "features"), ("metrics", "label"), ("metrics", "features")]
"""Rooms that do not know each other although one stands to the left."""
TOP_LEVEL = {
    "notebooks", "workbench", "data", "reports", "tests", "environment.yml", "README.md", "pyproject.toml", "Makefile",
    "LICENSE", "CHANGELOG.md", "requirements.txt", "requirements-spark.txt",
}  # fmt: skip


@cache
def imports(room: str) -> set[str]:
    """Names of the workbench modules that a room imports from outside itself, wherever in its files."""
    path = ROOT / "workbench" / room
    found = imported(sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")])
    return {name for name in found if name.split(".")[0] != room} - {"imports_listed"}


def imported(files: list[Path]) -> set[str]:
    """Names of the workbench modules that these files import, wherever in them."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench"):
                home = (node.module or "").removeprefix("workbench").removeprefix(".")
                found |= {home} if home else {alias.name for alias in node.names}
    return found


def test_the_landing_holds_the_rooms_of_the_plan_and_no_others() -> None:
    landing = {p.stem for p in (ROOT / "workbench").iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    assert landing - {"__init__"} == {*ORDER, "__main__"}
    assert len(landing - {"__init__"}) <= 20


@pytest.mark.parametrize("room", ORDER)
def test_a_room_knows_only_rooms_to_its_left_and_enters_them_through_the_door(room: str) -> None:
    assert imports(room) <= set(ORDER[: ORDER.index(room)])


@pytest.mark.parametrize("room", WITHIN)
def test_a_room_within_a_room_knows_only_those_before_it(room: str) -> None:
    order = WITHIN[room]
    home = ROOT / "workbench" / room
    assert {p.parent.name for p in home.glob("*/__init__.py")} == {*order}
    for place, inner in enumerate(order):
        known = {
            name.split(".")[1] for name in imported(sorted((home / inner).glob("*.py"))) if name.startswith(f"{room}.")
        }
        assert known <= {*order[: place + 1]}, inner


def test_no_folder_holds_more_modules_than_a_reader_takes_in() -> None:
    folders = {p.parent for p in (ROOT / "workbench").rglob("*.py")}
    assert [folder.name for folder in folders if len([*folder.glob("*.py")]) > SIDE_BY_SIDE] == []


@pytest.mark.parametrize(("one", "other"), APART)
def test_rooms_side_by_side_do_not_know_each_other(one: str, other: str) -> None:
    assert other not in imports(one)
    assert one not in imports(other)


def test_no_two_modules_share_a_name() -> None:
    names = [p.stem for p in (ROOT / "workbench").rglob("*.py") if p.stem != "__init__"]
    assert {name for name in names if names.count(name) > 1} == set()


def test_what_is_written_is_plain_modern_english() -> None:
    files = [*(ROOT / "workbench").rglob("*.py"), *(ROOT / "notebooks").rglob("*.py"), *ROOT.rglob("*.md")]
    odd = re.compile(r"\b(told|in silence)\b", re.IGNORECASE)
    written = [p for p in files if ".venv" not in p.parts]
    assert [p.name for p in written if odd.search(p.read_text() + p.stem.replace("_", " "))] == []


def test_the_top_level_is_as_agreed() -> None:
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    names = {path.split("/")[0] for path in tracked}
    assert {n for n in names if not n.startswith(".")} <= TOP_LEVEL


def test_continuous_integration_runs_the_two_commands_of_the_readme() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    commands = [step["run"] for step in jobs["report-and-test"]["steps"] if "run" in step]
    readme = (ROOT / "README.md").read_text()
    assert commands == re.findall(r"^make \w+", readme, re.M)[:2] == ["make report", "make test"]


def test_the_hooks_before_a_commit_name_programs_of_the_environment_and_tests_that_exist() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    words = [word for hook in local["hooks"] for word in hook["entry"].split()]
    assert local["repo"] == "local"
    assert all((ROOT / word).exists() for word in words if "/" in word)


def test_the_conda_environment_has_the_projects_packages() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (by_pip,) = [d["pip"] for d in conda if isinstance(d, dict)]
    assert by_pip == [*wanted, "--editable ."]


PINS = {"requirements.txt": ("dev",), "requirements-spark.txt": ("dev", "spark")}


@pytest.mark.parametrize("file", PINS)
def test_every_pinned_package_has_a_hash_and_no_address_is_recorded(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("file", PINS)
def test_the_pins_satisfy_the_project_file(file: str) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [package for extra in PINS[file] for package in wanted["optional-dependencies"][extra]]
    names = {re.split(r"[^a-z0-9-]", package)[0] for package in [*wanted["dependencies"], *extras]}
    assert names <= set(pinned(file))


def test_spark_changes_no_other_pin() -> None:
    assert pinned("requirements.txt").items() <= pinned("requirements-spark.txt").items()


def pinned(file: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / file).read_text(), re.M))


def test_every_verb_of_the_package_exists_and_is_documented() -> None:
    for verb in wb.__all__:
        assert getattr(wb, verb).__doc__


def test_every_name_of_a_door_that_opens_at_first_use_exists_and_is_no_modules() -> None:
    door = ROOT / "workbench" / "runs" / "__init__.py"
    names = wb.imports_listed(str(door))
    assert all(hasattr(import_module("workbench.runs"), name) for name in names)
    assert not {*names} & {
        module.stem for module in door.parent.iterdir()
    }  # else which one is found is a matter of order


@pytest.mark.parametrize("use_jedi", [True, False])
@pytest.mark.parametrize("typed", ["wb.churn_ra", "import workbench as wb\nwb.churn_ra"])
def test_a_notebook_completes_the_verbs(typed: str, use_jedi: bool) -> None:
    shell = InteractiveShell()
    shell.user_ns["wb"] = wb
    shell.Completer.use_jedi = use_jedi
    with provisionalcompleter():
        completed = [found.text.lstrip(".") for found in shell.Completer.completions(typed, len(typed))]
    assert completed == ["churn_rate"]


def test_a_misspelt_verb_is_answered_with_the_closest_one() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'chrun_rate'; did you mean churn_rate\?"):
        _ = wb.chrun_rate


def test_commands_come_in_the_readme_in_the_order_report_then_test() -> None:
    blocks = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.M)
    assert blocks[:2] == ["report", "test"]
    assert all(a != b for a, b in pairwise(blocks[:2]))
