"""On which day a step of the ladder falls due for an invoice."""

from collections.abc import Sequence
from datetime import date, timedelta

from chassis.kernel.calendar import day_start
from scheduler.domain.case import Case
from scheduler.domain.customer import Contact, Invoice
from scheduler.domain.decision import Reason
from scheduler.domain.lane import Start
from scheduler.domain.policy import Step
from scheduler.domain.stopping_rule import Trigger, trigger
from scheduler.domain.words import Anchor, Tier


def moving_day(step: Step, invoice: Invoice, *, case: Case, records: Sequence[Contact]) -> date:
    """Return the day of a step that has no fixed one: by the stopping rule, or after another step."""
    if step.anchor is Anchor.STOPPING_RULE:
        return trigger_of(invoice, case=case).day
    first = first_made(step.after, records)
    if first is not None:
        return first.day + timedelta(days=step.day)
    # The first task was never made (another ladder's step stood for it): as if made on the first day.
    return invoice.payable_on + timedelta(days=step.rank + 1)


def trigger_of(invoice: Invoice, *, case: Case) -> Trigger:
    """Return what the stopping rule says for this invoice in the customer's present tier."""
    found = case.triggers.get(invoice.payable_on)
    if found is None:
        found = case.triggers[invoice.payable_on] = trigger(
            profile=case.customer.profile,
            timing=case.policy.timing,
            payable_on=invoice.payable_on,
            bank=case.calendars.bank,
        )
    return found


def first_made(name: str, records: Sequence[Contact]) -> Contact | None:
    """Return the first contact that carried out the step ``name``."""
    made = [contact for contact in records if contact.step == name]
    return min(made, key=lambda contact: (contact.made_at, contact.contact_id)) if made else None


def fell_due_as_gold(invoice: Invoice, *, case: Case) -> bool:
    """Say whether the invoice's effective due date passed while its customer was gold (W11)."""
    customer = case.customer
    if all(span.tier is not Tier.GOLD for span in customer.tiers):
        return False
    passed_at = day_start(invoice.payable_on + timedelta(days=1), zone=case.creditor_zone)
    return passed_at <= case.now and customer.tier_before(passed_at) is Tier.GOLD


def day_reason(step: Step, invoice: Invoice, *, case: Case, records: Sequence[Contact]) -> Reason:
    """Say in one sentence why a step without a fixed day falls on its day."""
    due = invoice.payable_on.isoformat()
    if step.anchor is Anchor.STOPPING_RULE:
        return _rule_reason(trigger_of(invoice, case=case), due, case=case)
    first = first_made(step.after, records)
    if first is not None:
        return Reason("day.after-task", (str(step.day), first.day.isoformat()))
    return Reason("day.after", (str(step.rank + 1), due))


def fixed_day_reason(step: Step, dates: Start, *, shift_days: int) -> Reason:
    """Say in one sentence why a step with a fixed day falls on it."""
    if step.anchor is Anchor.ISSUED:
        return Reason("day.issued", (str(step.day), dates.issued_on.isoformat()))
    due = dates.payable_on.isoformat()
    if step.day < 0:
        return Reason("day.before", (str(-step.day), dates.due_on.isoformat()))
    if step.day == 0:
        return Reason("day.due", (due,))
    if shift_days and step.shifts:
        return Reason("day.shifted", (str(step.day), due, str(shift_days)))
    return Reason("day.after", (str(step.day), due))


def _rule_reason(found: Trigger, due: str, *, case: Case) -> Reason:
    if found.chance is None:
        return Reason("rule.no-history", (str(found.days_after_due), due))
    chance = str(round(100 * found.chance))
    if found.capped:
        return Reason("rule.latest", (str(found.days_after_due), due, chance))
    threshold = str(round(100 * case.policy.timing.threshold))
    return Reason("rule.fired", (str(found.days_after_due), due, chance, threshold))
