"""Shows what comes next for an invoice and when: `decide` called again at its own wake-ups."""

from dataclasses import dataclass
from datetime import datetime

from chassis.kernel.errors import NotFound
from scheduler.domain.ahead import look_ahead
from scheduler.domain.data_quality import NO_CHANNEL
from scheduler.domain.decision import Action
from scheduler.domain.words import Outreach
from scheduler.usecases.ports import Desk


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One step to come, if nothing changes until then."""

    at: datetime
    action: Action


async def plan_invoice(creditor_id: str, invoice_id: str, *, desk: Desk) -> list[PlanItem]:
    """Return the invoice's own steps to come, in order, and the task for details that reach nobody; none while outreach is off."""
    found = await desk.readings.customer_of_invoice((creditor_id, invoice_id))
    if found is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    _, customer = found
    book = (await desk.rules.rulebooks([creditor_id]))[creditor_id]
    items: list[PlanItem] = []
    if book.creditor.outreach is Outreach.OFF:
        return items
    for at, decision in look_ahead(customer, book, desk.calendars, now=desk.present(customer, book)):
        items += [PlanItem(at, a) for a in decision.actions if _concerns(a, invoice_id)]
        if all(invoice.invoice_id != invoice_id for invoice in decision.customer.invoices):
            break
    return items


def _concerns(action: Action, invoice_id: str) -> bool:
    # Whom no channel reaches is told nothing about any invoice, so the task for that stands in the plan of each.
    return action.step is not None and (invoice_id in action.own or action.mark.startswith(NO_CHANNEL))
