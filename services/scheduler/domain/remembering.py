"""Folds the scheduler's own commands back into a state that is older than they are: what was commanded stays so."""

from dataclasses import dataclass

from scheduler.domain.customer import Contact, Customer
from scheduler.domain.decide import REPORTED_MAX
from scheduler.domain.policy import RESEND_STEP
from scheduler.domain.words import Deed


@dataclass(frozen=True, slots=True)
class Commanded:
    """One command as it was published: a contact made, or a word about a task."""

    deed: Deed
    contact: Contact | None = None
    """None for CANCEL and REASSIGN."""
    task_id: str = ""
    mark: str = ""
    """DATA_QUALITY: what identifies the fault."""


def remember(customer: Customer, command: Commanded) -> Customer:
    """Return the state as it was after the command; one that is known changes nothing."""
    if command.contact is None:
        contacts = tuple(
            task._replace(
                cancelled=task.cancelled or command.deed is Deed.CANCEL,
                reassigned=task.reassigned or command.deed is Deed.REASSIGN,
            )
            if task.contact_id == command.task_id
            else task
            for task in customer.contacts
        )
        return customer if contacts == customer.contacts else customer._replace(contacts=contacts)
    made = command.contact
    if any(contact.contact_id == made.contact_id for contact in customer.contacts):
        return customer
    resent = set(made.invoice_ids) if made.step == RESEND_STEP else set()
    reported = customer.reported
    if command.mark and command.mark not in reported:
        reported = (*reported, command.mark)[-REPORTED_MAX:]
    return customer._replace(
        contacts=(*customer.contacts, made),
        reported=reported,
        resends=tuple(asked for asked in customer.resends if not resent.intersection(asked.invoice_ids)),
    )
