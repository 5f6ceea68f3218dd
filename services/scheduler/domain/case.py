"""One customer at one instant, with all that is looked up once per decision."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduler.domain.customer import Contact, Customer, Invoice
from scheduler.domain.lane import Lane, Place, lane_of
from scheduler.domain.moments import Moments
from scheduler.domain.policy import Calendars, Policy, Rulebook
from scheduler.domain.stopping_rule import Trigger
from scheduler.domain.words import Channel, Tier


class Case(NamedTuple):
    """The facts behind one decision."""

    customer: Customer
    rules: Rulebook
    calendars: Calendars
    now: datetime
    tier: Tier
    policy: Policy
    moments: Moments
    """When messages may go."""
    task_moments: Moments
    """When tasks are made for one's own staff: 09:00 of a business day, whatever the customer's window."""
    today: date
    """The customer's civil day."""
    lane: Lane
    places: dict[tuple[object, ...], Place]
    """Where invoices stand by their dates, shared with the other customers of the lane."""
    by_invoice: dict[str, list[Contact]]
    triggers: dict[date, Trigger]
    """What the stopping rule said, by effective due date: it is asked more than once per decision."""
    is_easily_reached: bool
    """There is an address that can carry every message, whatever its purpose: nothing more need be looked at."""
    reaches: dict[str, bool]
    """Of others, whether any channel could carry a step, by its name: many invoices wait for the same one."""

    def after(self, customer: Customer) -> "Case":
        """Return the same case once the customer's contacts changed, and nothing else."""
        by_invoice = _by_invoice(customer.contacts, customer.invoices)
        return self._replace(customer=customer, by_invoice=by_invoice)

    @property
    def shift_days(self) -> int:
        """Structural lateness, by which the fixed friendly steps after the due date come later (S29)."""
        return self.lane.shift_days

    @property
    def creditor_zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return self.lane.creditor_zone

    @property
    def language(self) -> str:
        """The customer's language, or the creditor's."""
        return self.customer.language or self.rules.creditor.language


def case_of(customer: Customer, rules: Rulebook, calendars: Calendars, now: datetime) -> Case:
    """Look up once what every rule needs."""
    lane = lane_of(customer, rules, calendars)
    today = lane.moments.local_day(now)
    return Case(
        customer=customer,
        rules=rules,
        calendars=calendars,
        now=now,
        tier=lane.tier,
        policy=lane.policy,
        moments=lane.moments,
        task_moments=lane.task_moments,
        today=today,
        lane=lane,
        places=lane.places,
        by_invoice=_by_invoice(customer.contacts, customer.invoices),
        triggers={},
        is_easily_reached=_is_easily_reached(customer),
        reaches={},
    )


def _is_easily_reached(customer: Customer) -> bool:
    if customer.dead or customer.refused:
        return False
    purposes: set[str] = set()
    has_mail = False
    for purpose, channel, _ in customer.details:
        if channel == Channel.LETTER:
            return True
        has_mail = has_mail or channel == Channel.EMAIL
        purposes.add(purpose)
    # Contacts of several purposes do not stand in for each other.
    return has_mail and len(purposes) == 1


def _by_invoice(contacts: Iterable[Contact], invoices: Iterable[Invoice]) -> dict[str, list[Contact]]:
    """List the contacts that carried out (or are carrying out) a step, per invoice; failed ones did not."""
    found: dict[str, list[Contact]] = {invoice.invoice_id: [] for invoice in invoices}
    for contact in contacts:
        if contact.has_failed:
            continue
        for invoice_id in contact.invoice_ids:
            if invoice_id in found:
                found[invoice_id].append(contact)
    return found
