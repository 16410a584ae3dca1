"""Reasons for leaving: free text of any language sorted into named reasons by the analyst's mapping (S8, T1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from workbench.engines import attach, rows_of
from workbench.errors import SettingError
from workbench.yamlfile import explain, read_yaml

STARTER = Path(__file__).with_name("reasons.yaml")
"""The mapping to begin with: English, Persian, Turkish and Dutch."""

UNMAPPED = "unmapped"
"""The reason of a text that no phrase of the mapping is found in."""

_ALIKE = {"İ": "i", "I": "i", "ı": "i", "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "’": "'", "\u200c": " "}
_SPACES = '.,;:!?()[]{}"/\\-_–—،؛؟«»\t\n\r\u00a0'
_FROM, _TO = "".join(_ALIKE) + _SPACES, "".join(_ALIKE.values()) + " " * len(_SPACES)


def _yes_or_no(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value  # YAML reads yes as true


class _Written(BaseModel):
    """A reason as the file gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    avoidable: Annotated[Literal["yes", "no", "unknown"], BeforeValidator(_yes_or_no)]
    kind: Literal["financial"] | None = None
    phrases: list[Annotated[str, Field(min_length=2)]] = Field(min_length=1)


@dataclass(frozen=True)
class Reason:
    """A reason for leaving: whether it could have been avoided, the kind of churn it proves, and how people put it."""

    name: str
    avoidable: str
    kind: str | None
    phrases: tuple[str, ...]


def read_reasons(path: str | Path) -> tuple[Reason, ...]:
    """Return the reasons of a mapping file, in its order; the first that fits a text gives its reason.

    The file names each reason with ``avoidable`` (yes, no or unknown), ``phrases`` in any language, and ``kind:
    financial`` where the reason alone makes the churn financial.

    >>> [r.name for r in read_reasons(STARTER) if r.kind]
    ['payment failed', 'cannot afford']

    Raises SettingError naming file, reason, field and cure.
    """
    content = read_yaml(Path(path), SettingError)
    try:
        written = TypeAdapter(dict[str, _Written]).validate_python(content)
    except ValidationError as problem:
        raise SettingError(f"{path}: {explain(problem, [])}") from None
    return tuple(
        Reason(name, r.avoidable, r.kind, tuple(normal(phrase) for phrase in r.phrases)) for name, r in written.items()
    )


def normal(text: str) -> str:
    """Return a text as it is compared: small letters, one space between words and around it, look-alikes made one.

    >>> normal("Too  EXPENSIVE!"), normal("PAHALI")
    (' too expensive ', ' pahali ')
    """
    return f" {' '.join(text.translate(str.maketrans(_FROM, _TO)).lower().split())} "


def told(table: ir.Table, reasons: tuple[Reason, ...]) -> ir.Table:
    """Add to a table with ``reason_text`` the columns reason, avoidable (yes, no, unknown) and reason_kind.

    The reason is empty without a text, and 'unmapped' where no phrase is found in it.
    """
    texts = table.filter(table.reason_text.notnull()).select("reason_text").distinct()
    texts = texts.mutate(heard=_normal(texts.reason_text))
    phrases = _phrases(reasons)
    pairs = texts.join(phrases, texts.heard.contains(phrases.phrase))
    met = attach(table, pairs.group_by("reason_text").aggregate(place=pairs.place.min()), ["reason_text"])
    said = met.reason_text.strip().nullif("").notnull()

    def sorted_by(attribute: str) -> ir.Value:
        values = [(met.place == i, ibis.literal(getattr(r, attribute), "string")) for i, r in enumerate(reasons)]
        return ibis.cases(*values, else_=ibis.null("string"))

    return met.mutate(
        reason=sorted_by("name").coalesce(ibis.ifelse(said, UNMAPPED, None)),
        avoidable=sorted_by("avoidable").fill_null("unknown"),
        reason_kind=sorted_by("kind"),
    ).drop("place")


def _phrases(reasons: tuple[Reason, ...]) -> ir.Table:
    return rows_of([{"place": place, "phrase": phrase} for place, r in enumerate(reasons) for phrase in r.phrases])


def _normal(text: ir.Value) -> ir.Value:
    plain = text.translate(_FROM, _TO).lower().strip()
    for _ in range(3):  # up to eight spaces in a row become one
        plain = plain.replace("  ", " ")
    return ibis.literal(" ") + plain + ibis.literal(" ")
