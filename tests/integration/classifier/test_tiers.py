"""Tiers end to end on PostgreSQL: contract messages in, events and answers out."""

from datetime import date, datetime, timedelta

import msgspec

from contracts.invoices.v1 import CreditorChanged, CustomerChanged, InvoiceChanged, Stop
from contracts.notifier.v1 import ContactRecorded
from tests.integration.classifier.stage import CREDITOR, JANSEN, Stage, customer, invoice, on_time, settled

TIER, PROFILE = "classifier.tier-changed.v1", "classifier.profile-changed.v1"


async def test_a_customer_known_by_its_master_data_alone_is_bronze_and_unknown(stage: Stage) -> None:
    await stage.take_in(customer())
    found = await stage.tier()
    assert (found["tier"], found["unknown"], found["pin"]) == ("BRONZE", True, None)
    assert [(entry["tier"], entry["at"]) for entry in found["history"]] == [
        ("BRONZE", "2025-01-05T23:00:00Z")
    ]
    (event,) = await stage.published(TIER)
    assert (event.get("old_tier", ""), event["new_tier"], event["unknown"]) == ("", "BRONZE", True)
    assert event["reason"] == "New customer, fewer than 3 payment moments known: bronze for now."
    assert event["reason_nl"] == "Nieuwe klant, nog geen 3 betaalmomenten bekend: voorlopig brons."


async def test_five_payments_in_time_make_gold_and_are_told_with_a_reason(stage: Stage) -> None:
    await stage.move_to("2025-06-01T12:00:00+02:00")
    for paid in on_time(count=5):
        await stage.take_in(paid)
    found = await stage.tier()
    assert (found["tier"], found["unknown"]) == ("GOLD", False)
    assert found["reason"] == "All of the last 5 payment moments were on time: silver → gold."
    assert [entry["tier"] for entry in found["history"]] == ["BRONZE", "SILVER", "GOLD"]
    assert found["history"][-1]["at"] == "2025-05-10T22:00:00Z"
    events = await stage.published(TIER)
    assert [(e.get("old_tier", ""), e["new_tier"]) for e in events] == [
        ("", "BRONZE"),
        ("BRONZE", "SILVER"),
        ("SILVER", "GOLD"),
    ]
    assert [e["version"] for e in events] == [1, 2, 3]
    assert events[-1]["reason_nl"] == "Alle laatste 5 betaalmomenten waren op tijd: zilver → goud."
    profiles = await stage.published(PROFILE)
    assert [p["episodes"] for p in profiles] == [1, 2, 3, 4, 5]
    assert len(profiles[-1]["lateness_pmf"]) == 24
    assert abs(sum(profiles[-1]["lateness_pmf"]) - 1) < 1e-4


async def test_the_same_facts_at_once_and_one_by_one_give_the_same_history(stage: Stage) -> None:
    await stage.move_to("2025-12-01T12:00:00+01:00")
    late = [
        settled("L1", due_on="2025-07-11", settled_on="2025-07-21"),
        settled("L2", due_on="2025-08-11", settled_on="2025-08-25"),
    ]
    await stage.take_in(customer(), *on_time(count=6), *late)
    at_once = await stage.tier()
    assert at_once["tier"] == "SILVER"
    assert at_once["reason"] == "2 of the last 5 payment moments were late (14 and 10 days): gold → silver."
    facts: list[InvoiceChanged | CustomerChanged] = [
        late[1],
        *reversed(on_time(count=6)),
        late[0],
        customer(),
    ]
    for fact in facts:
        await stage.take_in(_for_other(fact))
    one_by_one = await stage.get("/v1/customers/C-2/tier")
    assert one_by_one["history"] == at_once["history"]
    assert one_by_one["evidence"] == at_once["evidence"]


async def test_a_back_dated_payment_restores_the_tier(stage: Stage) -> None:
    await stage.move_to("2025-12-01T12:00:00+01:00")
    open_one = invoice("LATE", issued_on="2025-07-01", due_on="2025-08-01")
    await stage.take_in(*on_time(count=6), open_one)
    # 1 August is a Friday; 91 days later a BRONZE override has long been reached.
    assert (await stage.tier())["tier"] == "BRONZE"
    await stage.take_in(settled("LATE", due_on="2025-08-01", settled_on="2025-07-31", version=5))
    found = await stage.tier()
    assert found["tier"] == "GOLD"
    assert [entry["tier"] for entry in found["history"]] == ["BRONZE", "SILVER", "GOLD"]
    events = await stage.published(TIER)
    assert (events[-1]["old_tier"], events[-1]["new_tier"]) == ("BRONZE", "GOLD")


async def test_an_open_invoice_costs_the_tier_on_its_31st_and_61st_day(stage: Stage) -> None:
    await stage.move_to("2026-01-05T09:00:00+01:00")
    # Saturday 31 January: effectively due on Monday 2 February.
    await stage.take_in(*on_time(count=6), invoice("OPEN", due_on="2026-01-31"))
    assert (await stage.tier())["tier"] == "GOLD"
    assert await stage.next_change_at() == datetime.fromisoformat("2026-03-05T00:00:00+01:00")
    await stage.move_to("2026-03-04T23:59:59+01:00")
    assert (await stage.tier())["tier"] == "GOLD"
    await stage.move_to("2026-03-05T00:00:00+01:00")
    silver = await stage.tier()
    assert (silver["tier"], silver["history"][-1]["at"]) == ("SILVER", "2026-03-04T23:00:00Z")
    assert silver["reason"] == "An invoice is still open more than 30 days after its due date: gold → silver."
    assert silver["evidence"]["open_overdue_days"] == 31
    assert await stage.next_change_at() == datetime.fromisoformat("2026-04-04T00:00:00+02:00")
    await stage.move_to("2026-06-30T12:00:00+02:00")
    bronze = await stage.tier()
    assert (bronze["tier"], bronze["history"][-1]["at"]) == ("BRONZE", "2026-04-03T22:00:00Z")
    assert await stage.next_change_at() is None


async def test_a_disputed_invoice_costs_nothing_while_the_dispute_runs(stage: Stage) -> None:
    await stage.move_to("2026-02-10T09:00:00+01:00")
    disputed = Stop(kind="DISPUTED", id="d1", since="2026-02-10", reason="PRICE")
    await stage.take_in(*on_time(count=6), invoice("OPEN", due_on="2026-02-02", stops=[disputed]))
    assert await stage.next_change_at() is None
    await stage.move_to("2026-05-01T09:00:00+02:00")
    assert (await stage.tier())["tier"] == "GOLD"
    # The dispute is ended on 1 May, and the invoice is still not paid.
    await stage.take_in(invoice("OPEN", due_on="2026-02-02", version=3))
    found = await stage.tier()
    assert (found["tier"], found["history"][-1]["at"]) == ("BRONZE", "2026-04-30T22:00:00Z")


async def test_a_disputed_debt_is_no_evidence(stage: Stage) -> None:
    await stage.move_to("2026-06-01T09:00:00+02:00")
    late = [
        settled(f"D{n}", due_on="2025-07-11", settled_on=f"2025-{n:02}-20", no_evidence="DISPUTED")
        for n in range(8, 12)
    ]
    await stage.take_in(*on_time(count=6), *late)
    found = await stage.tier()
    assert (found["tier"], found["evidence"]["episodes"]) == ("GOLD", 6)


async def test_two_broken_promises_within_a_year_make_bronze(stage: Stage) -> None:
    await stage.move_to("2026-03-02T09:00:00+01:00")
    await stage.take_in(*on_time(count=6), customer(broken_on=["2025-09-01"]))
    assert (await stage.tier())["tier"] == "GOLD"
    await stage.take_in(customer(version=2, broken_on=["2025-09-01", "2026-03-02"]))
    found = await stage.tier()
    assert (found["tier"], found["evidence"]["rule"]) == ("BRONZE", "BROKEN_TWICE")


async def test_facts_before_the_first_time_are_judged_by_the_latest_date(stage: Stage) -> None:
    await stage.take_in(*on_time(count=6), invoice("OPEN", issued_on="2025-07-01", due_on="2025-08-01"))
    assert (await stage.tier())["tier"] == "GOLD"
    later = invoice("NEW", issued_on="2025-09-15", due_on="2025-10-15")
    await stage.take_in(later)
    found = await stage.tier()
    assert (found["tier"], found["history"][-1]["at"]) == ("SILVER", "2025-08-31T22:00:00Z")
    # The first time told lies before: what lies ahead of it is not in effect.
    ahead = [msg for msg in on_time(count=6) if msg.settled_on > "2025-04-30"]
    await stage.move_to("2025-04-30T12:00:00+02:00")
    gone = [
        settled(m.invoice_id, due_on=m.due_on, settled_on=m.settled_on, version=9, in_effect=False)
        for m in ahead
    ]
    await stage.take_in(
        *gone, invoice("NEW", version=9, in_effect=False), invoice("OPEN", version=9, in_effect=False)
    )
    found = await stage.tier()
    assert (found["tier"], found["evidence"]["episodes"]) == ("SILVER", 4)


async def test_a_duplicate_and_an_old_version_change_nothing(stage: Stage) -> None:
    await stage.move_to("2025-12-01T12:00:00+01:00")
    await stage.take_in(*on_time(count=6))
    before = await stage.tier()
    told = len(await stage.published(TIER)) + len(await stage.published(PROFILE))
    await stage.take_in(*on_time(count=6))
    await stage.take_in(invoice("2025-0", version=1, status="OPEN"))
    assert await stage.tier() == before
    assert len(await stage.published(TIER)) + len(await stage.published(PROFILE)) == told


async def test_days_begin_in_the_creditors_own_time_zone(stage: Stage) -> None:
    await stage.take_in(CreditorChanged(creditor_id=CREDITOR, version=1, timezone="Asia/Tokyo"))
    await stage.move_to("2026-01-05T09:00:00+01:00")
    await stage.take_in(*on_time(count=6), invoice("OPEN", due_on="2026-02-02"))
    assert await stage.next_change_at() == datetime.fromisoformat("2026-03-05T00:00:00+09:00")


async def test_the_profile_says_how_this_customer_pays(stage: Stage) -> None:
    await stage.move_to("2025-12-01T12:00:00+01:00")
    # Due on Tuesdays, paid on Fridays.
    due_ons = [date(2025, 1, 7) + timedelta(days=28 * n) for n in range(11)]
    late = [
        settled(f"S{n}", due_on=str(due_on), settled_on=str(due_on + timedelta(days=3)))
        for n, due_on in enumerate(due_ons)
    ]
    await stage.take_in(*late, customer(preferred_channel="SMS"))
    contact = ContactRecorded(
        creditor_id=CREDITOR,
        customer_id=JANSEN,
        contact_id="k1",
        version=1,
        event="OUTCOME",
        at="2025-03-05T09:00:00Z",
        invoice_ids=["S2"],
        channel="EMAIL",
        outcome="DELIVERED",
    )
    await stage.take_in(contact)
    found = await stage.get(f"/v1/customers/{JANSEN}/profile")
    assert (found["episodes"], found["preferred"]["channel"]) == (11, "SMS")
    assert found["structural_days_late"] == 3
    quantiles = [found["lateness"][name] for name in ("p05", "p25", "p50", "p75", "p95")]
    assert quantiles == sorted(quantiles)
    assert 1 <= found["lateness"]["p50"] <= 3
    assert found["learned"]["channels"] == [{"channel": "EMAIL", "contacts": 1, "paid_within_5_days": 1}]


async def test_a_forecast_says_when_an_open_invoice_is_likely_to_be_paid(stage: Stage) -> None:
    await stage.move_to("2025-12-01T12:00:00+01:00")
    await stage.take_in(*on_time(count=9), invoice("OPEN", due_on="2025-12-10", issued_on="2025-11-10"))
    found = await stage.get("/v1/invoices/OPEN/forecast")
    assert (found["customer_id"], found["open"], found["expected_on"]) == (JANSEN, True, "2025-12-10")
    assert found["likely_from"] <= found["expected_on"] <= found["likely_until"]
    assert 0 < found["late"] < 0.3
    paid = await stage.get("/v1/invoices/2025-0/forecast")
    assert (paid["open"], paid["expected_on"]) == (False, None)
    assert (await stage.call("GET", "/v1/invoices/nothing/forecast")).status_code == 404


async def test_who_needs_attention_is_listed(stage: Stage) -> None:
    await stage.move_to("2025-12-01T12:00:00+01:00")
    await stage.take_in(*on_time(count=6))
    await stage.take_in(*(_for_other(m) for m in on_time(count=6)))
    await stage.take_in(_for_other(invoice("OPEN", issued_on="2025-07-01", due_on="2025-10-20")))
    everyone = (await stage.get("/v1/customers"))["items"]
    assert [row["customer_id"] for row in everyone] == ["C-1001", "C-2"]
    some = (await stage.get("/v1/customers", attention="true"))["items"]
    assert [(row["customer_id"], row["tier"], row["too_long_overdue"]) for row in some] == [
        ("C-2", "SILVER", 1)
    ]
    page = await stage.get("/v1/customers", limit="1")
    rest = await stage.get("/v1/customers", limit="1", cursor=page["next_cursor"])
    assert [row["customer_id"] for row in rest["items"]] == ["C-2"]


def _for_other(message: InvoiceChanged | CustomerChanged) -> InvoiceChanged | CustomerChanged:
    if isinstance(message, InvoiceChanged):
        name = f"other-{message.invoice_id}"
        return msgspec.structs.replace(message, customer_id="C-2", invoice_id=name)
    return msgspec.structs.replace(message, customer_id="C-2")
