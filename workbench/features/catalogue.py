"""All declared features and categories: which a source allows, which are left out, and what each means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from workbench import contract
from workbench.crm import Crm
from workbench.errors import SettingError, did_you_mean
from workbench.features import (
    channel,
    contact,
    contracts,
    feedback,
    intent,
    payments,
    people,
    profile,
    purchases,
    silence,
    support,
    usage,
)
from workbench.features.declare import Catalogue, Category, Column, Feature, Words, Worry, columns
from workbench.features.rows import column_names, prepared

ROOMS = (
    silence, purchases, contracts, profile, usage, contact, people, support, payments, feedback, intent, channel,
)  # fmt: skip
FEATURES = Catalogue({c.name: c for room in ROOMS for c in columns(room.FEATURES)})
"""Every number the panel can have, by the name of its column."""
CATEGORIES: dict[str, Category] = {c.name: c for c in (*profile.CATEGORIES, *contracts.CATEGORIES)}
"""Every text that can stand beside the panel, by the name of its column."""
MAY_READ = {"existing_at_begin": (*profile.FIRST_SEEN.values(), "account_days")}
"""Columns a feature reads where they are there."""

SAMPLE_CUSTOMERS = 8_000
"""So many customers, with all their snapshots, are enough to look at a panel."""


def usable_features(crm: Crm, declared: Iterable[Column] | None = None) -> list[Column]:
    """Return the declared columns whose table and columns this source has, in order."""
    crm, usable = prepared(crm), dict[str, Column]()
    for column in FEATURES.values() if declared is None else declared:
        needs, table = {*column.feature.needs}, column.feature.table
        there = column_names(crm, table) if table else {*usable}
        if (there or not table) and needs <= there:
            usable[column.name] = column
    return list(usable.values())


def declared_columns(
    crm: Crm, own: Sequence[Feature], windows: Sequence[int] | None, leave_out: Sequence[str] = ()
) -> list[Column]:
    """Return the panel's columns for a source: the built-in and the own ones, less those left out and made from them.

    A name to leave out is a column's, or else a feature's, for all its windows. Raises SettingError for any other.
    """
    check_leave_out(leave_out, crm, own)
    features = dict.fromkeys(c.feature for c in (*FEATURES.values(), *columns(own)))
    asked = columns(in_windows(features, windows))
    whole = {*leave_out} - {c.name for c in asked}
    return usable_features(crm, [c for c in asked if c.name not in leave_out and c.feature.name not in whole])


def all_but(*wanted: str) -> list[str]:
    """Return the names of all features that these columns are not made from: a panel of a few is built much faster.

    >>> {"n_events_30d", "usage_trend"} & {*all_but("usage_trend")}
    set()
    """
    needed, waiting = set[str](), [*wanted]
    while waiting:
        name = waiting.pop()
        if name in FEATURES and name not in needed:
            needed.add(name)
            waiting += [*FEATURES[name].feature.needs, *MAY_READ.get(name, ())]
    return [name for name in FEATURES if name not in needed]


def categories_of(crm: Crm) -> dict[str, Category]:
    """Return the texts that this source's tables allow beside the panel, the company's own columns among them."""
    usable = {name: c for name, c in CATEGORIES.items() if name in column_names(crm, c.table)}
    return usable | {
        name: Category(name, "profile", "customers", f"{contract.own_name(name)} of the customer")
        for name in sorted(filter(contract.is_own, column_names(crm, "customers")))
    }


def check_leave_out(leave_out: Sequence[str], crm: Crm, own: Sequence[Feature] = ()) -> None:
    """Raise SettingError, with the closest name, unless all name features, columns of theirs, or categories."""
    if isinstance(leave_out, str):
        raise SettingError(f"leave_out is the text {leave_out!r}; write a list of names, [{leave_out!r}].")
    known = {*FEATURES, *CATEGORIES, *categories_of(crm), *(c.feature.name for c in FEATURES.values())}
    known |= {name for column in columns(own) for name in (column.name, column.feature.name)}
    for name in leave_out:
        if name not in known:
            raise SettingError(f"leave_out: no feature {name!r}; {did_you_mean(name, known)}")


def in_windows(features: Iterable[Feature], windows: Sequence[int] | None) -> list[Feature]:
    """Return the features with these windows (days) in place of their own, where they have any."""
    return [replace(f, windows=tuple(windows)) if windows and f.windows else f for f in features]


def dictionary(own: Sequence[Feature] = (), crm: Crm | None = None) -> list[dict[str, object]]:
    """Return the data dictionary of features and categories, one row each; with a Crm also its company's own columns.

    Columns: name, family, table (empty: made from other features), window_days, unit ("text" for a category), meaning,
    worry (high, low or neither), reason and unchanged (the value of a change that is none).

    >>> dictionary()[0]["name"], dictionary()[0]["unit"]
    ('days_since_order', 'days')
    >>> dictionary()[-1]["name"], dictionary()[-1]["unit"]
    ('plan', 'text')
    """
    categories = CATEGORIES if crm is None else CATEGORIES | categories_of(crm)
    described = (*FEATURES.values(), *columns(own), *(c.words for c in categories.values()))
    return [{f.name: getattr(c, f.name) for f in fields(Words)} for c in described]


def read_words(rows: Iterable[Mapping[str, Any]]) -> dict[str, Words]:
    """Return each column's words by name, from the rows of :func:`dictionary`, as a run keeps them.

    >>> read_words(dictionary())["n_orders_30d"].in_words(2)
    'orders in the last 30 days: 2'
    """
    return {row["name"]: Words(**row) for row in rows}


def worries(words: Mapping[str, Words] = FEATURES) -> dict[str, Worry]:
    """Return the direction that worries by column: high, low or neither; for monotone constraints of a model.

    >>> worries()["days_since_order"], worries()["n_orders_30d"], worries()["season_sin"]
    ('high', 'low', 'neither')
    """
    return {name: word.worry for name, word in words.items()}
