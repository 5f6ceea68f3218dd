"""Says why, or why not, for an invoice on a day: in the words that `decide` returned, never another's."""

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.kernel.calendar import day_start
from chassis.kernel.errors import NotFound
from scheduler.domain.ahead import accepted, look_ahead
from scheduler.domain.customer import Customer
from scheduler.domain.decide import decide
from scheduler.domain.decision import Decision, InvoiceReasons, Reason
from scheduler.domain.foreseen import foreseen
from scheduler.domain.lane import cached_zone
from scheduler.domain.policy import Policy, Rulebook
from scheduler.domain.words import Outreach, Verdict
from scheduler.usecases.ports import Desk, FiledInvoice, Saying

_INSTANT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on an invoice on a day, and why."""

    invoice_id: str
    on: date | None
    said: InvoiceReasons
    policy_name: str
    policy_version: int


async def explain_invoice(creditor_id: str, invoice_id: str, *, on: date | None, desk: Desk) -> Explanation:
    """Explain a past day from the log; today and a day to come by looking ahead to what is still done on it."""
    found = await desk.readings.customer_of_invoice((creditor_id, invoice_id))
    if found is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    filed, customer = found
    book = (await desk.rules.rulebooks([creditor_id]))[creditor_id]
    policy = book.of(customer.tier)
    now = desk.present(customer, book)
    today = now.astimezone(cached_zone("", book.creditor.timezone)).date()
    day = on or today
    sayings: list[Saying] = []
    if day <= today:
        sayings = await desk.readings.sayings((creditor_id, customer.customer_id), invoice_id, until=day)
    acted = next((s for s in sayings if s.day == day and s.reasons.verdict is Verdict.ACT), None)
    if acted is not None:
        return Explanation(invoice_id, day, acted.reasons, acted.policy_name, acted.policy_version)
    if day < today:
        said, name, version = _from_log(filed, sayings, policy)
        return Explanation(invoice_id, day, said, name, version)
    decision = _decision_of(filed, day, customer, book, desk=desk)
    said = _of(filed, decision)
    if day > today:
        said = foreseen(said, contacts=customer.contacts)
    said = _as_far_as_outreach_goes(said, book.creditor.outreach)
    return Explanation(invoice_id, day, said, decision.policy_name, decision.policy_version)


def _from_log(filed: FiledInvoice, sayings: list[Saying], policy: Policy) -> tuple[InvoiceReasons, str, int]:
    """Return the last words on or before a past day: what was waited for, or what had been done."""
    if not sayings:
        said = InvoiceReasons(filed.invoice_id, Verdict.WAIT, (Reason("not-known-then"),))
        return said, policy.name, policy.version
    last = sayings[0]
    said = last.reasons
    if said.verdict is Verdict.ACT:
        said = said._replace(verdict=Verdict.WAIT)
    return said, last.policy_name, last.policy_version


def _decision_of(
    filed: FiledInvoice, day: date, customer: Customer, book: Rulebook, *, desk: Desk
) -> Decision:
    """Return the decision of today or a day to come: the one that acts on the invoice, else what holds.

    What holds is said for now where it is today, for the end of a day to come.
    """
    zone = cached_zone("", book.creditor.timezone)
    now = desk.present(customer, book)
    end = day_start(day + timedelta(days=1), zone=zone)
    state = customer
    for at, decision in look_ahead(customer, book, desk.calendars, now=now, until=end - _INSTANT):
        state = accepted(decision.customer, at=at)
        if at.astimezone(zone).date() == day and _of(filed, decision).verdict is Verdict.ACT:
            return decision
    if now.astimezone(zone).date() == day:
        return decide(customer, book, desk.calendars, now)
    return decide(state, book, desk.calendars, end - _INSTANT)


def _of(filed: FiledInvoice, decision: Decision) -> InvoiceReasons:
    """Find what the decision says of this invoice; a closed one is no longer looked at."""
    for said in decision.reasons:
        if said.invoice_id == filed.invoice_id:
            return said
    status = filed.status if filed.status != "OPEN" else "nothing-owed"
    return InvoiceReasons(filed.invoice_id, Verdict.STOP, (Reason("stop." + status),))


def _as_far_as_outreach_goes(said: InvoiceReasons, outreach: Outreach) -> InvoiceReasons:
    """Return the reasons with what outreach makes of them: while it is off nothing is done, whatever would be due."""
    if outreach is Outreach.ON:
        return said
    reasons = said.reasons
    if outreach is Outreach.OFF and said.verdict is Verdict.ACT:
        reasons = tuple(
            [reason for reason in reasons if not reason.code.removeprefix("then.").startswith("act.")]
        )
        said = said._replace(verdict=Verdict.WAIT)
    return said._replace(reasons=(Reason("outreach." + outreach), *reasons))
