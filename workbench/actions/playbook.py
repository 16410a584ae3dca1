"""A playbook: the analyst's file of what to do for which customer, by whom, when and at what cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.actions.channel_names import channel_name
from workbench.actions.task_texts import all_fields, check_text, needed_fields
from workbench.errors import SettingError, did_you_mean, ended
from workbench.segments import Condition, condition
from workbench.yamlfile import explain, read_yaml, unknown_key

PLAYBOOK = Path(__file__).with_name("playbook.yaml")
"""The playbook to copy and make one's own, for subscriptions and for orders."""

LISTS = {
    "answer": "open complaints and bad marks: first of all",
    "save": "in notice, and still served",
    "pay": "failing payments and cards about to expire",
    "renew": "contracts about to end",
    "keep": "at risk, with a reason the company can act on",
    "health": "warnings of the health score",
    "win back": "lapsed, or gone",
    "onboard": "new, and not yet using what they came for",
    "convert": "on trial, or on a free plan",
    "nurture": "new, and due for the next message of the first months",
    "occasion": "a day worth a message",
    "refer": "content, and able to recommend",
    "thank": "loyal, and worth a thank-you",
    "grow": "candidates for more",
    "newsletter": "may be mailed, and read it: to be taken into the mailing, not to be worked off",
}
"""The lists in the order in which they are worked off, and whom they hold."""
OCCASION = ("occasion_on", "days_to_occasion")
"""What a line with days of its own may name beside the columns: the day, and how far ahead it is."""
DAYS_AHEAD = 14
AUDIENCE = "newsletter"
"""The list that is no work: it leaves nobody off the others, and no limit cuts it."""
CHANNELS = ("email", "phone", "chat", "sms", "letter", "visit", "whatsapp", "app")
"""Channels a line may name beside those of the source."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    list: str
    when: str
    do: Annotated[str, Field(min_length=1)]
    why: str = ""
    say: str = ""
    channel: Any = ""
    owner: str = ""
    due: Any = 7
    days: Any = ()
    days_ahead: Annotated[int, Field(ge=0, le=366)] | None = None
    offer: str = ""
    offer_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    allowance: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


@dataclass(frozen=True)
class Due:
    """A day: so many days after today, or after the day in a column."""

    days: int
    column: str | None = None


@dataclass(frozen=True)
class Occasion:
    """Days of the company's own on which a line is about: of every year (``year`` None) or of one."""

    days: tuple[tuple[int | None, int, int], ...]
    ahead: int

    def next(self, today: date) -> date | None:
        """Return the first of its days from today on that is no further ahead than it looks; None without one.

        >>> Occasion(((None, 12, 24), (2026, 3, 20)), 14).next(date(2025, 12, 10))
        datetime.date(2025, 12, 24)
        >>> Occasion(((None, 12, 24),), 14).next(date(2025, 12, 9))
        """
        years = [(year,) if year else (today.year, today.year + 1) for year, _, _ in self.days]
        dates = [_day_of(y, month, day) for several, (_, month, day) in zip(years, self.days, strict=True)
                 for y in several]  # fmt: skip
        near = [day for day in dates if 0 <= (day - today).days <= self.ahead]
        return min(near, default=None)


def _day_of(year: int, month: int, day: int) -> date:
    """Return a day of a year; the 28th for a 29th of February that the year has not."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)


@dataclass(frozen=True)
class Line:
    """One line of a playbook: which customers, on which list, and what to do.

    The earliest ``due`` counts. ``offer_cost`` and ``cost`` (of one contact) are the company's own where None;
    ``allowance`` is the most that the offers of this line may cost in all. A line with an ``occasion`` is written only
    when one of its days is near.
    """

    name: str
    where: str
    list: str
    when: Condition
    do: str
    why: str
    say: str
    channels: tuple[str, ...]
    owner: str
    due: tuple[Due, ...]
    offer: str
    offer_cost: float | None
    cost: float | None
    allowance: float | None
    occasion: Occasion | None = None

    def __repr__(self) -> str:
        return f"{self.name} ({self.list}): {self.when.text}"

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which the line is not written for a customer."""
        texts = (self.do, self.why, self.say, self.offer)
        days = [due.column for due in self.due if due.column]
        return tuple(dict.fromkeys((*(n for text in texts for n in needed_fields(text)), *days)))

    @property
    def all_columns(self) -> tuple[str, ...]:
        """All columns the line asks about, needs, or names where it can."""
        texts = (self.do, self.why, self.say, self.offer)
        return tuple(dict.fromkeys((*self.when.columns, *self.needed, *(n for t in texts for n in all_fields(t)))))

    def lacking(self, there: Collection[str]) -> tuple[str, ...]:
        """Return the columns it asks about or needs that are not there."""
        known = {*there, *(OCCASION if self.occasion else ())}
        return tuple(name for name in dict.fromkeys((*self.when.columns, *self.needed)) if name not in known)

    def check(self, columns: Collection[str], channels: Collection[str]) -> None:
        """Raise SettingError for an unknown column, field or channel, with the nearest names."""
        columns = {*columns, *(OCCASION if self.occasion else ())}
        self.when.check_names(columns)
        for part in ("do", "why", "say", "offer"):
            check_text(getattr(self, part), columns, where=f"{self.where}: {part}")
        for day in (due.column for due in self.due if due.column):
            if day not in columns:
                raise SettingError(ended(f"{self.where}: due: unknown column {day!r}; {did_you_mean(day, columns)}"))
            if not day.endswith("_on"):
                raise SettingError(f"{self.where}: due: {day} holds no day; the names of those that do end in _on.")
        self.check_channels(channels)

    def check_channels(self, channels: Collection[str]) -> None:
        """Raise SettingError for a channel that is not among those given, with the nearest names."""
        for name in self.channels:
            if name not in channels:
                raise SettingError(ended(f"{self.where}: channel: unknown {name!r}; {did_you_mean(name, channels)}"))


class Playbook(tuple[Line, ...]):
    """The lines of a playbook in their order, shown by list."""

    __slots__ = ()

    def __repr__(self) -> str:
        names = {each: ", ".join(line.name for line in self if line.list == each) for each in LISTS}
        lists = [f"  {each}: {lines}" for each, lines in names.items() if lines]
        return "\n".join([f"Playbook of {len(self)} lines; playbook[0] shows one", *lists])


def read_playbook(path: str | Path = PLAYBOOK) -> Playbook:
    """Return the lines of a playbook's file, in its order; without a path those of the one that comes with it.

    A line has ``list``, ``when`` (a condition), ``do``, and may have ``why``, ``say``, ``channel``, ``owner``, ``due``,
    ``offer``, ``offer_cost``, ``cost``, ``allowance``, ``days`` and ``days_ahead``. Texts hold a customer's own values
    as ``{column}``.

    >>> read_playbook()[0].list
    'answer'

    Raises SettingError naming file, line, field and cure; nothing in the file is run.
    """
    content = read_yaml(Path(path), SettingError)
    return Playbook(_line(name, lines, where=f"{path}: {name}") for name, lines in content.items())


def _line(name: str, content: Any, *, where: str) -> Line:
    if not isinstance(content, dict):
        raise SettingError(f"{where}: needs 'list:', 'when:' and 'do:'.")
    for field in content:
        if field not in _Line.model_fields:
            raise SettingError(f"{where}: {unknown_key(str(field), content[field], _Line.model_fields)}")
    try:
        line = _Line.model_validate(content)
    except ValidationError as problem:
        raise SettingError(f"{where}: {explain(problem, list(_Line.model_fields))}") from None
    if line.list not in LISTS:
        raise SettingError(ended(f"{where}: list: unknown {line.list!r}; {did_you_mean(line.list, LISTS)}"))
    if line.offer_cost is not None and not line.offer:
        raise SettingError(f"{where}: offer_cost: is the cost of an offer; say in 'offer:' which.")
    return Line(
        name, where, line.list, condition(line.when, where=f"{where}: when"), line.do, line.why, line.say,
        _channels(line.channel, where), line.owner, _dues(line.due, where), line.offer,
        line.offer_cost, line.cost, line.allowance, _occasion(line.days, line.days_ahead, where),
    )  # fmt: skip


def _channels(channel: object, where: str) -> tuple[str, ...]:
    several = channel if isinstance(channel, list) else [channel]
    names = [each for each in several if isinstance(each, str)]
    for each in (each for each in several if each not in names):
        raise SettingError(f"{where}: channel: {each!r} is not a channel; write phone, or [phone, email].")
    return tuple(channel_name(name) for name in names if name.strip())


def _occasion(days: object, ahead: int | None, where: str) -> Occasion | None:
    """Return what '12-24' (of every year) or 2026-03-20 (once) means."""
    if not days:
        if ahead is not None:
            raise SettingError(f"{where}: days_ahead: goes with days; name them, such as days: ['12-24'].")
        return None
    several = days if isinstance(days, list) else [days]
    return Occasion(tuple(_day(day, where) for day in several), DAYS_AHEAD if ahead is None else ahead)


def _day(day: object, where: str) -> tuple[int | None, int, int]:
    if isinstance(day, date):
        return day.year, day.month, day.day
    try:
        found = date.fromisoformat(f"2024-{day}")  # a leap year, for a 29th of February
    except ValueError:
        raise SettingError(
            f"{where}: days: {day!r} is no day; write month and day of every year ('12-24'), or one day (2026-03-20)."
        ) from None
    return None, found.month, found.day


def _dues(due: object, where: str) -> tuple[Due, ...]:
    several = due if isinstance(due, list) and due else [due]
    return tuple(_due(each, where) for each in several)


def _due(due: object, where: str) -> Due:
    """Return what 7, 'before contract_ends_on' or 'on anniversary_on' means."""
    if isinstance(due, int) and not isinstance(due, bool) and 0 <= due <= 3650:
        return Due(due)
    words = due.split() if isinstance(due, str) else []
    if len(words) == 2 and words[0] in ("before", "on"):
        return Due(-1 if words[0] == "before" else 0, words[1])
    raise SettingError(
        f"{where}: due: {str(due)!r} is no number of days from 0 on, and not 'before' or 'on' a column; write 3, "
        "or before contract_ends_on."
    )
