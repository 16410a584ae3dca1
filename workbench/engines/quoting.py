"""Names and texts as SQL writes them."""

from __future__ import annotations


def identifier(name: str) -> str:
    """Return a quoted SQL identifier.

    >>> identifier('the "id"')
    '"the ""id""\"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """Return a SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"
