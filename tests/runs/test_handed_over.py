"""What a notebook hands over is whole: nothing is written after the file that lets the next one begin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.runs.notebooks.turns import HANDS_OVER

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_WRITES = re.compile(r"here\.write(?:_json|_batches)?\(\s*\"(\w+)\"|wb\.write_crm\(")


@pytest.mark.parametrize("notebook", HANDS_OVER)
def test_a_notebook_writes_nothing_after_what_hands_over(notebook: str) -> None:
    text = (NOTEBOOKS / f"{notebook}.py").read_text(encoding="utf-8")
    assert [name or "crm" for name in _WRITES.findall(text)][-1] == Path(HANDS_OVER[notebook]).stem
