"""What the ledger reader uses, every service takes in: a row that is parked later would be forgotten in silence."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.kafka.registry import registry
from sandbox.ledger.events import days_of
from sandbox.ledger.facts import encode
from sandbox.ledger.model import Ledger
from sandbox.ledger.read import parse_ledger
from tests.fuzz.doors import is_poison
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.records import Wire

COLUMNS = (
    *(
        "customer",
        "invoice",
        "issued",
        "due",
        "paid",
        "amount",
        "currency",
        "name",
        "email",
        "mobile",
        "phone",
    ),
    *(
        "kind",
        "country",
        "language",
        "street",
        "postal_code",
        "city",
        "payment_reference",
        "order_reference",
        "disputed",
    ),
)
SOUND = dict.fromkeys(COLUMNS, "") | {
    "issued": "2025-01-02",
    "due": "2025-02-01",
    "amount": "10.00",
    "currency": "EUR",
}
ODD = {
    "customer": [
        "2025/1",
        "a%2Fb",
        "?x=1",
        "#",
        "..",
        "=1+1",
        "<b>",
        "{{7*7}}",
        "K" * 128,
        "K" * 129,
        "1 2",
        "é",
    ],
    "issued": [
        "1969-12-31",
        "1970-01-01",
        "1989-12-31",
        "1990-01-01",
        "1899-12-30",
        "45000",
        "2025-01-02T25:99",
    ],
    "due": ["2099-12-31", "2100-01-01", "2100-12-31", "9999-12-31"],
    "paid": [
        "1970-01-01",
        "1990-01-01",
        "2099-12-31",
        "2100-12-31",
        "0000-00-00",
        "0001-01-01",
        "9999-12-31",
    ],
    "amount": [
        "0",
        "-0",
        "-0.00",
        "-50",
        "999999999999999",
        "-999999999999999",
        "1e400",
        "１２３",
        "NaN",
        "½",
        "0x1",
        "5-",
    ],
    "currency": ["JPY", "KWD", "X" * 3, "usd", "€", "BTC", "XAU"],
    "name": [
        "N" * 2000,
        "N" * 2001,
        "N" * 60_000,
        "\u202egnp.exe",
        "\u200b",
        "Jan\r\nBcc: x",
        "\x1b[2J",
        "=1",
        "\ufeff",
    ],
    "email": [
        "a@b",
        "@",
        "a@b.example\nBcc: x@y.example",
        "\u202ea@b.example",
        "a" * 2001,
        "Jan <a@b.example>",
    ],
    "mobile": ["1", "+31６12345678", "+" * 50, "x" * 2001, "=+31612345678"],
    "country": ["XX", "ZZ", "nl", "netherlands", "1"],
    "street": ["s" * 2000, "s" * 2001, "\n\n"],
    "payment_reference": ["R" * 128, "R" * 129, "\u202eR", "R\nR"],
    "order_reference": ["O" * 2000, "O" * 2001],
    "disputed": ["yes", "maybe", "1"],
}


def ledger_of(*changes: dict[str, str]) -> Ledger:
    """Read a file of sound rows and then these, each a customer and an invoice of its own unless it says otherwise."""
    file = io.StringIO()
    rows = csv.DictWriter(file, COLUMNS)
    rows.writeheader()
    for number, change in enumerate([*[{}] * 8, *changes]):
        rows.writerow(
            {**SOUND, "customer": f"K{number}", "invoice": f"I{number}", "paid": "2025-02-03", **change}
        )
    return parse_ledger(file.getvalue().encode("utf-8", "replace"))


def parked(ledger: Ledger) -> list[str]:
    """Return what a service would not take of a ledger."""
    found = []
    for day in days_of(ledger):
        for event in day.events:
            key, value, headers = encode(event)
            wire = Wire(event.topic, value, headers, key)
            found += [
                f"{service}: {event.topic} {event.subject}"
                for service in sorted(registry()[event.topic].consumers)
                if is_poison(wire, service=service)
            ]
    return found


@pytest.mark.parametrize(("column", "value"), [(column, value) for column in ODD for value in ODD[column]])
def test_an_odd_cell_makes_a_bad_row_or_an_invoice_that_all_take_in(column: str, value: str) -> None:
    ledger = ledger_of({column: value})
    assert ledger.counts.used + ledger.counts.bad == 9
    assert parked(ledger) == []


@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
@given(
    change=st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(ODD[name]) | st.text(max_size=30) for name in ODD}
    )
)
def test_odd_cells_together_make_a_bad_row_or_an_invoice_that_all_take_in(change: dict[str, str]) -> None:
    ledger = ledger_of(change)
    assert parked(ledger) == []


@pytest.mark.parametrize("written", ["(-5)", "(5-)", "-(5)", "--5", "-5-", "+-5"])
def test_an_amount_with_two_signs_is_nobody_s_guess(written: str) -> None:
    ledger = ledger_of({"amount": written})
    (bad,) = ledger.bad_rows
    assert "is not an amount" in bad.reason


def test_a_sign_of_one_s_own_is_read() -> None:
    ledger = ledger_of({"amount": "(5)"}, {"amount": "5-"}, {"amount": "-5"}, {"amount": "+5"})
    assert [row.amount for row in ledger.rows[-4:]] == [Decimal(-5), Decimal(-5), Decimal(-5), Decimal(5)]
