"""A finished page and its charts in another language: every text is translated, nothing else is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import yaml
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from workbench.report.exports.workbook import write_workbook
from workbench.report.findings.contents import Findings
from workbench.report.html_page.company_names import named, with_names_marked
from workbench.report.html_page.language import Language
from workbench.report.html_page.page import render_page
from workbench.report.html_page.page_style import PageStyle

_TAG = re.compile(r"(<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>)", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\s(?:title|aria-label|alt|data-unit|data-one)=")([^"]*)(")')


UNTRANSLATED = "untranslated.yaml"
"""The texts of a page that its language lacks, to be filled in; not there where it lacks none."""


def write_localized(
    findings: Findings, folder: Path, style: PageStyle, draw: Callable[[Findings], Mapping[str, Figure | None]]
) -> None:
    """Write index.html and segments.xlsx in the style's language, and untranslated.yaml with texts it lacks."""
    language = style.language
    assert language is not None
    marked = with_names_marked(findings)
    charts = draw(marked)
    for chart in filter(None, charts.values()):
        localize_chart(chart, language)
    page = localized(render_page(marked, charts, replace(style, name=style.name and named(style.name))), language)
    (folder / "index.html").write_text(page, encoding="utf-8")
    write_workbook(replace(marked, lists=findings.lists), folder / "segments.xlsx", language)
    if language.lacking:
        empty = {"language": language.code, "texts": dict.fromkeys(sorted(language.lacking), "")}
        text = yaml.safe_dump(empty, allow_unicode=True, width=1000, sort_keys=False)
        (folder / UNTRANSLATED).write_text(text, encoding="utf-8")


def localized(page: str, language: Language) -> str:
    """Return an HTML page with the texts between its tags, and those for readers by ear, in a language."""
    pieces = _TAG.split(page)
    shown = "".join(_tag(piece, language) if i % 2 else _text(piece, language) for i, piece in enumerate(pieces))
    way = (' dir="rtl"' if language.right_to_left else "") + (
        ' data-currency="after"' if language.currency_after else ""
    )
    return shown.replace('<html lang="en">', f'<html lang="{language.code}"{way}>', 1)


def _text(text: str, language: Language) -> str:
    return escape(language(unescape(text)), quote=False) if text.strip() else text


def _tag(tag: str, language: Language) -> str:
    if tag.startswith(("<script", "<style")):
        return tag
    return _ATTRIBUTE.sub(lambda found: found[1] + escape(language(unescape(found[2]))) + found[3], tag)


def localize_chart(figure: Figure, language: Language) -> None:
    """Translate the words of a chart, its numbers and dates too, before it is laid out."""
    axes = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    ticks = {id(text) for axis in axes for tick in axis.get_major_ticks() for text in (tick.label1, tick.label2)}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and id(text) not in ticks and text.get_text():
            text.set_text(language(text.get_text()))
    for ax in figure.axes:
        ax.xaxis.label.set_text(ax.xaxis.label.get_text().replace(" %", "\N{NO-BREAK SPACE}%"))
    for axis in axes:
        axis.set_major_formatter(_InLanguage(axis.get_major_formatter(), language))


class _InLanguage(Formatter):
    """The labels of another formatter, in a language."""

    def __init__(self, inner: Formatter, language: Language) -> None:
        self.inner, self.language = inner, language

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.language(self.inner(x, pos))

    def format_ticks(self, values: list[float]) -> list[str]:
        return [self.language(text) for text in self.inner.format_ticks(values)]
