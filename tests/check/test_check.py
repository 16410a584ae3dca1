"""A check finds what is wrong with the data, gives figures, and stops only above its limits."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from rich.console import Console

from tests.check.reports import check_files, check_frames, found
from workbench.check import check_command, check_crm, check_source, render_terminal, write_refused
from workbench.check.check_page import render_page
from workbench.check.findings import LIMITS, Finding, Report
from workbench.check.key_figures import Figure, KeyFigures
from workbench.crm.load import load_tables, read_crm, write_crm
from workbench.errors import DataError, SettingError
from workbench.propose import propose_source, write_source
from workbench.sources.source import read_source

RAVENSTACK = Path(__file__).parents[2].parent / "shared" / "data" / "ravenstack"
needs_shared_data = pytest.mark.skipif(not RAVENSTACK.is_dir(), reason="the shared data are not beside the project")


LOGINS: dict[str, list[object]] = {"customer_id": ["a", "b"], "occurred_at": ["2024-01-01", "2024-03-01"]}


@pytest.fixture(scope="module")
def ravenstack(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("ravenstack") / "source.yaml"
    write_source(propose_source(RAVENSTACK), path)
    return check_source(path)[1]


@pytest.mark.slow
@needs_shared_data
def test_ravenstack_usage_lies_before_its_subscription_with_the_published_share(ravenstack: Report) -> None:
    (usage,) = [f for f in found(ravenstack, "before the start", "events") if "subscription" in f.sentence]
    assert (usage.rows, usage.of) == (19142, 25000)
    assert "76.6 %" in usage.sentence


@needs_shared_data
def test_ravenstack_has_21_duplicate_usage_ids(ravenstack: Report) -> None:
    (usage,) = found(ravenstack, "duplicate id")
    assert (usage.column, usage.rows, usage.of) == ("usage_id", 21, 25000)
    assert usage.sentence.startswith("21 duplicate usage_id values")


@needs_shared_data
def test_ravenstack_flag_disagrees_with_the_events_and_carries_no_signal(ravenstack: Report) -> None:
    (flag,) = found(ravenstack, "contradiction", "customers.churn_flag")
    assert (flag.rows, flag.of) == (312, 500)
    assert "277 with a dated cancellation are not marked and 35 marked have none" in flag.sentence
    assert "no signal" in flag.sentence and "AUC 0.49" in flag.sentence


@needs_shared_data
def test_ravenstack_flag_of_a_subscription_repeats_its_own_end(ravenstack: Report) -> None:
    (flag,) = found(ravenstack, "looks like the answer")
    assert (flag.table, flag.column) == ("subscriptions", "churn_flag")


@needs_shared_data
def test_ravenstack_is_loaded_all_the_same(ravenstack: Report) -> None:
    assert ravenstack.exit_code == 0
    assert ravenstack.loaded["events"] == 25000


def test_clean_data_give_no_finding() -> None:
    report = check_frames(
        events=LOGINS,
        tickets={
            "ticket_id": ["1", "2"],
            "customer_id": ["a", "b"],
            "opened_at": ["2024-01-05", "2024-02-05"],
            "resolved_at": ["2024-01-06", None],
        },
    )
    assert report.findings == ()
    assert report.summary == "Nothing was found wrong."


def test_every_order_of_dates_that_cannot_be_is_found_at_once() -> None:
    report = check_frames(
        events=LOGINS,
        tickets={
            "ticket_id": ["1", "2", "3"],
            "customer_id": ["a", "b", "b"],
            "opened_at": ["2024-01-05", "2024-02-05", "2024-02-06"],
            "first_response_at": ["2024-01-04", "2024-02-06", "2024-02-06"],
            "resolved_at": ["2024-01-06", "2024-02-07", "2024-02-08"],
        },
        subscriptions={
            "subscription_id": ["s1", "s2"],
            "customer_id": ["a", "b"],
            "started_at": ["2024-01-10", "2024-01-10"],
            "ended_at": ["2024-01-01", None],
        },
    )
    wrong = {(f.table, f.column): (f.rows, f.of) for f in found(report, "impossible order")}
    assert wrong == {("tickets", "first_response_at"): (1, 3), ("subscriptions", "ended_at"): (1, 1)}
    (early,) = found(report, "impossible order", "tickets")
    assert early.examples == ("opened_at 2024-01-05 00:00:00, first_response_at 2024-01-04 00:00:00",)


def test_orphans_and_activity_before_the_sign_up_are_counted_and_a_day_is_not_before_its_own_hours() -> None:
    report = check_frames(
        customers={"customer_id": ["a", "b"], "signed_up_at": ["2024-02-01 10:30", "2024-01-15 14:08"]},
        events={"customer_id": ["a", "b", "z"], "occurred_at": ["2024-01-15", "2024-01-15", "2024-01-15"]},
    )
    (orphan,) = found(report, "orphan")
    assert (orphan.rows, orphan.of, orphan.examples) == (1, 3, ("customer_id z",))
    (early,) = found(report, "before the start")
    assert (early.rows, early.of) == (1, 2)


def test_dates_after_the_data_end_and_placeholder_dates_are_found() -> None:
    report = check_frames(
        events=LOGINS,
        tickets={
            "ticket_id": ["1", "2"],
            "customer_id": ["a", "b"],
            "opened_at": ["1900-01-01", "2024-02-05"],
            "resolved_at": ["2031-01-01", None],
        },
    )
    assert [f.column for f in found(report, "implausible date")] == ["opened_at"]
    assert [f.column for f in found(report, "after the export")] == ["resolved_at"]
    assert {f.severity for f in report.findings} == {"stop"}


def test_a_month_without_rows_is_named() -> None:
    days = [f"2024-{month:02d}-{day:02d}" for month in (1, 2, 4) for day in range(1, 21)]
    (gap,) = found(check_frames(events={"customer_id": ["a"] * len(days), "occurred_at": days}), "gap")
    assert gap.sentence == "1 of 4 months (25.0 %) have no row: 2024-03."


def test_empty_and_constant_columns_are_named() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 13)]
    report = check_frames(
        events={
            "customer_id": list("abcdefghijkl"),
            "occurred_at": days,
            "event": ["login"] * 12,
            "contact_id": [None] * 12,
        }
    )
    assert [f.column for f in found(report, "constant column")] == ["event"]
    assert [f.column for f in found(report, "empty column")] == ["contact_id"]


def test_a_column_of_the_companys_own_with_very_many_values_sorts_nobody_and_is_named() -> None:
    people = [f"p{i}" for i in range(62)]
    customers = {"customer_id": people, "own_age": [i // 2 for i in range(62)], "own_club": ["North", "South"] * 31}
    days = [f"2024-01-{1 + i % 28:02d}" for i in range(62)]
    (named,) = found(
        check_frames(events={"customer_id": people, "occurred_at": days}, customers=customers), "many kinds"
    )
    assert named.sentence == "own_age has 31 different values for 62 customers."
    assert "in bands" in named.cure


def test_a_column_that_the_source_states_as_one_value_is_meant_to_be_constant(tmp_path: Path) -> None:
    report = check_files(
        tmp_path,
        "{name: x, currency: EUR, files: {e: {path: e.csv}}, tables: {events: {from: e, "
        "columns: {customer_id: who, occurred_at: day, event: \"'login'\"}}}}",
        e="who,day\n" + "\n".join(f"a{i},2024-01-{i:02}" for i in range(1, 20)),
    )
    assert found(report, "constant column") == []


def test_refused_rows_are_counted_by_rule_and_written_aside(tmp_path: Path) -> None:
    frames = {
        "events": pd.DataFrame(LOGINS),
        "tickets": pd.DataFrame(
            {
                "ticket_id": ["1", "1", "2", "3"],
                "customer_id": ["a", "a", None, "b"],
                "opened_at": ["2024-01-05", "2024-01-05", "2024-01-06", "someday"],
            }
        ),
    }
    crm = load_tables(frames)
    rules = {f.rule: (f.rows, f.of, f.severity) for f in check_crm(crm).findings}
    assert rules == {
        "duplicate id": (1, 4, "stop"),
        "missing value": (1, 4, "warning"),
        "unreadable value": (1, 4, "warning"),
    }
    assert write_refused(crm, tmp_path / "refused.csv") == 3
    with (tmp_path / "refused.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["table_name"] for row in rows} == {"tickets"}
    assert all(row["reason"] and row["raw"].startswith("{") for row in rows)
    write_refused(crm, tmp_path / "refused.parquet")
    assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/refused.parquet'").fetchone() == (3,)


SUBSCRIBERS = """
name: subscribers
currency: EUR
files: {people: {path: people.csv}, terms: {path: terms.csv}}
tables:
  customers: {from: people, columns: {customer_id: id}}
  subscriptions:
    from: terms
    columns: {subscription_id: id, customer_id: person, started_at: start, ended_at: stop}
"""


def subscribers(exit_note: str) -> dict[str, str]:
    """A hundred customers with one subscription each; every third has ended; some carry a note."""
    people = ["id,exit_note,shoe_size"]
    terms = ["id,person,start,stop"]
    for i in range(100):
        ended = i % 3 == 0
        people.append(f"p{i},{exit_note if ended else ''},{36 + i % 10}")
        terms.append(f"t{i},p{i},2024-01-{1 + i % 28:02d},{'2024-06-01' if ended else ''}")
    return {"people": "\n".join(people), "terms": "\n".join(terms)}


def test_a_column_filled_only_for_leavers_looks_like_the_answer(tmp_path: Path) -> None:
    report = check_files(tmp_path, SUBSCRIBERS, **subscribers("moved away"))
    (answer,) = found(report, "looks like the answer")
    assert answer.column == "exit_note"
    assert (
        answer.sentence
        == "exit_note is filled only for customers that left: 34 of 34 customers (100.0 %), none of 66 others."
    )


def test_a_column_that_has_nothing_to_do_with_leaving_does_not(tmp_path: Path) -> None:
    report = check_files(tmp_path, SUBSCRIBERS, **subscribers(""))
    assert found(report, "looks like the answer") == []
    assert [f.column for f in found(report, "empty column")] == ["exit_note"]


def test_an_example_of_a_refused_row_is_readable_text_not_json() -> None:
    report = check_frames(
        events={"customer_id": ["a", None], "occurred_at": ["2024-01-01", "2024-01-02"], "event": ["login", "login"]}
    )
    (missing,) = found(report, "missing value")
    assert missing.examples == ("occurred_at 2024-01-02, event login",)
    assert "{" not in render_page(report).split("</style>")[1]


def test_lines_that_cannot_be_read_are_counted_among_the_lines_of_their_file(tmp_path: Path) -> None:
    yaml = (
        "name: n\ncurrency: EUR\nfiles: {l: {path: l.csv}}\n"
        "tables: {events: {from: l, columns: {customer_id: a, occurred_at: b}}}"
    )
    report = check_files(tmp_path, yaml, l="a,b\nx,2024-01-01\ny,2024-01-02\nz,2024-01-03,too,many\nw,2024-01-04")
    (line,) = report.findings
    assert (line.where, line.rows, line.of, line.severity) == ("files.l", 1, 4, "warning")


def test_tables_read_back_from_a_run_are_checked_against_the_raw_files_too(tmp_path: Path) -> None:
    check_files(tmp_path, SUBSCRIBERS, **subscribers("moved away"))
    source = read_source(tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    write_crm(crm, tmp_path / "run")
    assert check_crm(read_crm(tmp_path / "run"), source) == check_crm(crm, source)


def test_use_is_compared_with_its_subscription_in_the_source_s_own_dates(tmp_path: Path) -> None:
    yaml = """
name: n
currency: EUR
dates: day_first
files: {use: {path: use.csv}, terms: {path: terms.csv}}
tables:
  subscriptions: {from: terms, columns: {subscription_id: id, customer_id: who, started_at: begin, ended_at: stop}}
  events:
    sql: SELECT use.*, who FROM use JOIN terms ON use.subscription = terms.id
    columns: {customer_id: who, occurred_at: day}
"""
    report = check_files(
        tmp_path,
        yaml,
        terms="id,who,begin,stop\ns1,a,05/02/2024,05/03/2024\ns2,b,05/02/2024,",
        use="subscription,day\ns1,04/02/2024\ns1,06/02/2024\ns1,07/03/2024\ns2,07/03/2024",
    )
    (early,) = [f for f in found(report, "before the start") if "subscription" in f.sentence]
    assert (early.rows, early.of) == (1, 4)
    (late,) = found(report, "impossible order")
    assert late.examples == ("subscription s1: occurred_at 2024-03-07, ended_at 2024-03-05",)


def test_limits_decide_between_nothing_a_warning_and_a_stop() -> None:
    crm = load_tables(
        {
            "customers": pd.DataFrame({"customer_id": ["a", "b"]}),
            "events": pd.DataFrame({"customer_id": ["a", "z"], "occurred_at": ["2024-01-01", "2024-01-02"]}),
        }
    )
    assert [f.severity for f in check_crm(crm).findings] == ["warning"]
    strict = {"orphan": replace(LIMITS["orphan"], stop=0.1)}
    assert check_crm(crm, limits=strict).exit_code == 2
    lenient = {"orphan": replace(LIMITS["orphan"], warn=0.5)}
    assert check_crm(crm, limits=lenient).findings == ()


def test_the_command_writes_page_and_refused_rows_and_exits_2_when_it_must_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logins.csv").write_text("who,day\na,2024-01-01\na,someday\nb,2024-01-02\n")
    (tmp_path / "stays.csv").write_text("id,who,a,b\n1,a,2024-02-01,2024-01-01\n")
    (tmp_path / "source.yaml").write_text(
        "name: hotel\ncurrency: EUR\nfiles: {logins: {path: logins.csv}, stays: {path: stays.csv}}\n"
        "tables:\n  events: {from: logins, columns: {customer_id: who, occurred_at: day}}\n"
        "  subscriptions:\n    from: stays\n"
        "    columns: {subscription_id: id, customer_id: who, started_at: a, ended_at: b}\n"
    )
    code = check_command(tmp_path / "source.yaml", tmp_path / "out" / "check.html", tmp_path / "out" / "refused.csv")
    screen = capsys.readouterr().out
    assert code == 2
    assert "impossible order" in screen and "unreadable value" in screen
    assert "Refused rows: 1" in screen
    assert screen.splitlines()[-1] == f"Page: {tmp_path / 'out' / 'check.html'}"
    assert "impossible order" in (tmp_path / "out" / "check.html").read_text()


def test_the_page_stands_alone_and_escapes_every_value() -> None:
    nasty = "<script>alert('x')</script>"
    finding = Finding("orphan", nasty, nasty, 1, 2, nasty, nasty, (nasty,))
    page = render_page(Report(nasty, {nasty: 1}, nasty, (finding,)))
    assert "<script" not in page and "http" not in page
    assert page.count("&lt;script&gt;") >= 8
    assert '<html lang="en">' in page and 'name="viewport"' in page


def test_the_terminal_names_stops_before_warnings() -> None:
    stop = Finding("duplicate id", "tickets", "ticket_id", 1, 2, "Half are doubled.", "Drop [one].", severity="stop")
    warning = Finding("gap", "events", "occurred_at", 1, 4, "A month is missing.", "Export it.")
    console = Console(width=100, record=True, force_terminal=False, file=io.StringIO())
    render_terminal(Report("shop", {"events": 4}, "all year", (stop, warning)), console)
    screen = console.export_text()
    assert screen.index("Half are doubled") < screen.index("A month is missing")
    assert "Drop [one]." in screen and "1 finding stops a report; 1 warning." in screen


def test_neither_a_raw_file_nor_the_source_file_is_written_over(tmp_path: Path) -> None:
    source, raw = tmp_path / "source.yaml", tmp_path / "orders.csv"
    raw.write_text("order_id,customer_id,ordered_at,amount\n1,a,2024-01-01,5\n", encoding="utf-8")
    columns = ", ".join(f"{name}: {name}" for name in ("order_id", "customer_id", "ordered_at", "amount"))
    source.write_text(
        "name: t\ncurrency: EUR\nfiles: {lines: {path: '*.csv'}}\n"
        f"tables: {{orders: {{from: lines, columns: {{{columns}}}}}}}\n",
        encoding="utf-8",
    )
    before = raw.read_bytes(), source.read_bytes()
    for page, refused in ((source, None), (raw, None), (tmp_path / "page.html", raw)):
        with pytest.raises(SettingError, match="would be overwritten; name another file"):
            check_command(source, page, refused)
    assert (raw.read_bytes(), source.read_bytes()) == before


def test_what_would_steer_the_terminal_is_spelt_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n1,a,2024-01-01,5\n\x1b[2J2,b,no\x1b]0;x\x07day,5\n", encoding="utf-8"
    )
    columns = ", ".join(f"{name}: {name}" for name in ("order_id", "customer_id", "ordered_at", "amount"))
    source = tmp_path / "source.yaml"
    source.write_text(
        "name: t\ncurrency: EUR\nfiles: {lines: {path: orders.csv}}\n"
        f"tables: {{orders: {{from: lines, columns: {{{columns}}}}}}}\n",
        encoding="utf-8",
    )
    check_command(source, tmp_path / "page.html")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "\x07" not in shown and "\\x1b" in shown


def test_no_name_or_id_steers_the_terminal_or_is_taken_for_markup() -> None:
    console = Console(file=io.StringIO(), width=200)
    known = KeyFigures((Figure("largest customer", "9 %", "customer_id \x1b[2J[/bold]"),))
    render_terminal(Report("\x1b]0;shop\x07", {}, "all year", (), remarks=("\x1b[31m",), key_figures=known), console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in shown
    assert "customer_id \\x1b[2J[/bold]" in shown


def test_a_stop_takes_back_the_tables_that_were_loaded_and_a_warning_does_not(tmp_path: Path) -> None:
    orders = {"order_id": ["1"], "customer_id": ["ann"], "ordered_at": pd.to_datetime(["2024-01-10"]), "amount": [5.0]}
    write_crm(load_tables({"orders": pd.DataFrame(orders)}), tmp_path)
    found = Finding("rule", "orders", "amount", 1, 1, "One [one].", "Drop [one].", "warning")
    Report("shop", {}, "", (found,)).raise_stops(tmp_path)
    assert list(read_crm(tmp_path)) == ["orders"]
    with pytest.raises(DataError, match="no report should be built"):
        Report("shop", {}, "", (replace(found, severity="stop"),)).raise_stops(tmp_path)
    with pytest.raises(DataError, match="no loaded tables"):
        read_crm(tmp_path)
    with pytest.raises(DataError, match=r"^nowhere: no loaded tables"):
        read_crm("nowhere")
