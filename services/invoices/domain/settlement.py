"""What an invoice comes to: open, paid, credited, written off, its status and the day it was settled."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from invoices.domain.allocation import ZERO, Movement, MovementKind


class Status(StrEnum):
    """The state of an invoice, by what closed it."""

    OPEN = "OPEN"
    PAID = "PAID"
    CREDITED = "CREDITED"
    WRITTEN_OFF = "WRITTEN_OFF"


class Settlement(NamedTuple):
    """The sums of an invoice's movements; ``settled_on`` is the civil day on which nothing was left open."""

    open: Decimal
    paid: Decimal
    credited: Decimal
    written_off: Decimal
    status: Status
    settled_on: date | None = None
    written_off_on: date | None = None
    reversed_on: date | None = None


def untouched(amount: Decimal, *, issued_on: date) -> Settlement:
    """Return the settlement of an invoice without movements; a zero invoice is paid on its day of issue."""
    if amount == 0:
        return Settlement(ZERO, ZERO, ZERO, ZERO, Status.PAID, settled_on=issued_on)
    return Settlement(amount, ZERO, ZERO, ZERO, Status.OPEN)


def settle(amount: Decimal, *, issued_on: date, movements: Sequence[Movement]) -> Settlement:
    """Sum up the movements of one invoice."""
    if not movements:
        return untouched(amount, issued_on=issued_on)
    paid = _sum(movements, MovementKind.PAID) + _sum(movements, MovementKind.REVERSED)
    credited = _sum(movements, MovementKind.CREDITED)
    written_off = _sum(movements, MovementKind.WRITTEN_OFF)
    still_open = amount - paid - credited - written_off
    return Settlement(
        open=still_open,
        paid=paid,
        credited=credited,
        written_off=written_off,
        status=_status(still_open, paid=paid, credited=credited, written_off=written_off),
        settled_on=None if still_open else _settled_on(amount, issued_on=issued_on, movements=movements),
        written_off_on=_last_day(movements, MovementKind.WRITTEN_OFF),
        reversed_on=_last_day(movements, MovementKind.REVERSED),
    )


def open_at(amount: Decimal, *, day: date, movements: Sequence[Movement]) -> Decimal:
    """Return what was open at the end of ``day``, by the days of the movements."""
    return amount - sum((movement.amount for movement in movements if movement.on <= day), ZERO)


def _status(still_open: Decimal, *, paid: Decimal, credited: Decimal, written_off: Decimal) -> Status:
    """Say what closed an invoice: a loss shows first, a credit counts as such only when nothing was paid."""
    if still_open:
        return Status.OPEN
    if written_off:
        return Status.WRITTEN_OFF
    return Status.CREDITED if credited and not paid else Status.PAID


def _settled_on(amount: Decimal, *, issued_on: date, movements: Sequence[Movement]) -> date:
    """Return the first day from which on nothing was open any more."""
    still_open, settled_on = amount, issued_on if amount == 0 else None
    by_day: dict[date, Decimal] = {}
    for movement in movements:
        by_day[movement.on] = by_day.get(movement.on, ZERO) + movement.amount
    for day in sorted(by_day):
        still_open -= by_day[day]
        settled_on = (settled_on or day) if still_open == 0 else None
    return settled_on or max(by_day)


def _sum(movements: Sequence[Movement], kind: MovementKind) -> Decimal:
    return sum((movement.amount for movement in movements if movement.kind is kind), ZERO)


def _last_day(movements: Sequence[Movement], kind: MovementKind) -> date | None:
    return max((movement.on for movement in movements if movement.kind is kind), default=None)
