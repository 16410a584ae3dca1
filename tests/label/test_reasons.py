"""Reasons for leaving: words of four languages, the analyst's own mapping, and what is made of them."""

from pathlib import Path

import ibis
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import SettingError
from workbench.label.reasons import STARTER, normal, read_reasons, with_reasons


def departed(*texts: str | None, **settings: object) -> pd.DataFrame:
    """Cancel one subscription per text, and return the departures in the texts' order."""
    ids = [f"c{i:03}" for i in range(len(texts))]
    subscriptions = pd.DataFrame(
        {
            "subscription_id": [*ids, "last"], "customer_id": [*ids, "last"], "started_at": "2024-01-01",
            "cancelled_at": [*["2024-03-01"] * len(ids), None], "cancel_reason": [*texts, None],
        }
    )  # fmt: skip
    subscriptions.loc[len(ids), "started_at"] = "2024-12-30"
    crm = wb.load_tables({"subscriptions": subscriptions})
    return wb.churn_events(crm, **settings).to_pandas().sort_values("customer_id", ignore_index=True)  # type: ignore[arg-type]


def mapped(*texts: str | None, file: Path = STARTER) -> pd.DataFrame:
    """Map texts to reasons by a file, in the texts' order."""
    schema = {"number": "int64", "reason_text": "string"}
    table = ibis.memtable([{"number": i, "reason_text": text} for i, text in enumerate(texts)], schema=schema)
    return with_reasons(table, read_reasons(file)).order_by("number").to_pandas()


TEXTS: list[tuple[str | None, str | None, str]] = [
    ("Too expensive!", "price", "yes"), ("خیلی گران است", "price", "yes"), ("çok PAHALI", "price", "yes"),
    ("Te duur, helaas", "price", "yes"), ("We went out of business", "closed or moved", "no"),
    ("شرکت تعطیل شد", "closed or moved", "no"), ("İFLAS ettik", "closed or moved", "no"),
    ("Wij zijn verhuisd.", "closed or moved", "no"), ("پشتيباني ضعیف", "poor support", "yes"),
    ("klantenservice", "poor support", "yes"), ("müşteri  hizmetleri", "poor support", "yes"),
    ("the enterprise cat", "unmapped", "unknown"), ("  ", None, "unknown"), (None, None, "unknown"),
]  # fmt: skip


def test_a_reason_in_any_of_four_languages_is_mapped_whatever_its_case_and_letters() -> None:
    found = mapped(*(text for text, _, _ in TEXTS))
    reasons = [None if pd.isna(reason) else reason for reason in found["reason"]]
    assert [*zip(reasons, found["avoidable"], strict=True)] == [(reason, avoidable) for _, reason, avoidable in TEXTS]


def test_a_customer_who_cannot_afford_it_any_more_left_for_money_though_nothing_was_owed() -> None:
    left = departed("No budget this year", "bütçemiz yok", "too expensive")
    assert left[["kind", "billing_outcome", "reason"]].to_numpy().tolist() == [
        ["financial", "voluntary", "cannot afford"], ["financial", "voluntary", "cannot afford"],
        ["active", "voluntary", "price"],
    ]  # fmt: skip


FAILED = ("payment failed", "financial", "involuntary")
CODES = {
    "payment_failed": FAILED, "not_paid": FAILED, "BILLING_ERROR": FAILED, "2001": FAILED, "Not enough balance": FAILED,
    "nonpayment": FAILED, "declined_not_retryable": FAILED, "UNSUBSCRIBE": ("not stated", None, None),
    "fraud_review_failed": ("refused by the company", None, "involuntary"), "too_expensive": ("price", None, None),
    "PRICE_INCREASE": ("price", None, None), "we refused to think of 2001": ("unmapped", None, None),
}  # fmt: skip


def test_the_codes_of_billing_systems_are_mapped_where_they_are_the_whole_text() -> None:
    found = mapped(*CODES)[["reason", "reason_kind", "reason_billing"]]
    answers = [tuple(None if pd.isna(value) else value for value in row) for row in found.itertuples(index=False)]
    assert dict(zip(CODES, answers, strict=True)) == CODES


def test_a_code_of_the_billing_system_says_whose_will_a_departure_was() -> None:
    left = departed("payment_failed", "UNSUBSCRIBE", "fraud_review_failed")
    assert left[["kind", "billing_outcome"]].to_numpy().tolist() == [
        ["financial", "involuntary"], ["active", "voluntary"], ["active", "involuntary"],
    ]  # fmt: skip


def test_the_analysts_own_mapping_takes_the_place_of_the_starter(tmp_path: Path) -> None:
    own = tmp_path / "reasons.yaml"
    own.write_text(
        "our fault:\n  avoidable: yes\n  phrases: [the cat]\nfate:\n  avoidable: no\n  phrases: [expensive]\n"
    )
    left = departed("The cat did it", "too expensive", reasons=own)
    assert left["reason"].tolist() == ["our fault", "fate"]


def test_the_first_reason_of_the_file_that_fits_is_taken() -> None:
    assert mapped("support is expensive").iloc[0]["reason"] == "price"


def test_every_phrase_of_the_starter_leads_to_its_own_reason_or_to_one_before_it() -> None:
    reasons = read_reasons(STARTER)
    order = [r.name for r in reasons]
    texts = [(phrase.strip(), r.name) for r in reasons for phrase in r.phrases]
    found_reasons = mapped(*(text for text, _ in texts))["reason"].tolist()
    assert all(order.index(found) <= order.index(own) for found, (_, own) in zip(found_reasons, texts, strict=True))
    assert sum(found == own for found, (_, own) in zip(found_reasons, texts, strict=True)) > 0.9 * len(texts)


def test_python_and_the_engine_compare_texts_in_the_same_form() -> None:
    texts = ["Geen  BUDGET!", "çok Pahalı", "نمی‌توانیم؛ توان مالی", "a\tb\nc"]
    own = normal(texts[0])
    assert own == " geen budget "
    assert mapped(*texts)["reason"].tolist() == ["cannot afford", "price", "cannot afford", "unmapped"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("price:\n  avoidable: perhaps\n  phrases: [dear]\n", "price.avoidable: 'perhaps'"),
        ("price:\n  avoidable: yes\n", "price.phrases: missing; add it"),
        ("price:\n  avoidable: yes\n  phrases: [dear]\n  kind: passive\n", "price.kind: 'passive'"),
        ("price:\n  avoidable: yes\n  phrase: [dear]\n  phrases: [dear]\n", "price.phrase: unknown"),
        ("price: dear\n", "price: should hold keys with values"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(SettingError) as refused:
        read_reasons(path)
    assert words in str(refused.value)
    assert "mine.yaml" in str(refused.value)


def test_a_list_of_reasons_in_single_words_is_mapped() -> None:
    words = ["budget", "features", "support", "competitor", "pricing", "performance", "unknown", "N/A"]
    assert mapped(*words)["reason"].tolist() == [
        "cannot afford", "missing features", "poor support", "competitor", "price", "product problems", "not stated",
        "not stated",
    ]  # fmt: skip


def test_a_word_of_a_list_of_reasons_says_nothing_within_a_longer_text() -> None:
    texts = ["we like the budget view", "slow season", "the service was fine"]
    assert mapped(*texts)["reason"].tolist() == ["unmapped"] * 3


def test_what_customers_often_tick_or_write_has_its_reason() -> None:
    said = {
        "payment failed": ["Max number of charge attempts reached", "Card was declined", "Zahlung nicht erfolgreich"],
        "cannot afford": ["Lost my job", "Kein Budget", "Raisons financières"],
        "price": ["Too costly", "Extra data charges", "Tarif trop élevé"],
        "competitor": ["Moving to another service", "Found something better", "Wechsel zu anderem Anbieter"],
        "missing features": ["Does not meet our needs", "I want a different product"],
        "poor support": ["Service dissatisfaction", "Staff were rude"],
        "product problems": ["Not satisfied", "Late deliveries", "Unzufrieden mit dem Produkt"],
        "no longer needed": ["I already have more than I need", "Lack of use", "Keine Zeit", "Ya no lo uso"],
        "closed or moved": ["Moving house", "Business closed", "Umzug ins Ausland"],
    }
    texts = [text for several in said.values() for text in several]
    assert mapped(*texts)["reason"].tolist() == [reason for reason, several in said.items() for _ in several]
