"""In which encoding a text file is written that is no UTF-8: by the letters that its bytes would be in each.

An export has few letters beside a to z: of five headers in as many encodings charset-normalizer 3 recognised one.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import accumulate, pairwise
from pathlib import Path

from workbench.propose.words.scripts import count_known

_PROBE_BYTES = 1_000_000
_ENOUGH_BYTES = 50_000
_BESIDE = 20
_ENOUGH = 0.9
"""A share of letters that are everyday ones of its languages, from which on an encoding is believed."""

_LATIN = {
    "windows-1252": "äöüßéèêëàâáãåæçñíìîïóòôõøúùûœºª°",
    "windows-1254": "ğşıiçöüâîû",
    "windows-1250": "ąćęłńóśźżáčďéěíňřšťúůýžäöüôľĺŕőűăâîșțşţđ",
}
"""The letters beside a to z of the languages that each Latin encoding is made for, the usual one first."""
_RANGES = {
    "windows-1255": ("א", "ת"),
    "windows-1251": ("а", "я"),
    "windows-1253": ("ά", "ώ"),
    "windows-1256": ("ء", "ے"),
    "cp874": ("ก", "๛"),
}
"""The first and last small letter of the other alphabets with an encoding of one byte a letter."""
_THAI = "cp874"
"""Nearly every byte is a letter of it: another encoding that fits comes first."""
_CHARACTERS = {"cp932": "euc_jp", "cp949": "euc_kr", "gb18030": "gb2312", "big5": "big5"}
"""Encodings of characters, each with the one whose first bytes say whether a character is an everyday one.

Korean comes before Chinese: its bytes are everyday Chinese too, not the reverse."""
_EVERYDAY = {"euc_jp": (0xA4, 0xCF), "gb2312": (0xB0, 0xD7), "euc_kr": (0xB0, 0xC8), "big5": (0xA4, 0xC6)}
_LONG = "ー・"
"""Marks within words of katakana; like the punctuation of Chinese and Japanese they stand in no row of characters."""
_PUNCTUATION = set("€£¥§°ºª«»–—‘’“”„…¡¿²³·®©™´ʼ\u00a0")


def encoding_of(path: Path) -> str | None:
    """Return what to state as the encoding of a text file: nothing for UTF-8 and UTF-16, which show themselves."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            start = file.read(_PROBE_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return None  # damaged: opening it says so
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    if wide := _of_two_bytes(start):
        return wide
    start = start[: start.rfind(b"\n") + 1] or start
    try:
        start.decode("utf-8")
    except UnicodeDecodeError:
        return likeliest_encoding(_odd_lines(start), lambda: _odd_lines_beside(path))
    return None


def _odd_lines_beside(path: Path) -> bytes:
    """Return lines with other letters than a to z from the plain texts beside a file."""
    beside = [p for p in sorted(path.parent.glob(f"*{path.suffix}")) if p != path and p.is_file()][:_BESIDE]
    return b"\n".join(_odd_lines(p.read_bytes()[:_ENOUGH_BYTES]) for p in beside if not _is_utf8(p))


def _is_utf8(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_ENOUGH_BYTES)
    try:
        (start[: start.rfind(b"\n") + 1] or start).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _of_two_bytes(start: bytes) -> str:
    """Return UTF-16, with its order, of a text without a mark in which every other byte is 0; empty for others.

    >>> _of_two_bytes("id,name".encode("utf-16-le")), _of_two_bytes("id,name".encode("utf-16-be")), _of_two_bytes(b"id")
    ('utf-16-le', 'utf-16-be', '')
    """
    first, second = start[0:_SEEN:2], start[1:_SEEN:2]
    if second.count(0) >= _MOSTLY_ZERO * len(second) > 0 == first.count(0):
        return "utf-16-le"
    return "utf-16-be" if first.count(0) >= _MOSTLY_ZERO * len(first) > 0 == second.count(0) else ""


_SEEN, _MOSTLY_ZERO = 1000, 0.5


def _odd_lines(text: bytes) -> bytes:
    """Return the first lines that hold other letters than a to z, as many as are needed."""
    lines = [line for line in text.split(b"\n") if not line.isascii()] or [b""]
    ends = accumulate(len(line) for line in lines)
    return b"\n".join(line for line, end in zip(lines, ends, strict=True) if end <= _ENOUGH_BYTES or line is lines[0])


def likeliest_encoding(text: bytes, beside: Callable[[], bytes] = bytes) -> str:
    """Return the encoding in which the letters of a text are those of a language.

    ``beside`` gives more text of the same encoding, for where the letters are those of several.

    >>> likeliest_encoding("Müşteri;Sipariş;İptal".encode("windows-1254"))
    'windows-1254'
    >>> likeliest_encoding("Data płatności;Kwota".encode("windows-1250"))
    'windows-1250'
    >>> likeliest_encoding("Größe;Straße;Stück 5 €".encode("windows-1252"))
    'windows-1252'
    >>> likeliest_encoding("顧客番号,注文日,合計".encode("cp932")), likeliest_encoding("Дата;Клиент".encode("cp1251"))
    ('cp932', 'windows-1251')
    >>> likeliest_encoding("รหัสลูกค้า,วันที่".encode("cp874"))
    'cp874'
    >>> likeliest_encoding("客户编号,金额".encode("gb18030")), likeliest_encoding("고객번호".encode("cp949"))
    ('gb18030', 'cp949')
    """
    characters = {name: _share_of_characters(text, name) for name in _CHARACTERS}
    alphabets = {name: 0.0 if _is_latin(text) else _share_of_alphabet(text, name) for name in _RANGES}
    shares = {**alphabets, **characters}
    likely = [name for name in shares if shares[name] >= _ENOUGH]
    known = {name: count_known(_decoded(text, name)) if len(likely) > 1 else 0 for name in likely}
    best = max(shares, key=lambda name: (name in known, name != _THAI, known.get(name, 0), shares[name]))
    if shares[best] >= _ENOUGH:
        return best
    latin = {name: _share_of_letters(text, name) for name in _LATIN}
    letters = set(_decoded(text, "windows-1252").lower())
    if ("õ" in letters and "ã" not in letters) or ("ø" in letters and letters & set("ìèž")):
        latin["windows-1252"] = 0.0  # Hungarian or Czech: no western language writes these together
    alike = [name for name in latin if latin[name] == max(latin.values())]
    more = beside() if len(alike) > 1 else b""
    return max(alike, key=lambda name: _share_of_letters(more, name)) if more else alike[0]


def _is_latin(text: bytes) -> bool:
    """Whether letters beside a to z stand among those: in other alphabets they stand beside one another."""
    pairs = Counter(
        (this > 127) + (following > 127)
        for this, following in pairwise(text)
        if _is_letter(this) and _is_letter(following)
    )
    return pairs[1] >= pairs[2]


def _is_letter(byte: int) -> bool:
    return byte > 127 or chr(byte).isalpha()


def _share_of_alphabet(text: bytes, name: str) -> float:
    """Return the share of small letters of the alphabet, and of capitals that begin a word or stand among capitals."""
    read = _decoded(text, name)
    first, last = _RANGES[name]
    fitting = found = 0
    for before, letter in zip(" " + read, read, strict=False):
        if ord(letter) < 128 or letter in _PUNCTUATION:
            continue
        found += 1
        inside = first <= letter.lower() <= last or letter.lower() in "ёіїєґ"
        fitting += inside and not (letter.isupper() and before.islower())
    return fitting / found if found else 0.0


def _share_of_characters(text: bytes, name: str) -> float:
    """Return the share of everyday characters of a language written in characters."""
    odd = [letter for letter in _decoded(text, name) if ord(letter) > 127 and letter not in _PUNCTUATION]
    odd = [letter for letter in odd if not "\u3000" <= letter <= "\u303f" and letter not in _LONG]
    read = [letter for letter in odd if not "\uff61" <= letter <= "\uff9f"]  # narrow ones may be Latin letters
    if not any(ord(one) > 127 and ord(next_) > 127 for one, next_ in pairwise(_decoded(text, name))):
        return 0.0  # a letter of two bytes that stands alone in each word is two letters of another encoding
    low, high = _EVERYDAY[_CHARACTERS[name]]
    fitting = 0
    for letter in read:
        try:
            code = letter.encode(_CHARACTERS[name])
        except UnicodeEncodeError:
            continue
        fitting += letter >= "\uff01" or (len(code) == 2 and low <= code[0] <= high)
    return fitting / len(read) if read else 0.0


def _share_of_letters(text: bytes, name: str) -> float:
    """Return the share of letters of the languages among what stands within words beside a to z."""
    read = f" {_decoded(text, name)} "
    inside = [
        letter.lower()
        for before, letter, after in zip(read, read[1:], read[2:], strict=False)
        if ord(letter) > 127 and (_is_plain(before) or _is_plain(after))
    ]
    return sum(letter[0] in _LATIN[name] or letter == "i̇" for letter in inside) / len(inside) if inside else 0.0


def _is_plain(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


def _decoded(text: bytes, name: str) -> str:
    try:
        return text.decode(name)
    except UnicodeDecodeError:
        return ""
