"""Builders: invoices and batches with defaults, one relevant value per test."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from chassis.calendars import target_calendar
from classifier.domain.changes import Batch, CustomerChange, InvoiceChange
from classifier.domain.evidence import Dispute, InvoiceFacts, Outcome
from classifier.domain.lateness import BankDays
from classifier.usecases.bring_up_to import bring_up_to
from classifier.usecases.take_in import take_in
from tests.unit.classifier.memory_ledger import MemoryLedger

ACME, JANSEN = "acme-nl", "C-1001"
KEY = (ACME, JANSEN)
BANK_DAYS = BankDays(target_calendar())
START = date(2025, 1, 6)
"""A Monday."""


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def noon(on: int) -> datetime:
    return datetime.combine(date.fromordinal(on), datetime.min.time(), tzinfo=UTC) + timedelta(hours=11)


def facts(
    name: str,
    *,
    due_on: int,
    settled_on: int = 0,
    outcome: Outcome | None = None,
    version: int = 1,
    disputes: tuple[Dispute, ...] = (),
    issued_on: int = 0,
) -> InvoiceFacts:
    decided = outcome if outcome is not None else (Outcome.PAID if settled_on else Outcome.OPEN)
    return InvoiceFacts(
        invoice_id=name,
        version=version,
        outcome=decided,
        issued_on=issued_on or due_on - 30,
        due_on=due_on,
        effective_due_on=BANK_DAYS.roll(due_on),
        settled_on=settled_on,
        lateness=BANK_DAYS.lateness(due_on=due_on, paid_on=settled_on) if settled_on else 0,
        disputes=disputes,
    )


def change(invoice: InvoiceFacts, *, customer: str = JANSEN, seen_on: int = 0) -> InvoiceChange:
    return InvoiceChange(ACME, customer, invoice, noon(seen_on or invoice.settled_on or invoice.issued_on))


def customer_change(*, known_on: int, broken_on: Iterable[int] = (), version: int = 1) -> CustomerChange:
    return CustomerChange(ACME, JANSEN, version, noon(known_on), tuple(broken_on), b'{"channel": "SMS"}')


async def tell(
    ledger: MemoryLedger, *changes: InvoiceChange | CustomerChange, now: datetime | None = None
) -> None:
    batch = Batch()
    for each in changes:
        (batch.invoices if isinstance(each, InvoiceChange) else batch.customers).append(each)  # type: ignore[arg-type]
    await take_in(ledger, batch, now=now)


async def move_to(ledger: MemoryLedger, now: datetime) -> None:
    while await bring_up_to(ledger, now, limit=3):
        pass


def paid(name: str, *, late: int, nth: int) -> InvoiceFacts:
    """The nth monthly invoice, due on a Monday, paid so many days late."""
    due_on = START.toordinal() + 28 * nth
    return facts(name, due_on=due_on, settled_on=due_on + late)
