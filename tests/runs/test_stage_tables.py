import pandas as pd
import pytest

from workbench.runs.stage_tables import StageError, checked

SCORES = pd.DataFrame(
    {
        "customer_id": ["ann", "bob"],
        "as_of": pd.to_datetime(["2024-01-01", "2024-01-01"]),
        "churn_probability": [0.2, None],
        "return_probability": [None, 0.4],
    }
)


def test_a_stage_table_that_keeps_its_promise_is_returned_as_it_is() -> None:
    pd.testing.assert_frame_equal(checked("scores", SCORES), SCORES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customer_id": ["ann", "ann"]}, "scores: 2 rows share a customer_id and as_of, the first ann"),
        ({"customer_id": ["ann", None]}, "1 rows without customer_id or as_of"),
        ({"churn_probability": [1.2, None]}, "1 values of churn_probability are not from 0 to 1, the first 1.2"),
    ],
)
def test_a_stage_table_that_breaks_it_is_not_written(change: dict[str, object], words: str) -> None:
    with pytest.raises(StageError, match=words):
        checked("scores", SCORES.assign(**change))
