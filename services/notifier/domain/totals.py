"""Sums per currency: what a message asks for, never mixed."""

from collections.abc import Iterable
from decimal import Decimal

from chassis.kernel.money import Money
from notifier.domain.command import InvoiceLine


def totals_open(lines: Iterable[InvoiceLine]) -> tuple[Money, ...]:
    """Add up what is open per currency, in order of the currency's code."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.open
    return tuple(Money(currency, sums[currency]) for currency in sorted(sums))
