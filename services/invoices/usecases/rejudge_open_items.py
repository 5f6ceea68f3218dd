"""Judge everything that a change may touch anew, keep what is different, and say so."""

from dataclasses import replace

from invoices.domain.creditor import CreditorRecord
from invoices.domain.events import Event, InvoiceChanged
from invoices.domain.facts import MoneyKind
from invoices.domain.judgement import Judgement, judge_case
from invoices.domain.moment import Moment
from invoices.domain.records import AgreementRecord, Case, InvoiceRecord, InvoiceState, MoneyRecord
from invoices.usecases.gather_case import Seeds, gather
from invoices.usecases.ports import Book
from invoices.usecases.rejudge_customers import rejudge_customers


async def rejudge(book: Book, *, creditor: CreditorRecord, seeds: Seeds, moment: Moment) -> list[Event]:
    """Judge the closure of ``seeds`` and save what changed.

    Returns what the world is to be told, in a fixed order: customers by id, then invoices by id.
    """
    invoice_events: list[Event] = []
    customer_ids = set(seeds.customer_ids)
    if seeds:
        case = Case(
            creditor_id=creditor.creditor_id,
            term_days=creditor.settings(moment.now).payment_term_days,
            today=creditor.today(moment.now),
        )
        await gather(book, case, seeds=seeds)
        judgement = judge_case(case, calendar=moment.calendar)
        invoice_events = await _save(book, case, judgement, seeds)
        customer_ids |= await _save_broken(book, case, judgement)
        await book.add_agenda(creditor.creditor_id, items=judgement.agenda)
    customer_events = await rejudge_customers(
        book, creditor=creditor, customer_ids=sorted(customer_ids), moment=moment
    )
    return [*customer_events, *invoice_events]


async def _save(book: Book, case: Case, judgement: Judgement, seeds: Seeds) -> list[Event]:
    invoices, events = _judged_invoices(case, judgement, seeds)
    if invoices:
        await book.save_invoices(invoices)
    money = _judged_money(case, judgement, seeds)
    if money:
        await book.save_money(money)
    await _save_movements(book, case, judgement)
    agreements = _judged_agreements(case, judgement, seeds)
    if agreements:
        await book.save_agreements(agreements)
    return events


def _judged_invoices(
    case: Case, judgement: Judgement, seeds: Seeds
) -> tuple[list[InvoiceRecord], list[Event]]:
    records: list[InvoiceRecord] = []
    events: list[Event] = []
    for key in sorted(case.invoices):
        record, state = case.invoices[key], judgement.invoices[key]
        if state == record.state and key not in seeds.changed_invoices:
            continue
        version = record.version + 1 if is_news(record, state) else record.version
        records.append(record._replace(state=state, version=version))
        if version != record.version:
            events.append(InvoiceChanged(state, version))
    return records, events


def is_news(record: InvoiceRecord, state: InvoiceState) -> bool:
    """Say whether the world sees a difference; what never was in effect stays unsaid."""
    if record.version == 0:
        return state.in_effect
    return state != record.state


def _judged_money(case: Case, judgement: Judgement, seeds: Seeds) -> list[MoneyRecord]:
    return [
        replace(case.money[key], state=state)
        for key, state in sorted(judgement.money.items())
        if key in seeds.changed_money or state != case.money[key].state
    ]


async def _save_movements(book: Book, case: Case, judgement: Judgement) -> None:
    before = await book.movements(case.creditor_id, invoice_ids=sorted(case.invoices))
    changed = {
        key: judgement.movements.get(key, ())
        for key in sorted(case.invoices)
        if judgement.movements.get(key, ()) != before.get(key, ())
    }
    if changed:
        stale = [key for key in changed if key in before]
        await book.save_movements(case.creditor_id, movements=changed, stale=stale)


def _judged_agreements(case: Case, judgement: Judgement, seeds: Seeds) -> list[AgreementRecord]:
    records: list[AgreementRecord] = []
    for key in sorted(case.agreements):
        record = case.agreements[key]
        verdict = judgement.verdicts.get(key)
        judged = record
        if verdict is not None:
            judged = replace(record, state=verdict.state, broken_on=verdict.broken_on)
        if judged != record or key in seeds.changed_agreements:
            records.append(judged)
    return records


async def _save_broken(book: Book, case: Case, judgement: Judgement) -> set[str]:
    sources = [f"REVERSAL:{fact_id}" for kind, fact_id in sorted(case.money) if kind is MoneyKind.REVERSAL]
    sources += sorted(judgement.verdicts)
    if not sources:
        return set()
    return await book.save_broken(case.creditor_id, sources=sources, days=judgement.broken)
