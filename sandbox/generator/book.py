"""A year of synthetic invoices with everything that befalls them, the same for the same seed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sandbox.generator.bankdays import next_bank_day
from sandbox.generator.lateness import natural_paid_on
from sandbox.generator.personas import Persona, persona

START_ON = date(2025, 1, 1)
CURRENCY = "EUR"
DISPUTE_REASONS = ("PRICE", "QUANTITY", "QUALITY", "NOT_DELIVERED", "DOUBLE_INVOICED")

_PART_PAYMENT, _CREDIT_NOTE, _REVERSAL, _PROMISE = 0.03, 0.02, 0.01, 0.60
_PART_PAYMENT_FROM = Decimal(300)
_RATE_MAX = 15.0


@dataclass(frozen=True, slots=True)
class Instalment:
    """Money that came in for an invoice on a civil day; ``reversed_on`` when the bank took it back."""

    paid_on: date
    amount: Decimal
    reversed_on: date | None = None


@dataclass(frozen=True, slots=True)
class SyntheticInvoice:
    """One invoice with its whole story, including what happens after the ledger ends."""

    invoice_id: str
    customer_id: str
    issued_on: date
    due_on: date
    amount: Decimal
    natural_paid_on: date
    instalments: tuple[Instalment, ...]
    credited: Decimal = Decimal(0)
    credited_on: date | None = None
    dispute_reason: str = ""
    disputed_on: date | None = None
    promised_on: date | None = None
    promise_made_on: date | None = None

    @property
    def late_days(self) -> int:
        """Calendar days between the due date and the day on which it is settled in full (negative: before)."""
        return (self.natural_paid_on - self.due_on).days

    def open_on(self, day: date) -> Decimal:
        """Return what is left to pay at the end of a day."""
        paid = sum(
            (
                part.amount
                for part in self.instalments
                if part.paid_on <= day and not (part.reversed_on and part.reversed_on <= day)
            ),
            Decimal(0),
        )
        credited = self.credited if self.credited_on and self.credited_on <= day else Decimal(0)
        return self.amount - paid - credited


@dataclass(frozen=True, slots=True)
class Book:
    """The synthetic ledger: facts after ``last_on`` have not happened yet."""

    seed: int
    start_on: date
    last_on: date
    personas: tuple[Persona, ...]
    invoices: tuple[SyntheticInvoice, ...]

    @property
    def bouncing_emails(self) -> frozenset[str]:
        """Return the addresses whose mail comes back."""
        return frozenset(
            str(contact["email"])
            for who in self.personas
            if who.is_mail_broken and isinstance(contacts := who.fields["contacts"], list)
            for contact in contacts
        )


def generate(seed: int, *, customers: int = 200, months: int = 12, start_on: date = START_ON) -> Book:
    """Return the ledger of ``months`` months from ``start_on``; byte-identical for the same arguments everywhere."""
    last_on = _months_later(start_on, months) - timedelta(days=1)
    days = (last_on - start_on).days + 1
    people = tuple(persona(seed, number, start_on=start_on, days=days) for number in range(customers))
    drafts = [
        draft for who in people for draft in _invoices_of(seed, who, start_on=start_on, last_on=last_on)
    ]
    drafts.sort(key=lambda draft: (draft.issued_on, draft.customer_id, draft.invoice_id))
    numbered = tuple(
        replace(draft, invoice_id=f"{draft.issued_on.year}-{number:05d}")
        for number, draft in enumerate(drafts, start=1)
    )
    return Book(seed=seed, start_on=start_on, last_on=last_on, personas=people, invoices=numbered)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))


def _invoices_of(seed: int, who: Persona, *, start_on: date, last_on: date) -> Iterator[SyntheticInvoice]:
    rng = Random(f"{seed}:invoices:{who.customer_id}")  # noqa: S311 - a simulation, not a secret
    number, month_on = 0, start_on
    while month_on <= last_on:
        following = _months_later(month_on, 1)
        for _ in range(_poisson(min(who.rate, _RATE_MAX), rng)):
            day = next_bank_day(month_on + timedelta(days=rng.randrange((following - month_on).days)))
            number += 1
            # Everything is drawn before anything is left out, so that a joining date shifts no later draw.
            invoice = _invoice(who, f"{number:05d}", issued_on=day, rng=rng)
            if who.joined_on <= day <= last_on:
                yield invoice
        month_on = following


def _poisson(rate: float, rng: Random) -> int:
    """Draw a Poisson number (Knuth's product of uniforms; the rate is small)."""
    limit, product, count = math.exp(-rate), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _invoice(who: Persona, number: str, *, issued_on: date, rng: Random) -> SyntheticInvoice:
    due_on = issued_on + timedelta(days=who.term_days)
    cents = max(500, round(rng.lognormvariate(who.log_amount, 0.5) * 100))
    paid_on, is_disputed = natural_paid_on(who, issued_on=issued_on, due_on=due_on, rng=rng)
    amount = Decimal(cents).scaleb(-2)
    invoice = SyntheticInvoice(
        invoice_id=number,
        customer_id=who.customer_id,
        issued_on=issued_on,
        due_on=due_on,
        amount=amount,
        natural_paid_on=paid_on,
        instalments=(Instalment(paid_on, amount),),
    )
    invoice = _with_money_trouble(invoice, Random(rng.random()))  # noqa: S311 - a simulation, not a secret
    return _with_talk(invoice, who, is_disputed=is_disputed, rng=Random(rng.random()))  # noqa: S311 - likewise


def _with_money_trouble(invoice: SyntheticInvoice, rng: Random) -> SyntheticInvoice:
    """Let some invoices be credited in part, paid in parts, or paid by a debit that comes back."""
    lot = rng.random()
    paid_on = invoice.natural_paid_on
    if lot < _CREDIT_NOTE:
        credited = (invoice.amount * Decimal(rng.randrange(10, 31)) / 100).quantize(Decimal("0.01"))
        credited_on = next_bank_day(invoice.issued_on + timedelta(days=rng.randrange(2, 9)))
        if credited_on < paid_on:
            rest = Instalment(paid_on, invoice.amount - credited)
            return replace(invoice, credited=credited, credited_on=credited_on, instalments=(rest,))
    elif lot < _CREDIT_NOTE + _PART_PAYMENT and invoice.amount >= _PART_PAYMENT_FROM:
        part = (invoice.amount * Decimal(rng.randrange(30, 71)) / 100).quantize(Decimal("0.01"))
        part_on = next_bank_day(paid_on - timedelta(days=rng.randrange(4, 12)))
        if invoice.issued_on < part_on < paid_on:
            parts = (Instalment(part_on, part), Instalment(paid_on, invoice.amount - part))
            return replace(invoice, instalments=parts)
    elif lot > 1 - _REVERSAL:
        reversed_on = next_bank_day(paid_on + timedelta(days=rng.randrange(2, 6)))
        again_on = next_bank_day(reversed_on + timedelta(days=rng.randrange(5, 15)))
        twice = (Instalment(paid_on, invoice.amount, reversed_on), Instalment(again_on, invoice.amount))
        return replace(invoice, instalments=twice, natural_paid_on=again_on)
    return invoice


def _with_talk(
    invoice: SyntheticInvoice, who: Persona, *, is_disputed: bool, rng: Random
) -> SyntheticInvoice:
    """Let disputers say why, and let those short of cash promise a day that they may miss."""
    if is_disputed:
        disputed_on = next_bank_day(invoice.due_on + timedelta(days=rng.randrange(1, 4)))
        return replace(invoice, dispute_reason=rng.choice(DISPUTE_REASONS), disputed_on=disputed_on)
    made_on = next_bank_day(invoice.due_on + timedelta(days=6))
    # Nobody promises what is paid: a debit that comes back later was a payment until then.
    if who.archetype == "cash_tight" and rng.random() < _PROMISE and invoice.open_on(made_on):
        promised_on = made_on + timedelta(days=rng.randrange(3, 9))
        return replace(invoice, promise_made_on=made_on, promised_on=next_bank_day(promised_on))
    return invoice
