"""The page in another language: every text of ours is translated, no name of the company's and no number changed."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.actions import contact_limits, read_playbook
from workbench.actions.contact_limits import Limits
from workbench.actions.playbook import LISTS
from workbench.errors import SettingError, in_singular
from workbench.label import shipped_reasons
from workbench.metrics import Metric
from workbench.model.baselines import BASE_RATE, CONTRACT_RULE, LOGISTIC, RULES, SPARSE
from workbench.report import Findings, charts, read_style
from workbench.report.html_page.company_names import NAME, PHRASE, _group, _reason, _segments, named
from workbench.report.html_page.language import Language, read_language
from workbench.report.html_page.localized import localize_chart, localized
from workbench.report.html_page.page import svg
from workbench.report.sentences.contact_wording import LOSSES
from workbench.report.text_tables.tables import _calibration_by_group

GERMAN = read_language("de", Path("style.yaml"))
DAY = {"day": "{day}. {month} {year}", "months": ["Jan"] * 8 + ["September"] + ["Okt"] * 3}


def language(**texts: str) -> Language:
    """A language of a few texts that writes numbers and dates as German does."""
    return Language("de", texts, thousands=".", decimal=",", currency_after=True, dates=DAY)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("1,234 of 2,345.5 customers", "1.234 von 2.345,5 Kunden"),
        ("£1,234 of −5 TRY customers", "1.234\N{NO-BREAK SPACE}£ von −5 TRY Kunden"),
        ("9 September 2011 of 2011-09-09 customers", "9. September 2011 von 2011-09-09 Kunden"),
        (f"5 of {named('1,5 of New')} customers", "5 von 1,5 of New Kunden"),
    ],
)
def test_a_text_is_found_by_its_pattern_and_its_values_are_written_as_the_language_does(
    english: str, german: str
) -> None:
    assert language(**{"{} of {} customers": "{} von {} Kunden"})(english) == german


def test_a_text_without_an_entry_of_its_own_is_translated_in_parts_or_not_at_all() -> None:
    spoken = language(**{"new": "neu", "at least {}": "mindestens {}", "{1} after {}": "{1} nach {0}"})
    assert spoken("New (5): at least 3.") == "Neu (5): mindestens 3."
    assert spoken("New and unheard of. At least 3.") == "New and unheard of. Mindestens 3."
    assert spoken.lacking == {"New and unheard of.": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("language: de\ntext: {}", "text: unknown; did you mean texts?"),
        ("texts: {a: b}", "language: write the code of the language"),
        ("language: fr\ntexts: {'{} of {}': '{} de'}", "must have each {} of the English text once"),
        ("language: fr\ndates: {months: [janvier]}", "dates: months: write a list of 12 names"),
        ("language: fr\ndates: {day: '{jour} {month}'}", "dates: day: '{jour} {month}' has a name other than"),
    ],
)
def test_a_mistake_in_a_catalog_is_named_with_its_cure(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "ours.yaml").write_text(text)
    with pytest.raises(SettingError, match=re.escape(reason)):
        read_language("ours.yaml", tmp_path / "style.yaml")


def test_a_catalog_of_a_shipped_language_adds_to_it(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("language: de\ntexts: {Retention: Treue, visits to our forum: ''}")
    spoken = read_language("ours.yaml", tmp_path / "style.yaml")
    assert spoken and [spoken(text) for text in ("Retention", "Why", "1.5 hours")] == ["Treue", "Warum", "1,5 Stunden"]
    assert "visits to our forum" not in spoken.texts


def test_a_language_that_is_neither_shipped_nor_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "style.yaml").write_text("language: xx")
    with pytest.raises(SettingError, match=r"'xx' is neither one of en, de nor a file"):
        read_style(tmp_path / "style.yaml")


def test_every_line_of_the_starter_playbook_has_a_german_name() -> None:
    spoken = read_language("de", Path("style.yaml"))
    for line in read_playbook():
        spoken(line.name.replace("_", " "))
    assert spoken and spoken.lacking == {}


def test_a_reason_that_comes_with_the_package_is_said_in_german_and_one_of_the_companys_own_is_not() -> None:
    spoken = read_language("de", Path("style.yaml"))
    assert spoken
    said = [spoken(f"{reason} (6, 75 %)") for reason in map(_reason, ("poor support", "Preis zu hoch, oder so"))]
    assert said == ["schlechter Support (6, 75 %)", "Preis zu hoch, oder so (6, 75 %)"]
    for reason in shipped_reasons():
        spoken(reason)
    assert spoken.lacking == {}


def test_every_reason_to_be_left_off_a_list_has_german_words() -> None:
    spoken = read_language("de", Path("style.yaml"))
    reasons = [value for name, value in vars(contact_limits).items() if name.isupper() and isinstance(value, str)]
    for name in LISTS:
        for reason in [*reasons, Limits().cooling]:
            spoken(f"{name}: {reason}".capitalize())
    assert spoken and len(reasons) > 8 and spoken.lacking == {}


def test_every_sign_before_leaving_has_german_words_whatever_its_own_words_hold() -> None:
    spoken = read_language("de", Path("style.yaml"))
    for feature in wb.FEATURES.values():
        spoken(f"{feature.family.capitalize()}: {PHRASE[0]}{feature.meaning}{PHRASE[1]}, at most 3")
    assert spoken and spoken.lacking == {}


def test_the_words_under_a_chart_end_inside_it_beside_long_names_and_in_other_languages() -> None:
    segments = pd.DataFrame({"segment": ["Telecommunications and utilities", "b"], "n": [40, 50], "differs": True,
                             "churn": [0.1, 0.2], "low": [0.05, 0.1], "high": [0.2, 0.3]})  # fmt: skip
    whole = Metric("churn", 0.15, 0.1, 0.2, 13, 90, "", 90)
    for language in (None, GERMAN):
        chart = charts.draw(charts.segment_churn, segments, whole, width=4.2)
        if language:
            localize_chart(chart, language)
        assert svg(chart, "segments")
        label, (ax,) = chart.axes[0].xaxis.label.get_window_extent(), chart.axes
        assert chart.bbox.x0 <= label.x0 < label.x1 <= chart.bbox.x1
        assert ax.bbox.width > chart.bbox.width / 3


def texts(page: str) -> str:
    """The words of a page."""
    shown = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", page)
    return unescape(re.sub(r"<[^>]*>", "\n", shown))


@pytest.mark.parametrize("model", [*RULES.values(), CONTRACT_RULE, BASE_RATE, LOGISTIC, SPARSE])
def test_each_rule_that_may_give_the_risk_is_named_in_german(model: str) -> None:
    assert GERMAN
    spoken = replace(GERMAN, lacking={})
    spoken(f"It beats the best baseline ({model}).")
    for beside in ("is no lower than", "is surely worse than", "is lower by no more than chance explains than"):
        spoken(f"It shows who leaves, but its log-loss {beside} that of the best baseline ({model}).")
    assert spoken.lacking == {}


@pytest.fixture(scope="module")
def german(unpriced: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report in German of a company named like a German text's English one, as one of its segments is."""
    folder = tmp_path_factory.mktemp("german")
    (folder / "style.yaml").write_text("language: de\nname: Retention Ltd.")
    spoken = read_style(folder / "style.yaml")
    renamed = replace(unpriced, segments=unpriced.segments.replace("company", "Retention"))
    wb.write_report(renamed, folder, spoken)
    assert spoken.language and spoken.language.lacking == {}
    return folder


@pytest.mark.slow
def test_the_german_page_has_no_english_text_and_leaves_names_and_numbers_alone(
    german: Path, report: tuple[str, Path]
) -> None:
    assert not (german / "untranslated.yaml").exists()
    page = (german / "index.html").read_text()
    ours, english = texts(page), texts(report[0])
    assert re.findall(r"\d", ours) == re.findall(r"\d", english)
    assert "Wer geht, warum, und was jetzt zu tun ist" in ours
    assert "Retention Ltd." in ours and "Retention" in ours.splitlines()
    assert not set("".join(NAME)) & set(ours)
    assert '<html lang="de" data-currency="after">' in page


@pytest.mark.slow
def test_the_workbook_speaks_the_language_of_the_page_and_leaves_names_alone(unpriced: Findings, german: Path) -> None:
    sheets = pd.read_excel(german / "segments.xlsx", sheet_name=None, header=None, engine="calamine")
    assert {"Zahlen", "Perioden", "Segmente", "Erklärung"} <= {*sheets}
    cells = {str(cell) for sheet in sheets.values() for cell in sheet.to_numpy().ravel()}
    assert unpriced.facts.name in "".join(cells)
    assert "Retention" in cells
    assert "Kunden" in cells and not {"customers", "Customers"} & cells
    assert not set("".join(NAME)) & set("".join(cells))


def test_texts_that_a_catalog_lacks_stay_english_and_are_counted() -> None:
    spoken = Language("fa", {"Churn": "ریزش"}, right_to_left=True)
    page = '<html lang="en"><p title="Churn">Churn &amp; more</p><b>Churn</b><script>var Churn</script>'
    assert localized(page, spoken) == (
        '<html lang="fa" dir="rtl"><p title="ریزش">Churn &amp; more</p><b>ریزش</b><script>var Churn</script>'
    )
    assert spoken.lacking == {"Churn & more": 1}


def test_what_a_rate_of_revenue_leaves_out_and_why_a_figure_is_missing_are_said_in_german() -> None:
    assert GERMAN
    spoken = replace(GERMAN, lacking={})
    rate = "(MRR at the start − churn − contraction) / MRR at the start, per customer 100\xa0% at most, EUR"
    spoken(
        f"{rate}; 117 customers left out, because their amount is not known: 17,240 of 18,840, 92\xa0% (77 to 97\xa0%)."
    )
    spoken(f"{rate}; today's amount taken for 3 customers without a history.")
    spoken("churn at renewal: subscriptions has no renews_at, so no contract is known to be up for renewal; map it.")
    spoken("Cost of an offer taken, EUR")
    spoken(f"A dash: nothing is expected in money. {LOSSES}")
    spoken(
        "Of those now, 169 rose to it and 1 were not active then; of those then, 3 fell below it and 4 have left or lapsed."
    )
    spoken("For expected figures this interval holds the choice of customers only, not how periods differ.")
    spoken("Silence: days since the last order against the customer's own usual gap, at least 0.77 times")
    assert spoken.lacking == {}


@pytest.mark.parametrize(
    ("text", "german"),
    [
        (
            "1 customers left out, because their amount is not known",
            "1 Kunde ausgelassen, weil sein Betrag nicht bekannt ist",
        ),
        (
            "21 customers left out, because their amount is not known",
            "21 Kunden ausgelassen, weil ihr Betrag nicht bekannt ist",
        ),
        ("1 customers, €90 at risk", "1 Kunde, 90\xa0€ gefährdet"),
        ("1 of 12 tickets answered", "1 von 12 Anfragen beantwortet"),
        ("0 of 1 tickets answered", "0 von 1 Anfragen beantwortet"),  # no entry of its own: that for many
    ],
)
def test_one_of_a_thing_is_said_in_the_singular(text: str, german: str) -> None:
    assert GERMAN
    assert GERMAN(in_singular(text)) == german


def test_each_entry_of_the_german_catalog_is_found_by_the_text_it_translates() -> None:
    assert GERMAN
    unreachable = {key for key, text in GERMAN.texts.items() if key != text and GERMAN(key.replace("{}", "7")) == key}
    assert unreachable == set()


@pytest.mark.parametrize(
    ("by", "group", "german"),
    [
        ("kind of churn", "active", "auf diese Art: aktiv"),
        ("chance of return", "all lapsed customers", "Rückkehr: alle Inaktiven"),
        ("company_size", "some", "Firmengröße: some"),
    ],
)
def test_a_group_of_predictions_is_named_in_the_language_and_the_value_of_a_column_left_alone(
    by: str, group: str, german: str
) -> None:
    row = {"by": by, "group": group, "predicted": 0.1, "observed": 0.2, "low": 0.1, "high": 0.3, "off": "too low"}
    shown = _calibration_by_group([_group(row)])
    assert shown is not None
    assert GERMAN(shown.rows[0][0]) == german


def test_each_name_in_a_row_of_several_segments_is_translated_by_itself() -> None:
    together = "within 30 days + later, or start not known"
    (row,) = _segments(pd.DataFrame({"segmentation": ["activation_segment"], "segment": [together]}))["segment"]
    assert GERMAN is not None
    assert GERMAN(row) == "binnen 30 Tagen + später, oder Beginn unbekannt"
