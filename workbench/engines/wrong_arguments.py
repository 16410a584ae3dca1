"""What a verb was given that is of another kind than it takes, by its type hints."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Sequence
from numbers import Real
from types import FrameType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin


def wrong_argument(frames: Iterable[FrameType]) -> str:
    """Return which argument of a verb of the workbench has the wrong type, and which it takes; empty where none has.

    ``frames`` are those of a traceback, from the cell down.
    """
    for frame in frames:
        verb = _verb(frame)
        for name, parameter in inspect.signature(verb).parameters.items() if verb else ():
            if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or name not in frame.f_locals:
                continue  # what the verb has let go of cannot be looked at
            value, takes = frame.f_locals[name], _hint(parameter, verb)
            if not fits(value, takes):
                return f"{frame.f_code.co_name} takes {_named(takes)} for {name}, not {_short(value)}"
    return ""


def fits(value: Any, takes: Any) -> bool:
    """Return whether a value is of the kind that a type hint names; what cannot be checked does.

    >>> fits(5, str | None), fits(None, str | None), fits(5, float), fits([5], list[str])
    (False, True, True, True)
    """
    kind = get_origin(takes) or takes
    if kind is Sequence:
        kind = Collection  # arrays and columns of tables are read like lists
    if kind in (Union, UnionType):
        return any(fits(value, one) for one in get_args(takes))
    if kind is None:
        return value is None
    if kind in (int, float):
        return isinstance(value, Real)
    try:
        return not isinstance(kind, type) or isinstance(value, kind)
    except TypeError:  # a protocol that cannot be checked
        return True


def _verb(frame: FrameType) -> Any:
    """Return the verb of the workbench whose call this frame is; None for any other."""
    import workbench

    name = frame.f_code.co_name
    verb = inspect.unwrap(getattr(workbench, name)) if name in workbench.__all__ else None
    return verb if getattr(verb, "__code__", None) is frame.f_code else None


def _hint(parameter: inspect.Parameter, verb: Any) -> Any:
    try:
        return eval(parameter.annotation, verb.__globals__)
    except (NameError, TypeError):  # a name for type checkers alone, or no hint
        return Any


def _named(takes: Any) -> str:
    """Return a type hint in words.

    >>> _named(str | int | None), _named(list[str])
    ('str or int', 'list')
    """
    if get_origin(takes) in (Union, UnionType):
        return " or ".join(dict.fromkeys(_named(one) for one in get_args(takes) if one is not NoneType))
    return str(getattr(takes, "__name__", takes))


def _short(value: Any) -> str:
    """Return a value with its type, or its type alone where it is long."""
    written = repr(value) if isinstance(value, str | Real) else ""
    return f"{written} ({type(value).__name__})" if 0 < len(written) <= 30 else type(value).__name__
