"""YAML taken apart by libyaml is read, and refused, as it is in Python."""

from pathlib import Path

import pytest

from workbench import yamlfile
from workbench.actions import PLAYBOOK
from workbench.errors import SourceError
from workbench.yamlfile import read_yaml

TEXTS = [
    "a: {when: new, or few}", "{a:b}", "a: [b: c]", "a: \x85 b", "a\nb", "a: b # c\nd: 010\ne: yes\nf: 12:30\ng: 2024-01-01",
    "a: b: c", "a: {b: [c}", "a:\n\tb: 1", "a: 'x", "a: @b", "a: 1\na: 2", "a: *nope", "a: !!python/object:os.x 1",
    "a: 2024-13-40", "a: \x00", "a: 1\n---\nb: 2", "? [a]\n: b", "a: &x 1\nb: [" + "*x, " * 101 + "]", "- " * 9999 + "a",
]  # fmt: skip


@pytest.mark.parametrize("text", [*TEXTS, PLAYBOOK.read_text(encoding="utf-8")], ids=lambda text: repr(text[:20]))
def test_both_readers_read_the_same_and_refuse_with_the_same_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def read() -> object:
        try:
            return read_yaml(tmp_path / "a.yaml", SourceError)
        except SourceError as refused:
            return str(refused)

    (tmp_path / "a.yaml").write_text(text, encoding="utf-8", newline="")
    fast = read()
    monkeypatch.setattr(yamlfile, "_FastLoader", yamlfile._StrictLoader)
    assert fast == read()
