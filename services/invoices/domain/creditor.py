"""The creditor: the versions of its settings, the documented defaults and its civil day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import local_day
from invoices.domain.contact_details import read_email
from invoices.domain.customer import Amount, PostalAddress
from invoices.domain.versions import Stamp, counting

DEFAULT_ZONE: Final = "Europe/Amsterdam"
DEFAULT_LANGUAGE: Final = "nl"
DEFAULT_TERM_DAYS: Final = 30
DEFAULT_IMPORTANT_FROM: Final = Amount("EUR", Decimal("10000.00"))
DEFAULT_WHATSAPP_UP_TO: Final = Amount("EUR", Decimal("500.00"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorMaster:
    """One version of a creditor's settings; None and '' mean: the documented default."""

    creditor_id: str
    stamp: Stamp = field(compare=False)
    name: str = ""
    legal_name: str = ""
    kvk: str = ""
    iban: str = ""
    bic: str = ""
    timezone: str = ""
    language: str = ""
    payment_term_days: int | None = None
    sender_email: str = ""
    sender_name: str = ""
    reply_to: str = ""
    phone: str = ""
    address: PostalAddress | None = None
    vat_deductible: bool | None = None
    important_from: Amount | None = None
    whatsapp_up_to: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorSettings:
    """A creditor's settings with the defaults filled in."""

    creditor_id: str
    name: str
    legal_name: str
    kvk: str
    iban: str
    bic: str
    timezone: str
    language: str
    payment_term_days: int
    sender_email: str
    sender_name: str
    reply_to: str
    phone: str
    address: PostalAddress | None
    vat_deductible: bool
    important_from: Amount
    whatsapp_up_to: Amount

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return zone_of(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorRecord:
    """The stored creditor; ``judged_on`` None: its facts have not been judged by a time yet."""

    creditor_id: str
    versions: tuple[CreditorMaster, ...] = ()
    version: int = 0
    published: CreditorSettings | None = None
    judged_on: date | None = None
    latest_on: date | None = None
    """The latest day among its facts, kept while there is no time yet."""

    def settings(self, now: datetime | None) -> CreditorSettings:
        """Return the settings that count at ``now``."""
        return settings_of(self.creditor_id, self.versions, now=now)

    def today(self, now: datetime | None) -> date | None:
        """Return the creditor's civil day at ``now``; None without a time."""
        return None if now is None else local_day(now, zone=self.settings(now).zone)

    def answer_day(self, now: datetime | None) -> date | None:
        """Return the day that answers are for: today, or the latest day among the facts without a time."""
        return self.latest_on if now is None else self.today(now)


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its checked name."""
    return ZoneInfo(name or DEFAULT_ZONE)


def settings_day(master: CreditorMaster) -> date:
    """Return the day on which a version takes effect: the civil day of its ``ce_time`` in its own zone."""
    return local_day(master.stamp.time, zone=zone_of(master.timezone))


def settings_of(
    creditor_id: str, versions: Sequence[CreditorMaster], *, now: datetime | None
) -> CreditorSettings:
    """Return the settings that count at ``now``, defaults filled in; the earliest version counts at once."""
    if not versions:
        return _with_defaults(CreditorMaster(creditor_id=creditor_id, stamp=_NO_STAMP))
    if now is None:
        return _with_defaults(counting(versions, today=None, day_of=settings_day)[0])
    begun = [
        master for master in versions if settings_day(master) <= local_day(now, zone=zone_of(master.timezone))
    ]
    if begun:
        return _with_defaults(max(begun, key=lambda master: master.stamp))
    return _with_defaults(counting(versions, today=date.min, day_of=settings_day)[0])


def due_day(issued_on: date, *, due_on: date | None, term_days: int) -> date:
    """Return the due date as written, or by the creditor's payment term."""
    return due_on if due_on is not None else issued_on + timedelta(days=term_days)


_NO_STAMP: Final = Stamp(datetime.min.replace(tzinfo=UTC), "", "")


def _with_defaults(master: CreditorMaster) -> CreditorSettings:
    term, deductible = master.payment_term_days, master.vat_deductible
    return CreditorSettings(
        creditor_id=master.creditor_id,
        name=master.name,
        legal_name=master.legal_name,
        kvk=master.kvk,
        iban=master.iban,
        bic=master.bic,
        timezone=master.timezone or DEFAULT_ZONE,
        language=master.language or DEFAULT_LANGUAGE,
        payment_term_days=DEFAULT_TERM_DAYS if term is None else term,
        sender_email=read_email(master.sender_email) or "",
        sender_name=master.sender_name,
        reply_to=read_email(master.reply_to) or "",
        phone=master.phone,
        address=master.address,
        vat_deductible=True if deductible is None else deductible,
        important_from=master.important_from or DEFAULT_IMPORTANT_FROM,
        whatsapp_up_to=master.whatsapp_up_to or DEFAULT_WHATSAPP_UP_TO,
    )
