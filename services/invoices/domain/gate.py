"""May this invoice be asked for at this instant: the answer the notifier gets before it sends."""

from typing import Final

from invoices.domain.records import InvoiceState
from invoices.domain.settlement import Status
from invoices.domain.stop import StopKind

# The strongest reason first: what the customer says goes before what we decided.
_BLOCKS: Final = {
    StopKind.DISPUTED: "DISPUTED",
    StopKind.PROMISED: "PROMISED",
    StopKind.PLANNED: "PLANNED",
    StopKind.HELD: "HELD",
    StopKind.CUSTOMER_HELD: "HELD",
}


def blocked(state: InvoiceState | None, *, customer_id: str) -> str:
    """Return why the invoice must not be asked for, '' when it may.

    UNKNOWN: not there, not in effect, or another customer's.
    """
    if state is None or not state.in_effect or state.fact.customer_id != customer_id:
        return "UNKNOWN"
    if state.settlement.status is not Status.OPEN:
        return state.settlement.status.value
    if state.settlement.open <= 0:
        return "CREDITED"
    kinds = {stop.kind for stop in state.stops}
    return next((answer for kind, answer in _BLOCKS.items() if kind in kinds), "")
