"""The console command: what it writes, what it says last, and its exit code."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from workbench import cli

Call = Callable[..., tuple[int, str, str]]
LOGINS = "user_id,login_date\n" + "".join(f"u{i % 9},2024-01-{1 + i % 28:02d}\n" for i in range(90))
STAYS = (
    "name: hotel\ncurrency: EUR\nfiles: {stays: {path: stays.csv}}\ntables:\n  subscriptions:\n    from: stays\n"
    "    columns: {subscription_id: id, customer_id: who, started_at: a, ended_at: b}\n"
)


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command in a folder of its own; return exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        written = capsys.readouterr()
        return int(left.value.code or 0), written.out, written.err

    return call


def test_init_then_check_lead_from_a_folder_of_files_to_a_page(workbench: Call, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "logins.csv").write_text(LOGINS)
    code, written, _ = workbench("init", "export")
    assert code == 0
    assert (
        written.splitlines()[-1] == "Written: source.yaml; read it, correct it, then run: workbench check source.yaml"
    )
    assert yaml.safe_load((tmp_path / "source.yaml").read_text())["files"]["logins"]["path"] == "export/logins.csv"
    code, written, _ = workbench("check", "source.yaml")
    assert (code, written.splitlines()[-1]) == (0, "Page: source_check.html")
    assert "Data check" in (tmp_path / "source_check.html").read_text()


def test_init_never_writes_over_a_source_file(workbench: Call, tmp_path: Path) -> None:
    (tmp_path / "logins.csv").write_text(LOGINS)
    (tmp_path / "mine.yaml").write_text("kept")
    code, _, written = workbench("init", ".", "--out", "mine.yaml")
    assert (code, (tmp_path / "mine.yaml").read_text()) == (2, "kept")
    assert written.startswith("Error: mine.yaml: there already")


def test_a_source_file_that_cannot_be_written_is_reported(workbench: Call, tmp_path: Path) -> None:
    (tmp_path / "logins.csv").write_text(LOGINS)
    code, _, written = workbench("init", "logins.csv", "--out", "logins.csv/source.yaml")
    assert code == 2
    assert "logins.csv/source.yaml cannot be written" in written


def test_check_exits_2_when_a_finding_stops_and_still_writes_page_and_refused_rows(
    workbench: Call, tmp_path: Path
) -> None:
    (tmp_path / "stays.csv").write_text("id,who,a,b\n1,a,2024-02-01,2024-01-01\n2,b,someday,\n3,c,2024-01-05,\n")
    (tmp_path / "source.yaml").write_text(STAYS)
    code, written, _ = workbench("check", "source.yaml", "--page", "out/page.html", "--refused", "out/refused.csv")
    assert code == 2
    assert written.splitlines()[-2:] == ["Refused rows: 1 in out/refused.csv", "Page: out/page.html"]
    assert "someday" in (tmp_path / "out" / "refused.csv").read_text()


def test_a_page_that_cannot_be_written_is_reported(workbench: Call, tmp_path: Path) -> None:
    (tmp_path / "stays.csv").write_text("id,who,a,b\n1,a,2024-02-01,\n2,b,2024-01-01,\n")
    (tmp_path / "source.yaml").write_text(STAYS)
    for option in ("--page", "--refused"):
        code, _, written = workbench("check", "source.yaml", option, "stays.csv/out.csv")
        assert code == 2
        assert "stays.csv/out.csv cannot be written" in written
        assert "Traceback" not in written


def test_a_file_that_the_workbench_did_not_write_is_not_written_over(workbench: Call, tmp_path: Path) -> None:
    (tmp_path / "stays.csv").write_text("id,who,a,b\n1,a,2024-02-01,\n2,b,2024-01-01,\n")
    (tmp_path / "source.yaml").write_text(STAYS)
    (tmp_path / "other.csv").write_text("id,reason\n1,late\n")
    for option in ("--page", "--refused"):
        code, _, written = workbench("check", "source.yaml", option, "other.csv")
        assert code == 2
        assert f"{option} other.csv: this file already exists" in written
    assert (tmp_path / "other.csv").read_text() == "id,reason\n1,late\n"
    both = ("--page", "page.html", "--refused", "refused.csv")
    assert [workbench("check", "source.yaml", *both)[0] for _ in range(2)] == [0, 0], "its own it does"


def test_a_simulated_company_loads_and_nothing_in_it_stops(workbench: Call, tmp_path: Path) -> None:
    size = ("--customers", "60", "--months", "6", "--seed", "3")
    code, written, _ = workbench("demo", "company", *size, "--extract-at", "2025-11-01")
    assert code == 0
    assert written.startswith("company/source.yaml\n")
    assert (tmp_path / "company" / "extract_2025-11-01" / "source.yaml").is_file()
    assert workbench("check", "company/source.yaml")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("init", "nowhere"),
        ("check", "nowhere.yaml"),
        ("demo", "company", "--months", "1"),
        ("demo", "company", "--extract-at", "tomorrow"),
        ("demo", "company", "--customers", "many"),
        ("check",),
    ],
)
def test_a_mistake_is_reported_without_a_traceback_and_exits_2(workbench: Call, words: tuple[str, ...]) -> None:
    code, _, written = workbench(*words)
    assert code == 2
    assert written
    assert "Traceback" not in written


def test_help_names_every_command_without_loading_what_the_commands_need() -> None:
    code = "import sys; from workbench.cli import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    written = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(
        f"\n  {name} " in written for name in ("init", "check", "demo", "quick", "run", "runs", "report", "score")
    )
    modules = set(written.splitlines()[-1].split())
    assert {name for name in modules if name.startswith("workbench.")} == {"workbench.cli", "workbench.errors"}
    assert modules & {"pandas", "ibis", "duckdb", "scipy"} == set()


def test_quick_explains_a_given_label_and_says_first_what_it_cannot_know(workbench: Call, tmp_path: Path) -> None:
    rows = [f"c{i},{'basic' if i % 3 else 'pro'},{'Yes' if i % 4 == 0 else 'No'}" for i in range(60)]
    (tmp_path / "given.csv").write_text("\n".join(["id,plan,Churn", *rows]) + "\n")
    code, written, _ = workbench("quick", "given.csv", "--label", "Churn", "--id", "id")
    lines = written.splitlines()
    assert (code, lines[-1]) == (0, "Report: given_quick/index.html")
    assert lines[0].startswith("This table has one row per customer and no dates")
    code, _, problem = workbench("quick", "given.csv", "--label", "Chrun")
    assert (code, "did you mean Churn?" in problem, "Traceback" in problem) == (2, True, False)
