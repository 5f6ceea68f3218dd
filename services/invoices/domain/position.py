"""What a customer owes, and how old it is: the answers to "may I ship?" and to the aging report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from invoices.domain.allocation import ZERO
from invoices.domain.customer import Amount, CustomerRecord

# First and last day overdue of each bucket; None: no bound. Up to 0 days: not yet due.
BUCKETS: Final[tuple[tuple[int | None, int | None], ...]] = (
    (None, 0),
    (1, 30),
    (31, 60),
    (61, 90),
    (91, None),
)


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over a customer's invoices in one currency."""

    currency: str
    open: Decimal
    overdue: Decimal
    oldest_overdue_on: date | None


@dataclass(frozen=True, slots=True)
class Balance:
    """A customer's position in one currency; the limit only in the currency in which it was given."""

    currency: str
    open: Decimal
    overdue: Decimal
    unapplied: Decimal
    credit_limit: Decimal | None
    credit_left: Decimal | None


@dataclass(frozen=True, slots=True)
class Position:
    """A customer's whole position."""

    customer_id: str
    balances: tuple[Balance, ...]
    oldest_overdue_on: date | None
    on_hold: bool


@dataclass(frozen=True, slots=True)
class AgedAmount:
    """What is open in one currency, so many days after its due date."""

    currency: str
    days_overdue: int
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """One line of the aging report."""

    currency: str
    from_days: int | None
    to_days: int | None
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices are asked for; '' means any."""

    customer_id: str = ""
    status: str = ""
    after: str = ""
    limit: int = 50


def position_of(
    customer: CustomerRecord, *, totals: Sequence[Total], unapplied: Mapping[str, Decimal]
) -> Position:
    """Bring a customer's sums together, currencies in alphabetical order."""
    published = customer.published
    master = published.master if published is not None else None
    limit = master.credit_limit if master is not None else None
    by_currency = {total.currency: total for total in totals}
    currencies = {*by_currency, *unapplied, *((limit.currency,) if limit is not None else ())}
    overdue_days = [total.oldest_overdue_on for total in totals if total.oldest_overdue_on is not None]
    return Position(
        customer_id=customer.customer_id,
        balances=tuple(
            _balance(currency, by_currency.get(currency), unapplied.get(currency, ZERO), limit)
            for currency in sorted(currencies)
        ),
        oldest_overdue_on=min(overdue_days, default=None),
        on_hold=published is not None and bool(published.stops),
    )


def aging_of(amounts: Iterable[AgedAmount]) -> tuple[Bucket, ...]:
    """Put open amounts into buckets: all five of each currency that has anything open."""
    found: dict[str, list[AgedAmount]] = {}
    for aged in amounts:
        found.setdefault(aged.currency, []).append(aged)
    return tuple(
        _bucket(currency, found[currency], first, last)
        for currency in sorted(found)
        for first, last in BUCKETS
    )


def _balance(currency: str, total: Total | None, unapplied: Decimal, limit: Amount | None) -> Balance:
    is_open = total.open if total is not None else ZERO
    has_limit = limit is not None and limit.currency == currency
    return Balance(
        currency=currency,
        open=is_open,
        overdue=total.overdue if total is not None else ZERO,
        unapplied=unapplied,
        credit_limit=limit.amount if limit is not None and has_limit else None,
        credit_left=limit.amount - is_open if limit is not None and has_limit else None,
    )


def _bucket(currency: str, amounts: Sequence[AgedAmount], first: int | None, last: int | None) -> Bucket:
    inside = [
        aged
        for aged in amounts
        if (first is None or aged.days_overdue >= first) and (last is None or aged.days_overdue <= last)
    ]
    return Bucket(
        currency=currency,
        from_days=first,
        to_days=last,
        amount=sum((aged.amount for aged in inside), ZERO),
        count=sum(aged.count for aged in inside),
    )
