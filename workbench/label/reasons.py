"""Reasons for leaving: text of any language mapped to named reasons, and the codes of billing systems."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from workbench.engines import attach, written_once
from workbench.errors import SettingError
from workbench.yamlfile import explain, read_yaml

STARTER = Path(__file__).with_name("reasons.yaml")
"""The mapping to begin with: English, German, French, Spanish, Persian, Turkish and Dutch."""

BILLING_CODES = Path(__file__).with_name("billing_codes.yaml")
"""What billing systems write for a cancellation or a failed charge."""

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
    billing_outcome: Literal["voluntary", "involuntary"] | None = None
    phrases: list[Annotated[str, Field(min_length=2)]] = Field(min_length=1)


class _Codes(BaseModel):
    """A reason with the codes of each billing system that mean it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    avoidable: Annotated[Literal["yes", "no", "unknown"], BeforeValidator(_yes_or_no)]
    kind: Literal["financial"] | None = None
    billing_outcome: Literal["voluntary", "involuntary"] | None = None
    codes: dict[str, list[str]]


@dataclass(frozen=True)
class Reason:
    """A reason for leaving: whether it could have been avoided, what it proves, and how people or systems put it.

    ``phrases`` may stand anywhere in a text; codes (``whole``) are the whole of it.
    """

    name: str
    avoidable: str
    kind: str | None
    phrases: tuple[str, ...]
    billing_outcome: str | None = None
    whole: bool = False


def read_reasons(path: str | Path) -> tuple[Reason, ...]:
    """Return the reasons of a mapping file, in its order; the first that fits a text gives its reason.

    The file names each reason with ``avoidable`` (yes, no or unknown), ``phrases`` in any language, ``kind: financial``
    where the reason alone makes the churn financial, and ``billing_outcome`` where it says whose will it was.

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
        Reason(name, r.avoidable, r.kind, tuple(map(normal, r.phrases)), r.billing_outcome)
        for name, r in written.items()
    )


@cache
def billing_codes() -> tuple[Reason, ...]:
    """Return the reasons that the codes of billing systems mean."""
    written = TypeAdapter(dict[str, _Codes]).validate_python(read_yaml(BILLING_CODES, SettingError))
    return tuple(
        Reason(
            name, r.avoidable, r.kind, tuple(normal(code) for codes in r.codes.values() for code in codes),
            r.billing_outcome, whole=True,
        )
        for name, r in written.items()
    )  # fmt: skip


def shipped_reasons() -> frozenset[str]:
    """Return the names of the reasons that come with the package, and so are no company's own.

    >>> "poor support" in shipped_reasons()
    True
    """
    return frozenset(reason.name for reason in (*read_reasons(STARTER), *billing_codes()))


def normal(text: str) -> str:
    """Return a text as it is compared: small letters, one space between, before and after words, look-alikes made one.

    >>> normal("Too  EXPENSIVE!"), normal("PAHALI")
    (' too expensive ', ' pahali ')
    """
    return f" {' '.join(text.translate(str.maketrans(_FROM, _TO)).lower().split())} "


def with_reasons(table: ir.Table, reasons: tuple[Reason, ...]) -> ir.Table:
    """Add reason, avoidable (yes, no, unknown), reason_kind and reason_billing to a table with ``reason_text``.

    The reason is empty without a text, and 'unmapped' where no phrase is found in it and it is no billing code.
    """
    known = (*reasons, *billing_codes())
    texts = table.filter(table.reason_text.notnull()).select("reason_text").distinct()
    texts = texts.mutate(compared=_normal(texts.reason_text))
    phrases = written_once(_phrases(known))
    alike = ibis.ifelse(phrases.whole, texts.compared == phrases.phrase, texts.compared.contains(phrases.phrase))
    pairs = texts.join(phrases, alike)
    met = attach(table, pairs.group_by("reason_text").aggregate(place=pairs.place.min()), ["reason_text"])
    has_text = met.reason_text.strip().nullif("").notnull()

    def mapped(attribute: str) -> ir.Value:
        values = ibis.literal([getattr(r, attribute) for r in known], "array<string>")
        return ibis.ifelse(met.place.notnull(), values[met.place.fill_null(0)], ibis.null("string"))

    return met.mutate(
        reason=mapped("name").coalesce(ibis.ifelse(has_text, UNMAPPED, None)),
        avoidable=mapped("avoidable").fill_null("unknown"),
        reason_kind=mapped("kind"),
        reason_billing=mapped("billing_outcome"),
    ).drop("place")


def _phrases(reasons: tuple[Reason, ...]) -> ir.Table:
    """Return place, whole and phrase, a row each; written as one text: hundreds of values take Ibis long to compile."""
    rows = [f"{place}\t{r.whole:d}\t{phrase}" for place, r in enumerate(reasons) for phrase in r.phrases]
    lines = ibis.literal("\n".join(rows)).split("\n").unnest().name("line").as_table()
    place, whole, phrase = (lines.line.split("\t")[i] for i in range(3))
    return lines.select(place=place.cast("int32"), whole=whole == "1", phrase=phrase)


def _normal(text: ir.Value) -> ir.Value:
    plain = text.translate(_FROM, _TO).lower().strip()
    for _ in range(3):  # up to eight spaces in a row become one
        plain = plain.replace("  ", " ")
    return ibis.literal(" ") + plain + ibis.literal(" ")
