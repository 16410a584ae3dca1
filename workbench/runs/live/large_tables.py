"""Large tables in a notebook: sorted, searched and paged in the browser, with a stated number of rows sent to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.engines import in_notebook
from workbench.report import show

MOST_ROWS = 5_000
_started: list[bool] = []
"""Whether this notebook has been sent the script that sorts and searches."""


@dataclass(frozen=True)
class LargeTable:
    """A table that a browser sorts, searches and pages; as text its first rows."""

    rows: pd.DataFrame
    caption: str

    def __repr__(self) -> str:
        """The first rows, and how many there are."""
        return f"{show(self.rows)!r}\n{self.caption}".rstrip()

    def _repr_html_(self) -> str:
        """The table as HTML with its script, which nothing is downloaded for."""
        from itables import to_html_datatable

        shown: str = to_html_datatable(
            self.rows, caption=self.caption, connected=False, maxBytes=0, showIndex=False, allow_html=False
        )
        return shown


def table(frame: Any, *, most: int = MOST_ROWS) -> Any:
    """Return a data frame, or a table not computed yet, to be sorted, searched and paged in the notebook.

    At most so many rows are sent to the browser, the first ones, and the caption says so; nothing is downloaded. In a
    scheduled run and without a notebook it is :func:`show`'s static table, so exported pages stay small.

    >>> import pandas as pd
    >>> table(pd.DataFrame({"customer_id": ["ann", "bob"], "n": [1, 2]}))
    customer ID  n
    ann          1
    bob          2
    """
    if not in_notebook():
        return show(frame if isinstance(frame, pd.DataFrame) else frame.limit(most).to_pandas())
    n = len(frame) if isinstance(frame, pd.DataFrame) else int(frame.count().to_pandas())
    rows = frame.head(most) if isinstance(frame, pd.DataFrame) else frame.limit(most).to_pandas()
    _start()
    caption = f"The first {most:,} of {n:,} rows." if n > most else f"{n:,} rows."
    return LargeTable(rows, caption)


def _start() -> None:
    """Send the notebook the script once."""
    if not _started:
        from itables import init_notebook_mode

        init_notebook_mode(all_interactive=False, connected=False)
        _started.append(True)
