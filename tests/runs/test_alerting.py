"""Alerts at the end of a run: once per customer and cause, sent or kept, and no address anywhere."""

import json
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.runs.conftest import SECRET, Call, listening
from tests.runs.kept import day, published
from workbench.errors import ParameterError
from workbench.runs.alerts import notifications
from workbench.runs.alerts.alerting import preview_alerts, report_alerts, report_failure
from workbench.runs.publishing.overview import run_rows
from workbench.runs.stages.folders import Run

RULES = "alerts:\n  low: {rule: health_below, below: 30}\n"


def night(root: Path, as_of: str, low: Sequence[str], *, entered: bool = False, head: str = "send: $URL\n") -> Run:
    """Publish a run in which these customers' health is low."""
    run = published(root, "nightly", as_of, [False] * 4)
    alert = {"name": "low", "words": "health score below 30", "about": "customers", "causes": [*low], "sentences": []}
    (run.derived / "alerts.json").write_text(json.dumps([alert | {"entered": entered}]))
    (root / "alerts.yaml").write_text(head + RULES)
    return run


@pytest.fixture(autouse=True)
def url(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("URL", raising=False)
    return monkeypatch


def address(port: int) -> str:
    return f"json://ann:{SECRET}@127.0.0.1:{port}/{SECRET}"


def test_a_customer_is_reported_once_and_again_only_after_it_has_ceased(
    tmp_path: Path, url: pytest.MonkeyPatch
) -> None:
    nights = [
        ("2024-05-01", "ab"),
        ("2024-05-02", "abc"),
        ("2024-05-03", "b"),
        ("2024-05-04", "ab"),
        ("2024-05-05", "ab"),
    ]
    with listening() as (port, taken):
        url.setenv("URL", address(port))
        lines = [report_alerts(night(tmp_path, date, [*low]), tmp_path / "alerts.yaml").lines for date, low in nights]
    words = "Health score below 30: "
    assert lines == [
        [f"{words}2 customers. a, b"], [f"{words}1 customer, 3 in all. c"], [], [f"{words}1 customer, 2 in all. a"], [],
    ]  # fmt: skip
    assert [m["title"] for m in taken] == [f"nightly: 1 alert, 2024-05-0{n}" for n in (1, 2, 4)]


def test_who_entered_a_state_is_only_noted_by_the_first_run(tmp_path: Path) -> None:
    file = tmp_path / "alerts.yaml"
    assert report_alerts(night(tmp_path, "2024-05-01", ["a"], entered=True), file).lines == []
    assert len(report_alerts(night(tmp_path, "2024-05-02", ["a", "b"], entered=True), file).lines) == 1


def test_what_a_channel_did_not_take_is_sent_the_next_time(tmp_path: Path, url: pytest.MonkeyPatch) -> None:
    with listening(500, 200) as (port, taken):
        url.setenv("URL", address(port))
        first = report_alerts(night(tmp_path, "2024-05-01", ["a"]), tmp_path / "alerts.yaml")
        assert [row["reason"] for row in run_rows(tmp_path)] == ["alerts not sent to $URL: it answered 500"]
        second = report_alerts(night(tmp_path, "2024-05-02", ["a"]), tmp_path / "alerts.yaml")
        assert [row["reason"] for row in run_rows(tmp_path)] == [""]
    assert (first.problems, first.sent) == ({"$URL": "it answered 500"}, [])
    assert (second.problems, second.sent, second.lines) == ({}, ["$URL"], [])
    assert taken[1]["message"].startswith("1 May 2024: Health score below 30: 1 customer. a")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the variable is not set in the environment of the run; set it"),
        (f"json://ann:{SECRET}@127.0.0.1:9/{SECRET}", "it could not be reached, or refused"),
        (f"nonsense://{SECRET}", "Apprise does not know its address (https://appriseit.com)"),
    ],
)
def test_a_channel_that_fails_says_why_without_its_address(
    value: str | None, reason: str, tmp_path: Path, url: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    if value:
        url.setenv("URL", value)
    reported = report_alerts(night(tmp_path, "2024-05-01", ["a"]), tmp_path / "alerts.yaml")
    assert reported.problems == {"$URL": reason}
    written = [*capfd.readouterr(), caplog.text, *reported.sentences()]
    written += [path.read_text() for path in tmp_path.rglob("*.json")]
    assert [text for text in written if SECRET in text] == []


def test_a_channel_that_never_answers_is_given_up_and_keeps_no_process(tmp_path: Path, url: pytest.MonkeyPatch) -> None:
    processes, start = list[subprocess.Popen[str]](), subprocess.Popen
    url.setattr(notifications, "MOST_SECONDS", 3)
    url.setattr(subprocess, "Popen", lambda *words, **how: processes.append(start(*words, **how)) or processes[-1])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url.setenv("URL", f"{address(silent.getsockname()[1])}?rto=300")
        reported = report_alerts(night(tmp_path, "2024-05-01", ["a"]), tmp_path / "alerts.yaml")
    assert reported.problems == {"$URL": "it did not answer within 3 seconds"}
    assert [process.returncode is None for process in processes] == [False]


def test_a_file_of_addresses_that_others_can_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    run = night(tmp_path, "2024-05-01", ["a"], head="send_file: hidden.urls\n")
    hidden = tmp_path / "hidden.urls"
    with listening() as (port, taken):
        hidden.write_text(f"# ours\n{address(port)}\n")
        hidden.chmod(0o644)
        refused = report_alerts(run, tmp_path / "alerts.yaml")
        hidden.chmod(0o600)
        sent = report_alerts(run, tmp_path / "alerts.yaml")
    assert refused.problems == {"hidden.urls": f"others can read or change it (mode 644); chmod 600 {hidden}"}
    assert (sent.sent, len(taken)) == (["hidden.urls, line 2"], 1)


def test_a_failed_run_is_reported_once_until_one_succeeds_and_only_on_demand(
    tmp_path: Path, url: pytest.MonkeyPatch
) -> None:
    file, failed = tmp_path / "alerts.yaml", "  failed: {rule: run_failed}\n"
    run = night(tmp_path, "2024-05-01", [])
    assert report_failure(run, file, day("2024-05-02")) is None, "no rule asks for it"
    with listening() as (port, taken):
        url.setenv("URL", address(port))
        for _ in range(2):
            file.write_text(f"send: $URL\n{RULES}{failed}")
            again = report_failure(run, file, day("2024-05-02"))
        assert again is None
        night(tmp_path, "2024-05-03", [])
        file.write_text(f"send: $URL\n{RULES}{failed}")
        report_alerts(run, file)
        assert report_failure(run, file, day("2024-05-04")) is not None
    assert [m["message"].splitlines()[0] for m in taken] == [
        f"{n} May 2024: The run failed; the report published before stays. 'workbench runs' has the reason." for n in (2, 4)
    ]  # fmt: skip


def test_ids_are_left_out_on_demand_and_where_they_are_mail_addresses(tmp_path: Path) -> None:
    file, counted = tmp_path / "alerts.yaml", ["Health score below 30: 1 customer."]
    assert report_alerts(night(tmp_path, "2024-05-01", ["ann@shop.test"]), file).lines == counted
    assert report_alerts(night(tmp_path, "2024-05-02", ["a"], head="customer_ids: false\n"), file).lines == counted


def test_a_run_of_an_earlier_day_reports_nothing_and_forgets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "alerts.yaml"
    report_alerts(night(tmp_path, "2024-05-03", ["a"]), file)
    assert report_alerts(night(tmp_path, "2024-05-01", ["b"]), file).lines == []
    assert report_alerts(night(tmp_path, "2024-05-04", ["a", "b"]), file).lines == [
        "Health score below 30: 1 customer, 2 in all. b"
    ]


def test_an_alert_file_broken_since_the_run_began_fails_nothing(tmp_path: Path) -> None:
    run = night(tmp_path, "2024-05-01", ["a"], head="sned: $URL\n")
    reported = report_alerts(run, tmp_path / "alerts.yaml")
    assert "sned: unknown; did you mean send?" in reported.problems["alerts.yaml"]
    assert report_alerts(night(tmp_path, "2024-05-01", ["a"], head=""), tmp_path / "alerts.yaml").lines


def test_the_command_shows_or_sends_and_names_a_run_that_there_is_not(tmp_path: Path, workbench: Call) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_load.ipynb").touch()
    run = night(tmp_path, "2024-05-01", ["a"])
    manifest = json.loads((run.reports / "manifest.json").read_text())
    with pytest.raises(ParameterError, match="names no file in its parameter 'alerts'"):
        preview_alerts("nightly", tmp_path)
    manifest["parameters"]["alerts"] = "alerts.yaml"
    (run.reports / "manifest.json").write_text(json.dumps(manifest))
    for _ in range(2):  # showing changes nothing
        code, out, _ = workbench(tmp_path, "alerts", "nightly", "--dry-run")
        assert (code, out.splitlines()[0]) == (0, "1 May 2024: Health score below 30: 1 customer. a")
    code, out, _ = workbench(tmp_path, "alerts", "nightly")
    assert (code, "Alerts not sent to $URL: the variable is not set" in out) == (1, True)
    code, _, err = workbench(tmp_path, "alerts", "nihgtly")
    assert (code, err) == (2, "Error: there is no run 'nihgtly'; did you mean nightly?\n")
