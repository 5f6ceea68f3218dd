"""Facts as an ERP publishes them: CloudEvents 1.0 in binary mode, data as contract section 3 writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

FACT_TIME = time(6, 0)
"""Facts of a civil day are published at 06:00 of the creditor's time: before any message goes out."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream; ``time`` is aware and in UTC, ``key`` the Kafka record key."""

    topic: str
    key: str
    source: str
    id: str
    type: str
    time: datetime
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApiAction:
    """Something that has no topic and is posted through the API between two clock steps.

    ``kind`` is ``dispute`` (of ``invoice_id``) or ``promise`` (of ``customer_id``).
    """

    day: date
    kind: str
    invoice_id: str
    body: Mapping[str, Any]
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What happens on one civil day of the creditor: first the events are published, then the actions posted."""

    day: date
    events: tuple[Event, ...] = ()
    actions: tuple[ApiAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Creditor:
    """Whose ledger it is; the defaults are made up and the IBAN is valid in form only."""

    creditor_id: str = "acme-nl"
    name: str = "Acme Nederland"
    legal_name: str = "Acme Nederland B.V."
    iban: str = "NL13TEST0123456789"
    sender_email: str = "debiteuren@acme.example"
    reply_to: str = "antwoord@acme.example"
    phone: str = "+31201234567"
    timezone: str = "Europe/Amsterdam"
    language: str = "nl"

    @property
    def source(self) -> str:
        """Return the ``ce_source`` of everything this ledger publishes."""
        return f"urn:velvet:ledger:{self.creditor_id}"


def at_fact_time(day: date, *, timezone: str) -> datetime:
    """Return 06:00 of a civil day in a time zone, as an instant in UTC."""
    return datetime.combine(day, FACT_TIME, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def money(amount: Decimal, currency: str) -> dict[str, str]:
    """Write money as the contract does: a decimal string, never a float."""
    return {"currency": currency, "amount": f"{amount:f}"}


def encode(event: Event) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return record key, value and headers in CloudEvents binary mode, JSON in snake_case; the same bytes every time."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_time": event.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ce_subject": event.subject,
        "content-type": "application/json",
    }
    value = json.dumps(event.data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return event.key.encode(), value.encode(), [(name, text.encode()) for name, text in headers.items()]
