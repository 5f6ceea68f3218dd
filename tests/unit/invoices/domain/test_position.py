from dataclasses import replace
from decimal import Decimal

from invoices.domain.customer import Amount, CustomerRecord, CustomerState
from invoices.domain.position import AgedAmount, Total, aging_of, position_of
from invoices.domain.stop import Stop, StopKind
from tests.support.invoices_facts import CREDITOR, customer, day, stamp


def record(*, limit: Amount | None = None, stops: tuple[Stop, ...] = ()) -> CustomerRecord:
    state = CustomerState(
        creditor_id=CREDITOR,
        customer_id="C-1",
        known_from=stamp().time,
        master=replace(customer(), credit_limit=limit),
        stops=stops,
    )
    return CustomerRecord(creditor_id=CREDITOR, customer_id="C-1", known_from=stamp().time, published=state)


def test_the_limit_counts_in_its_own_currency_only() -> None:
    found = position_of(
        record(limit=Amount("EUR", Decimal(100))),
        totals=[
            Total("USD", Decimal(30), Decimal(0), None),
            Total("EUR", Decimal(130), Decimal(5), day("04-01")),
        ],
        unapplied={"CHF": Decimal(1)},
    )
    assert [(b.currency, str(b.open), str(b.unapplied), str(b.credit_left)) for b in found.balances] == [
        ("CHF", "0", "1", "None"),
        ("EUR", "130", "0", "-30"),
        ("USD", "30", "0", "None"),
    ]
    assert (found.oldest_overdue_on, found.on_hold) == (day("04-01"), False)


def test_a_customer_on_hold_says_so() -> None:
    held = record(stops=(Stop(StopKind.CUSTOMER_HELD, "h", day("04-01")),))
    assert position_of(held, totals=[], unapplied={}).on_hold


def test_every_day_overdue_falls_in_exactly_one_bucket() -> None:
    aged = [AgedAmount("EUR", days, Decimal(1), 1) for days in (-5, 0, 1, 30, 31, 60, 61, 90, 91, 400)]
    assert [(b.from_days, b.to_days, int(b.amount), b.count) for b in aging_of(aged)] == [
        (None, 0, 2, 2),
        (1, 30, 2, 2),
        (31, 60, 2, 2),
        (61, 90, 2, 2),
        (91, None, 2, 2),
    ]
