"""Take in a batch of facts: whatever their order, the same facts lead to the same state."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from chassis.kernel.errors import Poison
from invoices.domain.creditor import CreditorMaster, CreditorRecord, settings_day
from invoices.domain.customer import CustomerMaster, CustomerRecord, master_day
from invoices.domain.events import CreditorChanged, Event
from invoices.domain.facts import (
    CreditNote,
    InvoiceFact,
    MoneyFact,
    Payment,
    Reversal,
    WriteOff,
    issued_day,
    money_day,
)
from invoices.domain.matching import invoice_keys, money_keys
from invoices.domain.moment import Moment
from invoices.domain.records import AgendaItem, AgendaKind, InvoiceRecord, MoneyKey, MoneyRecord
from invoices.domain.versions import merge
from invoices.usecases.add_new_invoices import add_new_invoices
from invoices.usecases.gather_case import Seeds
from invoices.usecases.ports import Book
from invoices.usecases.put_money_aside import put_money_aside
from invoices.usecases.rejudge_customers import rejudge_customers
from invoices.usecases.rejudge_open_items import rejudge

Fact = InvoiceFact | MoneyFact | CustomerMaster | CreditorMaster


@dataclass(slots=True)
class _Intake:
    """The facts of one creditor in one batch, in order of arrival."""

    invoices: list[InvoiceFact] = field(default_factory=list)
    money: list[MoneyFact] = field(default_factory=list)
    customers: list[CustomerMaster] = field(default_factory=list)
    settings: list[CreditorMaster] = field(default_factory=list)


async def take_in(book: Book, facts: Sequence[Fact], *, moment: Moment) -> None:
    """Take in facts of any creditors; duplicates change nothing.

    Raises Poison for an invoice that changes its currency or customer: the one case in which the order
    of arrival decides (contract section 3).
    """
    intakes = _by_creditor(facts)
    only_adds = all(not intake.money and not intake.settings for intake in intakes.values())
    await book.lock(sorted(intakes), exclusive=not only_adds)
    creditors = await _open_accounts(book, intakes, moment)
    aged = await book.touch_customers(_seen_customers(facts))
    new_invoices = await add_new_invoices(
        book,
        [fact for creditor_id in sorted(intakes) for fact in intakes[creditor_id].invoices],
        creditors=creditors,
        met={
            (fact.creditor_id, key)
            for intake in intakes.values()
            for fact in intake.money
            for key in money_keys(fact)
        },
        moment=moment,
    )
    for creditor_id in sorted(intakes):
        older = sorted(customer_id for creditor, customer_id in aged if creditor == creditor_id)
        events = await _take_in_one(
            book,
            replace_invoices(intakes[creditor_id], new_invoices.left),
            creditor=creditors[creditor_id],
            aged=older,
            moment=moment,
        )
        new = [event for event in new_invoices.events if event.state.fact.creditor_id == creditor_id]
        book.publish([*new, *events], at=moment.told_at)


def replace_invoices(intake: _Intake, left: Sequence[InvoiceFact]) -> _Intake:
    """Return the intake with only those of its invoices that are not in the book yet."""
    if not intake.invoices:
        return intake
    creditor_id = intake.invoices[0].creditor_id
    mine = [fact for fact in left if fact.creditor_id == creditor_id]
    return _Intake(mine, intake.money, intake.customers, intake.settings)


async def _take_in_one(
    book: Book, intake: _Intake, *, creditor: CreditorRecord, aged: Sequence[str], moment: Moment
) -> list[Event]:
    seeds = Seeds(customer_ids=set(aged))
    events: list[Event] = []
    if intake.settings:
        creditor, changes = await _take_in_settings(book, intake.settings, creditor, seeds, moment)
        events += changes
    if intake.customers:
        changed = await _merged_customers(book, intake.customers, creditor, moment)
        events += await rejudge_customers(
            book, creditor=creditor, customer_ids=aged, moment=moment, changed=changed
        )
        seeds.customer_ids.clear()
    today = creditor.today(moment.now)
    if intake.money:
        await _merge_money(book, intake.money, seeds, today)
        await put_money_aside(book, seeds, creditor_id=creditor.creditor_id, today=today)
    if intake.invoices:
        await _merge_invoices(book, intake.invoices, seeds, today)
    events += await rejudge(book, creditor=creditor, seeds=seeds, moment=moment)
    return events


async def _open_accounts(
    book: Book, intakes: dict[str, _Intake], moment: Moment
) -> dict[str, CreditorRecord]:
    creditors = await book.creditors(sorted(intakes))
    unseen = []
    for creditor_id in sorted(intakes.keys() - creditors.keys()):
        record = CreditorRecord(creditor_id=creditor_id)
        creditors[creditor_id] = replace(record, judged_on=record.today(moment.now))
        unseen.append(creditors[creditor_id])
    if unseen:
        await book.open_creditors(unseen)
    if moment.now is None:
        changed = _with_latest_day(creditors, intakes)
        await book.save_creditors(changed)
        creditors.update((record.creditor_id, record) for record in changed)
    return creditors


def _with_latest_day(
    creditors: dict[str, CreditorRecord], intakes: dict[str, _Intake]
) -> list[CreditorRecord]:
    """Without a time, answers are for the latest day among the facts (contract section 5)."""
    changed = []
    for creditor_id, intake in sorted(intakes.items()):
        days = [*(fact.issued_on for fact in intake.invoices), *(fact.on for fact in intake.money)]
        record = creditors[creditor_id]
        latest = max((*days, *filter(None, (record.latest_on,))), default=None)
        if latest != record.latest_on:
            changed.append(replace(record, latest_on=latest))
    return changed


async def _take_in_settings(
    book: Book, facts: Sequence[CreditorMaster], creditor: CreditorRecord, seeds: Seeds, moment: Moment
) -> tuple[CreditorRecord, list[Event]]:
    """Merge settings; what depends on the payment term or on the civil day is judged anew."""
    before = creditor.settings(moment.now)
    today = creditor.today(moment.now)
    versions = creditor.versions
    for fact in facts:
        # A version's day is that of its own zone, which may lag a day behind.
        seen_on = None if today is None else today - timedelta(days=1)
        versions = merge(versions, fact, today=seen_on, day_of=settings_day)
    creditor, events = await apply_settings(book, replace(creditor, versions=versions), moment=moment)
    after = creditor.settings(moment.now)
    if before.payment_term_days != after.payment_term_days:
        seeds.invoice_ids.update(await book.invoice_ids_by_term(creditor.creditor_id))
    return creditor, events


async def apply_settings(
    book: Book, creditor: CreditorRecord, *, moment: Moment
) -> tuple[CreditorRecord, list[Event]]:
    """Save a creditor and say what changed; a new time zone puts every fact dated ahead to the test again."""
    settings = creditor.settings(moment.now)
    events: list[Event] = []
    if settings != creditor.published and creditor.versions:
        zone_before = creditor.published.timezone if creditor.published else None
        creditor = replace(creditor, published=settings, version=creditor.version + 1)
        events.append(CreditorChanged(settings, creditor.version))
        if zone_before != settings.timezone:
            creditor = replace(creditor, judged_on=None)
    await book.save_creditors([creditor])
    today = creditor.today(moment.now)
    if today is not None:
        ahead = [settings_day(version) for version in creditor.versions]
        items = {AgendaItem(day, AgendaKind.CREDITOR, "") for day in ahead if day > today}
        await book.add_agenda(creditor.creditor_id, items=sorted(items))
    return creditor, events


async def _merged_customers(
    book: Book, facts: Sequence[CustomerMaster], creditor: CreditorRecord, moment: Moment
) -> dict[str, CustomerRecord]:
    today, zone = creditor.today(moment.now), creditor.settings(moment.now).zone
    ids = sorted({fact.customer_id for fact in facts})
    records = await book.customers(creditor.creditor_id, customer_ids=ids)
    changed: dict[str, CustomerRecord] = {}
    for fact in facts:
        record = changed.get(fact.customer_id, records[fact.customer_id])
        versions = merge(
            record.versions, fact, today=today, day_of=lambda master: master_day(master, zone=zone)
        )
        changed[fact.customer_id] = replace(record, versions=versions)
    return changed


async def _merge_money(book: Book, facts: Sequence[MoneyFact], seeds: Seeds, today: date | None) -> None:
    keys: list[MoneyKey] = sorted({(fact.kind, fact.fact_id) for fact in facts})
    known = await book.money(facts[0].creditor_id, keys=keys)
    for fact in facts:
        key: MoneyKey = (fact.kind, fact.fact_id)
        record = seeds.changed_money.get(key) or known.get(key)
        if record is None:
            seeds.changed_money[key] = MoneyRecord(versions=(fact,))
            continue
        versions = merge(record.versions, fact, today=today, day_of=money_day)
        if versions == record.versions and versions[0].stamp == record.versions[0].stamp:
            continue
        for version in record.versions:
            seeds.keys.update(money_keys(version, assigned=record.assigned))
        seeds.changed_money[key] = replace(record, versions=versions)


async def _merge_invoices(book: Book, facts: Sequence[InvoiceFact], seeds: Seeds, today: date | None) -> None:
    ids = sorted({fact.invoice_id for fact in facts})
    known = await book.invoices(facts[0].creditor_id, invoice_ids=ids)
    for fact in facts:
        record = seeds.changed_invoices.get(fact.invoice_id) or known.get(fact.invoice_id)
        if record is None:
            record = InvoiceRecord(versions=(fact,), known_from=fact.stamp.time)
            seeds.changed_invoices[fact.invoice_id] = record
            continue
        _must_be_the_same_debt(fact, record.newest)
        versions = merge(record.versions, fact, today=today, day_of=issued_day)
        known_from = min(record.known_from, fact.stamp.time)
        if _stamps(versions) == _stamps(record.versions) and known_from == record.known_from:
            continue
        for version in record.versions:
            seeds.keys.update(invoice_keys(version))
        seeds.changed_invoices[fact.invoice_id] = record._replace(versions=versions, known_from=known_from)


def _stamps(versions: Sequence[InvoiceFact]) -> list[tuple[datetime, str, str]]:
    return [(version.stamp.time, version.stamp.id, version.stamp.source) for version in versions]


def _must_be_the_same_debt(fact: InvoiceFact, known: InvoiceFact) -> None:
    if fact.customer_id != known.customer_id:
        raise Poison("an invoice cannot change its customer", field="customer_id")
    if fact.currency != known.currency:
        raise Poison("an invoice cannot change its currency", field="amount.currency")


def _by_creditor(facts: Sequence[Fact]) -> dict[str, _Intake]:
    intakes: dict[str, _Intake] = {}
    for fact in facts:
        intake = intakes.get(fact.creditor_id) or intakes.setdefault(fact.creditor_id, _Intake())
        match fact:
            case InvoiceFact():
                intake.invoices.append(fact)
            case CustomerMaster():
                intake.customers.append(fact)
            case CreditorMaster():
                intake.settings.append(fact)
            case Payment() | CreditNote() | Reversal() | WriteOff():
                intake.money.append(fact)
    return intakes


def _seen_customers(facts: Sequence[Fact]) -> dict[tuple[str, str], datetime]:
    seen: dict[tuple[str, str], datetime] = {}
    for fact in facts:
        if isinstance(fact, CreditorMaster | Reversal | WriteOff) or not fact.customer_id:
            continue
        key, at = (fact.creditor_id, fact.customer_id), fact.stamp.time
        known = seen.get(key)
        if known is None or at < known:
            seen[key] = at
    return seen
