"""What the service tells the world, as domain events; adapters/wire.py turns them into contract messages."""

from dataclasses import dataclass
from typing import NamedTuple

from invoices.domain.creditor import CreditorSettings
from invoices.domain.customer import CustomerState
from invoices.domain.records import InvoiceState


class InvoiceChanged(NamedTuple):
    """The full state of an invoice after a visible change."""

    state: InvoiceState
    version: int


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    """The full state of a customer after a visible change."""

    state: CustomerState
    version: int


@dataclass(frozen=True, slots=True)
class CreditorChanged:
    """The full settings of a creditor after a visible change."""

    settings: CreditorSettings
    version: int


Event = InvoiceChanged | CustomerChanged | CreditorChanged
