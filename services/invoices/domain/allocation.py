"""Allocation: which money counts on which invoice, a pure function of the facts in effect.

The order (contract section 3): explicit shares first, by day and id; then payments by (received_on,
payment_id), each to the invoice with its payment reference, then to an invoice number in its remittance,
within the customer where it names one, the oldest due first; write-offs take what is then still open.
Never more than what is open, and within one currency.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from invoices.domain.facts import CreditNote, Explicit, Payment, Reversal, WriteOff
from invoices.domain.matching import number_key, numbers_in, reference_key

ZERO: Final = Decimal(0)


class MovementKind(StrEnum):
    """What moved the open amount of an invoice."""

    PAID = "PAID"
    REVERSED = "REVERSED"
    CREDITED = "CREDITED"
    WRITTEN_OFF = "WRITTEN_OFF"


@dataclass(frozen=True, slots=True)
class Claim:
    """An invoice in effect, as allocation sees it."""

    invoice_id: str
    customer_id: str
    currency: str
    amount: Decimal
    issued_on: date
    due_on: date
    payment_reference: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount that lowers (or, when reversed, raises) what is open on an invoice, from a civil day on."""

    invoice_id: str
    kind: MovementKind
    source_id: str
    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Pot:
    """Everything that is in effect and may meet: the input of one allocation."""

    claims: Sequence[Claim]
    payments: Sequence[Payment] = ()
    credits: Sequence[CreditNote] = ()
    reversals: Sequence[Reversal] = ()
    write_offs: Sequence[WriteOff] = ()
    assigned: Mapping[str, tuple[Explicit, ...]] = field(default_factory=dict)
    """Shares that a person assigned, by payment."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The outcome: movements in order, and what of each payment and credit note is left unapplied."""

    movements: tuple[Movement, ...]
    unapplied_payments: Mapping[str, Decimal]
    unapplied_credits: Mapping[str, Decimal]
    owners: Mapping[str, str]
    """Customer by payment: the one it names, else that of the first invoice it met ('': nobody's)."""


def allocate(pot: Pot) -> Allocation:
    """Allocate all money in ``pot``; the same facts give the same result in whatever order they stand."""
    return _Allocator(pot).run()


class _Allocator:
    """One run of the allocation, with what is open and left while it goes."""

    def __init__(self, pot: Pot) -> None:
        self.claims = {claim.invoice_id: claim for claim in pot.claims}
        self.open = {claim.invoice_id: claim.amount for claim in pot.claims}
        self.payments = sorted(pot.payments, key=lambda payment: (payment.on, payment.fact_id))
        self.credits = sorted(pot.credits, key=lambda credit: (credit.on, credit.fact_id))
        self.write_offs = sorted(pot.write_offs, key=lambda write_off: (write_off.on, write_off.fact_id))
        self.assigned = pot.assigned
        self.reversals = _reversals_by_payment(pot.reversals, self.payments)
        self.left = {
            payment.fact_id: payment.amount - sum((back.amount for back in self._taken_back(payment)), ZERO)
            for payment in self.payments
        }
        self.credit_left = {credit.fact_id: credit.amount for credit in self.credits}
        self.movements: list[Movement] = []
        self.owners = {payment.fact_id: payment.customer_id for payment in self.payments}
        self.by_reference: dict[str, list[Claim]] = {}
        self.by_number: dict[str, list[Claim]] = {}
        for claim in sorted(pot.claims, key=lambda claim: (claim.due_on, claim.invoice_id)):
            if claim.payment_reference:
                self.by_reference.setdefault(reference_key(claim.payment_reference), []).append(claim)
            self.by_number.setdefault(number_key(claim.invoice_id), []).append(claim)

    def run(self) -> Allocation:
        self._give_explicit_shares()
        for payment in self.payments:
            for claim in self._matches(payment):
                self._pay(payment, claim, self.left[payment.fact_id])
        for write_off in self.write_offs:
            self._write_off(write_off)
        for payment in self.payments:
            self._show_what_was_taken_back(payment)
        return Allocation(tuple(self.movements), self.left, self.credit_left, self.owners)

    def _give_explicit_shares(self) -> None:
        """Credit notes before payments of the same day: a credit is certain, a payment may come back."""
        entries: list[tuple[date, int, str, CreditNote | Payment]] = [
            *((credit.on, 0, credit.fact_id, credit) for credit in self.credits),
            *((payment.on, 1, payment.fact_id, payment) for payment in self.payments),
        ]
        for _, _, _, money in sorted(entries, key=lambda entry: entry[:3]):
            if isinstance(money, CreditNote):
                self._credit(money)
                continue
            # Negative shares (a correcting invoice set off against) first: they add to what can be given.
            for share in sorted(self._shares(money), key=lambda share: share.amount >= 0):
                if claim := self.claims.get(share.invoice_id):
                    self._pay(money, claim, share.amount)

    def _shares(self, payment: Payment) -> tuple[Explicit, ...]:
        return (*payment.allocations, *self.assigned.get(payment.fact_id, ()))

    def _matches(self, payment: Payment) -> Iterable[Claim]:
        """Invoices that the payment names by reference, then by number, the oldest due first."""
        found: dict[str, Claim] = {}
        for claim in self.by_reference.get(reference_key(payment.payment_reference), ()):
            found[claim.invoice_id] = claim
        named = [
            claim for number in numbers_in(payment.remittance) for claim in self.by_number.get(number, ())
        ]
        for claim in sorted(named, key=lambda claim: (claim.due_on, claim.invoice_id)):
            found.setdefault(claim.invoice_id, claim)
        return [
            claim
            for claim in found.values()
            if payment.customer_id in ("", claim.customer_id) and claim.amount > 0
        ]

    def _pay(self, payment: Payment, claim: Claim, wanted: Decimal) -> None:
        if claim.currency != payment.currency:
            return
        still_open = self.open[claim.invoice_id]
        if claim.amount < 0:
            # A correcting invoice is used up by a negative share only; that frees money for the others.
            taken = max(wanted, still_open) if wanted < 0 else ZERO
        else:
            taken = min(wanted, still_open, self.left[payment.fact_id])
        if taken == 0 or (taken < 0) != (claim.amount < 0):
            return
        self.left[payment.fact_id] -= taken
        self.owners[payment.fact_id] = self.owners[payment.fact_id] or claim.customer_id
        self._move(claim, Movement(claim.invoice_id, MovementKind.PAID, payment.fact_id, payment.on, taken))

    def _credit(self, credit: CreditNote) -> None:
        claim = self.claims.get(credit.invoice_id)
        if claim is None or claim.currency != credit.currency:
            return
        taken = min(self.credit_left[credit.fact_id], self.open[claim.invoice_id])
        if taken > 0:
            self.credit_left[credit.fact_id] -= taken
            self._move(
                claim, Movement(claim.invoice_id, MovementKind.CREDITED, credit.fact_id, credit.on, taken)
            )

    def _write_off(self, write_off: WriteOff) -> None:
        claim = self.claims.get(write_off.invoice_id)
        if claim is None or claim.currency != write_off.currency:
            return
        taken = min(write_off.amount, self.open[claim.invoice_id])
        if taken > 0:
            kind = MovementKind.WRITTEN_OFF
            self._move(claim, Movement(claim.invoice_id, kind, write_off.fact_id, write_off.on, taken))

    def _move(self, claim: Claim, movement: Movement) -> None:
        """Book a movement; money from before the invoice counts from the day of the invoice."""
        self.open[claim.invoice_id] -= movement.amount
        self.movements.append(_on_or_after(movement, claim.issued_on))

    def _taken_back(self, payment: Payment) -> list[Reversal]:
        return self.reversals.get(payment.fact_id, [])

    def _show_what_was_taken_back(self, payment: Payment) -> None:
        """Book the part that a reversal undid as paid and taken back, so that each day's balance is right.

        What is reduced first is what would have been given last: unapplied money, then the last invoice.
        """
        backs = self._taken_back(payment)
        if not backs:
            return
        room = self._room_before_reversal(payment, backs[0].on)
        for back in backs:
            remaining = back.amount
            for claim in reversed(list(room)):
                share = min(remaining, room[claim])
                if share <= 0:
                    continue
                remaining -= share
                room[claim] -= share
                self.owners[payment.fact_id] = self.owners[payment.fact_id] or claim.customer_id
                paid = Movement(claim.invoice_id, MovementKind.PAID, payment.fact_id, payment.on, share)
                paid = _on_or_after(paid, claim.issued_on)
                returned = Movement(claim.invoice_id, MovementKind.REVERSED, back.fact_id, back.on, -share)
                self.movements += (paid, _on_or_after(returned, paid.on))

    def _room_before_reversal(self, payment: Payment, day: date) -> dict[Claim, Decimal]:
        """Return how much more of the payment each of its invoices would have taken before ``day``."""
        room: dict[Claim, Decimal] = {}
        would_be_left = self.left[payment.fact_id] + sum(
            (back.amount for back in self._taken_back(payment)), ZERO
        )
        targets = [
            (self.claims[share.invoice_id], share.amount)
            for share in self._shares(payment)
            if share.invoice_id in self.claims
        ]
        targets += [(claim, claim.amount) for claim in self._matches(payment)]
        for claim, wanted in targets:
            if (
                claim in room
                or claim.currency != payment.currency
                or claim.amount <= 0
                or claim.issued_on > day
            ):
                continue
            mine = sum((m.amount for m in self._movements_on(claim) if m.source_id == payment.fact_id), ZERO)
            taken = sum((m.amount for m in self._movements_on(claim) if m.on <= day), ZERO)
            share = max(min(wanted - mine, claim.amount - taken, would_be_left), ZERO)
            would_be_left -= share
            room[claim] = share
        return room

    def _movements_on(self, claim: Claim) -> list[Movement]:
        return [movement for movement in self.movements if movement.invoice_id == claim.invoice_id]


def _reversals_by_payment(
    reversals: Sequence[Reversal], payments: Sequence[Payment]
) -> dict[str, list[Reversal]]:
    """Group reversals by payment, in order, cut to what the payment is worth; other currencies are left out."""
    worth = {payment.fact_id: payment for payment in payments}
    left = {payment.fact_id: payment.amount for payment in payments}
    grouped: dict[str, list[Reversal]] = {}
    for back in sorted(reversals, key=lambda back: (back.on, back.fact_id)):
        payment = worth.get(back.payment_id)
        if payment is None or payment.currency != back.currency:
            continue
        amount = min(back.amount, left[payment.fact_id])
        if amount > 0:
            left[payment.fact_id] -= amount
            grouped.setdefault(payment.fact_id, []).append(_worth(back, amount))
    return grouped


def _worth(back: Reversal, amount: Decimal) -> Reversal:
    return Reversal(
        creditor_id=back.creditor_id,
        fact_id=back.fact_id,
        on=back.on,
        currency=back.currency,
        amount=amount,
        stamp=back.stamp,
        payment_id=back.payment_id,
        reason_code=back.reason_code,
    )


def _on_or_after(movement: Movement, day: date) -> Movement:
    if movement.on >= day:
        return movement
    return Movement(movement.invoice_id, movement.kind, movement.source_id, day, movement.amount)
