"""The analyst's own features: declared in a cell or a file, checked like the others, by name."""

from __future__ import annotations

import runpy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

from workbench.contract import table
from workbench.crm import KEY, AsOf
from workbench.errors import DataError, SettingError, did_you_mean, or_near
from workbench.features.declare import Aggregate, Column, Feature, How, columns
from workbench.features.rows import column_names, known_rows

TEXTS = ("name", "family", "table", "unit", "meaning", "reason")
OF_NOTHING = ("count", "days since first", "days since last")
"""The aggregates that take no value of a row."""
INSIDE = (*KEY, "data_days", "at")
"""Columns by the side of features while these are made."""


def read_own(path: str | Path) -> list[Feature]:
    """Return the features a Python file declares in its list ``FEATURES``; none for an empty path.

    Raises SettingError when there is no such file, it does not run, or it defines no features.
    """
    if not str(path):
        return []
    file = Path(path)
    if not file.is_file():
        cure = or_near("name a Python file, from the folder of the project.", file)
        raise SettingError(f"own_features {path!r}: no such file; {cure}")
    try:
        declared = runpy.run_path(str(file)).get("FEATURES")
    except (Exception, SystemExit) as problem:  # whatever the analyst's own code raises
        raise SettingError(f"own_features {path!r} does not run: {type(problem).__name__}: {problem}.") from None
    if not isinstance(declared, list | tuple) or not declared or not all(isinstance(f, Feature) for f in declared):
        raise SettingError(
            f"own_features {path!r} defines no features; end it with FEATURES = [wb.Feature(...)], a list of features."
        )
    return list(declared)


def check_own(view: AsOf, own: Sequence[Feature], *, taken: Iterable[str]) -> None:
    """Raise SettingError or DataError, by the feature's name and with the cure, for what cannot be computed."""
    _check_list(own)
    inside = (*INSIDE, *(f"{name}_data_days" for name in view.crm))
    names = {name.casefold() for name in (*inside, *taken)}  # engines make no difference between upper and lower case
    for feature in own:
        _check_words(feature)
        for column in columns([feature]):
            if column.name.casefold() in names:
                raise SettingError(f"feature {column.name} is declared twice; give your own another name.")
            names.add(column.name.casefold())
        _check_table(view, feature)


def check_windows(windows: object) -> None:
    """Raise SettingError, by the value, unless windows are one or more whole numbers of days from 1."""
    if not isinstance(windows, Sequence) or isinstance(windows, str) or not windows or not all(map(_is_days, windows)):
        raise SettingError(
            f"windows {windows!r}: they are whole numbers of days from 1, one or more, such as (30, 90)."
        )


def check_made(own: Sequence[Feature], made: Iterable[Column]) -> None:
    """Raise SettingError for an own feature that needs a column which is not made before it."""
    mine = {column.name for column in columns(own)}
    before = {column.name for column in made} - mine
    for column in columns(own):
        lacking = [need for need in column.feature.needs if need not in before and not column.feature.table]
        if lacking:
            problem = f"feature {column.name} needs {lacking[0]}, which is not made before it"
            if lacking[0] in mine:
                raise SettingError(f"{problem}; put {lacking[0]} first in the list. No two can need each other.")
            raise SettingError(f"{problem} from this source; {did_you_mean(lacking[0], before)}")
        before.add(column.name)


def _check_list(own: object) -> None:
    if not isinstance(own, list | tuple):
        raise SettingError(f"own is a {type(own).__name__}, not a list of features; write own=[wb.Feature(...)].")
    for feature in own:
        if not isinstance(feature, Feature):
            raise SettingError(f"own holds {feature!r}, which is no feature; declare it: own=[wb.Feature(...)].")


def _check_words(feature: Feature) -> None:
    _check_types(feature)
    empty = [part for part in TEXTS if part != "table" and not getattr(feature, part).strip()]
    if empty:
        raise SettingError(f"feature {feature.name or '?'}: {', '.join(empty)} missing; every feature states its own.")
    if not feature.name.isidentifier():
        raise SettingError(f"feature {feature.name!r} is no name for a column; use letters, digits and _.")
    if "{value}" not in feature.reason:
        raise SettingError(
            f"feature {feature.name}: its reason {feature.reason!r} lacks {{value}}, the customer's figure."
        )
    if feature.worry not in ("high", "low", "neither"):
        raise SettingError(f"feature {feature.name}: worry is {feature.worry!r}; use high, low or neither.")
    _check_value(feature)
    try:
        columns([feature])[0].in_words(1)
    except (LookupError, ValueError, AttributeError, TypeError):
        raise SettingError(f"feature {feature.name}: its reason may hold {{value}} and {{days}} only.") from None


def _check_types(feature: Feature) -> None:
    for part in TEXTS:
        if not isinstance(getattr(feature, part), str):
            raise SettingError(f"feature {feature.name}: {part} is {getattr(feature, part)!r}; it is a text.")
    if not isinstance(feature.needs, tuple) or not all(isinstance(need, str) for need in feature.needs):
        raise SettingError(
            f'feature {feature.name}: needs is {feature.needs!r}; it is a tuple of names, ("n_orders",).'
        )
    if feature.none is not None and not isinstance(feature.none, int | float):
        raise SettingError(f"feature {feature.name}: none is {feature.none!r}; it is a number, or left out.")
    if not isinstance(feature.windows, tuple) or not all(map(_is_days, feature.windows)):
        raise SettingError(
            f"feature {feature.name}: windows {feature.windows!r}; they are a tuple, each a whole number of days "
            "from 1, such as (30, 90)."
        )


def _is_days(days: object) -> bool:
    return isinstance(days, int) and not isinstance(days, bool) and days >= 1


def _check_value(feature: Feature) -> None:
    value = feature.value
    if not isinstance(value, Aggregate):
        if feature.windows:
            raise SettingError(f"feature {feature.name}: windows need an Aggregate as value; an expression has none.")
        if not callable(value):
            raise SettingError(
                f"feature {feature.name}: its value is {value!r}; use a wb.Aggregate or lambda t: t.amount.max()."
            )
        return
    if value.how not in get_args(How):
        known = did_you_mean(str(value.how), get_args(How))
        raise SettingError(f"feature {feature.name}: no aggregate {value.how!r}; {known}")
    if value.of is None and value.how not in OF_NOTHING:
        raise SettingError(
            f"feature {feature.name}: the {value.how} of what? Name the row's value: "
            f'wb.Aggregate("{value.how}", of=lambda t: t.amount).'
        )
    if value.of is not None and value.how in OF_NOTHING:
        raise SettingError(
            f"feature {feature.name}: {value.how!r} takes no of; where says which rows count, dated_by what dates them."
        )


def _check_table(view: AsOf, feature: Feature) -> None:
    if not feature.table:
        if isinstance(feature.value, Aggregate):
            raise SettingError(
                f"feature {feature.name}: an Aggregate needs a table; name one of {', '.join(view.crm)}."
            )
        return
    if feature.table not in view:
        raise DataError(f"feature {feature.name}: {_missing(view, feature)}")
    there = column_names(view.crm, feature.table)
    if not there:
        raise DataError(f"feature {feature.name}: {feature.table} name no customer without the table subscriptions.")
    lacking = {*feature.needs} - there
    if lacking:
        raise DataError(f"feature {feature.name}: table {feature.table} has no column {', '.join(sorted(lacking))}.")
    _check_date(view, feature)


def _check_date(view: AsOf, feature: Feature) -> None:
    date = feature.value.dated_by if isinstance(feature.value, Aggregate) else ""
    if not date:
        return
    kinds = known_rows(view, feature.table).schema()
    dates = [name for name, kind in kinds.items() if name != "as_of" and kind.is_timestamp()]
    if date not in dates:
        wrong = f"is {kinds[date]}, not a date" if date in kinds else "is no column at a snapshot"
        raise DataError(
            f"feature {feature.name}: dated_by {date!r} {wrong}; dates of {feature.table}: {', '.join(dates)}."
        )


def _missing(view: AsOf, feature: Feature) -> str:
    try:
        table(feature.table)
    except DataError as problem:
        return str(problem)
    return f"this source has no table {feature.table!r}; it has {', '.join(view.crm)}. Map it in the source file."
