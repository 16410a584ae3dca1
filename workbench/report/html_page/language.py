"""The page's language: a catalog of English texts and their translations, with how numbers and dates are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import SettingError, did_you_mean, in_plural
from workbench.report.html_page.company_names import NAME, PHRASE, unmarked
from workbench.yamlfile import read_yaml

SHIPPED = Path(__file__).parent / "languages"
FIELDS = ("language", "right_to_left", "numbers", "dates", "texts")
DATES = ("day", "day_of_year", "month", "months", "short_months")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH = rf"(?:{'|'.join(MONTHS)})"
_SHORT = rf"(?:{'|'.join(month[:3] for month in MONTHS)})"
_NUMBER = r"[+\u2212-]?[£€$]?\d+(?:,\d{3})*(?:\.\d+)?(?:–\u2060?\d+)?(?:\s?%)?(?:\s[A-Z]{3}\b)?"
_CURRENCY = r"\b(?!AUC|CAC|CLV|CRM|MRR|NPS|RFM|VIP)[A-Z]{3}\b"
_VALUE = re.compile(
    f"{NAME[0]}[^{NAME[1]}]*{NAME[1]}|{PHRASE[0]}[^{PHRASE[1]}]*{PHRASE[1]}|"
    rf"(?<!\w)'\w+'|\b[a-z_]+\.[a-z_]+\b|\b[a-z]+_\w+\b|{_CURRENCY}|"
    rf"(?<!\w)(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}\s{_MONTH}\s\d{{4}}|\d{{1,2}}\s{_MONTH}|{_MONTH}\s\d{{4}}|"
    rf"\d{{1,2}}\s{_SHORT}\s\d{{4}}|{_NUMBER})(?!\w)"
)
"""What a text holds of values: names of the company's, of columns and files, dates, numbers with their unit."""
_HOLE = "\ufdd4"
_DATE = re.compile(rf"(?:(\d{{1,2}})\s)?({_MONTH}|{_SHORT})(\s)?(\d{{4}})?")
_APART = tuple(
    map(
        re.compile,
        (
            rf"(?<=[.!?])(\s+)(?=[A-Z%{_HOLE}])",
            "(; )",
            "(: )",
            r"( \(|\)(?:, )?)",
            "(, )",
            r"( and | or | \+ )",
            "( to )",
        ),
    )
)
"""Where a text that has no translation as a whole is divided: sentences, then parts of them."""


@dataclass(frozen=True)
class Language:
    """How the page speaks: ``code`` for the browser, the texts by their English pattern, numbers and dates.

    A pattern has ``{}`` for each value (number, date, name); its translation has them in the same order, or by
    position (``{1}``). ``lacking`` counts the English texts met that have none.
    """

    code: str
    texts: Mapping[str, str]
    right_to_left: bool = False
    thousands: str = ","
    decimal: str = "."
    currency_after: bool = False
    dates: Mapping[str, Any] = field(default_factory=dict)
    lacking: dict[str, int] = field(default_factory=dict, compare=False)

    def __call__(self, text: str) -> str:
        """Return an English text in this language; the text itself, and a count of it, where it has no translation."""
        if not text.strip():
            return text
        before, core, after = _trimmed(text)
        values = _VALUE.findall(core)
        pattern = _VALUE.sub(_HOLE, core)
        found = self._pieces(pattern, values, 0)
        if found is not None:
            return before + found + after
        return before + "".join(self._sentences(pattern, values)) + after

    def _sentences(self, pattern: str, values: Sequence[str]) -> Iterator[str]:
        """Yield each sentence in turn: those without a translation stay as they are, and are counted."""
        for part, own in _with_values(_APART[0].split(pattern), values):
            found = self._pieces(part, own, 1)
            if found is None:
                key = re.sub(r"\s+", " ", part.replace(_HOLE, "{}"))
                self.lacking[key] = self.lacking.get(key, 0) + 1
            yield unmarked(_filled(part, own)) if found is None else found

    def _pieces(self, pattern: str, values: Sequence[str], level: int) -> str | None:
        """Return a text translated as a whole, else in pieces; None where a piece has no translation."""
        whole = self._whole(pattern, values)
        if whole is not None or level == len(_APART):
            return whole
        parts = _APART[level].split(pattern)
        if len(parts) == 1:
            return self._pieces(pattern, values, level + 1)
        found = [self._pieces(part, own, level + 1) for part, own in _with_values(parts, values)]
        return None if None in found else "".join(map(str, found))

    def _whole(self, pattern: str, values: Sequence[str]) -> str | None:
        shown = [self._value(value) for value in values]
        if not re.search(r"[^\W\d_]", pattern):
            return _filled(pattern, shown)
        before, core, after = _trimmed(pattern)
        found = self._entry(core)
        if found is None and core[-1] in ".:;,":
            core, after = core[:-1], core[-1] + after
            found = self._entry(core)
        return None if found is None else before + _put(found, shown) + after

    def _entry(self, pattern: str) -> str | None:
        """Return the catalog's translation, the first letter large or small as in the English text."""
        key = re.sub(r"\s+", " ", pattern.replace(_HOLE, "{}"))
        for wanted in (key, in_plural(key)):  # the text for many, where there is none for one
            if (found := self.texts.get(wanted)) is not None:
                return found
            if (found := self.texts.get(_swapped(wanted))) is not None:
                return found[:1].upper() + found[1:] if key[0].isupper() else found
        return None

    def _value(self, value: str) -> str:
        """Return a value as this language writes it; a name as it is."""
        if value.startswith(NAME[0]):
            return value[1:-1]
        if value.startswith(PHRASE[0]):
            return self(value[1:-1])
        if re.fullmatch(r"\d{4}-\d\d-\d\d|\D+", value):
            return value
        return _DATE.sub(self._date, value) if re.search(_SHORT, value) else self._number(value)

    def _number(self, text: str) -> str:
        shown = text.translate({ord(","): self.thousands, ord("."): self.decimal})
        sign = re.search("[£€$]", shown)
        if sign is None or not self.currency_after:
            return shown
        return f"{shown.replace(sign[0], '')}\N{NO-BREAK SPACE}{sign[0]}"

    def _date(self, found: re.Match[str]) -> str:
        day, month, space, year = found.groups()
        number = [name[:3] for name in MONTHS].index(month[:3])
        name = self.dates["short_months" if len(month) == 3 and space == "\n" else "months"][number]
        form = "month" if day is None else "day_of_year" if year is None else "day"
        shown = str(self.dates[form]).format(day=day, month=name, year=year)
        return shown.replace(f" {year}", f"\n{year}") if space == "\n" else shown


def read_language(name: str, beside: Path) -> Language | None:
    """Return the language of a name, shipped (``de``) or a YAML file of the analyst's; None for English.

    Raises SettingError naming the file, what is wrong in it and the cure.
    """
    if name in ("", "en"):
        return None
    where = SHIPPED / f"{name}.yaml"
    if not re.fullmatch(r"\w+", name) or not where.is_file():
        where = beside.parent / name
    if not where.is_file():
        shipped = ", ".join(["en", *sorted(path.stem for path in SHIPPED.glob("*.yaml"))])
        raise SettingError(f"{beside}: language: {name!r} is neither one of {shipped} nor a file beside this one.")
    content = read_yaml(where, SettingError)
    shipped_one = SHIPPED / f"{content.get('language')}.yaml"
    if where.parent != SHIPPED and shipped_one.is_file():  # what the analyst's own lacks, the shipped one may have
        given = read_yaml(shipped_one, SettingError)
        content = {**given, **content, "texts": {**given["texts"], **(_written(content.get("texts")))}}
    return _language(where, content)


def _written(texts: Mapping[str, str] | None) -> dict[str, str]:
    """Return the texts that are filled in."""
    return {str(key): str(text) for key, text in (texts or {}).items() if text}


def _language(where: Path, content: Mapping[str, Any]) -> Language:
    for key in content:
        if key not in FIELDS:
            raise SettingError(f"{where}: {key}: unknown; {did_you_mean(str(key), FIELDS)}")
    if not re.fullmatch(r"[a-z]{2,3}(-\w+)*", str(content.get("language") or "")):
        raise SettingError(f"{where}: language: write the code of the language, such as de or fr-CA.")
    texts = _written(content.get("texts"))
    for key, text in texts.items():
        _check_holes(where, key, text)
    numbers = content.get("numbers") or {}
    return Language(
        code=str(content["language"]), texts=texts, right_to_left=bool(content.get("right_to_left")),
        thousands=str(numbers.get("thousands", ",")), decimal=str(numbers.get("decimal", ".")),
        currency_after=numbers.get("currency") == "after", dates=_dates(where, content.get("dates") or {}),
    )  # fmt: skip


def _check_holes(where: Path, key: str, text: str) -> None:
    asked, given = sorted(_holes(text)), list(range(key.count("{}")))
    if asked != given:
        raise SettingError(
            f"{where}: texts: {key!r}: its translation must have each {{}} of the English text once, in order or as "
            f"{{0}}, {{1}} …; {text!r} has not."
        )


def _dates(where: Path, written: Mapping[str, Any]) -> dict[str, Any]:
    usual = {"day": "{day} {month} {year}", "day_of_year": "{day} {month}", "month": "{month} {year}",
             "months": list(MONTHS), "short_months": [name[:3] for name in MONTHS]}  # fmt: skip
    for key, value in written.items():
        if key not in DATES:
            raise SettingError(f"{where}: dates: {key}: unknown; {did_you_mean(str(key), DATES)}")
        if key.endswith("months") and (not isinstance(value, list) or len(value) != len(MONTHS)):
            raise SettingError(f"{where}: dates: {key}: write a list of 12 names, January first.")
        if not key.endswith("months") and not set(re.findall(r"\{(.*?)\}", str(value))) <= {"day", "month", "year"}:
            raise SettingError(
                f"{where}: dates: {key}: {value!r} has a name other than {{day}}, {{month}} and {{year}} in braces."
            )
    return usual | dict(written)


def _holes(text: str) -> list[int]:
    found = re.findall(r"\{(\d*)\}", text)
    return [int(position) if position else i for i, position in enumerate(found)]


def _put(text: str, values: Sequence[str]) -> str:
    order = iter(_holes(text))
    return re.sub(r"\{\d*\}", lambda _: values[next(order)], text)


def _filled(pattern: str, values: Sequence[str]) -> str:
    rest = iter(values)
    return re.sub(_HOLE, lambda _: next(rest), pattern)


def _with_values(parts: Sequence[str], values: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    done = 0
    for part in parts:
        n = part.count(_HOLE)
        yield part, values[done : done + n]
        done += n


def _trimmed(text: str) -> tuple[str, str, str]:
    core = text.strip()
    begin = text.index(core) if core else 0
    return text[:begin], core, text[begin + len(core) :]


def _swapped(key: str) -> str:
    first = key[:1]
    return (first.lower() if first.isupper() else first.upper()) + key[1:]
