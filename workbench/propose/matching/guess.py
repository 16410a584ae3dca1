"""Which raw file is which table of the contract: all files weighed together, keys by the overlap of their values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from workbench import contract
from workbench.propose.columns.derive import priced_lines
from workbench.propose.fitting.fit import WEAK
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.matching.cannot_be import cannot_be
from workbench.propose.matching.named_customer import named_customer, subscription_column, way_to_named
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.row_status.ledger import debit_and_credit
from workbench.propose.row_status.status import outcome_column, subscription_status, words_for_ends
from workbench.propose.words.lexicon import TABLE_WORDS
from workbench.propose.words.naming import column_likeness, means, table_likeness, words

_NEEDED = {
    "subscriptions": {
        *("ended_at", "cancelled_at", "renews_at", "trial_ends_at", "billing_period", "mrr", "auto_renew", "kind"),
    },
    "consents": {"granted_at", "withdrawn_at"},
    "treatments": {"arm", "contacted_at", "outcome"},
}
"""Columns of which a file needs one: a row with a plan alone is a fact about a customer, not a subscription."""
_NO, _CALLED = -99.0, 0.5
KEYS_MADE = ("subscriptions", "charges", "invoices", "tickets")
"""Tables whose id may be made of customer and date, where a file has none."""
WORTH = 1.0
"""A file that fits every table less well than this stays unused."""


@dataclass(frozen=True)
class Matching:
    """The raw file of each table, the customers file (or none), and how well the whole fits."""

    files: dict[str, str]
    customers: str | None
    scores: dict[str, float]


def match_files(evidence: Evidence) -> Matching:
    """Return the most likely table of each file, each file and table used once.

    Every file is tried as the customers, and none; the choice under which all files together fit best wins.
    """
    possible = (file for file in evidence.keys if file not in evidence.beside and _may_be_customers(evidence, file))
    candidates: list[str | None] = [None, *possible]
    best = max((_match(evidence, customers) for customers in candidates), key=lambda m: sum(m.scores.values()))
    return _with_activity(evidence, _with_memberships(evidence, best))


def _may_be_customers(evidence: Evidence, file: str) -> bool:
    return table_score(evidence, file, "customers", file) > _NO


def _with_memberships(evidence: Evidence, found: Matching) -> Matching:
    """Read a list of customers as their subscriptions too, where it has a start, a price, and an end or a status."""
    file = found.customers
    if file is None or "subscriptions" in found.files:
        return found
    columns, raw = evidence.columns(file, "subscriptions"), evidence.tables[file]
    amounts = [c for c in raw.columns if c.number_sql and (means(c.name, "price") or means(c.name, "amount"))]
    priced = "mrr" in columns or ("billing_period" in columns and bool(amounts))
    shape = [evidence.columns(alike, "subscriptions") for alike in evidence.shapes.get(file, ()) if alike != file]
    ended = {name for found_in in (columns, *shape) for name in found_in} & {"ended_at", "cancelled_at"}
    ends = ended or _says_who_left(raw)  # those who left may stand in a list of their own
    if not priced or "started_at" not in columns or not ends:
        return found
    score = found.scores.get("customers", WORTH)
    scores = {**found.scores, "subscriptions": score}
    return replace(found, files={**found.files, "subscriptions": file}, scores=scores)


def _says_who_left(raw: RawTable) -> bool:
    """Whether a status says of some rows that their subscription is over."""
    found = subscription_status(raw)
    return (found is not None and "cancelled" in found[1].values()) or bool(words_for_ends(raw))


def _match(evidence: Evidence, customers: str | None) -> Matching:
    groups, tables = evidence.groups, list(contract.TABLES)
    likeliest = [[max((table_score(evidence, f, t, customers), f) for f in group) for t in tables] for group in groups]
    scores = np.array([[score for score, _ in of_group] for of_group in likeliest])
    rows, cols = linear_sum_assignment(np.where(scores >= WORTH, scores, 0.0), maximize=True)
    pairs = [(i, j) for i, j in zip(rows, cols, strict=True) if scores[i, j] >= WORTH]
    found = {tables[j]: (likeliest[i][j][1], scores[i, j]) for i, j in pairs}
    return Matching(
        {t: file for t, (file, _) in found.items()}, customers, {t: float(score) for t, (_, score) in found.items()}
    )


def _with_activity(evidence: Evidence, found: Matching) -> Matching:
    """Let the likeliest file be the activity when none is: without one no customer is seen alive."""
    if any(t in found.files for t in contract.ACTIVITY_TABLES):
        return found
    paid = [found.files[t] for t in ("invoices", "charges") if t in found.files]
    bills = {alike for file in paid for alike in evidence.shapes.get(file, {file})}
    answers = found.files.get("surveys", "")
    answers_by_name = {answers} if answers and table_likeness(evidence.labels[answers], "surveys") > 0.5 else set()
    options = {
        (file, t): table_score(evidence, file, t, found.customers)
        for file in evidence.tables.keys() - evidence.beside - answers_by_name
        for t in contract.ACTIVITY_TABLES
        if file != found.customers and (t == "orders" or file not in bills)
    } | _memberships(evidence, found)
    choice = max(options, key=lambda option: options[option], default=None)
    if choice is None or options[choice] <= 0:
        return found
    file, table = choice
    kept = {t: f for t, f in found.files.items() if f not in evidence.shapes.get(file, {file})}
    scores = {t: s for t, s in found.scores.items() if t in kept}
    customers = None if file == found.customers else found.customers
    return Matching({**kept, table: file}, customers, {**scores, table: options[choice]})


def _memberships(evidence: Evidence, found: Matching) -> dict[tuple[str, str], float]:
    """A list of members with a start and an end, a plan or a price is one of subscriptions, one per customer."""
    file = found.customers
    if file is None or not evidence.columns(file, "subscriptions").keys() >= {"started_at"}:
        return {}
    return {(file, "subscriptions"): table_score(evidence, file, "subscriptions", None)}


def table_score(evidence: Evidence, file: str, table: str, customers: str | None) -> float:
    """Return how well a file fits a table, when ``customers`` is the file of the customers."""
    if (table == "customers") != (file == customers):
        return _NO
    spec = contract.TABLES[table]
    columns = evidence.columns(file, table)
    if any(missing_required(evidence, file, spec, columns)):
        return _NO
    of_customers = spec.unique and table != "customers" and _rows_are_customers(evidence, file, customers)
    if cannot_be(evidence, file, table) or (of_customers and not _is_enrolment(table, columns)):
        return _NO
    named = 1.5 * table_likeness(evidence.labels[file], table)
    explained = sum(min(fit, 1.3) for _, fit in columns.values())
    if not named and not _telling(table, {n: c for n, c in columns.items() if not evidence.tables[file][c[0]].empty}):
        return _NO
    if table == "subscriptions" and named <= _CALLED and not _says_more_than_begun(evidence.tables[file], columns):
        return _NO
    key = _key_fit(evidence, file, spec)
    return named + explained + key + _customer_fit(evidence, file, table, customers) + _shape_fit(evidence, file, table)


def _rows_are_customers(evidence: Evidence, file: str, customers: str | None) -> bool:
    """Rows named by the customer's own id are facts about customers, not something that customers have."""
    if customers is None:
        return False
    own, key = evidence.keys.get(file), evidence.keys.get(customers)
    return any((w.file, w.column, w.parent, w.key) == (file, own, customers, key) for w in evidence.links)


def _is_enrolment(table: str, columns: dict[str, tuple[str, float]]) -> bool:
    """Whether rows, though named by the customer's id, are contracts: with a start, an end, and what they cost."""
    dated = "started_at" in columns and bool(columns.keys() & {"ended_at", "cancelled_at"})
    return table == "subscriptions" and dated and bool(columns.keys() & {"billing_period", "mrr"})


def _telling(table: str, columns: dict[str, tuple[str, float]]) -> bool:
    """Keys and a date fit any table: beside use, only a further column or the date's own name says which it is."""
    dated = contract.TABLES[table].dated_by
    if table in ("customers", "events"):
        return table == "customers" or bool(columns)
    about = TABLE_WORDS[table].split("|")[0]
    if table in _NEEDED and not columns.keys() & _NEEDED[table]:
        return False
    facts = [name for name in columns if name != dated and contract.TABLES[table][name].time_class != "key"]
    return bool(facts) or any(name == dated and means(raw, about) for name, (raw, _) in columns.items())


def _says_more_than_begun(raw: RawTable, columns: dict[str, tuple[str, float]]) -> bool:
    """Whether rows say how their service ends, renews or pays: a start alone is that of a course or a visit."""
    found = [raw[column] for name, (column, _) in columns.items() if name in _NEEDED["subscriptions"]]
    says = any(not column.empty and (not column.flag or column.distinct > 1) for column in found)
    return says or subscription_status(raw) is not None


def missing_required(
    evidence: Evidence, file: str, spec: contract.Table, columns: dict[str, tuple[str, float]]
) -> list[str]:
    """Return the required columns that neither a raw column nor an expression over several can give."""
    made = {spec.unique, "customer_id", *columns}
    if spec.name == "orders":
        made |= {"order_id"} | ({"amount"} if priced_lines(evidence.tables[file]) else set())
    if spec.name in ("orders", "invoices") and debit_and_credit(evidence.tables[file]):
        made.add("amount")
    if spec.name == "charges" and outcome_column(evidence.tables[file]):
        made.add("succeeded")
    if spec.name == "subscription_changes" and subscription_column(evidence, file):
        made.add("subscription_id")
    if spec.name in KEYS_MADE and evidence.keys.get(file) is None and spec.dated_by not in columns:
        made.discard(spec.unique)
    return [column for column in spec.required if column not in made]


def _key_fit(evidence: Evidence, file: str, spec: contract.Table) -> float:
    key = evidence.keys.get(file)
    if not spec.unique:
        return 0.0
    if key is None:
        made = spec.name in KEYS_MADE or (spec.name == "orders" and _sells(evidence, file))
        return -0.5 if made else -2.0
    if spec.name not in ("customers", "contacts") and means(key, "customer", "id"):
        return -1.5  # one row per customer is a fact about the customer, not something the customer has
    return 0.2 + 0.6 * column_likeness(key, spec.name, spec.unique)


def _customer_fit(evidence: Evidence, file: str, table: str, customers: str | None) -> float:
    if table == "customers":
        asked = {link.file for link in evidence.links if link.parent == file and link.key == evidence.keys.get(file)}
        return 0.5 * len(asked - {file}) + 0.8 * ("signed_up_at" in evidence.columns(file, table))
    if customers is None:
        if (named := named_customer(evidence, file)) is not None:
            alone = table == "contacts" and evidence.tables[file][named].unique == 1
            return -2.0 if alone else 0.5  # each the only person of a customer: the customers themselves
        return 0.2 if way_to_named(evidence, file) else -2.0
    ways = evidence.ways_to(file, customers)
    if not ways:
        return -2.0 if named_customer(evidence, file) is None else -0.5
    return 0.8 * ways[0][0].strength if len(ways[0]) == 1 else 0.4


def _shape_fit(evidence: Evidence, file: str, table: str) -> float:
    """Weigh how a file sits among the others: usage is long, and lines that refer to a file make it a parent."""
    rows = sorted((t.rows for t in evidence.tables.values()), reverse=True)
    longest = evidence.tables[file].rows == rows[0] and len(rows) > 1 and rows[0] > 2 * rows[1]
    asked = any(link.parent == file and link.file != file for link in evidence.links)
    parents = {"subscriptions": 0.5, "contacts": 0.3, "invoices": 0.3, "orders": 0.2}
    use = 0.4 * (longest and table in ("events", "orders"))
    sold = table == "events" and _sells(evidence, file)
    both_sides = 0.8 * (table == "orders" and debit_and_credit(evidence.tables[file]) is not None)
    return (
        use
        + both_sides
        - 1.0 * sold
        + (parents.get(table, 0.0) if asked else 0.0)
        + 0.8 * (table == "subscriptions" and _are_terms(evidence, file))
        - 3.0 * (table not in ("invoices", "charges") and pays_off(evidence, file))
    )


def _sells(evidence: Evidence, file: str) -> bool:
    """Whether each row has what it cost, with an id or a currency, and no word for what was done, as trips have."""
    amount, event = evidence.columns(file, "orders").get("amount"), evidence.columns(file, "events").get("event")
    stated = file in evidence.keys or any(c.is_currency for c in evidence.tables[file].columns)
    sold = amount is not None and amount[1] >= WEAK and stated
    called_so = table_likeness(evidence.labels[file], "orders") > _CALLED  # an appointment's service is what was sold
    return sold and (event is None or event[1] < WEAK or called_so)


_INSTALMENTS = {"instalment", "instalments", "installment", "installments", "raten", "ratenzahlung", "taksit", "loan"}


def pays_off(evidence: Evidence, file: str) -> bool:
    """Whether rows pay off what was bought before, as the instalments of a device: neither recurring nor a sale."""
    columns = {word for c in evidence.tables[file].columns for word in words(c.name)}
    return bool(words(evidence.labels[file]) & _INSTALMENTS and columns & _INSTALMENTS)


def _are_terms(evidence: Evidence, file: str) -> bool:
    """Return whether each row has a start and an end of service, the one before the other."""
    found, raw = evidence.columns(file, "subscriptions"), evidence.tables[file]
    if not {"started_at", "ended_at"} <= found.keys():
        return False
    start, end = found["started_at"][0], found["ended_at"][0]
    return raw.in_order.get((start, end), 0.0) >= 0.95 and means(start, "start")
