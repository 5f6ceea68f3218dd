"""Takes in what the other services say: folds it into the customers' states and wakes them. It never decides."""

from collections.abc import Sequence
from typing import NamedTuple

from scheduler.domain.customer import Contact, Customer, Invoice, Profile, TierSpan
from scheduler.domain.facts import (
    ContactNews,
    Master,
    take_contact,
    take_invoice,
    take_master,
    take_profile,
    take_tiers,
)
from scheduler.domain.policy import Creditor
from scheduler.usecases.ports import CustomerKey, Customers, FiledInvoice, InvoiceKey, Rules

Tiers = tuple[TierSpan, ...]
"""What held from the first one's instant on."""


class InvoiceTold(NamedTuple):
    """An invoice's full state."""

    creditor_id: str
    customer_id: str
    what: Invoice
    filed: FiledInvoice


class CustomerTold(NamedTuple):
    """Anything else about one customer."""

    creditor_id: str
    customer_id: str
    what: Master | Tiers | Profile | ContactNews


Told = InvoiceTold | CustomerTold


async def take_in_facts(
    facts: Sequence[Told], creditors: Sequence[Creditor], *, customers: Customers, rules: Rules
) -> None:
    """Fold a batch in, in its order; one statement per table, whatever the number of facts."""
    for creditor_id in await rules.take_creditors(creditors) if creditors else []:
        await customers.wake_all(creditor_id)
    if not facts:
        return
    states = await customers.lock(sorted({(fact.creditor_id, fact.customer_id) for fact in facts}))
    before = dict(states)
    filed = await customers.file(_not_open(facts, states))
    changed_files: dict[InvoiceKey, FiledInvoice] = {}
    for fact in facts:
        key = (fact.creditor_id, fact.customer_id)
        if isinstance(fact, InvoiceTold):
            states[key] = _fold_invoice(states[key], fact, filed=filed, changed=changed_files)
        else:
            states[key] = _fold(states[key], fact.what)
    touched = [state for key, state in sorted(states.items()) if state is not before[key]]
    await customers.save_taken_in(touched, filed=[changed_files[key] for key in sorted(changed_files)])


def _fold(state: Customer, what: Master | Tiers | Profile | ContactNews) -> Customer:
    if isinstance(what, ContactNews):
        return take_contact(state, what)
    if isinstance(what, Master):
        return take_master(state, what)
    if isinstance(what, Profile):
        return take_profile(state, what)
    return take_tiers(state, what)


def _fold_invoice(
    state: Customer,
    fact: InvoiceTold,
    *,
    filed: dict[InvoiceKey, FiledInvoice],
    changed: dict[InvoiceKey, FiledInvoice],
) -> Customer:
    """Fold one invoice; what leaves the state is filed with its history, so that it may come back (W21)."""
    key = (fact.creditor_id, fact.what.invoice_id)
    known = filed.get(key)
    if known is not None and known.version >= fact.what.version:
        return state
    folded = take_invoice(state, fact.what, history=known.history if known else ())
    if folded is state and fact.what.status == "OPEN":
        return state
    closes = fact.what.status != "OPEN"
    if closes or known is None:
        history = history_of(fact.what.invoice_id, state.contacts) if closes else ()
        filed[key] = changed[key] = fact.filed._replace(history=history or (known.history if known else ()))
    if not closes:
        # While it is open its version lives in the state: the file must not hold a later fact back.
        filed.pop(key, None)
        if known is not None and known.status != "OPEN":
            changed[key] = fact.filed._replace(history=known.history)
    return folded


def history_of(invoice_id: str, contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """Return the contacts that carried out a step of this invoice, alone."""
    return tuple(
        contact._replace(invoice_ids=(invoice_id,))
        for contact in contacts
        if invoice_id in contact.invoice_ids
    )


def _not_open(facts: Sequence[Told], states: dict[CustomerKey, Customer]) -> list[InvoiceKey]:
    """List the invoices in the batch that their customer's state does not hold: new ones and closed ones."""
    wanted: set[InvoiceKey] = set()
    held: dict[CustomerKey, set[str]] = {}
    for fact in facts:
        if isinstance(fact, InvoiceTold):
            key = (fact.creditor_id, fact.customer_id)
            if key not in held:
                held[key] = {invoice.invoice_id for invoice in states[key].invoices}
            if fact.what.invoice_id not in held[key]:
                wanted.add((fact.creditor_id, fact.what.invoice_id))
    return sorted(wanted)
