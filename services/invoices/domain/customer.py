"""The customer master as received, the part of it that can be used, and what is wrong with the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import local_day
from invoices.domain.stop import Stop
from invoices.domain.versions import Stamp, counting


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact amount with its currency, as kept in a master record."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at the customer and the addresses under which they are reached."""

    purpose: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""
    phone: str = ""
    whatsapp_opt_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """A postal address."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The local hours in which the customer wants to be reached, half-open; no days: Monday to Friday."""

    start: str = ""
    end: str = ""
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMaster:
    """One version of the customer as a CRM or an invoice told it, details unchecked."""

    creditor_id: str
    customer_id: str
    stamp: Stamp = field(compare=False)
    name: str = ""
    kind: str = ""
    country: str = ""
    language: str = ""
    timezone: str = ""
    sector: str = ""
    size: str = ""
    credit_limit: Amount | None = None
    account_manager: str = ""
    contacts: tuple[Contact, ...] = ()
    address: PostalAddress | None = None
    preferred_channel: str = ""
    preferred_window: Window | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class DataProblem:
    """A detail that cannot be used: kept as received, marked, never poison (contract section 3)."""

    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerState:
    """What the world is told about a customer: usable details only, problems, stops and broken promises."""

    creditor_id: str
    customer_id: str
    known_from: datetime
    master: CustomerMaster | None
    problems: tuple[DataProblem, ...] = ()
    broken_on: tuple[date, ...] = ()
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """The stored customer: its versions, the last published version number and state."""

    creditor_id: str
    customer_id: str
    known_from: datetime
    versions: tuple[CustomerMaster, ...] = ()
    version: int = 0
    published: CustomerState | None = None


def master_day(master: CustomerMaster, *, zone: ZoneInfo) -> date:
    """Return the civil day of the version's ``ce_time``, the creditor's time: the day it takes effect."""
    return local_day(master.stamp.time, zone=zone)


def counting_master(
    versions: Sequence[CustomerMaster], *, today: date | None, zone: ZoneInfo
) -> CustomerMaster | None:
    """Return the version that counts; a customer always has a record, so the earliest one counts at once."""
    if not versions:
        return None
    return counting(versions, today=today, day_of=lambda master: master_day(master, zone=zone))[0]
