"""What a raw file cannot be, however well its columns fit: an account's movements are no sales, a list is no use."""

from __future__ import annotations

from workbench import contract
from workbench.propose.fitting.fit import ACCEPTED, value_fit
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.matching.help_requests import holds_help_requests
from workbench.propose.matching.lists_of_people import lists_people
from workbench.propose.matching.named_customer import named_customer
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.row_status.status import sale_kinds, says_what_a_row_is
from workbench.propose.shapes.reshape import is_pauses
from workbench.propose.words.lexicon import ENTITIES
from workbench.propose.words.naming import column_likeness, means, says_something_else, table_likeness, words
from workbench.propose.words.status_words import PROMISED, is_won, of_document

_MANY_NEGATIVE = 0.25
_BRIEF_ROWS, _OVER = 0.9, 0.5
"""Of what is over at once, a share of the rows with an end, and the share of rows that have one."""
_OF_SALES = {"order", "sale", "purchase", "invoice"}
_OF_MONEY = ("orders", "invoices", "charges", "subscriptions")
_OF_CONTACTS = ("tickets", "messages", "surveys")
_OF_MAILINGS = {"unsubscribed", "unsubscribe", "unsubscribes", "optout", "suppressed", "suppression", "bounced"}
"""Words of a file of people who want no e-mail: they may be no customers, and have not left."""

_OF_PLACES = {"addresse", "address", "addresses", "adresse", "adressen", "adresses", "anschriften", "direcciones"}


def cannot_be(evidence: Evidence, file: str, table: str) -> bool:
    """Return whether a file is something else than a table, however well its columns fit."""
    label, raw = evidence.labels[file], evidence.tables[file]
    if is_pauses(raw):
        return table != "subscription_changes"
    asks = table in contract.ACTIVITY_TABLES and holds_help_requests(label, raw)
    if (
        asks
        or lists_people(evidence, file, table)
        or _is_of_places(label, table)
        or _lists_documents(label, raw, table)
    ):
        return True
    if table in _OF_MONEY and _is_account_book(raw, evidence.columns(file, table)):
        return not words(label) & _OF_SALES
    if table == "subscriptions" and (
        _has_subscriptions(evidence, file)
        or _are_over_at_once(raw, evidence.columns(file, table))
        or _end_before_they_start(raw, evidence.columns(file, table))
        or _are_stays(raw)
        or _are_orders(evidence, file)
        or _are_lines(evidence, file)
        or _is_pipeline(label, raw, evidence.columns(file, table))
    ):
        return True
    if _is_no(evidence, file, table):
        return True
    if table in ("customers", "cancellations") and words(label) & _OF_MAILINGS:
        return True
    if table == "customers":
        return (
            _is_activity(evidence, file)
            or _is_key_of_another(evidence, file)
            or _belongs_to_customers(evidence, file)
            or _named_for_contacts(label)
            or _refers_to_customers(evidence, file)
            or _is_called_otherwise(evidence, file)
        )
    return table == "cancellations" and not _says_cancelled(evidence, file)


_OF_DOCUMENTS = ("orders", "invoices", "charges")


def _is_of_places(label: str, table: str) -> bool:
    """Whether a file is a list of addresses: customers move in and out of them, and pay for none."""
    return table in ("subscriptions", *_OF_CONTACTS) and bool(words(label) & _OF_PLACES)


def _lists_documents(label: str, raw: RawTable, table: str) -> bool:
    """Whether a column says of each row which document it is, invoices and credit notes among them.

    Tickets and messages that are called so may be about documents.
    """
    if table in _OF_DOCUMENTS or table_likeness(label, table) > _NAMED:
        return False
    kinds = [{of_document(value) for value in c.values} for c in raw.columns if says_what_a_row_is(c.name)]
    return any({"invoice", "credit"} <= found for found in kinds)


def _has_lines(evidence: Evidence, file: str) -> bool:
    """Whether the rows of another file are lines of these by the name of an order or invoice."""
    own = evidence.keys.get(file)
    names = [link.column for link in evidence.links if (link.parent, link.key) == (file, own) and link.file != file]
    if any((link.file, link.column) == (file, own) for link in evidence.links):
        return False  # they are facts about the rows of a third file
    return any(means(name, "invoice") or means(name, "order") for name in names)


def _are_lines(evidence: Evidence, file: str) -> bool:
    """Whether several rows each name one row of another file by the name of an order or invoice.

    What was ordered may be subscriptions, where the file is called so.
    """
    raw = evidence.tables[file]
    return table_likeness(evidence.labels[file], "subscriptions") <= _NAMED and any(
        link.key == evidence.keys.get(link.parent) and (means(link.column, "invoice") or means(link.column, "order"))
        for link in evidence.links
        if link.file == file != link.parent and raw[link.column].distinct < _FEW_MORE * raw.rows
    )


def _is_no(evidence: Evidence, file: str, table: str) -> bool:
    if table in _OF_MONEY and words(evidence.labels[file]) & PROMISED:
        return True
    if table in (*_OF_CONTACTS, "events", "goals") and _has_lines(evidence, file):
        return True
    if table in _OF_CONTACTS and (
        _is_account_book(evidence.tables[file], evidence.columns(file, "orders"))
        or _states_what_is_paid(evidence.tables[file], evidence.labels[file], table)
    ):
        return True
    if table == "contacts" and _is_a_log(evidence, file):
        return True
    if table == "contacts" and table_likeness(evidence.labels[file], table) <= _NAMED:
        trips = _is_of_trips(evidence.tables[file], evidence.columns(file, table))
        return trips or _repeats_its_people(evidence, file)
    if table in ("consents", "goals"):
        return not (_says_consent(evidence, file) if table == "consents" else _says_goal(evidence, file))
    return table == "events" and _one_row_each(evidence, file)


def _says_goal(evidence: Evidence, file: str) -> bool:
    """Whether the name of the file or of a column speaks of what customers want to reach."""
    names = [evidence.labels[file], *(column.name for column in evidence.tables[file].columns)]
    return any(means(name, "goal") for name in names)


def _states_what_is_paid(raw: RawTable, label: str, table: str) -> bool:
    """Whether rows hold a total in a currency, with its tax or what was before it: they are bills, and no requests."""
    if table_likeness(label, table) > _NAMED or not any(c.is_currency for c in raw.columns):
        return False
    if any(means(c.name, "ticket") or words(c.name) & _OF_REQUESTS for c in raw.columns):
        return False
    amounts = [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and means(c.name, "amount")]
    return len(amounts) > 1


_OF_REQUESTS = {"subject", "requester", "priority", "assignee"}
"""Words of columns of requests, that may be about amounts."""


def _says_consent(evidence: Evidence, file: str) -> bool:
    """Whether a name says consent or its withdrawal, or values are channels: other rows with a kind are a ledger."""
    columns = evidence.tables[file].columns
    names = [evidence.labels[file], file, *(column.name for column in columns)]
    named = any(means(name, word) for name in names for word in ("consent", "withdraw"))
    return named or any(value_fit(column, "consents", "channel") >= ACCEPTED for column in columns)


def _is_a_log(evidence: Evidence, file: str) -> bool:
    """Whether rows have a day and a customer but nothing that a person has, as a log of contacts with customers."""
    raw = evidence.tables[file]
    of_person = any(
        any(means(c.name, what) for what in ("name", "email", "phone", "role", "user")) for c in raw.columns
    )
    dated = any(c.time_sql and not means(c.name, "signup") and not means(c.name, "create") for c in raw.columns)
    return dated and not of_person and any(means(c.name, "customer") and c.unique < 1 for c in raw.columns)


def _repeats_its_people(evidence: Evidence, file: str) -> bool:
    """Whether rows name no more people than customers, several times each, as those who take several courses."""
    raw, named = evidence.tables[file], named_customer(evidence, file)
    people = [c for c in raw.columns if means(c.name, "email") or means(c.name, "phone")]
    if named is None or not people or raw[named].distinct >= _FEW_MORE * raw.rows:
        return False
    return all(c.distinct <= raw[named].distinct for c in people)


_FEW_MORE = 0.9
_A_LIST = 20
"""Rows from which on customers that never recur are a list of customers, and not what they did."""


def _one_row_each(evidence: Evidence, file: str) -> bool:
    raw = evidence.tables[file]
    named = named_customer(evidence, file) or evidence.keys.get(file)
    return raw.rows >= _A_LIST and named is not None and means(named, "customer") and raw[named].unique == 1


def _has_subscriptions(evidence: Evidence, file: str) -> bool:
    """Whether a file of subscriptions names its rows by their id: each mandate or account has some, and is none."""
    own = evidence.keys.get(file)
    children = (link.file for link in evidence.links if (link.parent, link.key) == (file, own) and link.file != file)
    return any(table_likeness(evidence.labels[child], "subscriptions") > _PLAINLY for child in children)


_NAMED, _PLAINLY, _SURELY = 0.5, 0.9, 0.9


def _are_over_at_once(raw: RawTable, columns: dict[str, tuple[str, float]]) -> bool:
    """Whether rows end on the day on which they start, or the next: trips and visits are use, and no contracts."""
    dates = [columns[name][0] for name in ("started_at", "joined_at", "ended_at", "left_at") if name in columns]
    if len(dates) != _START_AND_END:
        return False
    start, end = dates
    return raw[end].filled >= _OVER * raw.rows and raw.brief.get((start, end), 0.0) >= _BRIEF_ROWS


_START_AND_END = 2


def _end_before_they_start(raw: RawTable, columns: dict[str, tuple[str, float]]) -> bool:
    """Whether what looks like the end of service comes first: who moves leaves one home for the next."""
    pair = [columns[name][0] for name in ("started_at", "ended_at") if name in columns]
    return len(pair) == _START_AND_END and raw.in_order.get((pair[0], pair[1]), 0.5) < 1 - _BRIEF_ROWS


def _are_stays(raw: RawTable) -> bool:
    """Whether rows have a number of nights and an end, and are not as long as billing periods: each is sold once."""
    nights = any(c.number_sql and c.whole and words(c.name) & _NIGHTS for c in raw.columns)
    ends = any(min(raw[name].filled for name in pair) >= _OVER * raw.rows for pair in raw.spans)
    return nights and ends and all(sum(shares.values()) < _OVER for shares in raw.spans.values())


_NIGHT_WORDS = "night nacht nachte nachten nuit nuitee noche notte notti noite noc gece natt naetter natter"
_NIGHTS = frozenset(_NIGHT_WORDS.split())


def _are_orders(evidence: Evidence, file: str) -> bool:
    """Whether rows of what is called memberships say when they were ordered, by number, and never when one ends."""
    if table_likeness(evidence.labels[file], "subscriptions") <= _NAMED:
        return False
    raw, found = evidence.tables[file], evidence.columns(file, "subscriptions")
    start = found.get("started_at")
    ends = found.keys() & {"ended_at", "cancelled_at", "renews_at", "trial_ends_at", "billing_period", "auto_renew"}
    numbered = any(c.keylike and means(c.name, "order") and means(c.name, "id") for c in raw.columns)
    dated = start is not None and means(start[0], "order") and not means(start[0], "subscription")
    return dated and numbered and not ends


def _is_pipeline(label: str, raw: RawTable, columns: dict[str, tuple[str, float]]) -> bool:
    """Whether rows are deals on their way through stages, some of them won: each is sold once, when it closes.

    A contract that came of one has a start, an end and a price that recurs.
    """
    dated = "started_at" in columns and "ended_at" in columns and means(columns["started_at"][0], "start")
    recurs = "mrr" in columns and column_likeness(columns["mrr"][0], "subscriptions", "mrr") >= _SURELY
    priced = any(
        c.number_sql and not c.time_sql and (means(c.name, "amount") or means(c.name, "price")) for c in raw.columns
    )
    if dated and (recurs or (priced and table_likeness(label, "subscriptions") > _PLAINLY)):
        return False
    return any(means(c.name, "stage") and any(map(is_won, c.values)) for c in raw.columns)


def _is_of_trips(raw: RawTable, columns: dict[str, tuple[str, float]]) -> bool:
    """Whether rows cost something or are over at once: people of a customer do neither."""
    money = any(c.number_sql and not c.time_sql and means(c.name, "amount") and c.high > 0 for c in raw.columns)
    return money or _are_over_at_once(raw, columns)


_OF_SERVICES = {"fee", "fees", "tax", "commission"}
"""Words of rows that a store or a payment service takes off beside each sale."""


def _is_account_book(raw: RawTable, columns: dict[str, tuple[str, float]]) -> bool:
    """Money that goes in and out of an account alike is no sale: too much of it is negative to be taken back."""
    amount = columns.get("amount") or columns.get("mrr")
    kinds = [actions for _, actions in sale_kinds(raw)]
    credits = any("credit" in actions.values() for actions in kinds)
    aside = {word for actions in kinds for word, action in actions.items() if action == "refuse"}
    fees = bool(aside) and all(words(word) & _OF_SERVICES for word in aside)
    return amount is not None and raw[amount[0]].negative >= _MANY_NEGATIVE and not credits and not fees


def _is_activity(evidence: Evidence, file: str) -> bool:
    """Rows that repeat a customer, and to which no other file refers, are what customers do."""
    named = named_customer(evidence, file)
    asked = any(link.parent == file and link.file != file for link in evidence.links)
    return named is not None and evidence.tables[file][named].unique < 1 and not asked


def _belongs_to_customers(evidence: Evidence, file: str) -> bool:
    """Rows of which a customer has several, each with an own start and end, are contracts: lines, cards, accounts."""
    named, columns = named_customer(evidence, file), evidence.columns(file, "subscriptions")
    if named is None or means(evidence.labels[file], "customer"):
        return False
    terms = "started_at" in columns and bool(columns.keys() & {"ended_at", "cancelled_at"})
    return terms and evidence.tables[file][named].unique < 1


def _named_for_contacts(label: str) -> bool:
    """Whether a file is called tickets or a survey: one row per request or answer, whatever its id is called."""
    named = any(table_likeness(label, table) > _NAMED for table in ("tickets", "surveys"))
    return named and not means(label, "customer")


def _refers_to_customers(evidence: Evidence, file: str) -> bool:
    """Whether rows name the customer of another file that is called so: mandates and cards are something they have."""
    if means(evidence.labels[file], "customer"):
        return False
    parents = {link.parent for link in evidence.links if link.file == file} - evidence.beside
    return any(means(evidence.labels[parent], "customer") for parent in parents)


def _is_key_of_another(evidence: Evidence, file: str) -> bool:
    """Rows named by the id of a subscription, an order or the like are facts about those, and no customers."""
    key = evidence.keys.get(file, "")
    others = [entity for entity in ENTITIES if entity not in ("customer", "contact") and means(key, entity)]
    return bool(others) and not means(key, "customer") and not means(evidence.labels[file], "customer")


def _is_called_otherwise(evidence: Evidence, file: str) -> bool:
    """Whether all who refer to the rows of a file call them something else: plan_id, agent, state."""
    label, names = evidence.labels[file], [k.column for k in evidence.links if k.parent == file != k.file]
    person = any(means(name, word) for name in (label, *names) for word in ("customer", "contact", "email", "phone"))
    return bool(names) and not person and all(says_something_else(name, "consents", "customer_id") for name in names)


def _says_cancelled(evidence: Evidence, file: str) -> bool:
    """Each row of cancellations is a departure: a word for it stands in a name, or its reasons in the values."""
    columns = evidence.tables[file].columns
    names = [evidence.labels[file], file, *(column.name for column in columns)]
    return any(means(name, "cancel") for name in names) or any(
        value_fit(column, "cancellations", "reason") >= ACCEPTED for column in columns
    )
