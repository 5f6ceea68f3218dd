"""Add new invoices that no money and no agreement can touch: one insert for the batch, no history read."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from invoices.domain.creditor import CreditorRecord
from invoices.domain.events import InvoiceChanged
from invoices.domain.facts import InvoiceFact
from invoices.domain.judgement import judge_plain
from invoices.domain.matching import invoice_keys
from invoices.domain.moment import Moment
from invoices.domain.records import AgendaItem, AgendaKind, InvoiceRecord
from invoices.usecases.ports import Book


@dataclass(frozen=True, slots=True)
class NewInvoices:
    """What was added and is to be told, and the facts that need the whole judgement."""

    events: list[InvoiceChanged]
    left: list[InvoiceFact]


async def add_new_invoices(
    book: Book,
    facts: Sequence[InvoiceFact],
    *,
    creditors: Mapping[str, CreditorRecord],
    met: AbstractSet[tuple[str, str]],
    moment: Moment,
) -> NewInvoices:
    """Insert what is new and plain; whatever exists already, repeats itself or meets money is left over.

    ``met`` are the (creditor, key) that money of the same batch names.
    """
    if not facts:
        return NewInvoices([], [])
    plain, left = await _plain_ones(book, facts, met)
    terms = {key: record.settings(moment.now).payment_term_days for key, record in creditors.items()}
    days = {key: record.today(moment.now) for key, record in creditors.items()}
    records: list[InvoiceRecord] = []
    for fact in plain:
        creditor_id = fact.creditor_id
        state = judge_plain(fact, term_days=terms[creditor_id], today=days[creditor_id])
        version = 1 if state.in_effect else 0
        records.append(InvoiceRecord((fact,), fact.stamp.time, state, version))
    added = await book.add_invoices(records) if records else set()
    events: list[InvoiceChanged] = []
    ahead: dict[str, list[AgendaItem]] = {}
    for record in records:
        fact = record.newest
        if (fact.creditor_id, fact.invoice_id) not in added:
            left.append(fact)
        elif record.version and record.state is not None:
            events.append(InvoiceChanged(record.state, record.version))
        else:
            item = AgendaItem(fact.issued_on, AgendaKind.INVOICE, fact.invoice_id)
            ahead.setdefault(fact.creditor_id, []).append(item)
    for creditor_id, items in sorted(ahead.items()):
        await book.add_agenda(creditor_id, items=items)
    return NewInvoices(events, _in_order_of_arrival(facts, left))


async def _plain_ones(
    book: Book, facts: Sequence[InvoiceFact], met: AbstractSet[tuple[str, str]]
) -> tuple[list[InvoiceFact], list[InvoiceFact]]:
    named: list[list[tuple[str, str]]] = []
    customers: dict[tuple[str, str], None] = {}
    for fact in facts:
        named.append([(fact.creditor_id, key) for key in invoice_keys(fact)])
        customers[fact.creditor_id, fact.customer_id] = None
    with_money = met | await book.keys_with_money([pair for pairs in named for pair in pairs])
    with_agreements = await book.customers_with_agreements(list(customers))
    plain: list[InvoiceFact] = []
    left: list[InvoiceFact] = []
    seen: set[tuple[str, str]] = set()
    for fact, pairs in zip(facts, named, strict=True):
        identity = (fact.creditor_id, fact.invoice_id)
        is_met = identity in seen or (
            bool(with_agreements) and (fact.creditor_id, fact.customer_id) in with_agreements
        )
        if is_met or (with_money and not with_money.isdisjoint(pairs)):
            left.append(fact)
        else:
            plain.append(fact)
        seen.add(identity)
    return plain, left


def _in_order_of_arrival(facts: Sequence[InvoiceFact], left: list[InvoiceFact]) -> list[InvoiceFact]:
    if not left:
        return []
    identities = {id(fact) for fact in left}
    return [fact for fact in facts if id(fact) in identities]
