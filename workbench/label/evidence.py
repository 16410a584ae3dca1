"""Evidence as text: the dates and record ids a label rests on, so that it can be disputed."""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir


def evidence(**pieces: ir.Value) -> ir.Value:
    """Return 'name value' for each piece that is known, joined by '; '; instants as dates."""
    texts = [_piece(name.replace("_", " "), value) for name, value in pieces.items()]
    return reduce(lambda a, b: a + b, texts).re_replace("^; ", "")


def dated(record_id: ir.Value, at: ir.Value) -> ir.Value:
    """Return a record's id with its date, such as '536365 on 2024-03-01'; empty where there is no date."""
    return (record_id + ibis.literal(" ")).fill_null("") + ibis.literal("on ") + day(at)


def day(at: ir.Value) -> ir.Value:
    """Return an instant's date as text, such as 2024-03-01."""
    return at.date().cast("string")


def _piece(name: str, value: ir.Value) -> ir.Value:
    text = day(value) if value.type().is_timestamp() else value.cast("string")
    return ibis.ifelse(value.notnull(), ibis.literal(f"; {name} ") + text, ibis.literal("")).fill_null("")
