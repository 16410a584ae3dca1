"""The table of capabilities names each of them, and only tests and verbs that exist."""

import re

import pytest

import workbench as wb
from tests.conftest import ROOT
from workbench.features import dictionary
from workbench.report.sentences.sections import SECTIONS

GROUPS = {"K": 20, "D": 27, "S": 14, "G": 25, "T": 11, "X": 9}
IDS = [f"{group}{number}" for group, last in GROUPS.items() for number in range(1, last + 1)]
ROWS = re.findall(
    r"^\| ([KDSGTX]\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "reports" / "README.md").read_text(), re.M
)


def test_every_capability_has_one_row_in_order() -> None:
    assert [row[0] for row in ROWS] == IDS


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_capability_names_a_test_that_exists_or_says_that_it_is_not_there_yet(row: tuple[str, ...]) -> None:
    _, _, where, shown = row
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert named or where.startswith("not yet")
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text()


def test_every_verb_the_table_names_exists() -> None:
    verbs = {verb for row in ROWS for verb in re.findall(r"wb\.(\w+)", row[2])}
    assert verbs <= set(wb.__all__)


def named(kind: str, mark: str) -> set[str]:
    """Return what stands in marks after a word such as 'features', in all rows of the table."""
    places = " ".join(row[2] for row in ROWS)
    groups = re.findall(rf"\b{kind}s? ((?:{mark}[^*`?]+{mark}(?:, | and )?)+)", places)
    return {name for group in groups for name in re.findall(f"{mark}([^*`?]+){mark}", group)}


def test_the_sections_of_the_page_that_the_table_names_exist() -> None:
    questions = {question for row in ROWS for question in re.findall(r"\*([^*]+\?)\*", row[2])}
    assert questions <= {section.question for section in SECTIONS}


def test_the_lists_and_features_that_the_table_names_exist() -> None:
    assert named("list", r"\*") - {"health"} <= {line.list for line in wb.read_playbook()}, "health has points instead"
    known = {re.sub(r"_\d+d$", "", each["name"]) for each in dictionary()}
    assert named("feature", "`") - known == set()
