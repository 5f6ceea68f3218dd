"""What comes in from the other services, checked and in the classifier's own words."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from classifier.domain.customer import Key
from classifier.domain.evidence import InvoiceFacts


class InvoiceChange(NamedTuple):
    """One version of an invoice; ``facts.disputes`` are those in force."""

    creditor_id: str
    customer_id: str
    facts: InvoiceFacts
    seen_at: datetime
    """When that version was published, UTC."""


class CustomerChange(NamedTuple):
    """One version of a customer's master data."""

    creditor_id: str
    customer_id: str
    version: int
    known_from: datetime
    broken_on: tuple[int, ...]
    preferences: bytes
    """Preferred channel and window as JSON, kept for the profile answer and not looked into."""


class CreditorChange(NamedTuple):
    """One version of a creditor: only its time zone matters here."""

    creditor_id: str
    version: int
    timezone: str


class ContactMade(NamedTuple):
    """A contact that reached a channel: evidence of what works."""

    creditor_id: str
    customer_id: str
    contact_id: str
    version: int
    channel: str
    at: datetime
    invoice_ids: tuple[str, ...]


Reading = InvoiceChange | CustomerChange | CreditorChange | ContactMade


@dataclass(slots=True)
class Batch:
    """Everything of one poll, each kind in the order in which it came."""

    invoices: list[InvoiceChange] = field(default_factory=list)
    customers: list[CustomerChange] = field(default_factory=list)
    creditors: list[CreditorChange] = field(default_factory=list)
    contacts: list[ContactMade] = field(default_factory=list)

    def add(self, reading: Reading | None) -> None:
        """Put what a record says where its kind belongs; None says nothing."""
        if isinstance(reading, InvoiceChange):
            self.invoices.append(reading)
        elif isinstance(reading, CustomerChange):
            self.customers.append(reading)
        elif isinstance(reading, CreditorChange):
            self.creditors.append(reading)
        elif reading is not None:
            self.contacts.append(reading)

    def keys(self) -> list[Key]:
        """Return the customers that this batch may judge anew, in key order."""
        found = {(change.creditor_id, change.customer_id) for change in self.invoices}
        found.update((change.creditor_id, change.customer_id) for change in self.customers)
        return sorted(found)

    def creditor_ids(self) -> list[str]:
        """Return every creditor of this batch, in order."""
        found = {change.creditor_id for change in self.creditors}
        found.update(creditor_id for creditor_id, _ in self.keys())
        return sorted(found)
