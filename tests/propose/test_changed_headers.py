"""Files by month whose headers changed, and what the names of money and of rows leave open, in one folder."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal
from workbench.propose.raw_files.encodings import likeliest_encoding

pytestmark = pytest.mark.slow
OLD = "ID_CLIENTE;LINEA;FECHA_ALTA;FECHA_BAJA;TARIFA;CUOTA_MENSUAL"
NEW = "Id Cliente;Línea;Fecha de alta;Fecha de baja;Tarifa;Cuota mensual;Portabilidad"


def day(number: int) -> str:
    return f"{date(2024, 1, 2) + timedelta(days=number):%d/%m/%Y}"


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Proposal, Crm]:
    """Ten new lines in each of three months, two of the first month given up; tickets to events, five refunded."""
    folder = tmp_path_factory.mktemp("operator")
    for month, header in ((1, OLD), (2, OLD), (3, NEW)):
        rows = [
            f"{400 + month}{i};6{month}{i:04d};{day(30 * month + i)};{day(200 + i) if month == 1 and i < 2 else ''};"
            f"Móvil;15,90{';S' if header == NEW else ''}"
            for i in range(10)
        ]
        text = "\n".join([header, *rows]) + "\n"
        (folder / f"altas_2024_{month:02d}.csv").write_text(text, encoding="windows-1252" if month < 3 else "utf-8")
    tickets = ["Order No,Id Cliente,Order Date,Order Type,ListPrice,FinalPrice,VatSum"]
    tickets += [
        f"O{i},{401 + i % 3}{i % 10},{day(i + 40)},{'Refunded' if i % 8 == 0 else 'Completed'},30.50,25.25,{4 + i % 3}.75"
        for i in range(40)
    ]
    (folder / "ticket_orders.csv").write_text("\n".join(tickets) + "\n", encoding="utf-8")
    proposal = propose_source(folder)
    write_source(proposal, folder / "source.yaml")
    return proposal, load_tables(folder / "source.yaml")


def test_files_whose_names_differ_in_numbers_are_one_table_though_their_headers_changed(
    proposed: tuple[Proposal, Crm],
) -> None:
    proposal, crm = proposed
    assert crm["subscriptions"].count().execute() == 30
    assert not proposal.unused
    said = " ".join(proposal.unsure)
    assert "those of two systems" not in said, "each month has its own new customers"


def test_an_order_of_the_type_refunded_was_a_sale_and_the_final_price_is_what_was_paid(
    proposed: tuple[Proposal, Crm],
) -> None:
    _, crm = proposed
    assert float(crm["orders"].amount.sum().execute()) == 35 * 25.25
    assert crm["orders"].count().execute() == 40 + 5


def test_a_letter_that_stands_alone_in_each_word_is_no_character_of_two_bytes() -> None:
    header = "Abonnementsnr;Leveringsstop fra;Årsag\nA1;06-04-2024;Ferie\n"
    assert likeliest_encoding(header.encode("windows-1252")) == "windows-1252"
