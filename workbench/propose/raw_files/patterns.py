"""Files that are parts of one export: the same columns, and names that differ only in numbers or dates."""

from __future__ import annotations

import glob
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.propose.words.naming import LETTERS

_TEXT = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json")
_MONTHS = """
jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october
november december mrt mei okt januari februari maart juni juli augustus oktober desember januar februar marz maerz mai
dez dezember janv fevr avr juin juil aout janvier fevrier mars avril juillet septembre octobre novembre decembre
ene abr ago dic enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
gen mag giu lug set ott gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre fev out janeiro
fevereiro marco maio junho julho setembro outubro novembro dezembro maj augusti marts styczen luty marzec kwiecien
czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien sty lut kwi cze lip sie wrz paz lis gru ocak subat
nisan mayis haziran temmuz agustos eylul ekim kasim aralik
"""
"""How files name months, without the marks on their letters; marketing is none, and mar is."""
_MONTH = frozenset(_MONTHS.split())
_PART = re.compile(r"\d+|[^\W\d_]+")


def one_pattern(paths: list[Path]) -> tuple[list[tuple[str, Path, list[Path]]], list[Path]]:
    """Return the groups (name, pattern, files) of files that belong together, and the files that stand alone."""
    groups = defaultdict[tuple[str, str, str], list[Path]](list)
    for path in paths:
        groups[_shape(path.stem), path.suffix.lower(), _first_line(path)].append(path)
    together, alone = [], []
    for (shape, _, _), members in groups.items():
        pattern = _pattern(shape, members) if len(members) > 1 else None
        if pattern is None:
            alone += members
        else:
            together.append((re.sub(r"\W+", "_", shape).strip("_") or "parts", pattern, members))
    return together, sorted(alone)


def _shape(stem: str) -> str:
    """Return a name with its numbers and months left out.

    >>> _shape("commandes févr 2026") == _shape("commandes août 2025"), _shape("kunden_marburg")
    (True, 'kunden_marburg')
    """
    return _PART.sub(lambda part: "#" if part[0].isdigit() or _plain(part[0]) in _MONTH else part[0], stem)


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.lower().translate(LETTERS))
    return "".join(letter for letter in decomposed if letter.isascii())


def _columns(path: Path) -> str:
    """Return the columns of a Parquet file; its name where it cannot be read, for opening it says why."""
    try:
        return ",".join(sorted(pq.read_schema(path).names))
    except (OSError, pa.ArrowInvalid):
        return path.name


def _first_line(path: Path) -> str:
    if path.suffix.lower() in (".parquet", ".pq"):
        return _columns(path)
    if path.suffix.lower() not in _TEXT:
        return path.name
    with path.open("rb") as raw:
        line = raw.readline(100_000)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        return ",".join(sorted(set(re.findall(r'"([^"]+)"\s*:', line.decode("utf-8", "replace")))))
    return line.decode("utf-8", "replace").strip()


def _pattern(shape: str, members: list[Path]) -> Path | None:
    """Return a pattern that takes these files and no other of the folder."""
    folder, suffix = members[0].parent, members[0].suffix
    parts = [glob.escape(part) for part in shape.split("#")]
    for wild in ("*", "[0-9]*"):
        name = wild.join(parts) + suffix
        if sorted(folder.glob(name)) == sorted(members):
            return Path(glob.escape(str(folder))) / name
    return None
