"""A good record of every topic, in every way in which the contract lets it be written."""

import base64
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from google.protobuf.json_format import ParseDict

from chassis.kafka.registry import registry

CREDITOR = "fuzz-nl"
NOW = "2025-03-20T06:00:00Z"
"""Before the end of the seeded ledger, so that everything is in effect at once."""

Mode = Literal["binary", "structured"]
Format = Literal["json", "protobuf"]
Body = dict[str, Any]
Headers = list[tuple[str, bytes]]
TOPICS = tuple(topic.name for topic in registry().topics.values() if topic.message)


@dataclass(slots=True)
class Wire:
    """A record as it goes over Kafka."""

    topic: str
    value: bytes | None
    headers: Any
    """Headers as the client library gives them: pairs of a name and bytes."""
    key: bytes | None = b"fuzz-nl:"
    partition: int = 0
    offset: int = field(default=0)


def written(
    topic: str, body: Body, *, mode: Mode = "binary", fmt: Format = "json", event_id: str = "e"
) -> Wire:
    """Write a body as a CloudEvent."""
    data = _protobuf(topic, body) if fmt == "protobuf" else json.dumps(body).encode()
    content_type = f"application/{fmt}"
    key = f"{body.get('creditor_id', '')}:{body.get('customer_id', '')}".encode(errors="replace")
    if mode == "structured":
        event: Body = {
            "specversion": "1.0",
            "id": event_id,
            "source": "urn:fuzz",
            "type": topic,
            "time": NOW,
            "datacontenttype": content_type,
        }
        event |= {"data_base64": base64.b64encode(data).decode()} if fmt == "protobuf" else {"data": body}
        headers = [("content-type", b"application/cloudevents+json")]
        return Wire(topic, json.dumps(event).encode(), headers, key)
    texts = {"specversion": "1.0", "id": event_id, "source": "urn:fuzz", "type": topic, "time": NOW}
    headers = [(f"ce_{name}", text.encode()) for name, text in texts.items()]
    return Wire(topic, data, [*headers, ("content-type", content_type.encode())], key)


def _protobuf(topic: str, body: Body) -> bytes:
    data: bytes = ParseDict(body, registry()[topic].protobuf()).SerializeToString()
    return data


def good(topic: str, number: int) -> Body:
    """Return the body of a good message; each number speaks of a customer, an invoice, a payment of its own."""
    body: Body = {"creditor_id": CREDITOR, "customer_id": f"F-{number}", **_BODIES[topic](number)}
    if topic in _OF_CREDITOR:
        del body["customer_id"]
    return body if topic != "scheduler.clock-advanced.v1" else {"now": NOW}


_OF_CREDITOR = {
    "erp.creditor-updated.v1",
    "erp.payment-reversed.v1",
    "erp.invoice-written-off.v1",
    "invoices.creditor-changed.v1",
}
_DAY = date(2025, 2, 3).isoformat()
_MONEY = {"currency": "EUR", "amount": "125.50"}
_CONTACT = {"purpose": "REMINDER", "name": "Piet", "email": "piet@fuzz.example", "mobile": "+31612345678"}
_ADDRESS = {"street": "Dam 1", "postal_code": "1012 JS", "city": "Amsterdam", "country": "NL"}
_LINE = {
    "currency": "EUR",
    "amount": "125.50",
    "open": "125.50",
    "issued_on": _DAY,
    "due_on": _DAY,
    "own_step": True,
}


def _customer(number: int) -> Body:
    return {
        "customer_id": f"F-{number}",
        "name": f"Klant {number}",
        "kind": "BUSINESS",
        "country": "NL",
        "language": "nl",
        "timezone": "Europe/Amsterdam",
        "credit_limit": _MONEY,
        "contacts": [_CONTACT],
        "address": _ADDRESS,
        "preferred_window": {"from": "18:00", "to": "20:00", "days": ["MON"]},
    }


def _creditor(_number: int) -> Body:
    return {
        "name": "Fuzz B.V.",
        "timezone": "Europe/Amsterdam",
        "language": "nl",
        "payment_term_days": 30,
        "sender_email": "debiteuren@fuzz.example",
        "address": _ADDRESS,
        "vat_deductible": True,
    }


_BODIES: dict[str, Any] = {
    "erp.invoice-issued.v1": lambda n: {
        "invoice_id": f"FI-{n}",
        "issued_on": _DAY,
        "due_on": "2025-03-05",
        "amount": _MONEY,
        "customer": {"creditor_id": CREDITOR, **_customer(n)},
    },
    "erp.payment-received.v1": lambda n: {
        "payment_id": f"FP-{n}",
        "received_on": _DAY,
        "amount": _MONEY,
        "allocations": [{"invoice_id": f"FI-{n}", "amount": "25.50"}],
        "remittance": f"FI-{n}",
    },
    "erp.credit-note-issued.v1": lambda n: {
        "credit_note_id": f"FC-{n}",
        "issued_on": _DAY,
        "amount": _MONEY,
        "invoice_id": f"FI-{n}",
    },
    "erp.payment-reversed.v1": lambda n: {
        "reversal_id": f"FR-{n}",
        "payment_id": f"FP-{n}",
        "reversed_on": _DAY,
        "amount": _MONEY,
        "reason_code": "MD06",
    },
    "erp.invoice-written-off.v1": lambda n: {
        "invoice_id": f"FI-{n}",
        "written_off_on": _DAY,
        "amount": _MONEY,
        "reason": "x",
    },
    "erp.customer-updated.v1": _customer,
    "erp.creditor-updated.v1": _creditor,
    "invoices.invoice-changed.v1": lambda n: {
        "invoice_id": f"GI-{n}",
        "version": 3,
        "issued_on": _DAY,
        "due_on": "2025-03-05",
        "amount": _MONEY,
        "open": "125.50",
        "status": "OPEN",
        "in_effect": True,
        "known_from": NOW,
        "stops": [{"kind": "HELD", "until": "2025-06-01", "since": _DAY, "id": "h", "reason": "x"}],
    },
    "invoices.customer-changed.v1": lambda n: {
        **_customer(n),
        "version": 3,
        "known_from": NOW,
        "problems": [],
    },
    "invoices.creditor-changed.v1": lambda n: {**_creditor(n), "version": 3 + n},
    "classifier.tier-changed.v1": lambda _n: {
        "old_tier": "SILVER",
        "new_tier": "GOLD",
        "unknown": False,
        "at": NOW,
        "reason": "x",
        "version": 2,
        "evidence": {"episodes": 4, "theta": 0.5, "last_bad_days_late": [3]},
    },
    "classifier.profile-changed.v1": lambda _n: {
        "version": 2,
        "episodes": 4,
        "structural_days_late": 2.0,
        "lateness_pmf": [0.1] * 10,
        "weekday_factor": [1.0] * 7,
    },
    "scheduler.reminder-due.v1": lambda n: {
        "command_id": f"GC-{n}",
        "action": "SEND",
        "at": NOW,
        "not_after": "2025-03-21T06:00:00Z",
        "step": "first-reminder",
        "tier": "GOLD",
        "channel": "EMAIL",
        "purpose": "REMINDER",
        "tone": "WARM",
        "language": "nl",
        "template": "first-reminder",
        "invoices": [{"invoice_id": f"GI-{n}", **_LINE}],
        "reason": "x",
    },
    "scheduler.clock-advanced.v1": lambda _n: {},
    "notifier.contact-recorded.v1": lambda n: {
        "contact_id": f"GC-{n}",
        "version": 1,
        "event": "CALL_OUTCOME",
        "at": NOW,
        "invoice_ids": [f"GI-{n}"],
        "step": "first-reminder",
        "channel": "CALL",
        "outcome": "DONE",
        "action": "CALL",
        "call_outcome": {
            "result": "PROMISED",
            "promise": {"on": "2025-05-01", "amount": "5.00"},
            "note": "x",
        },
        "consent": {"SMS": False},
    },
}
