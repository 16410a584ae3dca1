"""What several verbs ask of the same tables: computed once, and remembered as long as the tables are in use."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar


class Remembering(Protocol):
    """A company's tables, whole or as they stood at snapshots, with room for what was computed of them."""

    @property
    def found(self) -> dict[Hashable, Any]:
        """What was computed, by function and arguments."""


Tables = TypeVar("Tables", bound=Remembering)
Asked = ParamSpec("Asked")
Result = TypeVar("Result")


def remembered(
    compute: Callable[Concatenate[Tables, Asked], Result],
) -> Callable[Concatenate[Tables, Asked], Result]:
    """Let a function of a Crm or an as-of view compute once per Crm or view, and per value of its other arguments.

    For what is asked again and again, and small: it takes memory as long as the tables are in use.
    """

    @wraps(compute)
    def found(tables: Tables, /, *args: Asked.args, **options: Asked.kwargs) -> Result:
        key = (compute, args, tuple(sorted(options.items())))
        if key not in tables.found:
            tables.found[key] = compute(tables, *args, **options)
        return tables.found[key]

    return found
