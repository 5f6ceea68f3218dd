from decimal import Decimal

from invoices.domain.allocation import Movement, MovementKind
from invoices.domain.settlement import Status, open_at, settle
from tests.support.invoices_facts import day


def moved(kind: MovementKind, amount: str, on: str) -> Movement:
    return Movement("i", kind, "s", day(on), Decimal(amount))


def outcome(*movements: Movement, amount: str = "100.00") -> tuple[Status, str | None]:
    found = settle(Decimal(amount), issued_on=day("03-02"), movements=movements)
    return found.status, found.settled_on.isoformat() if found.settled_on else None


def test_the_status_says_what_closed_the_invoice() -> None:
    paid = moved(MovementKind.PAID, "60.00", "04-01")
    credited = moved(MovementKind.CREDITED, "40.00", "04-05")
    assert outcome() == (Status.OPEN, None)
    assert outcome(paid) == (Status.OPEN, None)
    assert outcome(paid, credited) == (Status.PAID, "2026-04-05")
    assert outcome(credited, amount="40.00") == (Status.CREDITED, "2026-04-05")
    lost = moved(MovementKind.WRITTEN_OFF, "40.00", "06-01")
    assert outcome(paid, lost) == (Status.WRITTEN_OFF, "2026-06-01")


def test_a_zero_invoice_is_paid_on_its_day_of_issue() -> None:
    assert outcome(amount="0.00") == (Status.PAID, "2026-03-02")


def test_an_invoice_is_settled_on_the_day_from_which_nothing_was_open_any_more() -> None:
    movements = (
        moved(MovementKind.PAID, "100.00", "04-01"),
        moved(MovementKind.REVERSED, "-100.00", "04-05"),
        moved(MovementKind.PAID, "100.00", "04-20"),
    )
    assert outcome(*movements) == (Status.PAID, "2026-04-20")
    amounts = [
        open_at(Decimal(100), day=day(on), movements=movements) for on in ("03-31", "04-01", "04-05", "04-20")
    ]
    assert amounts == [100, 0, 100, 0]
