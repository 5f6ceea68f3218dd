"""A ledger becomes the event stream of an ERP, day by day, with disputes to post between."""

import json
from datetime import UTC, date, datetime

from sandbox.ledger.events import days_of
from sandbox.ledger.facts import Creditor, DayFacts, encode
from sandbox.ledger.read import parse_ledger

HEADER = "customer_id,invoice_number,issue_date,due_date,payment_date,amount,disputed,po\n"


def _days(*rows: str, creditor: Creditor | None = None) -> list[DayFacts]:
    ledger = parse_ledger((HEADER + "\n".join(rows) + "\n").encode())
    assert ledger.bad_rows == ()
    return list(days_of(ledger, creditor=creditor))


def test_every_fact_is_published_on_its_own_day() -> None:
    days = _days("C1,F1,2024-01-02,2024-02-01,2024-02-03,1656.25,no,PO-7")
    assert [(facts.day, [event.topic for event in facts.events]) for facts in days] == [
        (date(2024, 1, 2), ["erp.creditor-updated.v1", "erp.invoice-issued.v1"]),
        (date(2024, 2, 3), ["erp.payment-received.v1"]),
    ]


def test_an_invoice_is_written_as_the_contract_says() -> None:
    event = _days("C1,F1,2024-01-02,2024-02-01,,1656.25,no,PO-7")[0].events[1]
    data = dict(event.data)
    customer = data.pop("customer")
    assert data == {
        "creditor_id": "acme-nl",
        "invoice_id": "F1",
        "customer_id": "C1",
        "issued_on": "2024-01-02",
        "due_on": "2024-02-01",
        "amount": {"currency": "EUR", "amount": "1656.25"},
        "order_reference": "PO-7",
    }
    assert (customer["creditor_id"], customer["customer_id"], customer["kind"]) == (
        "acme-nl",
        "C1",
        "BUSINESS",
    )
    assert customer["contacts"][0]["email"] == "administratie@c1.example"
    assert event.key == "acme-nl:C1"


def test_a_payment_names_its_invoice_and_has_an_identity_of_its_own() -> None:
    event = _days("C1,F1,2024-01-02,2024-02-01,2024-02-03,10.00,no,")[1].events[0]
    assert event.data == {
        "creditor_id": "acme-nl",
        "payment_id": "pay-F1",
        "received_on": "2024-02-03",
        "amount": {"currency": "EUR", "amount": "10.00"},
        "customer_id": "C1",
        "allocations": [{"invoice_id": "F1", "amount": "10.00"}],
    }


def test_the_customer_comes_with_its_first_invoice_only() -> None:
    days = _days("C1,F2,2024-01-05,2024-02-01,,1.00,no,", "C1,F1,2024-01-02,2024-02-01,,1.00,no,")
    with_customer = [e.data["invoice_id"] for facts in days for e in facts.events if "customer" in e.data]
    assert with_customer == ["F1"]


def test_facts_stand_at_six_in_the_creditors_morning_in_summer_and_in_winter() -> None:
    days = _days("C1,F1,2024-03-29,2024-04-28,2024-04-02,1.00,no,")
    assert [facts.events[-1].time for facts in days] == [
        datetime(2024, 3, 29, 5, tzinfo=UTC),
        datetime(2024, 4, 2, 4, tzinfo=UTC),
    ]


def test_a_creditor_on_the_other_side_of_the_world_keeps_its_own_days() -> None:
    days = _days("C1,F1,2024-03-29,2024-04-28,,1.00,no,", creditor=Creditor(timezone="Pacific/Auckland"))
    assert [facts.day for facts in days] == [date(2024, 3, 29)]


def test_a_disputed_row_is_in_dispute_from_the_day_after_its_due_date() -> None:
    days = _days("C1,F1,2024-01-02,2024-02-01,2024-03-01,1.00,yes,")
    actions = [action for facts in days for action in facts.actions]
    assert [(action.day, action.kind, action.invoice_id, action.body["on"]) for action in actions] == [
        (date(2024, 2, 2), "dispute", "F1", "2024-02-02")
    ]


def test_a_disputed_row_paid_by_then_is_disputed_all_the_same_so_that_it_is_no_evidence() -> None:
    for paid_on in ("2024-01-20", "2024-02-01", "2024-02-02", ""):
        days = _days(f"C1,F1,2024-01-02,2024-02-01,{paid_on},1.00,yes,")
        assert [action.day for facts in days for action in facts.actions] == [date(2024, 2, 2)]


def test_the_order_of_rows_in_the_file_changes_nothing() -> None:
    rows = [
        f"C{n % 3},F{n},2024-01-0{1 + n % 9},2024-02-01,2024-02-0{1 + n % 7},{n}.00,no," for n in range(1, 20)
    ]

    def encoded(given: list[str]) -> list[tuple[bytes, bytes, list[tuple[str, bytes]]]]:
        return [encode(event) for facts in _days(*given) for event in facts.events]

    assert encoded(rows) == encoded(rows[::-1])


def test_an_event_is_encoded_as_a_binary_cloudevent() -> None:
    event = _days("Ö,F1,2024-01-02,2024-02-01,,1.00,no,")[0].events[1]
    key, value, headers = encode(event)
    assert key == "acme-nl:Ö".encode()
    assert json.loads(value) == event.data
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"invoice-issued:F1",
        "ce_source": b"urn:velvet:ledger:acme-nl",
        "ce_type": b"erp.invoice-issued.v1",
        "ce_time": b"2024-01-02T05:00:00Z",
        "ce_subject": b"F1",
        "content-type": b"application/json",
    }


def test_the_made_up_iban_is_valid_in_form() -> None:
    iban = Creditor().iban
    assert int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1
