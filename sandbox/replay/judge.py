"""Judges a replay by the ledger and by what came out of it, knowing nothing of how Velvet works."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import phonenumbers

from sandbox.replay.days import effective_due, is_quiet_day
from sandbox.replay.evidence import Evidence
from sandbox.replay.verdicts import MESSAGE_CHANNELS, SENT, Claim, Truth, Violation

Contact = Mapping[str, Any]

# requirements.md section 2: the first day on which each step may go out. "issued": days after the invoice date;
# "due": days before the due date as written; "effective": days after the due date rolled to a bank day.
EARLIEST: Mapping[str, tuple[str, int]] = {
    "arrival-check": ("issued", 3),
    "arrival-call": ("issued", 3),
    "upcoming-reminder": ("due", -3),
    "due-today": ("effective", 0),
    "first-reminder": ("effective", 1),
    # Silver's moment comes from the stopping rule; bronze has a fixed day, see BRONZE_REMINDER_DAY.
    "reminder": ("effective", 1),
    "friendly-call": ("effective", 1),
    "overdue-call": ("effective", 14),
    "second-call": ("effective", 15),
    "formal-notice": ("effective", 30),
    "formal-notice-letter": ("effective", 32),
    "final-notice": ("effective", 30),
    "resend": ("issued", 3),
    "decision": ("effective", 30),
    "hand-over": ("effective", 45),
}
BRONZE_REMINDER_DAY = 5
FORMAL = frozenset({"formal-notice", "formal-notice-letter", "final-notice"})
FRIENDLY_BEFORE_FORMAL_DAYS = 7
QUIET_FROM, QUIET_UNTIL = time(20), time(7)
USUAL_MOMENT = time(9)
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MESSAGES_IN_14_DAYS_MAX = 4
SHORT_CHANNELS = frozenset({"SMS", "WHATSAPP"})


def judge(truth: Truth, evidence: Evidence) -> list[Violation]:
    """Return every broken promise, in a fixed order; an empty list is a clean replay."""
    sent = sorted(
        (c for c in evidence.contacts if c["outcome"] in SENT), key=lambda c: (c["at"], c["contact_id"])
    )
    messages = [c for c in sent if c["channel"] in MESSAGE_CHANNELS]
    found = [
        *reasonless(truth, sent),
        *repeated(sent),
        *out_of_hours(truth, messages),
        *crowded(truth, messages),
        *formal_too_soon(truth, sent),
        *impersonal(truth, messages, evidence=evidence),
        *misdelivered(truth, messages, evidence=evidence),
        *forgotten(truth, sent, evidence=evidence),
        *miscounted(truth, evidence),
    ]
    return sorted(found, key=lambda v: (v.rule, v.detail))


def reasonless(truth: Truth, sent: Sequence[Contact]) -> Iterator[Violation]:
    """Find contacts about an invoice that was paid, disputed, promised or before its step."""
    for contact in sent:
        for invoice_id in contact["invoice_ids"]:
            claim = truth.claims.get(invoice_id)
            if claim is None or claim.customer_id != contact["customer_id"]:
                yield Violation(
                    "unknown-invoice", f"{contact['contact_id']}: {invoice_id} is not the customer's"
                )
            else:
                yield from _unreasonable(claim, contact, day=truth.day_of(contact))


def _unreasonable(claim: Claim, contact: Contact, *, day: date) -> Iterator[Violation]:
    what = f"{contact['step']} on {claim.invoice_id} at {contact['at']}"
    if claim.is_settled(on=day):
        yield Violation("after-payment", f"{what}: paid on {claim.paid_on}")
    if claim.is_disputed(on=day):
        yield Violation("disputed", f"{what}: disputed since {claim.disputed_since}")
    if claim.is_promised(on=day):
        yield Violation("promised", f"{what}: promised for {claim.promise[1] if claim.promise else None}")
    if day < _earliest(claim, contact):
        yield Violation("before-its-step", f"{what}: due on {claim.due_on}, issued on {claim.issued_on}")


def _earliest(claim: Claim, contact: Contact) -> date:
    anchor, days = EARLIEST[contact["step"]]
    if contact["step"] == "reminder" and contact["tier"] == "BRONZE":
        days = BRONZE_REMINDER_DAY
    start = {"issued": claim.issued_on, "due": claim.due_on, "effective": effective_due(claim.due_on)}[anchor]
    return start + timedelta(days=days)


def repeated(sent: Sequence[Contact]) -> Iterator[Violation]:
    """Find steps carried out more than once on one invoice."""
    counts = Counter(
        (invoice_id, contact["step"]) for contact in sent for invoice_id in contact["invoice_ids"]
    )
    for (invoice_id, step), times in counts.items():
        if times > 1:
            yield Violation("step-twice", f"{step} on {invoice_id}: {times} times")


def out_of_hours(truth: Truth, messages: Sequence[Contact]) -> Iterator[Violation]:
    """Find messages outside the customer's window, in quiet hours, on a Sunday or a holiday."""
    for contact in messages:
        local = datetime.fromisoformat(contact["at"]).astimezone(truth.zone_of(contact["customer_id"]))
        if is_quiet_day(local.date()) or not QUIET_UNTIL <= local.time() < QUIET_FROM:
            yield Violation("quiet-hours", f"{contact['contact_id']} at {local.isoformat()}")
            continue
        start, end, days = _window(truth.customers.get(contact["customer_id"], {}).get("preferred_window"))
        if not start <= local.time() < end or WEEKDAYS[local.weekday()] not in days:
            yield Violation(
                "outside-window",
                f"{contact['contact_id']} at {local.isoformat()}, window {start}-{end} {' '.join(days)}",
            )


def _window(given: Mapping[str, Any] | None) -> tuple[time, time, Sequence[str]]:
    """Return the window that counts: one without an allowed minute is ignored in favour of 09:00."""
    usual = (USUAL_MOMENT, time(USUAL_MOMENT.hour + 1), WEEKDAYS[:5])
    if not given:
        return usual
    days = [day for day in given.get("days") or WEEKDAYS[:5] if day != "SUN"]
    start, end = (
        max(time.fromisoformat(given["from"]), QUIET_UNTIL),
        min(time.fromisoformat(given["to"]), QUIET_FROM),
    )
    return (start, end, days) if start < end and days else usual


def crowded(truth: Truth, messages: Sequence[Contact]) -> Iterator[Violation]:
    """Find customers with two messages on one civil day, or too many in 14 days (formal steps aside)."""
    days: dict[str, list[tuple[date, bool]]] = defaultdict(list)
    for contact in messages:
        day = truth.day_of(contact)
        days[contact["customer_id"]].append((day, contact["step"] in FORMAL))
    for customer_id, entries in days.items():
        for day, times in Counter(day for day, _ in entries).items():
            if times > 1:
                yield Violation("two-a-day", f"{customer_id} on {day}: {times} messages")
        for day, is_formal in entries:
            recent = sum(1 for other, _ in entries if day - timedelta(days=14) < other <= day)
            if recent > MESSAGES_IN_14_DAYS_MAX and not is_formal:
                yield Violation("too-many", f"{customer_id}: {recent} messages in 14 days up to {day}")


def formal_too_soon(truth: Truth, sent: Sequence[Contact]) -> Iterator[Violation]:
    """Find formal steps without a friendly contact about that invoice at least seven days before."""
    friendly: dict[str, list[date]] = defaultdict(list)
    for contact in sent:
        day = truth.day_of(contact)
        for invoice_id in contact["invoice_ids"]:
            if contact["step"] not in FORMAL and contact["outcome"] in {"ACCEPTED", "DELIVERED", "DONE"}:
                friendly[invoice_id].append(day)
            if contact["step"] in FORMAL and not any(
                (day - d).days >= FRIENDLY_BEFORE_FORMAL_DAYS for d in friendly[invoice_id]
            ):
                yield Violation("formal-without-friendly", f"{contact['step']} on {invoice_id} on {day}")


def impersonal(truth: Truth, messages: Sequence[Contact], *, evidence: Evidence) -> Iterator[Violation]:
    """Find automatic messages to a customer who was gold when they went out; what was asked for is none (W12).

    The history is as of now: a late payment that its bank took back since then no longer speaks against the customer
    of that day, who was not gold then. There the tier that the contact was made under counts alone.
    """
    for contact in messages:
        if contact["step"] == "resend":
            continue
        history = evidence.tiers[contact["customer_id"]]["history"]
        held = [entry["tier"] for entry in history if entry["at"] <= contact["at"]] if history else []
        was_gold = bool(held) and held[-1] == "GOLD" and not _is_rewritten(truth, contact)
        if contact["tier"] == "GOLD" or was_gold:
            yield Violation(
                "gold-reminded", f"{contact['step']} to {contact['customer_id']} at {contact['at']}"
            )


def _is_rewritten(truth: Truth, contact: Contact) -> bool:
    day = truth.day_of(contact)
    mine = (claim for claim in truth.claims.values() if claim.customer_id == contact["customer_id"])
    return any(claim.is_rewritten(after=day) for claim in mine)


def misdelivered(truth: Truth, messages: Sequence[Contact], *, evidence: Evidence) -> Iterator[Violation]:
    """Find messages that reached the wrong person, no one, or someone twice; the inbox is the witness."""
    arrived = Counter(message["provider_message_id"] for message in evidence.messages)
    by_id = {message["provider_message_id"]: message for message in evidence.messages}
    for contact in messages:
        message = by_id.get(contact["provider_message_id"])
        if message is None:
            if contact["outcome"] not in {"AMBIGUOUS", "PENDING"}:
                yield Violation("lost", f"{contact['contact_id']} is {contact['outcome']} but never arrived")
            continue
        if arrived[contact["provider_message_id"]] > 1:
            yield Violation(
                "doubled", f"{contact['contact_id']} arrived {arrived[contact['provider_message_id']]} times"
            )
        customer = truth.customers.get(contact["customer_id"], {})
        if not _is_addressed(message, customer, channel=contact["channel"]):
            yield Violation(
                "wrong-recipient",
                f"{contact['contact_id']} of {contact['customer_id']} went to {message['to']}",
            )
        yield from _unnamed(contact, message["text"])
    known = {contact["provider_message_id"] for contact in evidence.contacts}
    for message in evidence.messages:
        if message["provider_message_id"] not in known:
            yield Violation(
                "unaccounted", f"{message['channel']} {message['provider_message_id']} has no contact"
            )


def _unnamed(contact: Contact, text: str) -> Iterator[Violation]:
    """Find invoices that a text keeps to itself; a short message may count many instead of naming them."""
    missing = [invoice_id for invoice_id in contact["invoice_ids"] if invoice_id not in text]
    if contact["channel"] in SHORT_CHANNELS and re.search(rf"\b{len(contact['invoice_ids'])}\b", text):
        return
    for invoice_id in missing:
        yield Violation("unnamed-invoice", f"{contact['contact_id']} does not name {invoice_id}")


def _is_addressed(message: Mapping[str, Any], customer: Mapping[str, Any], *, channel: str) -> bool:
    """Say whether a message went to an address of the customer; on paper: to its name and its city."""
    if channel != "LETTER":
        return _plain(message["to"]) in _addresses(customer)
    printed = _squeezed(message["to"])
    lines = (customer.get("name"), customer.get("address", {}).get("city"))
    return all(_squeezed(str(line)) in printed for line in lines if line)


def _squeezed(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _plain(address: str) -> str:
    return address.lower().removeprefix("whatsapp:").lstrip("+")


def _addresses(customer: Mapping[str, Any]) -> set[str]:
    """Return where a customer may be reached; a number as it is dialled, however the ledger writes it."""
    found: set[str] = set()
    for contact in customer.get("contacts", ()):
        found.add(_plain(str(contact.get("email") or "").strip()))
        for field in ("mobile", "phone"):
            found.add(_dialled(str(contact.get(field) or ""), country=str(customer.get("country") or "NL")))
    return found - {""}


def _dialled(text: str, *, country: str) -> str:
    region = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else "NL"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    return _plain(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def forgotten(truth: Truth, sent: Sequence[Contact], *, evidence: Evidence) -> Iterator[Violation]:
    """Find open overdue invoices that were neither approached nor explained."""
    approached = {invoice_id for contact in sent for invoice_id in contact["invoice_ids"]}
    for claim in truth.claims.values():
        is_overdue = claim.open_on(evidence.today) > 0 and claim.due_on < evidence.today
        explained = evidence.explanations.get(claim.invoice_id, {}).get("reasons")
        if is_overdue and claim.invoice_id not in approached and not explained:
            yield Violation("forgotten", f"{claim.invoice_id}, due on {claim.due_on}")


def miscounted(truth: Truth, evidence: Evidence) -> Iterator[Violation]:
    """Find balances that differ from the ledger's, to the cent, in every currency."""
    opens: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    overdue: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for claim in truth.claims.values():
        amount = claim.open_on(evidence.today)
        opens[claim.customer_id, claim.currency] += amount
        overdue[claim.customer_id, claim.currency] += amount if claim.due_on < evidence.today else 0
    for (customer_id, currency), amount in sorted(opens.items()):
        balances = evidence.positions[customer_id]["balances"]
        balance = next((b for b in balances if b["currency"] == currency), {"open": "0", "overdue": "0"})
        if (
            Decimal(balance["open"]) != amount
            or Decimal(balance["overdue"]) != overdue[customer_id, currency]
        ):
            yield Violation(
                "balance",
                f"{customer_id}: {balance} where the ledger has {amount} open, {overdue[customer_id, currency]} overdue",
            )
