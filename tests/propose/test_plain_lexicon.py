"""Plain names and ids that say less than they seem to: a service called Demo, an hour of the day, a country's number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from workbench.crm import load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal
from workbench.propose.words.naming import column_likeness

Rows = Sequence[Sequence[object]]


def day(number: int) -> date:
    return date(2025, 1, 6) + timedelta(days=number)


def proposed(folder: Path, **files: Rows) -> Proposal:
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    return propose_source(folder)


SOLD = ("order_id", "customer_id", "order_date", "amount")


def test_a_service_called_demo_is_no_customer_called_so(tmp_path: Path) -> None:
    names = {0: "Demo", 1: "Onboarding"}
    rows = [
        (*SOLD, "service_name"),
        *((f"O{i}", f"C{i % 12}", day(i), f"{i}.5", names.get(i, "Care")) for i in range(48)),
    ]
    assert "not_customers" not in proposed(tmp_path, orders=rows).settings


def test_whoever_is_called_a_test_is_set_aside_unless_it_is_answered_that_they_are_customers(tmp_path: Path) -> None:
    people = [("customer_id", "name", "created_at"), *((f"C{i}", f"Ana {i}", day(0)) for i in range(12))]
    people[1] = ("C0", "Test", day(0))
    orders = [SOLD, *((f"O{i}", f"C{i % 12}", day(i), f"{i}.5") for i in range(24))]
    proposal = proposed(tmp_path, customers=people, orders=orders)
    asked = next(question for question in proposal.questions if question.topic == "nobody")
    assert proposal.settings["not_customers"][0] == asked.choices[0].setting[1] == "['C0']"
    write_source(proposal.answered(asked, asked.choices[1]), tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml")["customers"].count().execute() == 12


def test_one_of_many_numbered_guests_is_a_customer(tmp_path: Path) -> None:
    rows = [SOLD, *((f"O{i}", f"guest{i % 15}", day(i), f"{i}.5") for i in range(60))]
    assert "not_customers" not in proposed(tmp_path, orders=rows).settings


def of_countries() -> dict[str, Rows]:
    return {
        f"customers_{country}": [
            ("customer_id", "email", "signup_date"),
            *((i, f"{country}{i}@x.example", day(i)) for i in range(1, 13)),
        ]
        for country in ("de", "fr")
    }


def test_ids_get_no_word_of_their_file_where_a_table_of_one_file_names_them_without(tmp_path: Path) -> None:
    orders = [(*SOLD, "country"), *((i, 1 + i % 12, day(i), f"{i}.5", "de") for i in range(48))]
    proposal = proposed(tmp_path, **of_countries(), orders=orders)
    assert "-'" not in proposal["customers"].columns["customer_id"].sql
    assert proposal["customers"].select == ""
    assert any("customers_fr" in text for text in (*proposal.unsure, *proposal.unused.values(), *proposal.unused))


def test_ids_get_no_words_where_files_of_two_tables_have_different_ones(tmp_path: Path) -> None:
    orders = {
        f"orders_{town}": [
            SOLD,
            *((i, 1 + (3 + i * place) % 12, day(i + place), f"{i + place}.5") for i in range(1, 40)),
        ]
        for place, town in enumerate(("berlin", "paris"), start=1)
    }
    proposal = proposed(tmp_path, **of_countries(), **orders)
    assert proposal["customers"].select == proposal["orders"].select == ""


def test_orders_that_two_files_write_in_two_ways_count_once(tmp_path: Path) -> None:
    basic = [(*SOLD, "status"), *((i, f"C{i % 9}", day(i), f"{i}.5", "open") for i in range(1, 40))]
    detailed = [
        (*SOLD, "status"),
        *((i, f"C{i % 9}", f"{day(i):%d.%m.%Y}", f'"{i},50"', "Open") for i in range(1, 40)),
    ]
    assert proposed(tmp_path, orders_basic=basic, orders_detailed=detailed)["orders"].select == ""


def test_a_ledger_with_kinds_is_no_list_of_consents(tmp_path: Path) -> None:
    booked = [("adjustment_id", "customer_id", "date", "type", "amount")]
    booked += [(i, f"C{i % 9}", day(i), "ab"[i % 2], (-1) ** i * (i + 5)) for i in range(40)]
    orders = [SOLD, *((f"O{i}", f"C{i % 9}", day(i), f"{i}.5") for i in range(40))]
    proposal = proposed(tmp_path, adjustments=booked, orders=orders)
    assert "consents" not in {table.table for table in proposal.tables}
    given = [
        ("customer_id", "type", "granted_at"),
        *((f"C{i % 9}", ("email", "sms")[i % 2], day(i)) for i in range(18)),
    ]
    (tmp_path / "adjustments.csv").unlink()
    assert proposed(tmp_path, consents=given)["consents"].columns["channel"].raw == ("type",)


def test_the_name_of_a_survey_is_its_instrument_and_a_number_beside_it_is_none(tmp_path: Path) -> None:
    rows = [("customer_id", "date", "survey", "response", "score")]
    rows += [(f"C{i % 9}", day(i), ("Onboarding", "Q1 NPS")[i % 2], i % 5 + 1, i % 11) for i in range(40)]
    columns = proposed(tmp_path, survey=rows)["surveys"].columns
    assert (columns["instrument"].raw, "comment" in columns) == (("survey",), False)


def test_what_came_back_is_no_code_of_a_failed_charge_but_its_reason_is() -> None:
    assert column_likeness("return_id", "charges", "failure_code") < 0.45
    assert column_likeness("return_reason", "charges", "failure_code") > 0.7


def test_an_hour_or_a_number_of_a_period_is_not_how_much_was_used_but_how_long_a_session_lasted_is() -> None:
    for name in ("hour", "period", "second", "minute"):
        assert column_likeness(name, "events", "quantity") < 0.45
    for name in ("duration_seconds", "session_minutes"):
        assert column_likeness(name, "events", "quantity") > 0.45


def test_by_what_a_customer_came_is_the_channel_and_since_when_one_is_a_member_is_not() -> None:
    for name in ("came_by", "Werbekanal", "fuente"):
        assert column_likeness(name, "customers", "acquisition_channel") > 0.7
    assert column_likeness("became_member", "customers", "acquisition_channel") < 0.5
