"""The status columns of a file: which rows a table takes, which it sets aside, and which are returns."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workbench.engines import identifier
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.row_status.ledger import sides
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import (
    Action,
    did_not_take_place,
    is_charge_word,
    is_denied,
    is_no_show,
    is_of_a_sale,
    is_paused,
    is_plainly_taken_back,
    is_won,
    lies_ahead,
    of_charge,
    of_kind,
    of_purchase,
    of_sale,
    of_subscription,
    was_given_up,
)
from workbench.sources import TRUE_WORDS

Found = tuple[RawColumn, dict[str, Action | None]]


def sale_status(raw: RawTable, owed: Collection[str] = ()) -> Found | None:
    """Return the status column of orders or invoices with what each word means; nothing when all rows are kept.

    Words in ``owed`` are kept: beside an invoice they say that it is still to be paid.
    """
    for column in _by_name(raw):
        actions = {value: "keep" if value in owed else of_sale(value) for value in column.values}
        actions |= {value: "refuse" for value in actions if lies_ahead(value, actions) or is_no_show(value)}
        if any(map(is_won, actions)):  # of a pipeline, where others may yet be lost
            actions = {v: "keep" if is_won(v) or v in _AFTER_WON else "refuse" for v in actions}
        if any(action in ("refuse", "return") for action in actions.values()):
            return column, actions
    return _unknown_status(raw, owed)


def _unknown_status(raw: RawTable, owed: Collection[str]) -> Found | None:
    """Return the status column in which nobody knows some words: they may say that a sale did not take place."""
    named = (c for c in raw.columns if 1 < len(c.values) <= _MOST_WORDS and means(c.name, "status"))
    for column in sorted(named, key=lambda c: means(c.name, "stage")):  # what became of a deal, before how far it came
        actions = {value: "keep" if value in owed else of_sale(value) for value in column.values}
        if None in actions.values() and not column.flag and not any(means(column.name, m) for m in _NO_STATUS):
            return column, actions
    return None


_AFTER_WON = {"invoiced", "paid", "shipped", "delivered", "fulfilled"}
"""Stages of a deal that has been won already."""
_OTHER_KINDS = ("customer", "product", "plan", "contact", "channel", "method", "pay", "ticket", "period", "reason")
_HOW_PAID = {"payment", "pay", "card", "tender"}


def sale_kinds(raw: RawTable) -> list[Found]:
    """Return the columns that say what each row of orders or invoices is, where some are credit notes or no sales."""
    columns = [
        c for c in raw.columns if _says_what_came_back(c) or names_what_rows_are(c) or not _is_status_by_words(c)
    ]
    found = [(column, actions) for column in columns if (actions := _kinds_in(column))]
    status = sale_status(raw)
    if any(says_what_a_row_is(column.name) for column, _ in found) or (status and None in status[1].values()):
        return found  # one question at a time
    return found + [(column, dict.fromkeys(column.values)) for column in columns if _has_codes_of_kinds(column)][:1]


def _has_codes_of_kinds(column: RawColumn) -> bool:
    """Whether a column says what each row is by codes that nobody knows: they may be returns, or no sales."""
    codes = 1 < len(column.values) == column.distinct <= _MOST_CODES and not column.flag
    short = all(0 < len(value) <= _LONGEST_CODE for value in column.values)
    return codes and short and not column.is_currency and says_what_a_row_is(column.name)


_MOST_CODES, _LONGEST_CODE = 8, 2


def _kinds_in(column: RawColumn) -> dict[str, Action | None]:
    """Return what each value of a column says of its row; nothing where it says nothing."""
    if found := sides(column) or _marked(column):
        return found
    if _says_what_came_back(column):
        return {v: _of_return(v) for v in column.values}
    if bought := _purchases_among(column):
        return bought
    if not column.values or column.flag or not (says_what_a_row_is(column.name) or names_what_rows_are(column)):
        return {}
    if (codes := _CODES_OF.get(column.name.lower())) and column.values.keys() <= codes.keys():
        return {code: codes[code] for code in column.values}
    if column.values.keys() <= COMES_IN:
        return {}
    known = says_what_a_row_is(column.name)  # otherwise the words alone say so, and what nobody knows is asked about
    actions = {v: _of_row(v, column) or ("keep" if known or is_of_a_sale(v) else None) for v in column.values}
    return actions if set(actions.values()) - {"keep"} else {}


COMES_IN = {"credit", "gutschrift", "habenbuchung", "abono", "crédito", "credito", "accredito", "bijschrijving"}
"""What banks call the side of an account on which money comes in. Where all rows say so, it takes nothing back."""
_CODES_OF: dict[str, dict[str, Action | None]] = {
    "vbtyp": {
        **dict.fromkeys("celmpis", "keep"),
        **dict.fromkeys("hkno", "credit"),
        **dict.fromkeys("abdfgjqruvw", "refuse"),
    },
    "trcode": {
        **dict.fromkeys(("7", "8", "9", "14"), "keep"),
        **dict.fromkeys(("2", "3"), "credit"),
        **dict.fromkeys(("1", "4", "5", "6", "13", "26"), "refuse"),
    },
}
"""What the codes of documents mean in columns that one system alone calls so: in SAP order, invoice and debit memo,
returns and credit memo, inquiry and quotation; in Logo sale, return, and what was bought."""


_DELETED = {"delet", "deleted"}


def _marked(column: RawColumn) -> dict[str, Action | None]:
    """Return what a yes says that marks rows as taken back or void."""
    named = words(column.name)
    if named & _DELETED and column.values.keys() == {"*"}:
        return {"*": "refuse"}
    if column.flag and {"soft", "credit"} <= named:  # a gift counts for who paid it, not for who asked for it too
        return _flagged(column, "refuse")
    if column.flag and named & _TAKEN_BACK and not ("credit" in named and named & _BOUGHT_ON_CREDIT):
        return _flagged(column, "return" if named & _PARTICIPLES else "credit")
    of_row = not means(column.name, "subscription")
    if column.flag and named & _VOIDED and set(column.values) & set(TRUE_WORDS) and of_row:
        return _flagged(column, "refuse")
    if named & _VOIDED and {"y", "n"} < set(column.values) <= {"y", "n", "c"}:
        return {v: "keep" if v == "n" else "refuse" for v in column.values}  # c cancels another
    return {}


_BOUGHT_ON_CREDIT = {"on", "card", "store", "account", "customer", "limit", "approved", "used", "check", "score"}
"""Words beside which credit is what a customer has, or how they pay."""


def _says_what_came_back(column: RawColumn) -> bool:
    """Whether a column has the status of the return of some of the sales, beside that of the sales."""
    named = means(column.name, "status") and bool(words(column.name) & _TAKEN_BACK)
    return named and 0 < column.filled < column.rows and not all(map(_did_not_come_back, column.values))


def _of_return(word: str) -> Action | None:
    """Return what the status of a return says of the sale: requested, eligible and partial do not say that it is over.

    >>> _of_return("Approved"), _of_return("Rejected"), _of_return("requested")
    ('return', 'keep', None)
    """
    if _did_not_come_back(word):
        return "keep"
    return "return" if of_sale(word) else None


def _did_not_come_back(word: str) -> bool:
    return of_sale(word) == "refuse" or is_denied(word)


def _purchases_among(column: RawColumn) -> dict[str, Action | None]:
    """Return what each event means for sales, where a file holds purchases among other events; nothing elsewhere."""
    if not (means(column.name, "event") or "metric" in words(column.name)):
        return {}
    said = {value: of_purchase(value) for value in column.values}
    among = "keep" in said.values() and set(said.values()) != {"keep"}
    return {value: action or "refuse" for value, action in said.items()} if among else {}


_PARTICIPLES = {"refunded", "returned", "reversed", "credited"}
_SALES = {"order", "booking", "sale", "purchase", "reservation"}
_VOID_WORDS = (
    "voided void cancelled canceled annulled deleted makulerad storniert storno annule annulee annullato annullata "
    "geannuleerd vervallen iptal anulado anulada cancelado cancelada anulowana anulowane stornovano annulleret"
)
_VOIDED = set(_VOID_WORDS.split())
"""Words of a flag that marks rows of which nothing came; whether a customer "is cancel" is another matter."""
_TAKEN_BACK = _PARTICIPLES | {"refund", "return", "credit", "creditnote"}


def says_what_a_row_is(name: str) -> bool:
    """Return whether a column is named for what each row is, not for its customer, its product or how it is paid."""
    return means(name, "kind") and not any(means(name, m) for m in _OTHER_KINDS) and not words(name) & _HOW_PAID


def names_what_rows_are(column: RawColumn) -> bool:
    """Return whether a column holds what rows are by its words, whatever it is called: sales, and what took them back.

    A method of payment among the words is a sale's; a column of methods alone has nothing that was taken back. Words of
    what is sold, such as a label for returns, take nothing back.
    """
    if column.flag or not 1 < len(column.values) <= _MOST_WORDS or any(means(column.name, m) for m in _NO_KIND):
        return False
    if words(column.name) & _OF_TALK or not any(map(is_plainly_taken_back, column.values)):
        return False
    back = [word for word in column.values if of_kind(word, column.values) == "credit"]
    unknown = [word for word in column.values if not (word in back or is_of_a_sale(word))]
    sales = len(column.values) - len(back) - len(unknown)
    return bool(back and sales) and sum(column.values[word] for word in unknown) <= _MOST_UNKNOWN


def _of_row(word: str, column: RawColumn) -> Action | None:
    """Return what the kind of a row says of its amount: an order of the type refunded is a sale that was taken back."""
    action = of_kind(word, column.values)
    taken_back = action == "credit" and words(column.name) & _SALES and words(word) & _PARTICIPLES
    return "return" if taken_back else action


def _flagged(column: RawColumn, action: Action) -> dict[str, Action | None]:
    return {value: action if value in TRUE_WORDS else "keep" for value in column.values}


def made_for_tests(raw: RawTable) -> list[Found]:
    """Return the columns that mark rows as made for testing, in a system's sandbox or not in its live mode."""
    found = list[Found]()
    for column in (c for c in raw.columns if c.values):
        named = words(column.name)
        if column.flag and (named & _MADE_FOR_TESTS and not named & {"group", "variant"}):
            found.append((column, _flagged(column, "refuse")))
        elif column.flag and ("livemode" in named or {"live", "mode"} <= named):
            found.append((column, {v: "keep" if v in TRUE_WORDS else "refuse" for v in column.values}))
        elif named & {"environment", "env", "mode"} and set(column.values) & _MADE_FOR_TESTS:
            found.append((column, {v: "refuse" if v in _MADE_FOR_TESTS else "keep" for v in column.values}))
    return [(column, actions) for column, actions in found if "refuse" in actions.values()]


_MADE_FOR_TESTS = {"test", "testing", "sandbox", "staging", "dummy"}


def charge_status(raw: RawTable) -> Found | None:
    """Return the status column of charges where some of them are neither collected nor failed."""
    column = outcome_column(raw)
    if column is None or all(of_charge(value) is not None for value in column.values):
        return None
    return column, {value: "keep" if of_charge(value) is not None else "refuse" for value in column.values}


def attendance(raw: RawTable) -> Found | None:
    """Return the status column of visits and the like where some did not take place."""
    for column in _by_name(raw):
        missed = [value for value in column.values if did_not_take_place(value)]
        if missed and not _is_of_the_customer(column):
            ahead = [value for value in column.values if lies_ahead(value, column.values)]
            return column, {value: "refuse" if value in (*missed, *ahead) else "keep" for value in column.values}
    return None


_STANDING = {
    *("active", "inactive", "paused", "past_due", "churned", "lapsed", "expired", "subscribed", "live", "current"),
    *("non_renewing", "non-renewing", "past due", "overdue", "delinquent", "unpaid", "renewed", "grace", "in_grace"),
    *("in force", "in_force"),
}


def _is_of_the_customer(column: RawColumn) -> bool:
    """Whether a status is that of the customer today: the use of those who left took place all the same."""
    named = any(means(column.name, what) for what in ("customer", "subscription", "plan"))
    return named or any(v in _STANDING or of_subscription(v) in ("trial", "free") for v in column.values)


_OF_CONSENT, _OF_MAILS = {"consent", "marketing", "optin"}, {"newsletter", "mailing", "email", "sms"}


def _says_who_wants_messages(column: RawColumn) -> bool:
    """Whether a status is that of messages: a newsletter may be paid for, but then it is not merely subscribed to."""
    subscribed = any("subscribe" in value for value in column.values)
    return bool(words(column.name) & _OF_CONSENT) or (subscribed and bool(words(column.name) & _OF_MAILS))


def subscription_status(raw: RawTable) -> Found | None:
    """Return the status column of subscriptions where some were cancelled or never began."""
    actions: dict[str | None, Action] = {"left": "cancelled", "refuse": "refuse"}
    for column in (c for c in _by_name(raw) if not _says_who_wants_messages(c)):
        if any(map(is_won, column.values)):
            won: dict[str, Action | None] = {v: _of_won_contract(v) for v in column.values}
            if set(won.values()) - {"keep"}:
                return column, won
            continue  # another column says what became of them
        found: dict[str, Action | None] = {v: actions.get(of_subscription(v), "keep") for v in column.values}
        if set(found.values()) - {"keep"}:
            return column, {
                v: None if a == "keep" and _is_seldom_and_unknown(v, column) else a for v, a in found.items()
            }
    live = next((column for column in raw.columns if _says_live(column)), None)
    return (live, {v: "keep" if v in TRUE_WORDS else "cancelled" for v in live.values}) if live else None


def _of_won_contract(stage: str) -> Action:
    """Return what a stage says of a contract, where some were won: those began, and what was not won never did.

    >>> _of_won_contract("Closed Won"), _of_won_contract("Closed Lost"), _of_won_contract("Churned")
    ('keep', 'refuse', 'cancelled')
    >>> _of_won_contract("Cancelled"), _of_won_contract("Negotiation")
    ('cancelled', 'refuse')
    """
    if (
        is_won(stage)
        or stage in _AFTER_WON
        or is_paused(stage)
        or stage in _STANDING - {"churned", "lapsed", "expired"}
    ):
        return "keep"
    return "cancelled" if of_subscription(stage) == "left" and "lost" not in words(stage) else "refuse"


def words_for_ends(raw: RawTable) -> list[tuple[str, dict[str, Action | None]]]:
    """Return SQL for the words that stand where others have the date of their end, with what each says."""
    found = list[tuple[str, dict[str, Action | None]]]()
    for column in (c for c in raw.columns if means(c.name, "end") or means(c.name, "cancel")):
        listed = column.no_dates if column.time_sql else tuple(column.values)
        left = sorted({word.lower() for word in listed if of_subscription(word) == "left"})
        if left and (column.time_sql or len(left) == len(column.values)):
            text = f"lower(trim({identifier(column.name)}::VARCHAR))"
            found.append((f"CASE WHEN {text} IN ({_listed(left)}) THEN {text} END", dict.fromkeys(left, "cancelled")))
    return found


def _is_seldom_and_unknown(word: str, column: RawColumn) -> bool:
    """Whether nobody knows a word of a status beside those that do; the most frequent stands for live either way."""
    known = of_subscription(word) or of_sale(word) or is_paused(word) or word in _STANDING or was_given_up(word)
    kept = [v for v in column.values if not of_subscription(v)]
    return not known and word != max(kept, key=lambda v: column.values[v])


def _says_live(column: RawColumn) -> bool:
    """Whether a flag says which subscriptions are live: Active, is_active."""
    return column.flag and column.distinct == _YES_AND_NO and words(column.name) <= {"is", "active", "subscription"}


_YES_AND_NO = 2


def given_up(raw: RawTable) -> tuple[RawColumn, list[str]] | None:
    """Return the status column of subscriptions with its words for those that customers gave up, if any."""
    for column in _by_name(raw):
        if values := [value for value in column.values if was_given_up(value)]:
            return column, values
    return None


def _by_name(raw: RawTable) -> Iterator[RawColumn]:
    named = [c for c in raw.columns if c.values and (means(c.name, "status") or means(c.name, "stage"))]
    named = [c for c in named if not _says_what_came_back(c)]
    yield from sorted(named, key=lambda c: means(c.name, "fulfilment"))
    yield from (c for c in raw.columns if c not in named and _is_status_by_words(c) and not _says_what_came_back(c))


def _is_status_by_words(column: RawColumn) -> bool:
    """Whether a column holds what became of sales (settled, refused, cancelled), whatever it is called."""
    if column.flag or not 1 < len(column.values) <= _MOST_WORDS or any(means(column.name, m) for m in _NO_STATUS):
        return False
    said = {value: of_sale(value) for value in column.values}
    unknown = sum(column.values[value] for value, action in said.items() if action is None)
    return {"keep", "refuse"} <= set(said.values()) and unknown <= _MOST_UNKNOWN


_MOST_WORDS = 12
_MOST_UNKNOWN = 0.3
"""A share of the rows with words that nobody knows, up to which the other words make a column one of status."""
_NO_KIND = ("reason", "ticket", "priority", "name", "country", "region", "status", "stage")
_OF_TALK = {"tag", "tags", "topic", "topics", "subject", "fare", "trip", "journey"}
"""Words of columns with what a customer writes about, or which way they travel."""
_NO_STATUS = ("reason", "method", "ticket", "priority", "fulfilment", "name", "country", "region", "event", "plan")


def outcome_column(raw: RawTable) -> RawColumn | None:
    """Return the text column that says whether a payment went through."""
    words_ = [c for c in raw.columns if c.values and not c.flag and all(is_charge_word(v) for v in c.values)]
    collecting = [c for c in words_ if any(of_charge(value) for value in c.values)]  # not why a payment failed
    return next(iter(sorted(collecting or words_, key=lambda c: -c.filled)), None)


def collected(column: RawColumn) -> Mapped:
    """Return whether a charge was collected, from the words of its status."""
    name = f"lower({identifier(column.name)}::VARCHAR)"
    good = [value for value in column.values if of_charge(value) is True]
    bad = [value for value in column.values if of_charge(value) is False]
    cases = [
        f"WHEN {name} IN ({_listed(several)}) THEN {flag}"
        for several, flag in ((good, "true"), (bad, "false"))
        if several
    ]
    neither = [value for value in column.values if of_charge(value) is None]
    text = f"{column.name}: {', '.join(good) or 'nothing'} counts as collected, {', '.join(bad) or 'nothing'} as failed"
    if neither:
        text += f"; {', '.join(neither)} is neither, and those rows are set aside"
    found = Mapped(f"CASE {' '.join(cases)} END", (column.name,), 0.8, "read from its words")
    return found.doubted(Doubt("outcome", text, "status"))


def subscription_kind(raw: RawTable, mapped: dict[str, Mapped]) -> Mapped | None:
    """Return the kind of a subscription from its status and the end of its trial."""
    status = next((c for c in _by_name(raw) if any(of_subscription(value) for value in c.values)), None)
    cases, used = [], []
    if status is not None:
        name = f"lower({identifier(status.name)}::VARCHAR)"
        for kind in ("trial", "free"):
            if several := [value for value in status.values if of_subscription(value) == kind]:
                cases.append(f"WHEN {name} IN ({_listed(several)}) THEN '{kind}'")
                used.append(status.name)
    trial, end = mapped.get("trial_ends_at"), mapped.get("ended_at") or mapped.get("cancelled_at")
    if trial is not None and end is not None and not raw[trial.raw[0]].empty:
        cases.append(f"WHEN TRY_CAST({end.sql} AS TIMESTAMP) <= TRY_CAST({trial.sql} AS TIMESTAMP) THEN 'trial'")
        used += [*end.raw, *trial.raw]
    if not cases:
        return None
    why = "a trial by its status, or one that ended before it was paid"
    return Mapped(f"CASE {' '.join(cases)} ELSE 'paid' END", tuple(dict.fromkeys(used)), 0.8, why)


def _listed(several: list[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in several)
