"""The company's own look: what is read from its file, and what is refused."""

from pathlib import Path

import pytest

from workbench.errors import SettingError
from workbench.report.html_page.page_style import read_style


def style(folder: Path, text: str) -> Path:
    (folder / "style.yaml").write_text(text)
    return folder / "style.yaml"


def test_name_logo_colours_and_sections_are_read(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    found = read_style(
        style(tmp_path, "name: Acme\nlogo: logo.svg\ncolours: {light: '#00548a'}\nsections: [leave, why]\n")
    )
    assert (found.name, found.light, found.dark, list(found.sections)) == ("Acme", "#00548a", "", ["leave", "why"])
    assert found.logo == "data:image/svg+xml;base64,PHN2Zy8+"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nome: Acme", "nome: unknown; did you mean name?"),
        ("sections: [leaf]", "sections: leaf: unknown"),
        ("colours: {light: '#ffff00'}", "contrast of 1.1 .* choose a darker one"),
        ("colours: {dark: '#000080'}", "choose a lighter one"),
        ("colours: {light: blue}", "'blue' is not a colour"),
        ("logo: absent.png", "'absent.png' is no PNG, JPEG or SVG file beside this one"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_cure(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        read_style(style(tmp_path, text))
