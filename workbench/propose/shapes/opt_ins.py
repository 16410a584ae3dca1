"""Answers to "may we contact you?" as consents: one row per channel and answer, or a yes or no per channel."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn
from workbench.propose.words.naming import means, tokens, words
from workbench.sources import FALSE_WORDS, TRUE_WORDS

_GIVEN = {
    *TRUE_WORDS, "granted", "given", "accepted", "subscribed", "consented", "allowed", "opt-in", "optin", "opted in",
    "opted-in", "opted_in", "opt_in", "opt in", "confirmed", "grant", "in",
}  # fmt: skip
_REFUSED = {
    *FALSE_WORDS, "withdrawn", "revoked", "refused", "declined", "unsubscribed", "not subscribed", "not_subscribed",
    "opt-out", "optout", "opted out", "opted-out", "opted_out", "opt_out", "opt out", "denied", "withdraw", "out",
    "never subscribed", "never_subscribed", "non-subscribed", "pending", "cleaned", "unconfirmed", "suppressed",
}  # fmt: skip
_OF_CONSENT = {
    "optin", "opt", "opted", "consent", "consented", "permission", "permitted", "gdpr", "newsletter", "marketing",
    "subscribed", "accept", "accepts", "accepted", "allow", "allowed", "contactable", "mailable", "toestemming", "izin",
    "einwilligung", "consentement", "consentimiento", "werbung", "werbeeinwilligung",
}  # fmt: skip
"""Words of a yes or no about being contacted."""
_OF_REFUSAL = {"optout", "out", "unsubscribed", "not", "no", "dnc", "suppressed", "suppress", "blocked", "withdrawn"}
"""Words under which a yes means that the customer is not to be contacted."""
_CHANNELS = {
    "email": "email mail mails emails mailing newsletter mailable e-mail correo courriel eposta",
    "sms": "sms text texts",
    "phone": "phone call calls telephone tel telefon telefoon telefono telephonique",
    "letter": "post postal letter brief dm",
    "push": "push",
    "whatsapp": "whatsapp",
}
"""The channels and the words that name them."""
_LATEST = {"updated", "changed", "modified"}
"""Words of the date of the answer that holds, where others stand beside it."""
_MOST_OF_ANSWERS = 8
"""Columns of a list of answers: a table of messages or customers has more."""


def opt_ins(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that reads a list of answers, one per channel, as consents given and withdrawn; else empty."""
    channel = next((c for c in columns if means(c, "channel") or words(c) & {"medium"}), None)
    if channel is None or len(columns) > _MOST_OF_ANSWERS:
        return ""
    dates = [c for c in columns if means(c, "date") or means(c, "change") or words(c) & {"updated", "created"}]
    answers = [c for c in columns if c not in (channel, *dates) and not means(c, "id")]
    of_consent = _is_of_consent(name)
    named = (c for c in answers if of_consent or _is_of_consent(c))
    answer, found = next(((c, found) for c in named if (found := _answers(con, name, c))), ("", set[str]()))
    if not found:
        return ""
    latest = max(dates, key=lambda c: bool(words(c) & _LATEST), default="")
    rest = ", ".join(identifier(c) for c in columns if c not in (answer, latest))
    day = identifier(latest) if latest else "NULL::VARCHAR"
    given, refused = _among(answer, found & _GIVEN), _among(answer, found & _REFUSED)
    return (
        f"SELECT {rest}, CASE WHEN {given} THEN {day} END AS granted_at, CASE WHEN {refused} THEN {day} END AS "
        f"withdrawn_at FROM {identifier(name)} WHERE {given} OR ({refused} AND {day} IS NOT NULL)"
    )


def consents_of_customers(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, customers: TableProposal
) -> Iterator[TableProposal]:
    """Yield the consents that customers' own columns hold: a yes or no per channel, as of the export.

    Customers who are made of what they bought have none: each of their rows may answer otherwise.
    """
    key = customers.columns.get("customer_id")
    raw = evidence.tables[customers.file]
    flags = {channel: c for c in raw.columns if _is_answer(c) and (channel := _channel_of(c.name)) and _some_allow(c)}
    if key is None or not flags or customers.more:
        return
    given = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {customers.rows}").fetchall()}
    if not given.issuperset(flag.name for flag in flags.values()):
        return
    rows = (
        f"SELECT {key.sql} AS customer_id, {literal(channel)} AS channel FROM {customers.rows} WHERE {_holds(flag)}"
        for channel, flag in flags.items()
    )
    names = tuple(flag.name for flag in flags.values())
    columns = {
        "customer_id": Mapped("customer_id", key.raw, key.confidence, "the customer of the answer"),
        "channel": Mapped("channel", names, 0.8, f"named by {', '.join(names)}"),
    }
    listed = ", ".join(f"{flag.name} ({channel})" for channel, flag in flags.items())
    text = f"consent to be contacted is read from {listed}, as of the export; without it nobody is on a list"
    doubts = (Doubt("opt-ins", text, "customers"),)
    yield TableProposal("consents", customers.file, columns, " UNION ALL ".join(rows), doubts=doubts)


def _is_answer(column: RawColumn) -> bool:
    """Whether values say yes or no, or that somebody is subscribed; who has not confirmed yet is not."""
    return column.flag or (bool(column.values) and column.values.keys() <= _GIVEN | _REFUSED)


def _some_allow(column: RawColumn) -> bool:
    """Whether an answer allows contact for anybody: a table without a row cannot be loaded."""
    if _is_of_refusal(column.name):
        return not column.values or column.filled < column.rows or not column.values.keys() <= _GIVEN
    return bool(column.values.keys() & _GIVEN)


def _is_of_consent(name: str) -> bool:
    """Whether a name speaks of consent to be contacted.

    >>> [n for n in ("opt_in", "Accepts Email Marketing", "consents", "email", "auto renew") if _is_of_consent(n)]
    ['opt_in', 'Accepts Email Marketing', 'consents']
    """
    return means(name, "consent") or bool(_plain(name) & (_OF_CONSENT | _OF_REFUSAL - {"not", "no", "out"}))


def _is_of_refusal(name: str) -> bool:
    """Whether a yes means no.

    >>> _is_of_refusal("Email Opted Out"), _is_of_refusal("do_not_call"), _is_of_refusal("email_opt_in")
    (True, True, False)
    """
    return bool(_plain(name) & _OF_REFUSAL)


def _channel_of(name: str) -> str:
    """Return the channel a yes or no about being contacted is for; empty where it is about something else.

    >>> [_channel_of(name) for name in ("Accepts Email Marketing", "sms_opt_in", "Do Not Call", "active")]
    ['email', 'sms', 'phone', '']
    """
    plain = _plain(name)
    alone = name.strip().lower() in _CHANNELS  # a yes or no under SMS
    if not alone and not _is_of_consent(name) and not {"do", "not"} <= plain:
        return ""
    found = next((channel for channel, known in _CHANNELS.items() if plain & set(known.split())), "")
    return found or ("email" if plain & {"marketing", "newsletter", "werbung"} else "")


def _plain(name: str) -> set[str]:
    """Return the words of a name as written, small words too: in "do not call" they are what is meant."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return {*re.split(r"[^a-z]+", spaced.lower()), *words(name), *(w for token in tokens(name) for w in token)} - {""}


def _answers(con: duckdb.DuckDBPyConnection, name: str, column: str) -> set[str]:
    """Return the values of a column where all of them say that a consent was given or refused; else none."""
    value = f"lower(trim({identifier(column)}::VARCHAR))"
    rows = con.execute(f"SELECT DISTINCT {value} FROM {identifier(name)} WHERE {value} <> '' LIMIT 9").fetchall()
    found = {row[0] for row in rows}
    return found if found <= _GIVEN | _REFUSED else set()


def _holds(flag: RawColumn) -> str:
    """SQL for whether a yes or no allows contact; where a yes forbids it, nothing allows it."""
    if _is_of_refusal(flag.name):
        return f"{_among(flag.name, flag.values.keys() & _GIVEN)} IS NOT TRUE"
    return _among(flag.name, flag.values.keys() & _GIVEN)


def _among(column: str, known: set[str]) -> str:
    if not known:
        return "false"
    return f"lower(trim({identifier(column)}::VARCHAR)) IN ({', '.join(map(literal, sorted(known)))})"
