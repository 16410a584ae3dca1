"""The company's own look of the page, from a YAML file: name, logo, colours, sections and language."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import SettingError, did_you_mean
from workbench.report.html_page.language import Language, read_language
from workbench.report.sentences.sections import SECTIONS
from workbench.yamlfile import read_yaml

FIELDS = ("name", "logo", "colours", "sections", "language")
BACKGROUNDS = {"light": "#ffffff", "dark": "#141a21"}
"""The page's background on a light and on a dark screen; a colour is read on one of them."""
LEAST_CONTRAST = 4.5
KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
LARGEST_LOGO = 300_000


@dataclass(frozen=True)
class PageStyle:
    """How the page looks: ``name`` of the company (empty: the source's), ``logo`` as a data URI, one colour for a light
    and one for a dark screen (empty: blue), the ``sections`` shown (empty: all that the source can answer), and the
    ``language`` it is translated to (None: English, in which it is written)."""

    name: str = ""
    logo: str = ""
    light: str = ""
    dark: str = ""
    sections: Sequence[str] = ()
    language: Language | None = None


PLAIN = PageStyle()


def read_style(path: str | Path) -> PageStyle:
    """Return the style in a file: name, logo (a PNG, JPEG or SVG beside it), colours (light, dark), sections,
    language (a shipped one by its code, or a file beside this one).

    Raises SettingError naming file, field and cure: for an unknown field or section, a logo that is not there or too
    large, and a colour that cannot be read on its background.
    """
    where = Path(path)
    content = read_yaml(where, SettingError)
    _known(content, FIELDS, f"{where}")
    colours = content.get("colours") or {}
    _known(colours, tuple(BACKGROUNDS), f"{where}: colours")
    sections = [str(name) for name in content.get("sections") or ()]
    _known(dict.fromkeys(sections), tuple(section.name for section in SECTIONS), f"{where}: sections")
    return PageStyle(
        name=str(content.get("name") or ""),
        logo=_logo(where, str(content["logo"])) if content.get("logo") else "",
        sections=sections,
        language=read_language(str(content.get("language") or ""), where),
        **{screen: _readable(str(colour), screen, where) for screen, colour in colours.items()},
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2).

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _known(written: Any, names: Sequence[str], where: str) -> None:
    for name in written:
        if name not in names:
            raise SettingError(f"{where}: {name}: unknown; {did_you_mean(str(name), names)}")


def _readable(colour: str, screen: str, where: Path) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise SettingError(f"{where}: colours: {screen}: {colour!r} is not a colour; write it as '#00548a', in quotes.")
    found = contrast(colour, BACKGROUNDS[screen])
    if found < LEAST_CONTRAST:
        cure = "darker" if screen == "light" else "lighter"
        raise SettingError(
            f"{where}: colours: {screen}: {colour} has a contrast of {found:.1f} to the page's {BACKGROUNDS[screen]}, "
            f"under the {LEAST_CONTRAST} that letters need; choose a {cure} one."
        )
    return colour


def _logo(where: Path, name: str) -> str:
    path = where.parent / name
    kind = KINDS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise SettingError(f"{where}: logo: {name!r} is no PNG, JPEG or SVG file beside this one.")
    content = path.read_bytes()
    if len(content) > LARGEST_LOGO:
        raise SettingError(
            f"{where}: logo: {name} has {len(content):,} bytes, the most is {LARGEST_LOGO:,}; make it smaller."
        )
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
