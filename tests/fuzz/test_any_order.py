"""The same events, as they come over Kafka, in any order and more than once: the same open items in the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from invoices.entrypoints.erp_messages import facts_of
from invoices.usecases.take_in_facts import Fact
from tests.fuzz.doors import CODEC
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.records import CREDITOR, Body, Wire, written
from tests.unit.invoices.usecases.test_any_order import stored, taken_in

INVOICES = {"A-1": "F-1", "A-2": "F-1", "A-3": "F-2"}
"""An invoice keeps its customer: for one that changes it the order of arrival decides (contract section 3)."""
AMOUNTS = st.sampled_from(["0.00", "10.00", "40.00", "60.00", "100.00", "100.01"])
DAYS = st.integers(1, 28).map(lambda number: f"2026-{1 + number % 5:02}-{number:02}")
INVOICE_IDS = st.sampled_from(sorted(INVOICES))
NAMES = st.sampled_from(["Jansen", "Jansen B.V.", "De Vries"])


def euro(amount: str) -> Body:
    return {"currency": "EUR", "amount": amount}


@st.composite
def an_event(draw: st.DrawFn) -> tuple[str, Body]:
    kind = draw(st.sampled_from("IIPPPCCRRWWU"))
    amount, on, invoice_id = draw(AMOUNTS), draw(DAYS), draw(INVOICE_IDS)
    customer_id = INVOICES[invoice_id]
    customer = {"creditor_id": CREDITOR, "customer_id": customer_id, "name": draw(NAMES), "country": "NL"}
    match kind:
        case "I":
            body: Body = {"invoice_id": invoice_id, "issued_on": on, "amount": euro(amount)}
            if draw(st.booleans()):
                body["due_on"] = draw(DAYS)
            if draw(st.booleans()):
                body["customer"] = customer
            return "erp.invoice-issued.v1", {**body, "customer_id": customer_id}
        case "P":
            shares = draw(st.lists(st.tuples(INVOICE_IDS, AMOUNTS), max_size=2, unique_by=lambda x: x[0]))
            body = {
                "payment_id": draw(st.sampled_from(["b-1", "b-2"])),
                "received_on": on,
                "amount": euro(amount),
            }
            if draw(st.booleans()):
                body["customer_id"] = customer_id
            body["allocations"] = [{"invoice_id": i, "amount": a} for i, a in shares]
            body["remittance"] = draw(st.sampled_from(["", "A-1", "A-2 en A-3"]))
            return "erp.payment-received.v1", body
        case "C":
            body = {"credit_note_id": draw(st.sampled_from(["c-1", "c-2"])), "issued_on": on}
            # A note's customer stays, as an invoice's does.
            body |= {"amount": euro(amount), "customer_id": "F-1"}
            return "erp.credit-note-issued.v1", {
                **body,
                "invoice_id": draw(st.sampled_from(["", "A-1", "A-2"])),
            }
        case "R":
            payment_id = draw(st.sampled_from(["b-1", "b-2"]))
            body = {"reversal_id": f"r-{payment_id}", "payment_id": payment_id, "reversed_on": on}
            return "erp.payment-reversed.v1", {**body, "amount": euro(amount), "reason_code": "MD06"}
        case "W":
            return (
                "erp.invoice-written-off.v1",
                {"invoice_id": invoice_id, "written_off_on": on, "amount": euro(amount), "reason": "x"},
            )
        case _:
            return "erp.customer-updated.v1", customer


@st.composite
def a_log(draw: st.DrawFn) -> list[Wire]:
    """Events of their own identity each; some carry the same ce_time, so that ce_id decides."""
    log = []
    for number, (topic, body) in enumerate(draw(st.lists(an_event(), min_size=1, max_size=12))):
        wire = written(topic, {"creditor_id": CREDITOR, **body}, event_id=f"e-{number:03}")
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 6)))
        time = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        headers = [(name, time if name == "ce_time" else value) for name, value in wire.headers]
        log.append(replace(wire, headers=headers))
    return log


def told(wire: Wire) -> list[Fact]:
    incoming = CODEC.decode(wire)
    facts: list[Any] = list(facts_of(incoming.body, envelope=incoming.envelope))
    return facts


@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
@given(log=a_log(), data=st.data())
async def test_a_permuted_and_duplicated_log_gives_the_same_open_items(
    log: list[Wire], data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from([None, "03-10", "12-31"]))
    in_order = await taken_in([told(wire) for wire in log], at=at)
    again = data.draw(st.permutations([*log, *data.draw(st.lists(st.sampled_from(log), max_size=6))]))
    cut = data.draw(st.integers(0, len(again)))
    batches = [[fact for wire in part for fact in told(wire)] for part in (again[:cut], again[cut:])]
    otherwise = await taken_in([batch for batch in batches if batch], at=at)
    assert stored(otherwise) == stored(in_order)
