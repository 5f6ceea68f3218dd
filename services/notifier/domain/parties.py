"""Who writes to whom: the creditor's sender details and the customer's addresses, by purpose."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from notifier.domain.consent import Consent

# Where a customer has no contact of a purpose at all, the first of these that there is one of (W14).
_FALLBACKS: Final = ("REMINDER", "ADMIN", "LEGAL")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A postal address as the ERP gave it."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""

    @property
    def is_complete(self) -> bool:
        """Say whether a letter can get there."""
        return bool(self.street and self.city)

    def lines(self, *, from_country: str = "NL") -> tuple[str, ...]:
        """Write the lines of the address; the country only on mail abroad."""
        place = f"{self.postal_code}  {self.city}".strip()
        abroad = self.country if self.country and self.country != from_country else ""
        return tuple(line for line in (self.street, place, abroad) if line)


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One person or desk of the customer, with usable details only."""

    purpose: str
    name: str = ""
    email: str = ""
    mobile: str = ""
    phone: str = ""
    whatsapp_opt_in: bool = False

    def address(self, channel: str) -> str:
        """Return this contact's address on a channel, empty when there is none."""
        match channel:
            case "EMAIL":
                return self.email
            case "SMS" | "WHATSAPP":
                return self.mobile
            case "CALL":
                return self.phone or self.mobile
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class Customer:
    """What the notifier knows of a customer."""

    customer_id: str
    version: int = 0
    name: str = ""
    kind: str = "BUSINESS"
    language: str = ""
    account_manager: str = ""
    contacts: tuple[ContactPoint, ...] = ()
    address: PostalAddress = field(default_factory=PostalAddress)


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who sends: its names, bank account and the ways to reach it. Unknown creditors get the defaults."""

    creditor_id: str
    version: int = 0
    name: str = ""
    legal_name: str = ""
    kvk: str = ""
    iban: str = ""
    bic: str = ""
    timezone: str = "Europe/Amsterdam"
    language: str = "nl"
    sender_email: str = ""
    sender_name: str = ""
    reply_to: str = ""
    phone: str = ""
    address: PostalAddress = field(default_factory=PostalAddress)
    vat_deductible: bool = True

    @property
    def shown_name(self) -> str:
        """The name that a debtor knows."""
        return self.name or self.legal_name or self.creditor_id

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone, or the documented default where its name is none."""
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("Europe/Amsterdam")

    @property
    def account_name(self) -> str:
        """The name on the bank account."""
        return self.legal_name or self.shown_name

    @property
    def reply_address(self) -> str:
        """The address at which a person answers, empty when none is known."""
        return self.reply_to or self.sender_email


@dataclass(frozen=True, slots=True)
class Party:
    """Both sides of a message, and what the customer allows."""

    creditor: Creditor
    customer: Customer
    consents: Mapping[str, Consent] = field(default_factory=dict)
    unusable: frozenset[str] = frozenset()
    """Addresses of this creditor's customers that bounced or were refused for good."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The one address that a message goes to."""

    channel: str
    address: str
    """E-mail address or E.164 number; of a letter its lines, joined by line breaks."""
    name: str = ""
    opted_in: bool = False


def choose_recipient(
    customer: Customer, *, channel: str, purpose: str, unusable: AbstractSet[str] = frozenset()
) -> Recipient | None:
    """Return the customer's address for this purpose on this channel, None when there is none.

    ``unusable`` are addresses that bounced or were refused for good.
    """
    if channel == "LETTER":
        return _by_post(customer, purpose=purpose)
    for contact in addressed(customer.contacts, purpose=purpose):
        address = contact.address(channel)
        if address and address not in unusable:
            return Recipient(channel, address, name=contact.name, opted_in=contact.whatsapp_opt_in)
    return None


def _by_post(customer: Customer, *, purpose: str) -> Recipient | None:
    if not customer.address.is_complete:
        return None
    person = next((c.name for c in addressed(customer.contacts, purpose=purpose) if c.name), "")
    named = dict.fromkeys(name for name in (customer.name, person) if name)
    return Recipient("LETTER", "\n".join((*named, *customer.address.lines())), name=person)


def addressed(contacts: Iterable[ContactPoint], *, purpose: str) -> list[ContactPoint]:
    """Return the contacts of a purpose, in the ERP's own order; the scheduler chooses channels by the same rule."""
    by_purpose: dict[str, list[ContactPoint]] = {}
    for contact in contacts:
        by_purpose.setdefault(contact.purpose or "REMINDER", []).append(contact)
    return next((by_purpose[name] for name in (purpose, *_FALLBACKS) if name in by_purpose), [])
