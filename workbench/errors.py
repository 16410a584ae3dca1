"""Mistakes of the user's, each explained in a sentence or two: where, which value, and the cure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from contextlib import suppress
from numbers import Integral
from pathlib import Path


class UserError(Exception):
    """A mistake that the person at the keyboard can fix; shown without a traceback, in notebooks too."""

    def _render_traceback_(self) -> list[str]:  # IPython's hook for how an exception is shown
        return [f"{type(self).__name__}: {self}", "", "wb.traceback() shows where."]


class ParameterError(UserError):
    """A run's parameter is unknown, of the wrong type or out of its range."""


class SourceError(UserError):
    """A source file, or a raw file it names, cannot be read as it is described."""


class DataError(UserError):
    """The data do not hold what was asked of them."""


class SettingError(UserError):
    """A setting asks for something this history cannot give."""


class UnknownVerb(UserError, AttributeError):
    """A verb is misspelt."""


class RunFailure(Exception):
    """A notebook failed: which, in which cell, and where the partly run notebook was kept."""

    notebook: Path | None = None
    """The partly run notebook, until it is kept."""


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: object) -> str:
    """Return text as a terminal may show it: signs that would steer it, or turn the writing round, are spelt out.

    >>> visible("c1\x1b[31m")
    'c1\\\\x1b[31m'
    """
    return _UNSEEN.sub(lambda found: repr(found[0])[1:-1], str(text))


_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def unturned(page: str) -> str:
    """Return a page without the signs that turn what follows them round; letters written from the right stay so.

    >>> unturned("\u202eevil, \u06a9\u0648\u0631\u0648\u0634")
    'evil, \u06a9\u0648\u0631\u0648\u0634'
    """
    return _TURNING.sub("", page)


NOUNS = (
    "account", "alert", "answer", "buyer", "campaign", "column", "contact", "contract", "customer", "day", "departure",
    "event", "goal", "group", "hour", "invoice", "list", "message", "month", "order", "payment", "period", "point",
    "record", "row", "silence", "snapshot", "subscription", "task", "ticket", "time", "week", "year",
)  # fmt: skip
VERBS = {"are": "is", "have": "has", "join": "joins", "were": "was"}
_ADJECTIVE = r"(?:active|assigned|lapsed|lost|more|new|other|paying|whole) "
_NOUN = rf"({_ADJECTIVE})?({'|'.join(NOUNS)})"
_MANY = re.compile(rf"(?<![\w.,:–/+\N{{MINUS SIGN}}-])(?<!\bto )1 {_NOUN}s\b(?: ({'|'.join(VERBS)})\b)?")
_ONE = re.compile(rf"\{{\}} {_NOUN}\b(?: ({'|'.join(VERBS.values())})\b)?")


def in_singular(text: str) -> str:
    """Return a text, or page, in which what is counted as 1 stands in the singular, and the verb after it.

    Parts, ranges and changes keep the plural: 1 of 7 customers, 0 to 1 days, +1 points.

    >>> in_singular("1 customers left out; 1 active customers have a warning, 21 customers are lost")
    '1 customer left out; 1 active customer has a warning, 21 customers are lost'
    >>> in_singular("1 of 7 customers, 0 to 1 days, 0.1 points")
    '1 of 7 customers, 0 to 1 days, 0.1 points'
    """
    return _MANY.sub(lambda found: _put_verb(f"1 {found[1] or ''}{found[2]}", VERBS.get(found[3] or "")), text)


def in_plural(pattern: str) -> str:
    """Return the pattern for many of a text of a catalog for one.

    >>> in_plural("{} customer is left out, {} days ago")
    '{} customers are left out, {} days ago'
    """
    many = {one: verb for verb, one in VERBS.items()}
    return _ONE.sub(lambda found: _put_verb(f"{{}} {found[1] or ''}{found[2]}s", many.get(found[3] or "")), pattern)


def _put_verb(counted: str, verb: str | None) -> str:
    return f"{counted} {verb}" if verb else counted


MOST_NAMED = 40
"""Names that a message lists at the most."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the closest known word as a question, or the known ones; of many the first.

    >>> did_you_mean("horizon_day", ["horizon_days", "as_of"])
    'did you mean horizon_days?'
    >>> did_you_mean("colour", ["horizon_days", "as_of"])
    'known: as_of, horizon_days'
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"did you mean {close[0]}?"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"known: {', '.join(names[:MOST_NAMED])}{more}"


def or_near(cure: str, *paths: Path) -> str:
    """Return the nearest name to that of a file that is not there, as a question; ``cure`` where none is near.

    Of a misspelt folder it is the nearest folder. Several paths are the places that were looked in.

    >>> or_near("check the path.", Path(__file__).with_name("erors.py")), or_near("check the path.", Path("/nowhere/x"))
    ('did you mean errors.py?', 'check the path.')
    """
    for path in paths:
        missing = next((part for part in (path, *path.parents) if part.parent.is_dir()), path)
        with suppress(OSError):
            beside = {each.stem: each.name for each in sorted(missing.parent.iterdir())}
            if close := difflib.get_close_matches(missing.stem, beside, n=1):  # endings are alike anyhow
                return f"did you mean {visible(beside[close[0]])}?"
    return cure


def ended(text: str) -> str:
    """Return the text with a full stop, unless it ends as a question.

    >>> ended("did you mean orders?"), ended("known: orders")
    ('did you mean orders?', 'known: orders.')
    """
    return text if text.endswith("?") else f"{text}."


def check_whole(setting: str, value: object) -> None:
    """Raise SettingError unless the value of a setting is a whole number.

    >>> check_whole("inactive_days", "60")
    Traceback (most recent call last):
    ...
    workbench.errors.SettingError: inactive_days '60' is no whole number; write one without quotes, such as 60.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise SettingError(f"{setting} {value!r} is no whole number; write one without quotes, such as 60.")


def check_choice(setting: str, value: object, known: Iterable[str]) -> None:
    """Raise SettingError unless the value of a setting is one of the names known for it.

    >>> check_choice("asked", "survey", ["surveys", "tickets"])
    Traceback (most recent call last):
    ...
    workbench.errors.SettingError: asked 'survey' is not known; did you mean surveys?
    """
    names = list(known)
    if value not in names:
        raise SettingError(ended(f"{setting} {value!r} is not known; {did_you_mean(str(value), names)}"))
