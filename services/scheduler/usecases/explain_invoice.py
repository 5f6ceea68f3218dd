"""Says why, or why not, for an invoice on a day: in the words that `decide` returned, never another's."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chassis.kernel.calendar import day_start
from chassis.kernel.errors import NotFound
from scheduler.domain.ahead import accepted, look_ahead
from scheduler.domain.case import cached_zone
from scheduler.domain.customer import Customer
from scheduler.domain.decide import decide
from scheduler.domain.decision import Decision, InvoiceReasons, Reason
from scheduler.domain.policy import Calendars, Policy, Rulebook
from scheduler.domain.words import Outreach, Verdict
from scheduler.usecases.ports import Desk, FiledInvoice, Saying


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on an invoice on a day, and why."""

    invoice_id: str
    on: date | None
    said: InvoiceReasons
    policy_name: str
    policy_version: int
    language: str


async def explain_invoice(creditor_id: str, invoice_id: str, *, on: date | None, desk: Desk) -> Explanation:
    """Explain today from the present state, a past day from the log, a day to come by looking ahead."""
    found = await desk.readings.customer_of_invoice((creditor_id, invoice_id))
    if found is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    filed, customer = found
    book = (await desk.rules.rulebooks([creditor_id]))[creditor_id]
    policy, language = book.of(customer.tier), customer.language or book.creditor.language
    if desk.now is None:
        said = InvoiceReasons(invoice_id, Verdict.WAIT, (Reason("clock.none"),))
        return Explanation(invoice_id, on, said, policy.name, policy.version, language)
    today = desk.now.astimezone(cached_zone("", book.creditor.timezone)).date()
    day = on or today
    sayings: list[Saying] = []
    if day <= today:
        sayings = await desk.readings.sayings((creditor_id, customer.customer_id), invoice_id, until=day)
    acted = next((s for s in sayings if s.day == day and s.reasons.verdict is Verdict.ACT), None)
    if acted is not None:
        return Explanation(invoice_id, day, acted.reasons, acted.policy_name, acted.policy_version, language)
    if day < today:
        said, name, version = _from_log(filed, sayings, policy)
        return Explanation(invoice_id, day, said, name, version, language)
    decision = (
        decide(customer, book, desk.calendars, desk.now)
        if day == today
        else _decision_of(day, customer, book, calendars=desk.calendars, now=desk.now)
    )
    said = _of(filed, decision)
    said = replace(said, reasons=(*_outreach(book), *said.reasons))
    return Explanation(invoice_id, day, said, decision.policy_name, decision.policy_version, language)


def _from_log(filed: FiledInvoice, sayings: list[Saying], policy: Policy) -> tuple[InvoiceReasons, str, int]:
    """Return the last words on or before a past day: what was waited for, or what had been done."""
    if not sayings:
        said = InvoiceReasons(filed.invoice_id, Verdict.WAIT, (Reason("not-known-then"),))
        return said, policy.name, policy.version
    last = sayings[0]
    said = last.reasons
    if said.verdict is Verdict.ACT:
        said = replace(said, verdict=Verdict.WAIT)
    return said, last.policy_name, last.policy_version


def _decision_of(
    day: date, customer: Customer, book: Rulebook, *, calendars: Calendars, now: datetime
) -> Decision:
    """Return the decision of a day to come: one that acts on it, else what holds at its end."""
    zone = cached_zone(customer.timezone, book.creditor.timezone)
    end = day_start(day + timedelta(days=1), zone=zone)
    state = customer
    for at, decision in look_ahead(customer, book, calendars, now=now, until=end):
        state = accepted(decision.customer, at=at)
        if decision.actions and at.astimezone(zone).date() == day:
            return decision
    return decide(state, book, calendars, end - timedelta(seconds=1))


def _of(filed: FiledInvoice, decision: Decision) -> InvoiceReasons:
    """Find what the decision says of this invoice; a closed one is no longer looked at."""
    for said in decision.reasons:
        if said.invoice_id == filed.invoice_id:
            return said
    status = filed.status if filed.status != "OPEN" else "nothing-owed"
    return InvoiceReasons(filed.invoice_id, Verdict.STOP, (Reason("stop." + status),))


def _outreach(book: Rulebook) -> tuple[Reason, ...]:
    if book.creditor.outreach is Outreach.ON:
        return ()
    return (Reason("outreach." + book.creditor.outreach),)
