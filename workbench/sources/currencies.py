"""Currencies as exports write them: codes, signs and words, and how many of the smallest unit make one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.engines import literal

CODES = re.findall(
    "[A-Z]+",
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HRK HTG HUF IDR ILS INR IQD IRR IRT ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN "
    "PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD "
    "TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL ",
)

WORDS = {
    "EUR": "€ euro euros Euro Euros",
    "GBP": "£",
    "TRY": "₺ TL tl",
    "BRL": "R$",
    "USD": "US$ U$S",
    "CHF": "Fr SFr fr",
    "PLN": "zł zl",
    "CZK": "Kč Kc",
    "HUF": "Ft",
    "RUB": "₽ руб р",
    "UAH": "₴ грн",
    "BGN": "лв",
    "RON": "lei leu",
    "INR": "₹",
    "ILS": "₪",
    "KRW": "₩ 원",
    "VND": "₫ đ VNĐ",
    "THB": "฿ บาท",
    "NGN": "₦",
    "PHP": "₱",
    "KZT": "₸",
    "GEL": "₾",
    "IDR": "Rp",
    "MYR": "RM",
    "IRR": "﷼ ریال",
    "IRT": "تومان تومن",
    "AED": "دإ",
    "SAR": "رس",
    "EGP": "جم",
    "KWD": "دك",
    "MAD": "دم",
    "RSD": "din дин",
}
"""Signs and words that mean one currency, without the points of abbreviations."""

SHARED = "$ ¥ 元 円 圆 kr Kr ريال درهم دينار جنيه Rs KM S/ Bs"
"""Signs and words that several countries write for their own currency."""

_NO_CENTS = re.findall("[A-Z]+", "BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF")
_THOUSANDTHS = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]


def units_of_one(code: str) -> int:
    """Return how many of its smallest unit, in which payment systems count, make one of a currency.

    >>> units_of_one("EUR"), units_of_one("JPY"), units_of_one("KWD")
    (100, 1, 1000)
    """
    if code in _NO_CENTS:
        return 1
    return 1000 if code in _THOUSANDTHS else 100


def units_sql(code: str) -> str:
    """Return SQL for how many of its smallest unit make one of the currency whose code ``code`` gives."""
    none, thousandths = (", ".join(f"'{c}'" for c in codes) for codes in (_NO_CENTS, _THOUSANDTHS))
    return f"CASE WHEN {code} IN ({none}) THEN 1 WHEN {code} IN ({thousandths}) THEN 1000 ELSE 100 END"


def sign_pattern() -> str:
    """Return a regular expression for a currency beside a number: a code, a sign, or a word for one.

    What begins as another one does comes first: U$S before U$, krw before kr.
    """
    written = {word for words in (*WORDS.values(), SHARED) for word in words.split()}
    codes = [*CODES, *map(str.lower, CODES)]
    longest_first = sorted({*written, *codes}, key=lambda word: (-len(word), word))
    return rf"(?:U\$S|[A-Z]{{0,3}}\p{{Sc}}|{'|'.join(re.escape(word) for word in longest_first)})"


def code_sql(sign: str) -> str:
    """Return SQL for the code of a currency's sign or word; the sign itself where several countries write it."""
    codes = {word: code for code, words in WORDS.items() for word in words.split()}
    meant = f"{listed(codes.values())}[list_position({listed(codes)}, {sign})]"
    written = f"CASE WHEN list_contains({listed(CODES)}, upper({sign})) THEN upper({sign}) END"
    return f"coalesce({meant}, {written}, {sign})"


def listed(words: Iterable[str]) -> str:
    """Return SQL for a constant list; planning a list of hundreds of constants takes twice as long."""
    return f"split({literal(' '.join(words))}, ' ')"
