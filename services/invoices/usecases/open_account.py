"""Open a creditor's account for a change by a person: lock it, find what is spoken of, judge what follows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from chassis.kernel.calendar import day_start
from chassis.kernel.errors import NotFound, Rejected
from chassis.kernel.ids import derived_id
from invoices.domain.agreement import Agreement
from invoices.domain.creditor import CreditorRecord
from invoices.domain.moment import Moment
from invoices.domain.records import AgreementRecord, InvoiceRecord, InvoiceState
from invoices.usecases.gather_case import Seeds
from invoices.usecases.ports import Book
from invoices.usecases.rejudge_open_items import rejudge

TEXT_CHARS_MAX = 2000
"""Characters of a note or reason that a person writes."""


@dataclass(frozen=True, slots=True)
class Account:
    """A creditor's book, locked for one change."""

    book: Book
    creditor: CreditorRecord
    today: date
    """The creditor's civil day; without a time the latest day among the facts."""
    moment: Moment

    async def invoice(self, invoice_id: str) -> InvoiceState:
        """Return an invoice in effect; raises NotFound."""
        found = await self.book.invoices(self.creditor.creditor_id, invoice_ids=[invoice_id])
        return _in_effect(found.get(invoice_id), invoice_id)

    async def invoices_of(self, customer_id: str, *, invoice_ids: Iterable[str]) -> list[InvoiceState]:
        """Return these invoices of the customer, or without ids all that are open; raises Rejected."""
        await self.must_know(customer_id)
        creditor_id = self.creditor.creditor_id
        named = tuple(dict.fromkeys(invoice_ids))
        wanted = named or await self.book.open_invoice_ids(creditor_id, customer_ids=[customer_id])
        found = await self.book.invoices(creditor_id, invoice_ids=wanted)
        states: list[InvoiceState] = []
        for invoice_id in sorted(wanted):
            record = found.get(invoice_id)
            state = record.state if record is not None else None
            if state is None or not state.in_effect or state.fact.customer_id != customer_id:
                raise Rejected(f"invoice {invoice_id!r} is not one of this customer", field="invoice_ids")
            if state.settlement.open > 0:
                states.append(state)
        if not states:
            raise Rejected("nothing is open on these invoices", field="invoice_ids")
        return states

    async def must_know(self, customer_id: str) -> None:
        """Raise NotFound when no fact ever named this customer."""
        found = await self.book.customers(self.creditor.creditor_id, customer_ids=[customer_id])
        if customer_id not in found:
            raise NotFound(f"there is no customer {customer_id!r}")

    async def next_id(self, kind: str, *, customer_id: str) -> str:
        """Return the identifier of the next agreement with a customer: the same in every replay."""
        known = await self.book.agreements(self.creditor.creditor_id, customer_ids=[customer_id])
        return derived_id(kind, self.creditor.creditor_id, customer_id, str(len(known)))

    async def agree(self, *agreements: Agreement) -> None:
        """Keep agreements (new, or ended just now) and judge what follows from them."""
        seeds = Seeds()
        for agreement in agreements:
            record = AgreementRecord(agreement=agreement)
            seeds.changed_agreements[agreement.agreement_id] = record
            if not agreement.invoice_ids:
                seeds.customer_ids.add(agreement.customer_id)
        if seeds.customer_ids:
            open_ids = await self.book.open_invoice_ids(
                self.creditor.creditor_id, customer_ids=sorted(seeds.customer_ids)
            )
            seeds.invoice_ids.update(open_ids)
        await self.judge(seeds)

    async def judge(self, seeds: Seeds) -> None:
        """Judge what the seeds touch, and publish what changed."""
        events = await rejudge(self.book, creditor=self.creditor, seeds=seeds, moment=self.moment)
        self.book.publish(events, at=self.moment.told_at)


async def open_account(book: Book, creditor_id: str, *, moment: Moment) -> Account:
    """Lock the creditor's book; raises NotFound when no fact of this creditor was ever taken in."""
    await book.lock([creditor_id], exclusive=True)
    creditor = (await book.creditors([creditor_id])).get(creditor_id)
    today = creditor.answer_day(moment.now) if creditor is not None else None
    if creditor is None or today is None:
        raise NotFound("no fact of this creditor was taken in yet")
    if moment.now is None:
        moment = replace(moment, told_at=day_start(today, zone=creditor.settings(None).zone))
    return Account(book=book, creditor=creditor, today=today, moment=moment)


def short_text(text: str, *, field: str) -> str:
    """Return a text that a person wrote, trimmed; raises Rejected when it is too long."""
    if len(text) > TEXT_CHARS_MAX:
        raise Rejected(f"longer than {TEXT_CHARS_MAX} characters", field=field)
    return text.strip()


def needed_text(text: str, *, field: str) -> str:
    """Return a text that must not be empty; raises Rejected."""
    found = short_text(text, field=field)
    if not found:
        raise Rejected("must not be empty", field=field)
    return found


def _in_effect(record: InvoiceRecord | None, invoice_id: str) -> InvoiceState:
    if record is None or record.state is None or not record.state.in_effect:
        raise NotFound(f"there is no invoice {invoice_id!r}")
    return record.state
