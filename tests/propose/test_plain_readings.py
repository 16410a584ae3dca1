"""Names and words of exports that were read as something else, each by the function that decides."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from workbench import contract
from workbench.propose.fitting.fit import column_fit
from workbench.propose.proposing import propose_source
from workbench.propose.raw_files.raw_columns import profile_table
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import of_purchase, of_sale, of_subscription


def fit(values: list[str | None], name: str, table: str, column: str) -> float:
    con = duckdb.connect()
    con.execute(f'CREATE TABLE raw AS SELECT unnest(?::VARCHAR[]) AS "{name}"', [values])
    raw, spec = profile_table(con, "raw"), contract.TABLES[table]
    return column_fit(raw[name], raw, spec, spec[column])


def test_a_date_that_most_orders_have_is_not_that_of_their_cancellation() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 11)]
    assert fit([*days], "Departure", "orders", "cancelled_at") == 0
    assert fit([*days[:2], *[None] * 8], "Cancelled at", "orders", "cancelled_at") > 0.5


def test_the_mode_of_tests_is_no_trial() -> None:
    assert fit(["false", "true", "false"], "test_mode", "subscriptions", "kind") == 0


def test_what_a_subscription_brings_when_it_starts_or_a_trial_turns_into_it_is_a_purchase() -> None:
    assert [of_purchase(event) for event in ("subscription_started", "trial_converted")] == ["keep", "keep"]
    assert [of_purchase(event) for event in ("checkout_started", "subscription_renewal_cancelled")] == ["", ""]


def test_drafts_and_debtors_are_known_by_their_words() -> None:
    assert of_sale("Entwurf") == "refuse"
    assert means("Debiteur", "customer") and means("Boekstuknr.", "invoice")


@pytest.mark.parametrize(
    ("meaning", "names"),
    [
        ("start", "Data ativação|Aktivasyon tarihi|Aktiveringsdatum|Data activării|Aktiválás dátuma|Aktivointipäivä"),
        ("cancel", "Date de désactivation|Deaktivasyon tarihi|Datum deaktivace|Data rezilierii|Irtisanomispäivä"),
        ("order", "Transação|Transacción|Transactie|Transaktion|Tranzakció|İşlem|Transaksi"),
        ("period", "Zeitraum|Período|Okres|Období|Dönem|Időszak|Perioadă"),
        ("price", "Preço|Měsíční poplatek|Einzelpreis|Prezzo"),
    ],
)
def test_a_column_is_known_by_its_name_in_the_languages_of_europe(meaning: str, names: str) -> None:
    assert [name for name in names.split("|") if not means(name, meaning)] == []


def test_what_is_taken_off_or_added_is_known_in_other_languages_too() -> None:
    assert words("Descuento") == words("Rabatt") == words("Sconto") == {"discount"}
    assert words("İndirim tutarı") & {"discount"} and words("Versandkosten") == {"shipping"}


def test_words_of_status_are_known_in_any_gender_and_number() -> None:
    assert {of_sale(word) for word in ("cancelado", "canceladas", "Annullati", "aguardando pagamento", "väntar")} == {
        "refuse"
    }
    assert {of_sale(word) for word in ("completo", "Aprovada", "genehmigt", "confirmées", "kargoya verildi")} == {
        "keep"
    }
    over = [
        "expirée",
        "terminé",
        "scaduto",
        "vencida",
        "verlopen",
        "wygasła",
        "süresi doldu",
        "lejárt",
        "anulat",
        "päättynyt",
    ]
    assert {of_subscription(word) for word in over} == {"left"}


def test_a_town_or_province_is_the_region_of_a_customer_and_no_country() -> None:
    towns = ["London", "Leeds", "York", "Leeds", "London", "York"]
    for name in ("Town", "Region", "Provincia", "Stadt"):
        region, country = (fit([*towns], name, "customers", column) for column in ("region", "country"))
        assert region > 0.5 > country, name


def test_a_source_is_named_after_its_folder_or_after_the_one_around_a_folder_of_raw_files(tmp_path: Path) -> None:
    for place, name in (("harbour gym/raw", "harbour gym"), ("harbour gym/2024", "2024")):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / "logins.csv").write_text("user_id,login_date\na,2024-01-01\nb,2024-01-02\na,2024-01-03\n")
        assert propose_source(folder).name == name
