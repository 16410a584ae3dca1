"""Churn labels once more, in plain Python and one customer at a time: what the workbench's expressions must equal.

Nothing here is fast or shared with the workbench; it is written to be believed by its reader. Read in this order:
``records`` (what is known of one customer, and what was known before an instant), ``closings`` (how a paid subscription
ends), ``lives`` (when the customer has left, and of which kind), ``states`` and ``outcomes`` (who was at risk, and then).
"""

from tests.reference.lives import Life, lives
from tests.reference.outcomes import outcome
from tests.reference.records import Company, Customer, Rules, read
from tests.reference.states import state

__all__ = ["Company", "Customer", "Life", "Rules", "lives", "outcome", "read", "state"]
