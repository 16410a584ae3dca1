"""A mistake in a cell is reported in three lines, with the name that was meant; one's own code keeps its traceback."""

import inspect
import linecache
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from tests.conftest import crm_of
from workbench.crm import Crm
from workbench.engines import notebook_errors
from workbench.engines.wrong_arguments import fits, wrong_argument


@pytest.fixture(scope="module")
def crm() -> Crm:
    return crm_of(("1", "ann", "2024-01-01", 5), ("2", "bob", "2024-01-02", 6))


def shown(cell: str, crm: Crm) -> list[str]:
    linecache.cache["<cell>"] = (len(cell), None, [f"{cell}\n"], "<cell>")
    with pytest.raises(Exception) as raised:
        exec(
            compile(cell, "<cell>", "exec"),
            {"wb": wb, "crm": crm, "orders": crm["orders"], "frame": pd.DataFrame({"amount": [1]})},
        )
    return notebook_errors.in_short(raised.value, raised.tb)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("orders.amont", "AttributeError: 'Table' object has no attribute 'amont'; did you mean amount?"),
        ("orders['amont'].sum()", "IbisTypeError: Column 'amont' is not found in table; did you mean amount?"),
        ("frame['amont']", "KeyError: 'amont'; did you mean amount?"),
        (
            "wb.churn_rate(frame, definiton='Stripe')",
            "TypeError: churn_rate() got an unexpected keyword argument 'definiton'; did you mean definition?",
        ),
        ("wb.churn_rate(frame)", "KeyError: 'at_start'"),
        ("wb.churn_rate(5)", "TypeError: churn_rate takes DataFrame for moved, not 5 (int)"),
        (
            "wb.by_segment(wb.churn_rate, frame, 'plan')",
            "TypeError: by_segment takes DataFrame for segments, not 'plan' (str)",
        ),
        ("wb.lives(orders)", "TypeError: lives takes Crm for crm, not Table"),
        ("frame.amont", "AttributeError: 'DataFrame' object has no attribute 'amont'; did you mean amount?"),
        ("crm.ordrs", """AttributeError: 'Crm' object has no attribute 'ordrs'; did you mean ["orders"]?"""),
        ("crm.factz", "AttributeError: 'Crm' object has no attribute 'factz'; did you mean facts?"),
    ],
)
def test_a_wrong_name_or_argument_in_a_cell_is_reported_in_three_lines_with_what_was_meant(
    cell: str, message: str, crm: Crm
) -> None:
    assert shown(cell, crm) == [message, f"In line 1: {cell}", "wb.traceback() shows where."]


@pytest.mark.parametrize("cell", ["1 / 0", "ordes", "raise KeyError('mine')"])
def test_a_mistake_in_code_of_ones_own_keeps_its_traceback(cell: str, crm: Crm) -> None:
    assert shown(cell, crm) == []


def test_what_spark_says_of_an_error_is_shown_without_the_calls_of_java() -> None:
    said = "An error occurred.\n: SparkException: no memory.\n\tat org.apache.A\n\tat org.apache.B"
    failing = pd.Series([1]).map  # a library raises below the cell
    linecache.cache["<cell>"] = (1, None, ["failing(raises)\n"], "<cell>")

    def raises(_: object) -> None:
        raise RuntimeError(said)

    raises.__code__ = raises.__code__.replace(co_filename=pd.__file__)
    with pytest.raises(RuntimeError) as raised:
        exec(compile("failing(raises)", "<cell>", "exec"), {"failing": failing, "raises": raises})
    first = notebook_errors.in_short(raised.value, raised.tb)[0]
    assert first == "RuntimeError: An error occurred. SparkException: no memory."


def test_a_notebook_tells_it_where_a_person_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell: Any = InteractiveShell()
    shell.user_ns["frame"] = pd.DataFrame({"amount": [1]})
    monkeypatch.setattr("workbench.engines.notebook_errors.notebook_shell", lambda: shell)
    notebook_errors.shorten_errors()
    for watched, most in ((True, 4), (False, 1000)):
        monkeypatch.setattr("workbench.engines.notebook_errors.in_notebook", lambda watched=watched: watched)
        shell.run_cell("frame['amont']")
        lines = capsys.readouterr().out.strip().splitlines()
        assert ("did you mean amount?" in lines[0]) == watched
        assert len(lines) <= most


def test_no_argument_is_blamed_that_a_verb_has_let_go_of_or_that_is_a_list_in_another_form() -> None:
    def frame_of(verb: str, **values: Any) -> Any:
        return SimpleNamespace(f_code=inspect.unwrap(getattr(wb, verb)).__code__, f_locals=values)

    assert wrong_argument([frame_of("make_lists", crm=crm_of(("1", "ann", "2024-01-01", 5)))]) == ""
    assert fits(pd.Index(["n_orders"]), Sequence[str])
    assert not fits(5, Sequence[str])
