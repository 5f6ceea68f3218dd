"""One customer at one instant, with all that is looked up once per decision."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduler.domain.customer import Contact, Customer, Invoice
from scheduler.domain.moments import Moments, moments_of
from scheduler.domain.policy import Calendars, Policy, Rulebook, zone_of
from scheduler.domain.stopping_rule import Trigger
from scheduler.domain.words import Tier


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
    shift_days: int
    """Structural lateness, by which the fixed friendly steps after the due date come later (S29)."""
    by_invoice: dict[str, list[Contact]]
    creditor_zone: ZoneInfo
    triggers: dict[date, Trigger]
    """What the stopping rule said, by effective due date: it is asked more than once per decision."""

    def after(self, customer: Customer) -> "Case":
        """Return the same case once the customer's contacts changed, and nothing else."""
        by_invoice = _by_invoice(customer.contacts, customer.invoices)
        return self._replace(customer=customer, by_invoice=by_invoice)

    @property
    def language(self) -> str:
        """The customer's language, or the creditor's."""
        return self.customer.language or self.rules.creditor.language


@lru_cache(maxsize=1024)
def cached_zone(customer_zone: str, creditor_zone: str) -> ZoneInfo:
    """Return the customer's zone, else the creditor's, else Europe/Amsterdam."""
    return zone_of(customer_zone, creditor_zone)


def case_of(customer: Customer, rules: Rulebook, calendars: Calendars, now: datetime) -> Case:
    """Look up once what every rule needs."""
    tier = customer.tier
    policy = rules.of(tier)
    zone = cached_zone(customer.timezone, rules.creditor.timezone)
    window = customer.window
    moments = moments_of(zone=zone, calendar=calendars.contact, rules=policy.contact, window=window)
    tasks = moments
    if window is not None:
        tasks = moments_of(zone=zone, calendar=calendars.contact, rules=policy.contact, window=None)
    return Case(
        customer=customer,
        rules=rules,
        calendars=calendars,
        now=now,
        tier=tier,
        policy=policy,
        moments=moments,
        task_moments=tasks,
        today=moments.local_day(now),
        shift_days=_shift_days(customer.profile.structural_days_late, policy),
        by_invoice=_by_invoice(customer.contacts, customer.invoices),
        creditor_zone=cached_zone("", rules.creditor.timezone),
        triggers={},
    )


def _shift_days(structural: float | None, policy: Policy) -> int:
    """Round half up, never earlier than usual, at most the policy's number of days."""
    if structural is None:
        return 0
    return max(0, min(int(structural + 0.5), policy.contact.structural_shift_days_max))


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
