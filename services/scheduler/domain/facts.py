"""Folds what the other services say into one customer's state; a fact seen before changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from scheduler.domain.channels import meant_details
from scheduler.domain.customer import (
    Contact,
    Customer,
    Detail,
    Invoice,
    Problem,
    Profile,
    Resend,
    Stop,
    TierSpan,
    Window,
)
from scheduler.domain.words import Channel, Deed, Manner, Purpose

TIERS_KEPT: Final = 40
_GOOD: Final = frozenset({"ACCEPTED", "DELIVERED"})


class Master(NamedTuple):
    """A customer's details as published by invoices."""

    version: int
    is_consumer: bool = False
    language: str = ""
    timezone: str = ""
    account_manager: str = ""
    preferred_channel: str = ""
    window: Window | None = None
    tone: str = ""
    details: tuple[Detail, ...] = ()
    problems: tuple[Problem, ...] = ()
    stops: tuple[Stop, ...] = ()


class ContactNews(NamedTuple):
    """What became of a contact, or what came back from the customer."""

    contact_id: str
    version: int
    event: str
    at: datetime
    channel: str = ""
    outcome: str = ""
    why: str = ""
    result: str = ""
    """Of a call: PAID, PROMISED, NOT_RECEIVED, WRONG_NUMBER … (W12)."""
    failed_channel: str = ""
    consent: Mapping[str, bool] = MappingProxyType({})
    invoice_ids: tuple[str, ...] = ()


def take_invoice(customer: Customer, invoice: Invoice, *, history: tuple[Contact, ...] = ()) -> Customer:
    """Take in an invoice's full state; ``history`` are its earlier contacts when it comes back to life."""
    known = next((old for old in customer.invoices if old.invoice_id == invoice.invoice_id), None)
    if known is not None and known.version >= invoice.version:
        return customer
    if known is None and invoice.status != "OPEN":
        return customer
    kept = [old for old in customer.invoices if old is not known]
    invoices = tuple(sorted((*kept, invoice), key=lambda item: item.invoice_id))
    present = {contact.contact_id for contact in customer.contacts}
    # What was under way when the invoice closed was never heard of again here: honest is "don't know".
    again = tuple(
        contact._replace(outcome="AMBIGUOUS") if contact.outcome == "PENDING" else contact
        for contact in history
        if contact.contact_id not in present
    )
    return customer._replace(invoices=invoices, contacts=customer.contacts + again)


def take_master(customer: Customer, master: Master) -> Customer:
    """Take in the customer's details; an address that changed is no longer marked as dead."""
    if master.version <= customer.version:
        return customer
    return customer._replace(
        version=master.version,
        is_consumer=master.is_consumer,
        language=master.language,
        timezone=master.timezone,
        account_manager=master.account_manager,
        preferred_channel=master.preferred_channel,
        window=master.window,
        tone=master.tone,
        details=master.details,
        problems=master.problems,
        stops=master.stops,
        dead=tuple(detail for detail in customer.dead if detail in master.details),
    )


def take_tiers(customer: Customer, told: tuple[TierSpan, ...]) -> Customer:
    """Take in the tiers from an instant on (oldest first), in place of all that was known of that time.

    The history tells what held when an invoice fell due.
    """
    if any(known.version >= told[-1].version for known in customer.tiers):
        return customer
    before = [span for span in customer.tiers if span.at < told[0].at]
    return customer._replace(tiers=(*before, *told)[-TIERS_KEPT:])


def take_profile(customer: Customer, profile: Profile) -> Customer:
    """Take in learned behaviour."""
    return customer if profile.version <= customer.profile.version else customer._replace(profile=profile)


def take_contact(customer: Customer, news: ContactNews) -> Customer:
    """Take in what a contact came to: a step done or undone, consent, an address that failed (W12, W22)."""
    known = next((c for c in customer.contacts if c.contact_id == news.contact_id), None)
    if known is not None and news.version <= known.version:
        return customer
    changed = customer
    if known is not None:
        contacts = tuple(_told(c, news) if c is known else c for c in customer.contacts)
        changed = changed._replace(contacts=contacts)
    changed = _consent(changed, news)
    if news.event == "REPLIED" and news.channel == Channel.WHATSAPP:
        latest = max(changed.thread_at or news.at, news.at)
        changed = changed._replace(thread_at=latest)
    if news.failed_channel:
        changed = _bury(changed, news.failed_channel, contact=known)
    if news.result == "WRONG_NUMBER":
        changed = _bury(changed, Channel.CALL, contact=known)
    if news.result == "NOT_RECEIVED" and news.invoice_ids:
        asked = Resend(tuple(sorted(news.invoice_ids)), news.at)
        if asked not in changed.resends:
            changed = changed._replace(resends=(*changed.resends, asked))
    return changed


def _told(contact: Contact, news: ContactNews) -> Contact:
    """Move the contact on; a bounce undoes what was accepted, a delivery keeps the time of acceptance."""
    outcome = "FAILED" if news.event == "BOUNCED" else news.outcome or contact.outcome
    since = contact.outcome_at
    if outcome != contact.outcome and not (outcome in _GOOD and contact.outcome in _GOOD):
        since = news.at
    return contact._replace(outcome=outcome, outcome_at=since, version=news.version)


def _consent(customer: Customer, news: ContactNews) -> Customer:
    said = dict(news.consent)
    if news.event == "OPTED_OUT" and not said and news.channel:
        said = {news.channel: False}
    if news.outcome == "SUPPRESSED" and news.why == "OPTED_OUT" and news.channel:
        said.setdefault(news.channel, False)
    if not said:
        return customer
    refused = set(customer.refused)
    for channel, allowed in said.items():
        if allowed:
            refused.discard(channel)
        else:
            refused.add(channel)
    return customer._replace(refused=tuple(sorted(refused)))


def _bury(customer: Customer, channel: str, *, contact: Contact | None) -> Customer:
    """Mark the address that this contact used as dead, until the customer's details change."""
    formal = contact is not None and contact.manner is Manner.FORMAL and contact.deed is Deed.SEND
    purpose = Purpose.LEGAL if formal else Purpose.REMINDER
    used = next(
        (
            detail
            for detail in meant_details(customer.details, channel, purpose=purpose)
            if detail not in customer.dead
        ),
        None,
    )
    return customer if used is None else customer._replace(dead=(*customer.dead, used))
