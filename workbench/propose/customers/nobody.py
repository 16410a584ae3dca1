"""Ids that stand for nobody: guests, undefined users, tests, and one id that holds an implausible share of the rows."""

from __future__ import annotations

import re

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import read_number
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means, tokens

_WORDS = """
0
-1
guest
guests
undefined
null
none
nan
unknown
anonymous
n/a
(not set)
default
"""
NOBODY = frozenset(filter(None, _WORDS.split("\n")))
FEW = 0.02
_AT_THE_COUNTER = re.compile(
    r"(walk-?in|guest|anonymous|cash|counter|laufkunde|laufkundschaft|barverkauf|comptoir|mostrador|passant)"
    r"([-_ ]?(customer|client|kunde|sale)s?)?[-_ #]?[0-9]*"
)
"""Ids of whoever buys without giving a name, with or without a number: walkin-0000."""
_SCIENTIFIC = r"[0-9]([.,][0-9]+)?[eE][+]?[0-9]{1,3}"
_MANY, _SOME = 0.25, 0.1
_SEVERAL = 20
"""Customers from which on one with a tenth of the rows is implausible; among fewer it takes a quarter."""
_TIMES_THE_NEXT = 5.0
_TESTS = "test|teste|testing|demo|dummy|sandbox|prueba|pruebas|essai|prova|testowe|testowy"
_ACCOUNTS = (
    "account|customer|client|user|company|konto|kunde|kund|klant|firma|conta|cuenta|compte|cliente|klient|usuario"
)
_OF_A_TEST = (
    f"({_TESTS})([ _-]?({_ACCOUNTS}|utilisateur|empresa|utente))?[ _-]*[0-9]*|"
    f"({_ACCOUNTS}|utilisateur|empresa|utente)[ _-](de |di |of )?({_TESTS})[ _-]*[0-9]*"
)
"""Names of accounts with which a company tries out its own system; the company Test AG is a customer."""
_FEW_TESTS = 0.1
_NO_PERSON = ("product", "plan", "subscription", "order", "event", "feature", "owner", "agent", "source", "campaign")


def nobody(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> tuple[dict[str, tuple[str, str]], list[Doubt]]:
    """Return the setting ``not_customers`` with what it rests on, and a doubt for each id that looks like nobody."""
    found: dict[str, str] = {}
    doubts, large = list[Doubt](), list[tuple[str, str, str]]()
    for table in tables:
        doubts += _rounded(con, evidence, table)
        for value, share, next_share in _largest(con, evidence, table):
            text = f"the id {value} holds {share:.0%} of the rows of {table.file}"
            far = share >= _TIMES_THE_NEXT * next_share
            if _is_nobody(value.lower()) and share >= FEW and (far or _is_alone(con, evidence, table, value)):
                found.setdefault(value, text)
            elif share >= _least(evidence, table) and far:
                large.append((value, text, f"{table.table}.customer_id"))
        found |= _paid_alone(con, evidence, table)
        found |= {value: f"the customer {value} is called {name}" for value, name in _tests(con, evidence, table)}
    doubts += [_may_be_nobody(value, text, about, _listed([*found, value])) for value, text, about in large]
    if not found:
        return {}, doubts
    why = "; ".join(found.values())
    choices = (
        Choice("nobody", setting=("not_customers", _listed([*found])), shown=("their rows are set aside",)),
        Choice("customers", setting=("not_customers", "[]"), shown=("their rows count",)),
    )
    doubts.append(Doubt("nobody", f"{why}; those rows are set aside", "customers", choices, "not_customers"))
    return {"not_customers": (_listed([*found]), why)}, doubts


def _paid_alone(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> dict[str, str]:
    """Return those with negative amounts alone, again and again: the landlord in a list of payments is no customer."""
    column, amount = _customer(evidence, table), table.columns.get("amount")
    if column is None or table.table != "orders" or amount is None or len(amount.raw) != 1:
        return {}
    if any(means(name, "invoice") for name in (table.file, *(c.name for c in evidence.tables[table.file].columns))):
        return {}  # negative ones are credit notes
    money, name = evidence.tables[table.file][amount.raw[0]], identifier(column.name)
    if not 0 < money.negative < _MOSTLY:
        return {}
    rows = con.execute(
        f"SELECT {name}, n, paid FROM (SELECT {name}, count(*) AS n, max(m) AS most, sum(m) AS paid, "
        f"sum(sum(abs(m))) OVER () AS whole FROM (SELECT {name}, {read_number(money)} AS m FROM {seen(table.file)}) "
        f"WHERE {name} IS NOT NULL GROUP BY 1) WHERE most < 0 AND n > 1 AND abs(paid) >= {_LARGE} * whole ORDER BY 1"
    ).fetchall()
    return {str(v): f"{v} is paid in all of its {n:,} rows ({paid:,.2f}), and never pays" for v, n, paid in rows}


_LARGE, _MOSTLY = 0.05, 0.5
"""Shares: of all money moved, from which on one who is only paid counts; of negative rows, up to which others pay."""


def _listed(ids: list[str]) -> str:
    return "[" + ", ".join("'" + id_.replace("'", "''") + "'" for id_ in ids) + "]"


def _may_be_nobody(value: str, text: str, about: str, listed: str) -> Doubt:
    text += "; if it stands for nobody, name it in not_customers"
    choices = (
        Choice("one customer", shown=(f"{value} -> a customer with all these rows",)),
        Choice("nobody", setting=("not_customers", listed), shown=(f"{value} -> its rows are set aside",)),
    )
    return Doubt("nobody", text, "customers", choices, about)


def _is_nobody(value: str) -> bool:
    """Whether an id says by itself that it stands for nobody.

    >>> _is_nobody("walkin-0000"), _is_nobody("guest"), _is_nobody("guestline ltd")
    (True, True, False)
    """
    return value in NOBODY or _AT_THE_COUNTER.fullmatch(value) is not None


def _is_alone(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, value: str) -> bool:
    """Whether no other id is of the form of a numbered one: guest1 beside guest2 is a customer."""
    column = _customer(evidence, table)
    if column is None or not value[-1:].isdigit() or value in NOBODY:
        return True
    form = f"regexp_full_match(lower({identifier(column.name)}), {literal(_AT_THE_COUNTER.pattern + '[0-9]')})"
    query = (
        f"SELECT count(DISTINCT {identifier(column.name)}) FROM {seen(evidence.tables[table.file].name)} WHERE {form}"
    )
    return (con.execute(query).fetchone() or (0,))[0] == 1


def _least(evidence: Evidence, table: TableProposal) -> float:
    """Return the share of rows from which on one customer is implausible."""
    column = _customer(evidence, table)
    return _SOME if column and column.distinct >= _SEVERAL else _MANY


def _customer(evidence: Evidence, table: TableProposal) -> RawColumn | None:
    """Return the one raw column that names the customers of a table; an id made of two stands for somebody."""
    key = table.columns.get("customer_id")
    if key is None or len(key.raw) != 1:
        return None
    return next((c for c in evidence.tables[table.file].columns if c.name == key.raw[0] and c.distinct > 3), None)


def _tests(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> list[tuple[str, str]]:
    """Return the ids, with their names, of the few customers that are called tests."""
    customer, raw = _customer(evidence, table), evidence.tables[table.file]
    names = [c for c in raw.columns if _names_customer(c.name)]
    if customer is None or not names:
        return []
    id_ = identifier(customer.name)
    texts = ", ".join(f"strip_accents(lower({identifier(c.name)}))" for c in names)
    called = f"list_filter([{texts}], x -> regexp_full_match(trim(x), {literal(_OF_A_TEST)}))"
    named = " OR ".join(f"{identifier(c.name)} IS NOT NULL" for c in names)
    rows = con.execute(
        f"SELECT {id_}, min(called[1]) FROM (SELECT {id_}, {called} AS called FROM {seen(raw.name)} WHERE {named}) "
        f"WHERE {id_} IS NOT NULL GROUP BY 1 HAVING min(len(called)) > 0 ORDER BY 1"
    ).fetchall()
    return rows if len(rows) <= _FEW_TESTS * customer.distinct else []


def _names_customer(name: str) -> bool:
    """Whether a column holds the names of customers, and not those of what they bought or where.

    >>> [_names_customer(name) for name in ("Nombre", "company_name", "service_name", "class_name")]
    [True, True, False, False]
    """
    alone = all("name" in meant for meant in tokens(name))
    own = alone or means(name, "customer") or means(name, "contact")
    return own and means(name, "name") and not any(means(name, no) for no in _NO_PERSON)


def _rounded(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> list[Doubt]:
    """Name ids that a spreadsheet wrote as 4.00001E+12: several customers may have become one."""
    key = table.columns.get("customer_id")
    raw = evidence.tables[table.file]
    if key is None or not key.raw or key.raw[0] not in {c.name for c in raw.columns}:
        return []
    name, column = identifier(key.raw[0]), raw[key.raw[0]]
    if column.is_all_in_texts and not any(re.fullmatch(_SCIENTIFIC, text) for text in column.texts):
        return []
    row = con.execute(
        f"SELECT avg(({name} ~ '{_SCIENTIFIC}')::INT), min({name}) FILTER ({name} ~ '{_SCIENTIFIC}') "
        f"FROM {seen(raw.name)} WHERE {name} IS NOT NULL"
    ).fetchone()
    if row is None or not row[0]:
        return []
    text = (
        f"{row[0]:.0%} of {key.raw[0]} are written as {row[1]}: a spreadsheet has rounded them, so that several "
        "customers may share one id; export the ids as text"
    )
    return [Doubt("rounded", text, "customers", about=f"{table.table}.customer_id")]


def _largest(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal
) -> list[tuple[str, float, float]]:
    """Return the most frequent ids of a table's customers with their share of rows, and the share of the next one."""
    raw, column = evidence.tables[table.file], _customer(evidence, table)
    if column is None or table.table == "customers":
        return []
    name = identifier(column.name)
    rows = con.execute(
        f"SELECT {name}, count(*) / {column.filled} FROM {seen(raw.name)} WHERE {name} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 4"
    ).fetchall()
    return [(str(v), float(share), float(rows[place + 1][1])) for place, (v, share) in enumerate(rows[:-1])]
