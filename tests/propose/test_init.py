"""A folder of raw files is read as a person of the field would read it."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import sqlite3
from itertools import islice
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

from workbench.crm.load import load_tables
from workbench.errors import SourceError
from workbench.propose import init_command, propose_source, write_source
from workbench.propose.proposed.proposal import Proposal

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
RAVENSTACK = SHARED / "ravenstack"
DSN = os.environ.get("WORKBENCH_TEST_DSN", "")
needs_shared_data = pytest.mark.skipif(not RAVENSTACK.is_dir(), reason="the shared data are not beside the project")

TABLES = {
    "accounts": "customers",
    "subscriptions": "subscriptions",
    "feature_usage": "events",
    "support_tickets": "tickets",
    "churn_events": "cancellations",
}
KEYS = {
    "customers": {"customer_id": "account_id"},
    "subscriptions": {"subscription_id": "subscription_id", "customer_id": "account_id"},
    "events": {"customer_id": "subscription_id"},
    "tickets": {"ticket_id": "ticket_id", "customer_id": "account_id"},
    "cancellations": {"customer_id": "account_id"},
}
DATES = {
    "customers": {"signed_up_at": "signup_date"},
    "subscriptions": {"started_at": "start_date", "ended_at": "end_date"},
    "events": {"occurred_at": "usage_date"},
    "tickets": {"opened_at": "submitted_at", "resolved_at": "closed_at"},
    "cancellations": {"occurred_at": "churn_date"},
}

# Per synonym set: the new name of each file, and of each column.
ENGLISH = (
    {
        "accounts": "clients",
        "subscriptions": "contracts",
        "feature_usage": "product_activity",
        "support_tickets": "helpdesk_cases",
        "churn_events": "departures",
    },
    {
        "account_id": "client_ref",
        "subscription_id": "contract_no",
        "ticket_id": "case_no",
        "usage_id": "activity_no",
        "churn_event_id": "departure_no",
        "signup_date": "registered_on",
        "start_date": "effective_from",
        "end_date": "expires_on",
        "usage_date": "activity_day",
        "submitted_at": "raised_at",
        "closed_at": "solved_at",
        "churn_date": "left_on",
        "reason_code": "why",
        "priority": "severity",
        "feature_name": "module",
        "plan_tier": "package",
        "mrr_amount": "monthly_fee",
        "industry": "sector",
        "country": "nation",
        "churn_flag": "left",
    },
)
DUTCH = (
    {
        "accounts": "klanten",
        "subscriptions": "abonnementen",
        "feature_usage": "gebruik",
        "support_tickets": "meldingen",
        "churn_events": "opzeggingen",
    },
    {
        "account_id": "klantnummer",
        "subscription_id": "abonnementsnummer",
        "ticket_id": "meldingnummer",
        "usage_id": "volgnummer",
        "churn_event_id": "volgnummer",
        "signup_date": "inschrijfdatum",
        "start_date": "ingangsdatum",
        "end_date": "einddatum",
        "usage_date": "datum",
        "submitted_at": "aangemaakt_op",
        "closed_at": "opgelost_op",
        "churn_date": "opzegdatum",
        "reason_code": "reden",
        "priority": "prioriteit",
        "feature_name": "functie",
        "plan_tier": "pakket",
        "mrr_amount": "maandbedrag",
        "country": "land",
        "churn_flag": "vertrokken",
    },
)
TURKISH = (
    {
        "accounts": "musteriler",
        "subscriptions": "abonelikler",
        "feature_usage": "kullanim",
        "support_tickets": "destek_talepleri",
        "churn_events": "iptaller",
    },
    {
        "account_id": "müşteri_no",
        "subscription_id": "abonelik_no",
        "ticket_id": "talep_no",
        "usage_id": "sıra_no",
        "churn_event_id": "sıra_no",
        "signup_date": "kayıt_tarihi",
        "start_date": "başlangıç_tarihi",
        "end_date": "bitiş_tarihi",
        "usage_date": "tarih",
        "submitted_at": "açılış_tarihi",
        "closed_at": "çözüm_tarihi",
        "churn_date": "iptal_tarihi",
        "reason_code": "neden",
        "priority": "öncelik",
        "feature_name": "özellik",
        "plan_tier": "paket",
        "country": "ülke",
    },
)
MEANINGLESS = (
    dict(zip(TABLES, ("f4", "f1", "f5", "f2", "f3"), strict=True)),
    {},
)
SETS = {"as it is": ({}, {}), "english": ENGLISH, "dutch": DUTCH, "turkish": TURKISH, "meaningless": MEANINGLESS}


def renamed_copy(folder: Path, files: dict[str, str], columns: dict[str, str], *, numbers: bool, blank: bool) -> dict:
    """Write the rows of a tenth of RavenStack's accounts with other names, shuffled columns and rows; return the names.

    Ids are whole numbers if asked.
    """
    chance = random.Random(7)
    con = duckdb.connect()
    new_names = {}
    for old in TABLES:
        home, key = ("subscriptions", "subscription_id") if old == "feature_usage" else ("accounts", "account_id")
        file = f"read_csv('{RAVENSTACK}/ravenstack_{old}.csv', all_varchar=true)"
        rows = "LIMIT 50" if old == "accounts" else f"WHERE {key} IN (SELECT {key} FROM {home})"
        con.execute(f"CREATE TABLE {old} AS FROM {file} {rows}")
    for key, home in (("account_id", "accounts"), ("subscription_id", "subscriptions")):
        con.execute(f"CREATE TABLE number_of_{key} AS SELECT {key} AS v, row_number() OVER () AS n FROM {home}")
    for old, table in TABLES.items():
        names = [row[0] for row in con.execute(f"DESCRIBE {old}").fetchall()]
        chance.shuffle(names)
        new = {c: f"c{i}" if blank else columns.get(c, c) for i, c in enumerate(names)}
        chosen = ", ".join(f'{_value(c, numbers)} AS "{new[c]}"' for c in names)
        file = files.get(old, old)
        con.execute(f"COPY (SELECT {chosen} FROM {old} AS t ORDER BY hash(rowid)) TO '{folder}/{file}.csv' (HEADER)")
        new_names[table] = (file, new)
    return new_names


def _value(column: str, numbers: bool) -> str:
    if numbers and column in ("account_id", "subscription_id"):
        return f"(SELECT n FROM number_of_{column} AS k WHERE k.v = t.{column})"
    return (
        "row_number() OVER ()" if numbers and column in ("ticket_id", "usage_id", "churn_event_id") else f't."{column}"'
    )


def table_files(proposal: Proposal) -> dict[str, str]:
    return {t.table: str(proposal.files[t.file].path).split("/")[-1].split(".")[0] for t in proposal.tables}


def raw_columns(proposal: Proposal, wanted: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {t: {c: proposal[t].columns[c].raw[0] for c in cs if c in proposal[t].columns} for t, cs in wanted.items()}


def load_proposal(proposal: Proposal, folder: Path) -> dict[str, int]:
    write_source(proposal, folder / "source.yaml")
    return load_tables(folder / "source.yaml").facts.loaded


def write_files(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text.strip() + "\n", encoding="utf-8")
    return folder


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "numbers"),
    [("as it is", True), ("english", False), ("dutch", True), ("turkish", False), ("meaningless", False)],
)
def test_all_five_tables_and_their_keys_are_found_whatever_their_names(
    tmp_path: Path, name: str, numbers: bool
) -> None:
    names = renamed_copy(tmp_path, *SETS[name], numbers=numbers, blank=name == "meaningless")
    proposal = propose_source(tmp_path)
    assert table_files(proposal) == {table: file for table, (file, _) in names.items()}
    for wanted in (KEYS, DATES):
        renamed = {t: {c: names[t][1][raw] for c, raw in columns.items()} for t, columns in wanted.items()}
        assert raw_columns(proposal, wanted) == renamed
    loaded = load_proposal(proposal, tmp_path)
    assert loaded == {
        table: len((tmp_path / f"{file}.csv").read_text().splitlines()) - 1 for table, (file, _) in names.items()
    }


@needs_shared_data
def test_ravenstack_itself_needs_no_edit_and_its_doubts_are_stated(tmp_path: Path) -> None:
    proposal = propose_source(RAVENSTACK)
    assert raw_columns(proposal, KEYS) == KEYS
    assert raw_columns(proposal, DATES) == DATES
    assert proposal.currency == "USD"
    assert "minutes" in proposal["tickets"].columns["first_response_at"].unsure
    assert "not when" in proposal["customers"].unmapped["churn_flag"]
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    assert crm.facts.refused == []
    kinds = crm["subscriptions"].kind.value_counts(name="n").order_by("kind").to_pyarrow().to_pydict()
    assert kinds == {"kind": ["paid", "trial"], "n": [4222, 778]}
    text = (tmp_path / "source.yaml").read_text()
    assert "# Unsure of:" in text and "# not mapped:" in text


@needs_shared_data
def test_invoice_lines_become_orders_and_their_customers_are_derived(tmp_path: Path) -> None:
    with gzip.open(SHARED / "online_retail" / "online_retail.csv.gz", "rt", encoding="utf-8") as lines:
        (tmp_path / "online_retail.csv").write_text("".join(islice(lines, 20_001)), encoding="utf-8")
    proposal = propose_source(tmp_path)
    assert table_files(proposal) == {"customers": "online_retail", "orders": "online_retail"}
    assert raw_columns(proposal, {"orders": {"order_id": "", "customer_id": "", "ordered_at": ""}})["orders"] == {
        "order_id": "InvoiceNo",
        "customer_id": "CustomerID",
        "ordered_at": "InvoiceDate",
    }
    assert proposal["orders"].columns["amount"].raw == ("Quantity", "UnitPrice")
    assert load_proposal(proposal, tmp_path) == {"customers": 559, "orders": 13347}


@needs_shared_data
def test_a_table_of_customers_without_dates_is_proposed_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert init_command(str(SHARED / "ibm_telco"), tmp_path / "source.yaml") == 2
    printed = capsys.readouterr().out
    assert "no dates in it: a churn history cannot be read from one row per customer" in printed
    assert "Not yet loadable" in printed and "workbench quick FILE --label Churn)" in printed
    assert "customer_id: customerID" in (tmp_path / "source.yaml").read_text()


@needs_shared_data
def test_lines_aligned_with_spaces_are_cut_into_columns(tmp_path: Path) -> None:
    with (SHARED / "cdnow" / "CDNOW_master.txt").open(encoding="utf-8") as lines:
        (tmp_path / "CDNOW_master.txt").write_text("".join(islice(lines, 5_001)), encoding="utf-8")
    proposal = propose_source(tmp_path / "CDNOW_master.txt")
    assert load_proposal(proposal, tmp_path) == {"orders": 5_000}
    assert any("no column names the order" in doubt for doubt in proposal.unsure)


def test_a_billing_export_gives_subscriptions_invoices_and_charges(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        customers="""id,Email,Created (UTC),Currency
cus_A,a@acme.io,2023-01-03 10:11,usd
cus_B,b@beta.io,2023-02-10 09:00,usd
cus_C,c@cora.io,2023-03-15 17:45,usd""",
        subscriptions="""id,Customer ID,Plan,Interval,Amount,Status,Start,Current Period End,Canceled At,Ended At
sub_1,cus_A,price_pro,month,49.00,active,2023-01-04 10:00,2023-07-04 10:00,,
sub_2,cus_B,price_basic,month,19.00,trialing,2023-02-11 10:00,2023-05-11 10:00,2023-05-01 12:00,2023-05-11 10:00
sub_3,cus_C,price_pro,year,480.00,past_due,2023-03-16 10:00,2024-03-16 10:00,,""",
        invoices="""id,Customer,Subscription,Amount Due,Date (UTC),Due Date (UTC),Status
in_1,cus_A,sub_1,49.00,2023-01-04 10:05,2023-01-18 10:05,paid
in_2,cus_B,sub_2,38.00,2023-02-25 10:05,2023-03-11 10:05,paid
in_3,cus_C,sub_3,480.00,2023-03-16 10:05,2023-03-30 10:05,open
in_4,cus_A,sub_1,49.00,2023-02-04 10:05,2023-02-18 10:05,paid""",
        payments="""id,Created date (UTC),Amount,Status,Decline Reason,Customer ID,Invoice ID
ch_1,2023-01-04 10:06,49.00,Paid,,cus_A,in_1
ch_2,2023-02-25 10:06,38.00,Paid,,cus_B,in_2
ch_3,2023-03-16 10:06,480.00,Failed,insufficient_funds,cus_C,in_3
ch_4,2023-03-19 10:06,480.00,Failed,insufficient_funds,cus_C,in_3""",
    )
    proposal = propose_source(tmp_path)
    assert table_files(proposal) == {
        "customers": "customers",
        "subscriptions": "subscriptions",
        "invoices": "invoices",
        "charges": "payments",
    }
    assert {c: m.raw[0] for c, m in proposal["charges"].columns.items()} == {
        "charge_id": "id",
        "invoice_id": "Invoice ID",
        "customer_id": "Customer ID",
        "attempted_at": "Created date (UTC)",
        "succeeded": "Status",
        "failure_code": "Decline Reason",
        "amount": "Amount",
    }
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    subscriptions = crm["subscriptions"].order_by("subscription_id").to_pyarrow().to_pydict()
    assert subscriptions["kind"] == ["paid", "trial", "paid"]
    assert [float(mrr) for mrr in subscriptions["mrr"]] == [49, 19, 40]
    assert crm["charges"].succeeded.to_pyarrow().to_pylist() == [True, True, False, False]
    assert proposal.currency == "USD"


def test_a_help_desk_with_people_of_organisations_leads_their_visits_to_the_customer(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        organizations="""id,name,created_at
36001,Acme,2022-01-03T10:00:00Z
36002,Beta,2022-02-03T10:00:00Z
36003,Cora,2022-03-03T10:00:00Z""",
        users="""id,name,email,organization_id,role,created_at
9001,Ann,ann@acme.io,36001,end-user,2022-01-04T10:00:00Z
9002,Bob,bob@beta.io,36002,end-user,2022-02-04T10:00:00Z
9003,Cem,cem@cora.io,36003,end-user,2022-03-04T10:00:00Z
9004,Dee,dee@acme.io,36001,end-user,2022-04-04T10:00:00Z""",
        tickets="""id,subject,priority,type,requester_id,organization_id,created_at,solved_at,first_reply_time_in_minutes
501,Cannot log in,high,incident,9001,36001,2023-01-05T10:00:00Z,2023-01-06T09:00:00Z,30
502,How do I export,normal,question,9002,36002,2023-02-05T10:00:00Z,2023-02-05T15:00:00Z,12
503,Please cancel,urgent,problem,9003,36003,2023-04-05T10:00:00Z,,95
504,Invoice wrong,low,question,9004,36001,2023-04-25T10:00:00Z,2023-04-26T09:00:00Z,44""",
        page_views="""user_id,viewed_at,page
9001,2023-01-05T09:00:00Z,/login
9001,2023-01-06T09:00:00Z,/report
9002,2023-02-05T09:00:00Z,/export
9003,2023-04-01T09:00:00Z,/billing
9004,2023-04-02T09:00:00Z,/login""",
    )
    proposal = propose_source(tmp_path)
    assert table_files(proposal) == {
        "customers": "organizations",
        "contacts": "users",
        "tickets": "tickets",
        "events": "page_views",
    }
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    visits = crm["events"].order_by("occurred_at").to_pyarrow().to_pydict()
    assert visits["customer_id"] == ["36001", "36001", "36002", "36003", "36001"]
    assert visits["contact_id"] == ["9001", "9001", "9002", "9003", "9004"]
    ticket = crm["tickets"].order_by("ticket_id").limit(1).to_pyarrow().to_pylist()[0]
    assert f"{ticket['first_response_at']:%H:%M}" == "10:30"


def test_a_shop_export_with_zoned_times_gives_orders_by_line(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        orders_export="""Name,Email,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Customer ID
#1001,ann@x.nl,EUR,2023-01-02 00:30:00 +0100,2,Mug,15.00,7001
#1001,ann@x.nl,EUR,2023-01-02 00:30:00 +0100,1,Spoon,8.00,7001
#1002,bob@x.de,EUR,2023-01-12 09:59:00 +0100,1,Mug,15.00,7002
#1003,cem@x.tr,EUR,2023-03-02 09:59:00 +0100,1,Spoon,8.00,7003""",
        customers_export="""Customer ID,First Name,Email,Default Address Country Code,Total Spent
7001,Ann,ann@x.nl,NL,50.98
7002,Bob,bob@x.de,DE,23.15
7003,Cem,cem@x.tr,TR,9.68""",
    )
    proposal = propose_source(tmp_path)
    assert table_files(proposal) == {"customers": "customers_export", "orders": "orders_export"}
    write_source(proposal, tmp_path / "source.yaml")
    orders = load_tables(tmp_path / "source.yaml")["orders"].to_pyarrow().to_pydict()
    assert orders["order_id"] == ["#1001", "#1001", "#1002", "#1003"]
    assert [float(amount) for amount in orders["amount"]] == [30, 8, 15, 8]
    assert str(orders["ordered_at"][0]) == "2023-01-01 23:30:00"
    assert proposal.currency == "EUR"


def test_day_and_month_are_distinguished_where_the_data_can_and_doubted_where_not(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        customers="customer_id,joined\nC-01,28/03/2023\nC-02,01/02/2023",
        logins="customer_id,login_date\nC-01,03/04/2023\nC-02,05/06/2023\nC-01,07/08/2023",
    )
    proposal = propose_source(tmp_path)
    assert proposal["customers"].columns["signed_up_at"].unsure == ""
    assert "day and month may be swapped" in proposal["events"].columns["occurred_at"].unsure
    write_source(proposal, tmp_path / "source.yaml")
    joined = load_tables(tmp_path / "source.yaml")["customers"].order_by("customer_id").signed_up_at.to_pyarrow()
    assert [str(day.as_py().date()) for day in joined] == ["2023-03-28", "2023-02-01"]


def test_parquet_keeps_its_types_and_a_flag_of_trials_becomes_a_kind(tmp_path: Path) -> None:
    duckdb.execute(
        "COPY (SELECT 's' || i AS subscription_id, 'c' || i % 3 AS customer_id, i % 2 = 0 AS is_trial, "
        f"DATE '2024-01-01' + i::INT AS start_date FROM range(20) AS r(i)) TO '{tmp_path}/subscriptions.parquet'"
    )
    proposal = propose_source(tmp_path)
    write_source(proposal, tmp_path / "source.yaml")
    kinds = load_tables(tmp_path / "source.yaml")["subscriptions"].order_by("started_at").kind.to_pyarrow().to_pylist()
    assert kinds[:2] == ["trial", "paid"]


def test_the_tables_of_a_database_and_the_sheets_of_a_workbook_are_inputs_too(tmp_path: Path) -> None:
    people = pd.DataFrame({"member_id": ["m1", "m2", "m3"], "joined_on": ["2024-01-01", "2024-01-02", "2024-01-03"]})
    visits = pd.DataFrame(
        {"member_id": ["m1", "m2", "m1", "m3"], "visited_at": [f"2024-02-0{d}" for d in (1, 2, 3, 4)]}
    )
    with contextlib.closing(sqlite3.connect(tmp_path / "club.db")) as database:
        people.to_sql("members", database, index=False)
        visits.to_sql("visits", database, index=False)
    with pd.ExcelWriter(tmp_path / "club.xlsx", engine="xlsxwriter") as book:
        people.to_excel(book, sheet_name="members", index=False)
        visits.to_excel(book, sheet_name="visits", index=False)
    for place in (f"sqlite:///{tmp_path}/club.db", str(tmp_path / "club.xlsx")):
        proposal = propose_source(place)
        assert {t.table: t.file for t in proposal.tables} == {"customers": "members", "events": "visits"}
        assert load_proposal(proposal, tmp_path) == {"customers": 3, "events": 4}
        (tmp_path / "source.yaml").unlink()


def test_the_address_of_a_server_may_not_hold_its_password_and_one_that_is_silent_is_named() -> None:
    with pytest.raises(SourceError, match="holds a password") as error:
        propose_source("postgresql://ann:secret@127.0.0.1:1/crm")
    assert "secret" not in str(error.value)
    with pytest.raises(SourceError, match="Check the address"):
        propose_source("postgresql://ann@127.0.0.1:1/crm")


@pytest.mark.skipif(not DSN, reason="needs a PostgreSQL server: WORKBENCH_TEST_DSN is not set")
def test_the_tables_of_a_server_are_proposed_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", os.environ.get("WORKBENCH_TEST_PASSWORD", ""))
    with psycopg.connect(DSN, autocommit=True) as con:
        con.execute("DROP SCHEMA IF EXISTS init_test CASCADE; CREATE SCHEMA init_test")
        con.execute(
            "CREATE TABLE init_test.members AS SELECT * FROM (VALUES ('m1', DATE '2024-01-01'), "
            "('m2', DATE '2024-01-02'), ('m3', DATE '2024-01-05')) AS t(member_id, joined_on)"
        )
        con.execute(
            'CREATE TABLE init_test."Visits" AS SELECT member_id, joined_on + 40 AS visited_at FROM init_test.members '
            "UNION ALL SELECT 'm1', DATE '2024-03-01'"
        )
        proposal = propose_source(DSN)
        assert {t.table: t.file for t in proposal.tables} == {
            "customers": "init_test_members",
            "events": "init_test_visits",
        }
        assert load_proposal(proposal, tmp_path) == {"customers": 3, "events": 4}
        con.execute("DROP SCHEMA init_test CASCADE")


def test_text_that_is_no_utf8_is_read_and_doubted(tmp_path: Path) -> None:
    lines = "customer_id,login_date,page\na,2024-01-01,Prämie\nb,2024-01-02,Café\na,2024-01-03,Café\n"
    (tmp_path / "logins.csv").write_text(lines, encoding="windows-1252")
    proposal = propose_source(tmp_path)
    assert any("read as windows-1252" in doubt for doubt in proposal.unsure)
    write_source(proposal, tmp_path / "source.yaml")
    assert "Prämie" in load_tables(tmp_path / "source.yaml")["events"].event.to_pyarrow().to_pylist()


def test_awkward_names_of_files_and_columns_survive_the_yaml(tmp_path: Path) -> None:
    (tmp_path / "2024 orders (final).csv").write_text(
        'Order #,"Client: ""main""",order,Total \'net\'\n1,a,2024-01-01,5.5\n2,b,2024-01-02,6.5\n3,a,2024-02-02,7.5\n'
    )
    proposal = propose_source(tmp_path)
    assert load_proposal(proposal, tmp_path) == {"orders": 3}


def test_a_connection_taken_for_a_folder_is_named_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"^host=db password=\*\*\*: no such folder or file"):
        propose_source("host=db password=hidden")


def test_a_file_whose_name_is_no_text_is_named_and_not_opened(tmp_path: Path) -> None:
    name = os.fsdecode(b"sales\xff.csv")
    try:
        (tmp_path / name).write_text("id,who,day,amount\n1,ann,2024-01-01,5\n")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    with pytest.raises(SourceError, match=r"sales\udcff\.csv: its name is no UTF-8 text; rename it"):
        propose_source(tmp_path)


def test_an_empty_file_a_list_and_a_missing_folder_are_named_plainly(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder or file"):
        propose_source(tmp_path / "none")
    with pytest.raises(SourceError, match="export the tables"):
        propose_source(tmp_path)
    with pytest.raises(SourceError, match="sqlite"):
        propose_source("https://example.org/data")
    write_files(tmp_path, words="word\none\ntwo")
    with pytest.raises(SourceError, match="words: has a single column"):
        propose_source(tmp_path)


def test_a_source_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    write_files(tmp_path, logins="user_id,login_date\na,2024-01-01\nb,2024-01-02\na,2024-01-03")
    (tmp_path / "source.yaml").write_text("mine")
    with pytest.raises(SourceError, match="there already"):
        init_command(str(tmp_path), tmp_path / "source.yaml")
    assert (tmp_path / "source.yaml").read_text() == "mine"


def test_a_customer_and_a_date_alone_are_use_and_never_taken_for_cancellations(tmp_path: Path) -> None:
    lines = "user_id,some_date\na,2024-01-01\nb,2024-01-02\na,2024-01-03"
    proposal = propose_source(write_files(tmp_path, first=lines, second=lines))
    assert [t.table for t in proposal.tables] == ["events"]


def test_damaged_files_are_named_as_unused_and_the_others_proposed(tmp_path: Path) -> None:
    write_files(tmp_path, logins="user_id,login_date\na,2024-01-01\nb,2024-01-02\na,2024-01-03", header="id,name")
    for name in ("broken.parquet", "broken.xlsx", "broken.db"):
        (tmp_path / name).write_bytes(b"no such thing" * 50)
    proposal = propose_source(tmp_path)
    assert [t.table for t in proposal.tables] == ["events"]
    assert sorted(proposal.unused) == ["broken", "broken_2", "broken_2_2", "header"]


def test_a_file_that_fits_nothing_is_named_as_unused(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        logins="user_id,login_date\na,2024-01-01\nb,2024-01-02\na,2024-01-03",
        weather="station,celsius\nx,1.5\ny,2.5\nx,3.5",
    )
    proposal = propose_source(tmp_path)
    assert proposal.unused == {"weather": "fits no table of the contract"}
    write_source(proposal, tmp_path / "source.yaml")
    assert "weather is not used" in (tmp_path / "source.yaml").read_text()
