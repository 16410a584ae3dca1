"""The verbs an analyst types; ``import workbench as wb``. Each is imported when first used, so importing is instant."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.demo import simulate as simulate
    from workbench.load import load_tables as load_tables

_HOME = {
    "load_tables": "load",
    "simulate": "demo",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module(f"workbench.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
