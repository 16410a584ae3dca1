"""What objects show of themselves in a notebook: short, in text and in HTML, never a query or a data dump."""

import re
from datetime import datetime
from typing import Any

import ibis
import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from tests.conftest import ROOT, crm_of
from workbench.actions.health import STARTERS
from workbench.crm.asof import Crm
from workbench.engines import displays
from workbench.segments.conditions import condition
from workbench.segments.named_rules import Segmentation


@pytest.fixture(scope="module")
def crm() -> Crm:
    return crm_of(*((str(i), "<b>ann" if i % 2 else "bob", f"2024-01-{i:02d}", i) for i in range(1, 31)))


def test_a_company_shows_its_tables_rows_span_and_faults() -> None:
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["ann", None], "amount": 1, "ordered_at": "2024-01-01"}
    )
    shown = repr(wb.load_tables({"orders": orders}))
    assert shown.splitlines() == [
        "data frames: 2024-01-01 to 2024-01-02, currency of amounts not stated",
        "  orders: 1 rows, 4 columns, 1 refused",
    ]


def test_a_table_not_computed_yet_shows_its_size_and_first_rows(crm: Crm) -> None:
    text = displays.table_as_text(crm["orders"].order_by("ordered_at"))
    assert text.splitlines()[0] == "30 rows, 4 columns; the first 10:"
    assert len(text.splitlines()) == 12
    assert "&lt;b&gt;ann" in displays.table_as_html(crm["orders"])


def test_a_small_table_is_shown_whole(crm: Crm) -> None:
    by = crm["orders"].group_by("customer_id").aggregate(n=ibis._.count())
    assert displays.table_as_text(by).splitlines()[0] == "2 rows, 2 columns:"


def test_a_notebook_shows_labels_and_no_query_plan(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    displays.show_tables()
    labels: Any = wb.label_churn(crm, as_of="2024-01-20", horizon_days=5, inactive_days=9)
    shown, _ = shell.display_formatter.format(labels)  # type: ignore[union-attr]
    assert shown["text/plain"].splitlines()[1].startswith("2 rows, ")
    assert len(shown["text/plain"].splitlines()) == 5
    assert "<table" in shown["text/html"]


def test_python_shows_the_rows_of_a_table_too_and_the_query_of_one_without_rows(crm: Crm) -> None:
    displays.show_tables()
    assert repr(crm["orders"].limit(2)).startswith("2 rows, 4 columns:")
    assert "UnboundTable" in repr(ibis.table({"a": "int64"}, name="nowhere"))
    assert "Cast" in repr(crm["orders"].mutate(wrong=ibis.literal("x").cast("int64")))


def test_features_show_how_many_there_are_of_each_sign() -> None:
    assert len(repr(wb.FEATURES)) < 1000
    assert repr(wb.FEATURES).startswith(f"{len(wb.FEATURES)} features by warning sign")
    assert repr(wb.FEATURES["n_orders_30d"]) == "n_orders_30d (frequency; orders): orders in the last 30 days"


def test_rules_show_their_settings_a_line_each() -> None:
    shown = repr(wb.Rules())
    assert "  inactive_days: 91" in shown.splitlines()
    assert len(shown) < 500


def test_segments_show_their_conditions() -> None:
    quiet = Segmentation("quiet", "no purchase", {"quiet": condition("days > 182", where="x")}, "all others")
    assert repr(quiet).splitlines() == ["quiet: no purchase", "  quiet: days > 182", "  else: all others"]


def test_a_table_is_computed_once_for_its_text_and_its_html(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[object] = []
    glance = displays.glance
    monkeypatch.setattr(displays, "glance", lambda table: computed.append(table) or glance(table))  # type: ignore[func-returns-value]
    orders = crm["orders"]
    displays.table_as_text(orders)
    displays.table_as_html(orders)
    assert len(computed) == 1
    displays.table_as_text(orders)  # shown again, it is computed again
    assert len(computed) == 2


def test_a_mistake_is_shown_in_three_lines_and_its_place_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    shell.run_cell("import workbench as wb\nwb.chrun_rate")
    shown = capsys.readouterr().out
    assert "did you mean churn_rate?" in shown
    assert "wb.traceback() shows where." in shown
    assert "Traceback" not in shown and len(shown.strip().splitlines()) == 3
    shell.run_cell("wb.traceback()")
    assert "Traceback (most recent call last)" in capsys.readouterr().out


def test_progress_outside_a_notebook_is_the_steps_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(displays.progress(range(3), "Features")) == [0, 1, 2]
    assert capsys.readouterr().out == ""


def test_table_names_are_completed(crm: Crm) -> None:
    shell = InteractiveShell()
    shell.user_ns["crm"] = crm
    with provisionalcompleter():
        completed = [found.text for found in shell.Completer.completions("crm['or", 7)]
    assert any("orders" in text for text in completed)


def test_what_files_say_is_shown_in_lines_and_not_in_one() -> None:
    playbook, score = wb.read_playbook(), wb.read_health(STARTERS["subscriptions"])
    assert repr(playbook).splitlines()[0] == f"Playbook of {len(playbook)} lines; playbook[0] shows one"
    assert len(repr(playbook).splitlines()) <= 1 + len(wb.LISTS)
    assert repr(playbook[0]) == "complaint (answer): state <> 'gone' and complaint_days <= 180"
    assert repr(score).splitlines()[1] == "  +10 used within a week: days_since_event <= 7"


def test_a_source_its_view_and_its_check_show_what_is_in_them_in_a_few_lines(crm: Crm) -> None:
    source = wb.read_source(ROOT / "data" / "sources" / "online_retail.yaml")
    assert repr(source).splitlines()[1] == "  customers: 2 columns"
    assert repr(crm.facts) == "data frames: 2024-01-01 to 2024-01-31, currency of amounts not stated, 30 rows loaded"
    assert repr(crm.as_of("2024-01-20")) == "data frames as of 2024-01-20: orders"
    checked = repr(wb.check_crm(crm)).splitlines()
    assert checked[0].startswith("Check of data frames, 2024-01-01 to ")
    assert all(line.startswith("  ") for line in checked[1:])


def test_labels_say_who_left_at_each_snapshot_and_how(crm: Crm) -> None:
    labels = wb.label_churn(crm, as_of=["2024-01-10", "2024-01-20"], horizon_days=5, inactive_days=9)
    kinds = ["2024-01-10: 2 at risk, 0 left", "2024-01-20: 2 at risk, 0 left"]
    assert displays.table_as_text(labels).splitlines()[:2] == kinds
    assert f"<li>{kinds[0]}</li>" in displays.table_as_html(labels)


@pytest.mark.parametrize(("as_of", "churned"), [("2024-01-10", True), (datetime(2024, 1, 10), "no")])
def test_a_table_with_columns_named_as_those_of_labels_is_shown_as_any_other(as_of: object, churned: object) -> None:
    table = ibis.memtable({"as_of": [as_of], "churned": [churned], "kind": ["b2b"]})
    assert displays.table_as_html(table).startswith("<p>1 rows, 3 columns:</p>")


@pytest.mark.parametrize(
    ("verb", "setting"),
    [("label_churn", "inactive_days"), ("states", "left_by"), ("renewals_due", "grace_days"), ("use", "budget"),
     ("save_params", "horizon_days"), ("what_if", "overdue_days")],
)  # fmt: skip
def test_completion_knows_the_settings_of_a_verb(verb: str, setting: str) -> None:
    shell = InteractiveShell()
    shell.user_ns["wb"] = wb
    typed = f'wb.{verb}(x, "2024-01-01", {setting[:4]}'
    with provisionalcompleter():
        assert f"{setting}=" in {found.text for found in shell.Completer.completions(typed, len(typed))}


def test_text_of_a_table_not_computed_yet_stands_left_and_numbers_right() -> None:
    wide = ibis.memtable({"name": ["ann"], "left": [True], **{f"n{i}": [i] for i in range(20)}, "last": ["end"]})
    html = displays.table_as_html(wide)
    sides = re.findall(r'<td style="text-align: (\w+)">([^<]*)<', html)
    assert len(sides) == displays.MOST_COLUMNS + 1
    assert {side for side, text in sides if text in {"ann", "True", "...", "end"}} == {"left"}
    assert {side for side, text in sides if text.isdigit()} == {"right"}
