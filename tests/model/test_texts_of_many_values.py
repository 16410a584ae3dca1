"""A text that says who a customer is does not say who leaves."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.model.estimators import binned, known_categories, matrix
from workbench.model.leaks import check_leaks

OUTCOME = np.array([0.0, 1.0] * 100)


def rows(text: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"at_risk": True, "silent": OUTCOME, "industry": text})


def test_names_that_few_customers_share_are_no_answer() -> None:
    check_leaks(rows([f"name {i}" for i in range(200)]), ["industry"])
    check_leaks(rows([f"name {i // 4}" for i in range(200)]), ["industry"])


def test_a_text_written_for_those_who_left_is() -> None:
    with pytest.raises(DataError, match="industry"):
        check_leaks(rows(["closed" if left else f"name {i}" for i, left in enumerate(OUTCOME)]), ["industry"])


def test_trees_learn_from_and_predict_customers_whose_text_has_no_value_that_many_share() -> None:
    features = rows([f"name {i // 4}" for i in range(200)])[["silent", "industry"]]
    categories = known_categories(features)
    assert categories == {"industry": []}
    for made in (binned(features, categories, OUTCOME, np.ones(200)), matrix(features, categories)):
        assert (made.num_row(), made.num_nonmissing()) == (200, 200)  # the numbers; of the texts none is known
