"""Text files as plain UTF-8, whatever their encoding, packed or not; a damaged one is refused, not cut short."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from workbench.sources.opening import Opening

CHUNK = 1 << 20
"""Bytes read at a time."""
FREELY = 1 << 30
"""Bytes that any file may unpack to."""
MOST_TIMES = 200
"""How many times its size a larger one may: exports pack to a twentieth at the least, traps to a thousandth."""
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)


class Swollen(Exception):
    """A packed file unpacks to more than any export does."""


class PlainText:
    """A text file as plain UTF-8: itself, or a copy for as long as it is needed.

    DuckDB takes half of a cut-off gzip file for the whole, so packed files are unpacked, and checked, here.
    """

    def __init__(self, opening: Opening, path: Path) -> None:
        self.opening, self.path = opening, path
        self.copy: Path | None = None

    def __enter__(self) -> Path:
        encoding = _encoding(self.opening, self.path)
        if encoding == "utf-8" and not _is_gzip(self.path):
            return self.path
        self.copy = self.opening.scratch / f"{self.opening.name}.txt"
        try:
            with self.copy.open("wb") as out:
                _unpack(self.path, encoding, out)
        except _DAMAGE:
            raise self.opening.fail(_cut_off(self.path)) from None
        except Swollen:
            raise self.opening.fail(
                f"{self.path.name} unpacks to more than {MOST_TIMES} times its size, which no export does; inspect "
                "it, and give the unpacked file if it is genuine."
            ) from None
        except UnicodeError as problem:
            problem_found = f"is not {self.opening.file.encoding or encoding} text ({problem.args[-1]})"
            raise self.opening.fail(f"{self.path.name} {problem_found}; state its encoding.") from None
        if self.copy.stat().st_size == 0:
            raise self.opening.fail(f"{self.path.name} is empty; export it again.")
        return self.copy

    def __exit__(self, *_: object) -> None:
        if self.copy is not None:
            self.copy.unlink(missing_ok=True)


def _unpack(path: Path, encoding: str, out: BinaryIO) -> None:
    most = max(FREELY, MOST_TIMES * path.stat().st_size)
    with _open(path) as raw:
        chunks = iter(lambda: raw.read(CHUNK), b"")
        plain = chunks if encoding == "utf-8" else map(str.encode, codecs.iterdecode(chunks, encoding))
        for part in plain:
            out.write(part)
            if out.tell() > most:
                raise Swollen


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if _is_gzip(path) else path.open("rb")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(2) == b"\x1f\x8b"


def _encoding(opening: Opening, path: Path) -> str:
    stated = opening.file.encoding
    if stated is None:
        with _open(path) as raw:
            try:
                start = raw.read(2)
            except _DAMAGE:
                raise opening.fail(_cut_off(path)) from None
        return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    try:
        "".encode(stated)  # refuses, as what is not known, what Python has for other ends: base64, rot13, gzip
        return codecs.lookup(stated).name
    except (LookupError, ValueError):
        raise opening.fail(f"encoding {stated!r} is not known; write it as utf-8, utf-16 or windows-1254.") from None


def _cut_off(path: Path) -> str:
    return f"{path.name} is cut off or damaged gzip; copy it again."
