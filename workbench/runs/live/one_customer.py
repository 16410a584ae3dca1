"""One customer's profile, of the run that a notebook works with."""

from __future__ import annotations

from workbench import actions
from workbench.crm import Crm, Moment
from workbench.runs.publishing.drafts import open_run
from workbench.runs.stages.folders import Run


def customer(
    of: Run | Crm | str | int, customer_id: object = None, *, as_of: Moment | None = None
) -> actions.CustomerProfile:
    """Return one customer's profile: history, what is open, score, reasons, health, segments and tasks.

    ``wb.customer("C12")`` looks in the run opened last, ``wb.customer("my_run", "C12")`` in the run of that name; a run
    or a Crm may be given too. From a Crm there is no score, health, segment or task. Without ``as_of`` it is the day
    that the run looks from, or the day until which the data are known.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": "ann", "amount": [5, 7],
    ...                        "ordered_at": ["2024-01-10", "2024-03-20"]})
    >>> ann = customer(wb.load_tables({"orders": orders}), "ann")
    >>> ann.history[["event", "amount"]].to_numpy().tolist()
    [['ordered', 7.0], ['ordered', 5.0]]

    Raises DataError for an id that is in no table, with the nearest ids; ParameterError for a name no run has.
    """
    if customer_id is None:
        of, customer_id = open_run(), of
    run = of if isinstance(of, Run | Crm) else open_run(str(of))
    return actions.customer(run, customer_id, as_of=as_of)
