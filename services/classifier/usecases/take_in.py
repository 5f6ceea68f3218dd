"""Take in what the other services have published: one batch, one transaction, one judgement per customer."""

from collections.abc import Mapping
from datetime import datetime

from chassis.kernel.calendar import local_day
from classifier.domain.changes import Batch, CustomerChange, InvoiceChange
from classifier.domain.creditor import Creditor
from classifier.domain.customer import Customer, Key
from classifier.domain.evidence import InvoiceFacts, Outcome, with_disputes
from classifier.usecases.freeze_portfolio import froze
from classifier.usecases.ports import InvoiceKey, Ledger
from classifier.usecases.rejudge import Case, rejudge


async def take_in(ledger: Ledger, batch: Batch, *, now: datetime | None) -> None:
    """Fold a batch in; a version that was seen before changes nothing.

    Raises nothing of its own: what is wrong with a record is found at the door.
    """
    creditors = await _creditors(ledger, batch, now=now)
    await ledger.save_contacts(batch.contacts)
    keys = batch.keys()
    if not keys:
        return
    stored = await ledger.lock(keys)
    cases = {key: Case(was=stored[key], now=stored[key]) for key in keys}
    await _invoices(ledger, batch, cases=cases, creditors=creditors)
    await _master_data(ledger, batch, cases=cases, creditors=creditors)
    await rejudge(ledger, [cases[key] for key in keys if _moved(cases[key])], creditors=creditors, now=now)


def _moved(case: Case) -> bool:
    return bool(case.invoices) or case.now != case.was


async def _creditors(ledger: Ledger, batch: Batch, *, now: datetime | None) -> dict[str, Creditor]:
    ids = batch.creditor_ids()
    stored = await ledger.creditors(ids)
    found = {creditor_id: stored.get(creditor_id, Creditor(creditor_id)) for creditor_id in ids}
    for change in batch.creditors:
        if change.version > found[change.creditor_id].version:
            found[change.creditor_id] = found[change.creditor_id]._replace(
                version=change.version, timezone=change.timezone
            )
    if now is None:
        _date_by_the_facts(batch, found)
    for creditor_id in ids:
        found[creditor_id] = await froze(ledger, found[creditor_id], now=now)
    await ledger.save_creditors([found[name] for name in ids if found[name] != stored.get(name)])
    return found


def _date_by_the_facts(batch: Batch, creditors: dict[str, Creditor]) -> None:
    latest = {creditor_id: creditor.latest_on for creditor_id, creditor in creditors.items()}
    for change in batch.invoices:
        if change.facts.outcome is not Outcome.ABSENT:
            latest[change.creditor_id] = max(
                latest[change.creditor_id], change.facts.issued_on, change.facts.settled_on
            )
    for creditor_id, day in latest.items():
        creditors[creditor_id] = creditors[creditor_id]._replace(latest_on=day)


async def _invoices(
    ledger: Ledger, batch: Batch, *, cases: Mapping[Key, Case], creditors: Mapping[str, Creditor]
) -> None:
    if not batch.invoices:
        return
    ids = sorted({(change.creditor_id, change.facts.invoice_id) for change in batch.invoices})
    before = await ledger.invoices(ids)
    latest: dict[InvoiceKey, InvoiceFacts] = {}
    owner: dict[InvoiceKey, Key] = {}
    for change in batch.invoices:
        key = (change.creditor_id, change.facts.invoice_id)
        known = latest.get(key) or before.get(key)
        if known is not None and change.facts.version <= known.version:
            continue
        latest[key] = _joined(change, known, creditors[change.creditor_id])
        owner[key] = (change.creditor_id, change.customer_id)
    for key in sorted(latest):
        cases[owner[key]].invoices.append((before.get(key), latest[key]))


def _joined(change: InvoiceChange, known: InvoiceFacts | None, creditor: Creditor) -> InvoiceFacts:
    if known is None or not known.disputes:
        return change.facts
    seen_on = local_day(change.seen_at, zone=creditor.zone).toordinal()
    return with_disputes(change.facts, known=known.disputes, seen_on=seen_on)


async def _master_data(
    ledger: Ledger, batch: Batch, *, cases: Mapping[Key, Case], creditors: Mapping[str, Creditor]
) -> None:
    preferences: dict[Key, bytes] = {}
    for change in batch.customers:
        case = cases[change.creditor_id, change.customer_id]
        if change.version > case.now.version:
            case.now = _with_master_data(case.now, change, creditors[change.creditor_id])
            preferences[case.was.key] = change.preferences
    if preferences:
        await ledger.save_preferences(preferences)


def _with_master_data(customer: Customer, change: CustomerChange, creditor: Creditor) -> Customer:
    known_on = local_day(change.known_from, zone=creditor.zone).toordinal()
    return customer._replace(
        version=change.version, known_on=known_on, broken_on=tuple(sorted(change.broken_on))
    )
