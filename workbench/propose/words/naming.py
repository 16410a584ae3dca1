"""How close the name of a raw file or column is to what the contract means."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from workbench.propose.words.languages import IN_ENGLISH, LAST_WORDS
from workbench.propose.words.lexicon import COLUMN_WORDS, GENERIC, TABLE_WORDS
from workbench.propose.words.scripts import in_latin
from workbench.propose.words.vocabulary import meanings
from workbench.sources import CODES

Tokens = tuple[frozenset[str], ...]
_UNKNOWN_WEIGHT = 0.7
_SMALL = """
of the in by de van het per a an rc d l du des la le les el los las del da das do dos der die den zum zur di della dell
av og och na z w i y et und en how did you your our us we are about would for
"""
_SMALL_WORDS = set(_SMALL.split())
LETTERS = str.maketrans({"ı": "i", "ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "Ø": "O", "đ": "d", "æ": "ae", "œ": "oe"})
"""Letters that are no other letter with a mark, as they are written without."""
TAX_NAMES = ("btw", "vat", "mwst", "ust", "tva", "tax", "taxes", "kdv", "iva", "gst", "moms", "mva", "dph")
_TAX_WORD = rf" ?\b(?:{'|'.join(TAX_NAMES)})\b"
_OF_TAX = f"(?:{_TAX_WORD})?"
_WITHOUT_TAX = re.compile(
    rf"\b(?:excl|exkl|excluding|hors|netto|ht)\b{_OF_TAX}|"
    rf"\b(?:ex|bez|ohne|without|zonder|senza|sem|sans){_TAX_WORD}|"
    rf"{_TAX_WORD} ?(?:excl|excluded|exclusive)\b|"
    rf"\b(?:untaxed|taxable (?:value|amount)|base imponible|imponibile|sin iva)\b"
)
_WITH_TAX = re.compile(
    rf"\b(?:incl|inkl|including|brutto|ttc)\b{_OF_TAX}|\b(?:inc|s|z|mit|with|met|con|com|avec){_TAX_WORD}|"
    rf"{_TAX_WORD} ?(?:incl|included|inclusive)\b"
)
_TAX = re.compile(f"{_WITHOUT_TAX.pattern}|{_WITH_TAX.pattern}")
_SHORT = {
    r"\bp\. ?m\b\.?": " monthly ",
    r"\bp\. ?a\b\.?": " annual ",
    r"move[ds]?[ _-]?ins?(?-i:(?![a-z]))": " start ",
    r"move[ds]?[ _-]?outs?(?-i:(?![a-z]))": " end ",
}
"""How names shorten the period of a price, Fee p.m. and Premium p.a., and say when tenants came and went."""
_CODE_AFTER = re.compile(r"[ _(\[]+([A-Z]{3})[)\]]?$")
"""A currency as names of amounts end: cost NOK, Fee (SEK), price_DKK."""
_NUMBER_OF_ONE = r"[Nn]\.?[°º]|^(?:N|n|Num|num)\. ?(?=[A-Za-z]*[A-Za-rt-z]\b)"
"""How names shorten the word number before what has one: N. abbonamento; before a plural it is a count."""
_NET = re.compile(r"^N\. ?(?=(?:revenue|sales|amount|income|price|total)\b)", re.IGNORECASE)
"""How names shorten net before money: N. Revenue."""
_CUSTOM_FIELD = re.compile(r"^(?:[A-Za-z0-9]+__)?(.+)__[cr]$")
"""How Salesforce writes fields that a company or a package added: npsp__EndDate__c, Renewal_Date__c."""
_SPELLED = re.compile(r"(?:[A-Z]_){3,}")
"""How a database spells the names of its own columns, letter by letter: R_E_C_N_O_."""
_COUNTING = {"num", "number", "no"}
_SHORT_TAILS = {"id", "nr", "no", "at", "on", "ts"}
_PLACEHOLDERS = {"col", "column", "field", "var", "attr", "file", "unnamed", "feld", "kolom"}
_OF_SYSTEM = 0.8
_OWN_TABLE_WEIGHT = 0.25


@cache
def tokens(name: str) -> Tokens:
    """Return what each word of a name means; a word nobody knows stands for itself.

    >>> [sorted(t) for t in tokens("KlantNr")]
    [['customer'], ['id']]
    >>> [sorted(t) for t in tokens("subscriptionid")]
    [['subscription'], ['id']]
    >>> [sorted(t) for t in tokens("num_25")]
    [['quantity']]
    >>> [sorted(t) for t in tokens("Fee p.m.")]
    [['amount'], ['monthly']]
    >>> [sorted(t) for t in tokens("N. Revenue")]
    [['net'], ['amount']]
    >>> [sorted(t) for t in tokens("Num. abbonamento")], [sorted(t) for t in tokens("Num. pedidos")]
    ([['id'], ['subscription']], [['quantity'], ['order']])
    >>> [sorted(t) for t in tokens("npsp__EndDate__c")]
    [['end'], ['date']]
    >>> [sorted(t) for t in tokens("Bezugspreis")]
    [['bezugs'], ['price']]
    """
    words = [part for word in _split(name) for part in _known_parts(word)]
    found = [meanings().get(word, frozenset({word})) for word in words]
    if words and words[0] in _COUNTING and (len(words) > 1 or re.search(r"\d", name)):
        found[0] = frozenset({"quantity"})
    return tuple(found)


@cache
def words(name: str) -> frozenset[str]:
    """Return the words of a name themselves, in the singular, and in English what is part of a sale.

    >>> sorted(words("OrganizationIDs")), sorted(words("Rabatt"))
    (['id', 'organization'], ['discount'])
    """
    own = (_singular(part)[-1] for word in _split(name) for part in _known_parts(word))
    return frozenset(IN_ENGLISH.get(word, word) for word in own)


def names_tax(name: str) -> bool:
    """Return whether a name has a word for tax.

    >>> names_tax("VAT amount"), names_tax("MwSt"), names_tax("syntax")
    (True, True, False)
    """
    as_written = re.sub(r"[^a-z]+", " ", name.lower()).split()  # MwSt is one word
    return not {*words(name), *as_written}.isdisjoint(_words_of_tax() | {*TAX_NAMES})


@cache
def _words_of_tax() -> frozenset[str]:
    return frozenset[str]().union(*map(words, TAX_NAMES))


def excludes_tax(name: str) -> bool:
    """Return whether a name says that an amount is without tax.

    >>> excludes_tax("Bedrag excl. btw"), excludes_tax("Celkem bez DPH"), excludes_tax("Montant TTC")
    (True, True, False)
    """
    return bool(_WITHOUT_TAX.search(re.sub(r"[^a-z]+", " ", name.lower())))


def includes_tax(name: str) -> bool:
    """Return whether a name says that an amount is with tax.

    >>> includes_tax("total_incl_vat"), includes_tax("total")
    (True, False)
    """
    return bool(_WITH_TAX.search(re.sub(r"[^a-z]+", " ", name.lower())))


def is_meaningless(name: str) -> bool:
    """Return whether no word of the name is known.

    >>> is_meaningless("c7"), is_meaningless("created_at")
    (True, False)
    """
    return not any(meaning in _all_meanings() for token in tokens(name) for meaning in token)


def says_little(name: str) -> bool:
    """Return whether a name has known words that say little by themselves, and others that nobody knows.

    >>> says_little("Date of Quux"), says_little("close_date")
    (True, False)
    """
    return not any(meaning in _all_meanings() - set(GENERIC) for token in tokens(name) for meaning in token)


def is_blank(name: str) -> bool:
    """Return whether a name is a mere placeholder, such as c7 or col_b.

    >>> is_blank("c7"), is_blank("col_b"), is_blank("pty")
    (True, True, False)
    """
    return is_meaningless(name) and all(len(word) < 3 or word in _PLACEHOLDERS for word in _split(name))


@cache
def column_likeness(raw: str, table: str, column: str) -> float:
    """Return from 0 to 1 how well a raw column's name fits a column of the contract.

    >>> column_likeness("submitted_at", "tickets", "opened_at")
    1.0
    >>> column_likeness("submitted_at", "tickets", "resolved_at") < 0.2
    True
    """
    if raw.lower() == column:
        return 1.0
    own = {word for phrase in TABLE_WORDS[table].split("|")[:1] for word in phrase.split()}
    fit = _best(tokens(raw), COLUMN_WORDS[table][column], own)
    first, *rest = tokens(raw) or (frozenset(),)
    if column.endswith("_id") and len(rest) > 1 and not first & _all_meanings():  # a system's own name: amazon-order-id
        return max(fit, _OF_SYSTEM * _best(tuple(rest), COLUMN_WORDS[table][column], own))
    return fit


@cache
def table_likeness(raw: str, table: str) -> float:
    """Return from 0 to 1 how well a raw file's name fits a table of the contract.

    >>> table_likeness("acme_helpdesk_cases", "tickets") > 0.5
    True
    """
    return _best(tokens(raw), TABLE_WORDS[table], set())


@cache
def says_something_else(raw: str, table: str, column: str) -> bool:
    """Return whether a raw name has a known meaning, and none that belongs to the column of the contract.

    >>> says_something_else("Financial Status", "customers", "acquisition_channel")
    True
    >>> says_something_else("severity", "tickets", "priority")
    False
    """
    own = set(TABLE_WORDS[table].replace("|", " ").split()) | set(GENERIC)
    fitting = set(COLUMN_WORDS[table][column].replace("|", " ").split()) - own
    known = [token & _all_meanings() - own for token in tokens(raw)]
    return any(known) and not any(token & fitting for token in known)


@cache
def means(raw: str, *wanted: str) -> bool:
    """Return whether a name carries all the meanings wanted.

    >>> means("is_trial", "trial")
    True
    """
    return all(any(meaning in token for token in tokens(raw)) for meaning in wanted)


def _best(raw: Tokens, phrases: str, own: set[str]) -> float:
    """The first phrases are the field's own terms; a later one counts a little less."""
    meant = frozenset[str]().union(*raw)
    if meant.isdisjoint(_words_of(phrases)):
        return 0.0
    met = [(i, phrase) for i, phrase in enumerate(_listed(phrases)) if not meant.isdisjoint(phrase)]
    return max(((1 - 0.02 * i) * _overlap(raw, phrase, own) for i, phrase in met), default=0.0)


@cache
def _listed(phrases: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in phrases.split("|"))


@cache
def _words_of(phrases: str) -> frozenset[str]:
    return frozenset(phrases.replace("|", " ").split())


def _overlap(raw: Tokens, phrase: tuple[str, ...], own: set[str]) -> float:
    missing = [word for word in phrase if not any(word in token for token in raw)]
    extra = [token for token in raw if not any(word in token for word in phrase)]
    common = sum(_weight(word, own) for word in phrase if word not in missing)
    rest = sum(_weight(word, own) for word in missing) + sum(_token_weight(token, own) for token in extra)
    return common / (common + rest) if common else 0.0


def _weight(word: str, own: set[str]) -> float:
    if word in own:
        return _OWN_TABLE_WEIGHT
    return GENERIC.get(word, 1.0)


def _token_weight(token: frozenset[str], own: set[str]) -> float:
    if not token & _all_meanings():
        return _UNKNOWN_WEIGHT
    return min(_weight(meaning, own) for meaning in token)


@cache
def _all_meanings() -> frozenset[str]:
    return frozenset().union(*meanings().values())


def _field(name: str) -> str:
    """Return the name without its object, in exports that write both, where the rest has a meaning of its own.

    >>> _field("Rate Plan Charge: MRR"), _field("Subscription: Name")
    ('MRR', 'Subscription: Name')
    """
    name = _CUSTOM_FIELD.sub(r"\1", name)
    name = name.replace("_", "") if _SPELLED.fullmatch(name) else name
    _, colon, field = name.rpartition(": ")
    known = colon and any(token & _all_meanings() - set(GENERIC) for token in tokens(field))
    return field if known else name


@cache
def is_question(name: str) -> bool:
    """Return whether a name is the question of a form.

    >>> is_question("How likely are you to recommend us (0-10)"), is_question("Score")
    (True, False)
    """
    return name.strip().endswith("?") or len(re.findall(r"[^\W\d_]{2,}", name)) >= _WORDS_OF_A_QUESTION


_WORDS_OF_A_QUESTION = 6


def _split(name: str) -> list[str]:
    numbered = re.sub(
        _NUMBER_OF_ONE, "id ", in_latin(_NET.sub("net ", _field(name))).translate(LETTERS).replace("IDs", "Ids")
    )
    numbered = _CODE_AFTER.sub(lambda found: " currency" if found[1] in CODES else found[0], numbered)
    for short, long in _SHORT.items():
        numbered = re.sub(short, long, numbered, flags=re.IGNORECASE)
    plain = unicodedata.normalize("NFKD", numbered).encode("ascii", "ignore").decode()
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", plain)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    spaced = _TAX.sub(" ", re.sub(r"[^a-z]+", " ", spaced.lower())).strip() or spaced
    words = [word for word in re.split(r"[^a-z]+", spaced.lower()) if word]
    words[-1:] = [LAST_WORDS.get(word, word) for word in words[-1:]]
    return _join_pairs([word for word in words if word not in _SMALL_WORDS])


def _join_pairs(words: list[str]) -> list[str]:
    """Write "sign up" as signup, for a pair may mean what its words do not."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] + word in meanings() and joined[-1] not in {"is", "has"}:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


@cache
def _known_parts(word: str) -> tuple[str, ...]:
    for form in [*_singular(word), *_foreign_singular(word)]:
        if form in meanings():
            return (form,)
    if (joined := _MONEY_JOINED.fullmatch(word)) and joined[2] != word:
        return (joined[1], *_known_parts(joined[2]))
    for cut in range(len(word) - 2, 2, -1):
        head = next((f for f in (*_singular(word[:cut]), *_foreign_singular(word[:cut])) if f in meanings()), None)
        tail = _known_parts(word[cut:]) if head and (cut <= len(word) - 3 or word[cut:] in _SHORT_TAILS) else ()
        if head and tail and all(part in meanings() for part in tail):
            return (head, *tail)
    last = next((tail for tail in _LAST_NOUNS if word.endswith(tail) and len(word) > len(tail) + 2), "")
    return (word.removesuffix(last), last) if last else (word,)


_MONEY_JOINED = re.compile(
    r"(gross|net|total|vat|tax|discounts?)((?:gross|net|total|vat|tax|discounts?|amount|price|value)+)"
)
"""Words of money as databases join them: NETTOTAL, TOTALDISCOUNTS."""
_LAST_NOUNS = ("preis", "prijs", "betrag", "bedrag", "belopp", "belop", "avgift", "gebuhr", "datum", "dato", "nummer")
"""Nouns that say what a Germanic word joined of several is, whatever stands before: Bezugspreis, Terminbeløp."""


def _foreign_singular(word: str) -> list[str]:
    """Return what a Dutch, German, Danish or Turkish plural may be of, and a Turkish word in a name: durumu."""
    ends = ("en", "n", "er", "r", "ler", "lar", "si", "su", "i", "u")
    return [word.removesuffix(end) for end in ends if word.endswith(end) and len(word) > 5]


def _singular(word: str) -> list[str]:
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    return forms
