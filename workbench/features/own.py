"""The analyst's own features: declared in a cell or a file, checked like the others, by name."""

from __future__ import annotations

import runpy
from collections.abc import Container, Sequence
from pathlib import Path
from typing import get_args

from workbench.asof import KEY, AsOf
from workbench.contract import table
from workbench.errors import DataError, SettingError, did_you_mean
from workbench.features.declare import Aggregate, Feature, How, columns
from workbench.features.rows import column_names


def read_own(path: str | Path) -> list[Feature]:
    """Return the features a Python file declares in its list ``FEATURES``; none for an empty path.

    Raises SettingError when there is no such file, it does not run, or it defines no features.
    """
    if not str(path):
        return []
    file = Path(path)
    if not file.is_file():
        raise SettingError(f"own_features {path!r}: no such file; name a Python file, from the folder of the project.")
    try:
        declared = runpy.run_path(str(file)).get("FEATURES")
    except Exception as problem:  # whatever the analyst's own code raises
        raise SettingError(f"own_features {path!r} does not run: {type(problem).__name__}: {problem}.") from None
    if not isinstance(declared, list | tuple) or not declared or not all(isinstance(f, Feature) for f in declared):
        raise SettingError(
            f"own_features {path!r} defines no features; end it with FEATURES = [wb.Feature(...)], a list of features."
        )
    return list(declared)


def check_own(view: AsOf, own: Sequence[Feature], *, taken: Container[str]) -> None:
    """Raise SettingError or DataError, by the feature's name and with the cure, for what cannot be computed."""
    names: set[str] = {*KEY}
    for feature in own:
        _check_words(feature)
        for column in columns([feature]):
            if column.name in names or column.name in taken:
                raise SettingError(f"feature {column.name} is declared twice; give your own another name.")
            names.add(column.name)
        _check_table(view, feature)


def _check_words(feature: Feature) -> None:
    empty = [part for part in ("name", "family", "unit", "meaning") if not getattr(feature, part).strip()]
    if empty:
        raise SettingError(f"feature {feature.name or '?'}: {', '.join(empty)} missing; every feature states its own.")
    if not feature.name.isidentifier():
        raise SettingError(f"feature {feature.name!r} is no name for a column; use letters, digits and _.")
    if "{value}" not in feature.reason:
        raise SettingError(
            f"feature {feature.name}: its reason {feature.reason!r} lacks {{value}}, the customer's figure."
        )
    if feature.worry not in {"high", "low", "neither"}:
        raise SettingError(f"feature {feature.name}: worry is {feature.worry!r}; use high, low or neither.")
    try:
        columns([feature])[0].in_words(1)
    except (KeyError, IndexError, ValueError):
        raise SettingError(f"feature {feature.name}: its reason may hold {{value}} and {{days}} only.") from None
    _check_windows(feature)


def _check_windows(feature: Feature) -> None:
    if not isinstance(feature.value, Aggregate):
        if feature.windows:
            raise SettingError(f"feature {feature.name}: windows need an Aggregate as value; an expression has none.")
        return
    if feature.value.how not in get_args(How):
        how = feature.value.how
        raise SettingError(f"feature {feature.name}: no aggregate {how!r}; {did_you_mean(how, get_args(How))}")
    if any(not isinstance(days, int) or days < 1 for days in feature.windows):
        raise SettingError(f"feature {feature.name}: windows {feature.windows}; each is a whole number of days from 1.")


def _check_table(view: AsOf, feature: Feature) -> None:
    if not feature.table:
        if isinstance(feature.value, Aggregate):
            raise SettingError(
                f"feature {feature.name}: an Aggregate needs a table; name one of {', '.join(view.crm)}."
            )
        return
    if feature.table not in view:
        raise DataError(f"feature {feature.name}: {_missing(view, feature)}")
    lacking = {*feature.needs} - column_names(view.crm, feature.table)
    if lacking:
        raise DataError(f"feature {feature.name}: table {feature.table} has no column {', '.join(sorted(lacking))}.")


def _missing(view: AsOf, feature: Feature) -> str:
    try:
        table(feature.table)
    except DataError as problem:
        return str(problem)
    return f"this source has no table {feature.table!r}; it has {', '.join(view.crm)}. Map it in the source file."
