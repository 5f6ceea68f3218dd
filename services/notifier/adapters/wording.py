"""The words of one message: what the templates may use, and the blocks they give back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from chassis.kernel.calendar import local_day
from chassis.kernel.money import Money
from notifier.adapters.formatting import (
    date_text,
    iban_text,
    language_of,
    list_text,
    money_text,
    phone_text,
    short_date_text,
)
from notifier.domain.collection_costs import collection_costs
from notifier.domain.command import Command, InvoiceLine
from notifier.domain.parties import Party, choose_recipient
from notifier.domain.totals import totals_open

LIST_MAX: Final = 3
"""So many invoice numbers are named in a sentence; above it only their count."""

PAY_WITHIN: Final = timedelta(days=8)
"""The term of a formal notice: its last day is named in the text."""

DUE_SOON: Final = timedelta(days=7)
"""So near the due date a courtesy call also asks whether the payment is planned."""

FORMAL_KINDS: Final = frozenset({"formal-notice", "formal-letter", "last-notice", "fourteen-day-letter"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One invoice as sentences speak of it."""

    number: str
    issued_on: str
    due_on: str
    due_short: str
    url: str


@dataclass(frozen=True, slots=True)
class Costs:
    """The collection costs that a fourteen-day letter announces, written out."""

    principal: str
    fee: str
    vat: str
    total: str


def words(command: Command, *, party: Party, kind: str, now: datetime | None) -> dict[str, Any]:
    """Return what the templates of ``kind`` may use; ``now`` is None for scripts."""
    language = language_of(command.language)
    creditor, customer = party.creditor, party.customer
    own = [line for line in command.invoices if line.own_step]
    also = [line for line in command.invoices if not line.own_step]
    formal_kind = kind in FORMAL_KINDS
    recipient = choose_recipient(
        customer, channel=command.channel, purpose=command.purpose, unusable=party.unusable
    )
    today = local_day(now or command.at, zone=creditor.zone)
    return {
        "tone": command.tone,
        "channel": command.channel,
        "formal_kind": formal_kind,
        # Dutch says "je" to those who are addressed warmly, and never in a formal notice.
        "je": command.tone == "WARM" and not formal_kind,
        "consumer": customer.kind == "CONSUMER",
        "n": len(own),
        "also_n": len(also),
        "list_max": LIST_MAX,
        "creditor": creditor.shown_name,
        "customer": customer.name or customer.customer_id,
        "name": _name(recipient.name if recipient else "", party=party),
        "phone": phone_text(creditor.phone),
        "reply_address": creditor.reply_address,
        "iban": iban_text(creditor.iban),
        "iban_compact": creditor.iban.replace(" ", ""),
        "has_links": any(line.document_url for line in own),
        "reason": _reason(command, language=language),
        "problem": command.problem,
        "problem_field": command.problem_field,
        "sender": creditor.sender_name,
        "pay_by": date_text(today + PAY_WITHIN, language=language),
        **_invoice_words(own, language=language, today=today, channel=command.channel),
        "costs": _costs(command, own, party=party, today=today) if kind == "fourteen-day-letter" else None,
    }


def _name(of_contact: str, *, party: Party) -> str:
    # A consumer is a person, so the customer's name is a person's name.
    return of_contact or (party.customer.name if party.customer.kind == "CONSUMER" else "")


def _reason(command: Command, *, language: str) -> str:
    return (command.reason_nl if language == "nl" else command.reason) or command.reason


def _invoice_words(own: list[InvoiceLine], *, language: str, today: date, channel: str) -> dict[str, Any]:
    shown = [shown_invoice(line, language=language) for line in own]
    dues = {line.due_on for line in own}
    common_due = next(iter(dues)) if len(dues) == 1 else None
    references = dict.fromkeys(line.payment_reference or line.invoice_id for line in own)
    return {
        "one": shown[0] if len(shown) == 1 else None,
        "numbers": list_text((invoice.number for invoice in shown), language=language),
        "total": list_text(
            (money_text(total, language=language) for total in totals_open(own)), language=language
        ),
        "partly": any(line.open != line.amount for line in own),
        "due": date_text(common_due, language=language) if common_due else "",
        "due_short": short_date_text(common_due, language=language) if common_due else "",
        # A letter is read days after its date.
        "due_today": common_due == today and channel != "LETTER",
        "due_soon": all(due is not None and due <= today + DUE_SOON for due in dues),
        "remittance": list_text(references, language=language) if len(references) <= LIST_MAX else "",
    }


def shown_invoice(line: InvoiceLine, *, language: str) -> Shown:
    """Format one invoice for sentences."""
    return Shown(
        number=line.invoice_id,
        issued_on=day_or_dash(line.issued_on, language=language),
        due_on=day_or_dash(line.due_on, language=language),
        due_short=short_date_text(line.due_on, language=language) if line.due_on else "-",
        url=line.document_url,
    )


def day_or_dash(day: date | None, *, language: str) -> str:
    """Write a day, or a dash where there is none."""
    return date_text(day, language=language) if day else "-"


def _costs(command: Command, own: list[InvoiceLine], *, party: Party, today: date) -> Costs | None:
    """Work out the costs on the euro principals together; the scale knows no other currency."""
    language = language_of(command.language)
    principals = [line.open for line in own if line.currency == "EUR"]
    principal = sum(principals, Decimal(0))
    if principal <= 0:
        return None
    costs = collection_costs(principals, on=today, with_vat=not party.creditor.vat_deductible)

    def euro(amount: Decimal) -> str:
        return money_text(Money("EUR", amount), language=language)

    return Costs(
        principal=euro(principal),
        fee=euro(costs.fee),
        vat=euro(costs.vat) if costs.vat else "",
        total=euro(costs.total),
    )
