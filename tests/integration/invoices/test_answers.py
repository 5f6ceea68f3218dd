"""What other systems are told: position, invoices, aging, unapplied payments, the creditor."""

from datetime import datetime
from typing import Any

from contracts.erp import v1 as erp
from tests.integration.invoices.messages import creditor, customer, invoice, money, paid, payment
from tests.support.invoices_stage import Stage


async def test_a_position_brings_open_overdue_unapplied_and_credit_together(stage: Stage) -> None:
    await stage.take_in(
        customer(credit_limit=money("1000")),
        invoice(),
        invoice("2026-0002", amount="50.00", due_on="2026-04-10"),
        invoice("2026-0003", amount="9.99", due_on="2026-05-01"),
        payment("bank-1", amount="30.00", customer_id="C-1", remittance="2026-0001"),
        payment("bank-2", amount="5.00", customer_id="C-1"),
    )
    await stage.move_to("2026-04-11T09:00:00+02:00")
    position = await stage.get("/v1/customers/C-1/position")
    assert position["balances"] == [
        {
            "currency": "EUR",
            "open": "129.99",
            "overdue": "120.00",
            "unapplied": "5.00",
            "credit_limit": "1000.00",
            "credit_left": "870.01",
        }
    ]
    assert position["oldest_overdue_on"] == "2026-04-01"
    assert position["on_hold"] is False
    assert datetime.fromisoformat(position["caught_up_to"]).tzinfo is not None


async def test_currencies_never_mix_and_the_limit_stands_in_its_own(stage: Stage) -> None:
    dollars = invoice("US-1")
    dollars.amount = money("75.50", "USD")
    await stage.take_in(customer(credit_limit=money("500")), invoice(), dollars, paid("US-1", amount="75.50"))
    balances = (await stage.get("/v1/customers/C-1/position"))["balances"]
    assert [(b["currency"], b["open"], b["credit_left"]) for b in balances] == [
        ("EUR", "100.00", "400.00"),
        ("USD", "75.50", None),
    ]
    items = (await stage.get("/v1/unapplied-payments"))["items"]
    assert [(item["payment_id"], item["unapplied"]) for item in items] == [
        ("bank-US-1", {"currency": "EUR", "amount": "75.50"})
    ]


async def test_without_a_time_the_latest_fact_is_today(stage: Stage) -> None:
    await stage.take_in(invoice(), invoice("2026-0002", issued_on="2026-04-02", due_on="2026-05-02"))
    aging = await stage.get("/v1/aging")
    assert aging["as_of"] == "2026-04-02"
    assert [(b["from_days"], b["to_days"], b["amount"], b["count"]) for b in aging["buckets"]] == [
        (None, 0, "100.00", 1),
        (1, 30, "100.00", 1),
        (31, 60, "0.00", 0),
        (61, 90, "0.00", 0),
        (91, None, "0.00", 0),
    ]


async def test_money_paid_back_settles_the_correcting_invoice_that_it_names(stage: Stage) -> None:
    back = payment("back-1", amount="-25.00", customer_id="C-1")
    back.allocations = [erp.Allocation(invoice_id="2026-0002", amount="-25.00")]
    await stage.take_in(customer(), invoice(), invoice("2026-0002", amount="-25.00"), back)
    settled = await stage.get("/v1/invoices/2026-0002")
    assert (settled["open"]["amount"], settled["status"]) == ("0.00", "PAID")
    (balance,) = (await stage.get("/v1/customers/C-1/position"))["balances"]
    assert (balance["open"], balance["unapplied"]) == ("100.00", "0.00")


async def test_a_creditor_that_never_said_anything_has_nothing_open_today(stage: Stage) -> None:
    assert (await stage.call("GET", "/v1/aging", creditor="never-heard-of")).status_code == 404
    await stage.move_to("2026-06-01T23:30:00+02:00")
    aging = await stage.call("GET", "/v1/aging", creditor="never-heard-of")
    assert (aging.status_code, aging.json()) == (200, {"as_of": "2026-06-01", "buckets": []})


async def test_aging_of_a_day_gone_by_forgets_what_came_later(stage: Stage) -> None:
    await stage.take_in(
        invoice(),
        invoice("2026-0002", issued_on="2026-04-20", due_on="2026-05-20"),
        paid(),
        erp.PaymentReversed(
            creditor_id="acme-nl",
            reversal_id="rev-1",
            payment_id="bank-2026-0001",
            reversed_on="2026-04-09",
            amount=money("100.00"),
        ),
        payment("bank-9", received_on="2026-05-02", remittance="2026-0001"),
    )
    await stage.move_to("2026-06-01T12:00:00+02:00")

    async def amounts(day: str) -> list[tuple[int | None, str]]:
        buckets = (await stage.get(f"/v1/aging?as_of={day}"))["buckets"]
        return [(b["from_days"], b["amount"]) for b in buckets if b["count"]]

    assert await amounts("2026-04-02") == [(1, "100.00")]
    assert await amounts("2026-04-05") == []
    assert await amounts("2026-04-21") == [(None, "100.00"), (1, "100.00")]
    assert await amounts("2026-05-02") == [(None, "100.00")]
    assert (await stage.get("/v1/aging"))["as_of"] == "2026-06-01"


async def test_invoices_are_listed_in_pages_and_filtered(stage: Stage) -> None:
    await stage.take_in(
        *[invoice(f"A-{number:03}", customer_id=f"C-{number % 2}") for number in range(7)], paid("A-002")
    )
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page: dict[str, Any] = await stage.get(
            f"/v1/invoices?customer_id=C-0&limit=3&cursor={cursor}"
            if cursor
            else "/v1/invoices?customer_id=C-0&limit=3"
        )
        seen += [item["invoice_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["A-000", "A-002", "A-004", "A-006"]
    settled = await stage.get("/v1/invoices?status=PAID")
    assert [(item["invoice_id"], item["open"]["amount"]) for item in settled["items"]] == [("A-002", "0.00")]
    shown = await stage.get("/v1/invoices/A-002")
    assert shown["status"] == "PAID"
    assert shown["amount"] == {"currency": "EUR", "amount": "100.00"}
    assert (await stage.call("GET", "/v1/invoices?status=NONSENSE")).status_code == 422


async def test_another_creditor_sees_nothing(stage: Stage) -> None:
    await stage.take_in(invoice())
    for path in ("/v1/invoices/2026-0001", "/v1/customers/C-1/position"):
        assert (await stage.call("GET", path, creditor="other")).status_code == 404
    assert (await stage.get("/v1/invoices", creditor="other"))["items"] == []
    body = {"reason_code": "PRICE"}
    refused = await stage.call("POST", "/v1/invoices/2026-0001/disputes", creditor="other", json=body)
    assert refused.status_code == 404
    assert (await stage.call("GET", "/v1/invoices", scopes=["classifier:read"])).status_code == 403


async def test_an_invoice_dated_ahead_is_not_there_until_its_day(stage: Stage) -> None:
    await stage.take_in(customer())
    await stage.move_to("2026-03-01T12:00:00+01:00")
    await stage.take_in(invoice())
    assert (await stage.call("GET", "/v1/invoices/2026-0001")).status_code == 404
    assert await stage.published("invoices.invoice-changed.v1") == []
    assert await stage.next_change_at() == datetime.fromisoformat("2026-03-02T00:00:00+01:00")
    await stage.move_to("2026-03-02T00:00:00+01:00")
    assert (await stage.get("/v1/invoices/2026-0001"))["version"] == 1
    assert await stage.next_change_at() is None


async def test_the_first_time_may_lie_before_facts_that_were_taken_in(stage: Stage) -> None:
    await stage.take_in(invoice(), paid())
    assert (await stage.invoice())["status"] == "PAID"
    await stage.move_to("2026-03-20T12:00:00+01:00")
    assert (await stage.invoice())["status"] == "OPEN"
    await stage.move_to("2026-03-20T12:00:01+01:00")
    await stage.move_to("2026-04-03T00:00:00+02:00")
    told = await stage.invoice()
    assert (told["status"], told["settled_on"], told["in_effect"]) == ("PAID", "2026-04-03", True)


async def test_the_payment_term_of_the_creditor_gives_the_due_date(stage: Stage) -> None:
    await stage.take_in(invoice(due_on=""))
    assert (await stage.invoice())["due_on"] == "2026-04-01"
    await stage.take_in(creditor(payment_term_days=14))
    assert (await stage.invoice())["due_on"] == "2026-03-16"


async def test_settings_are_read_and_edited_with_an_etag(stage: Stage) -> None:
    await stage.take_in(invoice(due_on=""))
    first = await stage.call("GET", "/v1/creditor")
    assert first.json()["payment_term_days"] == 30
    assert first.json()["important_from"] == {"currency": "EUR", "amount": "10000.00"}
    assert (await stage.call("PUT", "/v1/creditor", json={})).status_code == 428
    match = {"If-Match": first.headers["etag"]}
    wanted = {"name": "Acme", "payment_term_days": 7}
    changed = await stage.call("PUT", "/v1/creditor", json=wanted, headers=match)
    assert changed.status_code == 200, changed.text
    assert (await stage.invoice())["due_on"] == "2026-03-09"
    assert (await stage.call("PUT", "/v1/creditor", json=wanted, headers=match)).status_code == 412
    bad = await stage.call(
        "PUT", "/v1/creditor", json={"timezone": "Mars/Crater"}, headers={"If-Match": changed.headers["etag"]}
    )
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["pointer"] == "#/timezone"


async def test_unapplied_money_is_assigned_by_hand(stage: Stage) -> None:
    await stage.take_in(invoice(), payment(amount="60.00", customer_id="C-1"))
    body = {"allocations": [{"invoice_id": "2026-0001", "amount": "60.00"}]}
    response = await stage.call("POST", "/v1/unapplied-payments/bank-1/allocations", json=body)
    assert response.status_code == 204
    assert (await stage.invoice())["open"] == "40.00"
    assert (await stage.get("/v1/unapplied-payments"))["items"] == []
    again = await stage.call("POST", "/v1/unapplied-payments/bank-1/allocations", json=body)
    assert again.status_code == 422
