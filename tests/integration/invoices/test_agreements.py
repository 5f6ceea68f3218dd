"""Disputes, holds, promises, plans and write-offs through the API: made, listed, ended, and what follows."""

from contracts.notifier import v1 as notifier
from tests.integration.invoices.messages import customer, invoice, paid, payment
from tests.support.invoices_stage import Stage

MONDAY = "2026-04-06T10:00:00+02:00"


async def begun(stage: Stage) -> None:
    await stage.take_in(customer(), invoice(), invoice("2026-0002", amount="50.00"))
    await stage.move_to(MONDAY)


async def kinds(stage: Stage, invoice_id: str = "2026-0001") -> list[str]:
    return [stop["kind"] for stop in (await stage.invoice(invoice_id))["stops"]]


async def test_a_dispute_stops_until_it_is_ended_and_is_no_evidence_for_good(stage: Stage) -> None:
    await begun(stage)
    made = await stage.post("/v1/invoices/2026-0001/disputes", {"reason_code": "PRICE", "note": "too much"})
    assert (made["since"], made["state"]) == ("2026-04-06", "OPEN")
    assert await kinds(stage) == ["DISPUTED"]
    assert (await stage.invoice("2026-0002"))["stops"] == []
    listed = await stage.get("/v1/invoices/2026-0001/disputes")
    assert [item["dispute_id"] for item in listed["items"]] == [made["dispute_id"]]
    ended = await stage.post(f"/v1/invoices/2026-0001/disputes/{made['dispute_id']}/end")
    assert ended["state"] == "ENDED"
    assert await kinds(stage) == []
    assert (await stage.invoice())["no_evidence"] == "DISPUTED"
    again = await stage.call("POST", f"/v1/invoices/2026-0001/disputes/{made['dispute_id']}/end", json={})
    assert (again.status_code, again.json()["detail"][-17:]) == (409, "has ended already")


async def test_a_dispute_from_a_later_day_begins_on_it(stage: Stage) -> None:
    await begun(stage)
    await stage.post("/v1/invoices/2026-0001/disputes", {"reason_code": "PRICE", "on": "2026-04-08"})
    assert await kinds(stage) == []
    await stage.move_to("2026-04-08T09:00:00+02:00")
    assert await kinds(stage) == ["DISPUTED"]


async def test_a_hold_counts_up_to_and_including_its_last_day(stage: Stage) -> None:
    await begun(stage)
    body = {"until": "2026-04-08", "reason": "ticket 7", "owner": "ann"}
    await stage.post("/v1/invoices/2026-0001/holds", body)
    (stop,) = (await stage.invoice())["stops"]
    assert (stop["kind"], stop["since"], stop["until"]) == ("HELD", "2026-04-06", "2026-04-09")
    await stage.move_to("2026-04-08T23:59:00+02:00")
    assert await kinds(stage) == ["HELD"]
    await stage.move_to("2026-04-09T00:00:00+02:00")
    assert await kinds(stage) == []


async def test_a_hold_on_the_customer_stops_all_its_invoices_and_shows_in_the_position(stage: Stage) -> None:
    await begun(stage)
    made = await stage.post(
        "/v1/customers/C-1/holds", {"until": "2026-05-01", "reason": "complaint", "owner": "ann"}
    )
    assert await kinds(stage) == ["CUSTOMER_HELD"]
    assert await kinds(stage, "2026-0002") == ["CUSTOMER_HELD"]
    assert (await stage.get("/v1/customers/C-1/position"))["on_hold"] is True
    await stage.take_in(invoice("2026-0003", issued_on="2026-04-05"))
    assert await kinds(stage, "2026-0003") == ["CUSTOMER_HELD"]
    await stage.post(f"/v1/customers/C-1/holds/{made['hold_id']}/end")
    assert await kinds(stage, "2026-0003") == []
    assert (await stage.get("/v1/customers/C-1/position"))["on_hold"] is False
    assert [item["state"] for item in (await stage.get("/v1/customers/C-1/holds"))["items"]] == ["ENDED"]


async def test_a_promise_holds_just_its_invoices_and_breaks_after_two_bank_days(stage: Stage) -> None:
    await begun(stage)
    body = {"on": "2026-04-10", "invoice_ids": ["2026-0001"]}
    made = await stage.post("/v1/customers/C-1/promises", body)
    assert await kinds(stage) == ["PROMISED"]
    assert await kinds(stage, "2026-0002") == []
    # Friday the 10th: the second bank day after it is Tuesday the 14th.
    await stage.move_to("2026-04-14T23:00:00+02:00")
    assert await kinds(stage) == ["PROMISED"]
    await stage.move_to("2026-04-15T00:00:00+02:00")
    assert await kinds(stage) == []
    (item,) = (await stage.get("/v1/customers/C-1/promises"))["items"]
    assert (item["promise_id"], item["state"], item["broken_on"]) == (
        made["promise_id"],
        "BROKEN",
        "2026-04-15",
    )
    told = await stage.last("invoices.customer-changed.v1", "customer_id")
    assert told["C-1"]["broken_on"] == ["2026-04-15"]


async def test_a_kept_promise_is_no_evidence_and_a_late_booked_payment_mends_a_broken_one(
    stage: Stage,
) -> None:
    await begun(stage)
    await stage.post("/v1/customers/C-1/promises", {"on": "2026-04-10", "invoice_ids": ["2026-0001"]})
    await stage.move_to("2026-04-20T09:00:00+02:00")
    await stage.take_in(paid(received_on="2026-04-14"))
    told = await stage.invoice()
    assert (told["status"], told["no_evidence"]) == ("PAID", "KEPT_PROMISE")
    customers = await stage.last("invoices.customer-changed.v1", "customer_id")
    assert customers["C-1"]["broken_on"] == []


async def test_a_promise_without_invoices_is_for_all_that_are_open(stage: Stage) -> None:
    await begun(stage)
    made = await stage.post("/v1/customers/C-1/promises", {"on": "2026-04-10"})
    assert made["invoice_ids"] == ["2026-0001", "2026-0002"]
    ended = await stage.post(f"/v1/customers/C-1/promises/{made['promise_id']}/end")
    assert (ended["state"], await kinds(stage)) == ("ENDED", [])
    await stage.move_to("2026-04-30T09:00:00+02:00")
    (item,) = (await stage.get("/v1/customers/C-1/promises"))["items"]
    assert (item["state"], item["broken_on"]) == ("ENDED", None)


async def test_a_plan_goes_on_while_its_instalments_come_in(stage: Stage) -> None:
    await begun(stage)
    body = {
        "invoice_ids": ["2026-0001"],
        "instalments": [{"on": "2026-04-10", "amount": "60.00"}, {"on": "2026-05-08", "amount": "40.00"}],
    }
    await stage.post("/v1/customers/C-1/payment-plans", body)
    await stage.take_in(payment("b-1", amount="60.00", received_on="2026-04-06", remittance="2026-0001"))
    await stage.move_to("2026-05-12T09:00:00+02:00")
    assert await kinds(stage) == ["PLANNED"]
    await stage.move_to("2026-05-13T09:00:00+02:00")
    (item,) = (await stage.get("/v1/customers/C-1/payment-plans"))["items"]
    assert (item["state"], item["broken_on"], await kinds(stage)) == ("BROKEN", "2026-05-13", [])


async def test_a_write_off_closes_and_can_be_taken_back(stage: Stage) -> None:
    await begun(stage)
    made = await stage.post("/v1/invoices/2026-0001/write-off", {"reason": "bankrupt"})
    assert made["amount"] == {"currency": "EUR", "amount": "100.00"}
    told = await stage.invoice()
    assert (told["status"], told["open"], told["written_off_on"]) == ("WRITTEN_OFF", "0.00", "2026-04-06")
    await stage.post(f"/v1/invoices/2026-0001/write-off/{made['write_off_id']}/end")
    assert (await stage.invoice())["open"] == "100.00"
    (item,) = (await stage.get("/v1/invoices/2026-0001/write-off"))["items"]
    assert item["state"] == "ENDED"
    part = await stage.post("/v1/invoices/2026-0001/write-off", {"reason": "rest", "amount": "1.50"})
    assert part["write_off_id"] != made["write_off_id"]
    assert (await stage.invoice())["open"] == "98.50"


async def test_bad_requests_name_the_field(stage: Stage) -> None:
    await begun(stage)
    cases = [
        ("/v1/invoices/2026-0001/disputes", {}, "#/reason_code"),
        ("/v1/invoices/2026-0001/disputes", {"reason_code": "X", "amount": "1.234"}, "#/amount"),
        ("/v1/invoices/2026-0001/disputes", {"reason_code": "X", "amount": "0"}, "#/amount"),
        ("/v1/invoices/2026-0001/holds", {"until": "2026-02-30", "reason": "x", "owner": "y"}, "#/until"),
        ("/v1/invoices/2026-0001/write-off", {"reason": "x", "amount": "1e3"}, "#/amount"),
        ("/v1/invoices/2026-0001/write-off", {"reason": "x", "amount": "100.01"}, "#/amount"),
        ("/v1/customers/C-1/promises", {"on": "2026-04-05"}, "#/on"),
        ("/v1/customers/C-1/promises", {"on": "2026-04-10", "invoice_ids": ["nope"]}, "#/invoice_ids"),
        (
            "/v1/customers/C-1/payment-plans",
            {"invoice_ids": ["2026-0001"], "instalments": [{"on": "2026-04-10", "amount": "0"}]},
            "#/instalments/0/amount",
        ),
    ]
    for path, body, pointer in cases:
        response = await stage.call("POST", path, json=body)
        assert response.status_code == 422, (path, response.text)
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert (
        await stage.call("POST", "/v1/invoices/nope/disputes", json={"reason_code": "X"})
    ).status_code == 404


async def test_the_same_request_with_an_idempotency_key_is_carried_out_once(stage: Stage) -> None:
    await begun(stage)
    headers = {"Idempotency-Key": "k-1"}
    body = {"reason_code": "PRICE"}
    first = await stage.post("/v1/invoices/2026-0001/disputes", body, headers=headers)
    second = await stage.post("/v1/invoices/2026-0001/disputes", body, headers=headers)
    assert first == second
    assert len((await stage.get("/v1/invoices/2026-0001/disputes"))["items"]) == 1


def outcome(result: str, **more: object) -> notifier.ContactRecorded:
    return notifier.ContactRecorded(
        creditor_id="acme-nl",
        customer_id="C-1",
        contact_id=f"task-{result}",
        event="CALL_OUTCOME",
        at="2026-04-06T08:30:00Z",
        invoice_ids=["2026-0001"],
        call_outcome=notifier.CallOutcome(result=result, **more),  # type: ignore[arg-type]
    )


async def test_the_outcome_of_a_call_drives_the_machine_once(stage: Stage) -> None:
    await begun(stage)
    promised = outcome("PROMISED", promise=notifier.Promise(on="2026-04-10", amount="60.00"))
    await stage.take_in(promised, promised)
    await stage.take_in(promised)
    (item,) = (await stage.get("/v1/customers/C-1/promises"))["items"]
    assert (item["invoice_ids"], item["amount"], item["on"]) == (["2026-0001"], "60.00", "2026-04-10")
    await stage.take_in(
        outcome("DISPUTED", reason_code="DAMAGED"), outcome("IN_APPROVAL"), outcome("NO_ANSWER")
    )
    stops = {stop["kind"]: stop for stop in (await stage.invoice())["stops"]}
    assert sorted(stops) == ["DISPUTED", "HELD", "PROMISED"]
    assert stops["DISPUTED"]["reason"] == "DAMAGED"
    assert stops["HELD"]["until"] == "2026-04-12"


async def test_the_gate_says_why_an_invoice_must_not_be_asked_for(kafka_stage: Stage) -> None:
    stage = kafka_stage
    await stage.take_in(customer(), *[invoice(f"I-{number}") for number in range(1, 7)], paid("I-2"))
    await stage.move_to(MONDAY)
    await stage.post("/v1/invoices/I-3/disputes", {"reason_code": "PRICE"})
    await stage.post("/v1/invoices/I-4/holds", {"until": "2026-05-01", "reason": "r", "owner": "o"})
    await stage.post("/v1/customers/C-1/promises", {"on": "2026-04-10", "invoice_ids": ["I-5"]})
    await stage.post("/v1/invoices/I-6/write-off", {"reason": "gone"})
    asked = [{"creditor_id": "acme-nl", "customer_id": "C-1", "invoice_id": f"I-{n}"} for n in range(1, 8)]
    asked.append({"creditor_id": "acme-nl", "customer_id": "C-2", "invoice_id": "I-1"})
    answer = await stage.post("/internal/gate", {"invoices": asked}, scopes=["internal"])
    assert [item["blocked"] for item in answer["invoices"]] == [
        "",
        "PAID",
        "DISPUTED",
        "HELD",
        "PROMISED",
        "WRITTEN_OFF",
        "UNKNOWN",
        "UNKNOWN",
    ]
    assert (answer["fresh"], answer["invoices"][0]["open"]) == (True, "100.00")
    assert (await stage.call("POST", "/internal/gate", json={"invoices": []})).status_code == 403
