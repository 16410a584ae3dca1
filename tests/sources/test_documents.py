"""Files as systems write them: JSON documents around the rows, and dumps of databases with their sign for no value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.sources import RawFile, open_raw

ROWS = [{"id": "007", "plan": {"name": "pro"}}, {"id": "008", "plan": None}]


def ids(folder: Path, text: str) -> list[str]:
    (folder / "rows.json").write_text(text)
    con, problems = open_raw({"rows": RawFile(path=folder / "rows.json")}, folder)
    with con:
        assert not problems
        return [row[0] for row in con.execute("SELECT id FROM rows").fetchall()]


@pytest.mark.parametrize(
    "document",
    [
        json.dumps({"total": 2, "subscriptions": ROWS, "next": None}),
        json.dumps({"data": ROWS, "has_more": False}, indent=2),
        json.dumps({"hits": {"hits": ROWS}, "errors": []}),
        json.dumps(ROWS, indent=1),
        "\n".join(json.dumps(row, indent=1) for row in ROWS),
        "\n".join(map(json.dumps, ROWS)),
    ],
)
def test_the_rows_of_a_json_document_are_read_however_it_is_laid_out(tmp_path: Path, document: str) -> None:
    assert ids(tmp_path, document) == ["007", "008"]


def test_one_object_without_a_list_of_objects_is_one_row(tmp_path: Path) -> None:
    assert ids(tmp_path, '{"id": "007", "tags": ["a", "b"]}') == ["007"]


def test_a_dump_writes_no_value_as_backslash_n(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text('id,ended,reason\n1,\\N,"\\N"\n2,2024-01-01,price\n')
    con, _ = open_raw({"dump": RawFile(path=tmp_path / "dump.csv")}, tmp_path)
    with con:
        rows = con.execute("FROM dump").fetchall()
    assert rows == [("1", None, None), ("2", "2024-01-01", "price")]
