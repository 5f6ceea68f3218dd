"""Sent after payment: counted when the payment was known before the provider was called, and only then."""

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from contracts.notifier.v1 import ContactRecorded
from tests.integration.invoices.messages import invoice, paid
from tests.support.invoices_stage import CREDITOR, Stage


def _counted() -> float:
    return REGISTRY.get_sample_value("velvet_sent_after_payment_total") or 0.0


@pytest.mark.parametrize(
    ("called_at", "outcome", "counts"),
    [
        ("2026-05-01T09:00:01+00:00", "ACCEPTED", 1),
        ("2026-05-01T09:00:01+00:00", "AMBIGUOUS", 1),
        ("2026-05-01T09:00:01+00:00", "SUPPRESSED", 0),
        ("2026-05-01T08:59:59+00:00", "ACCEPTED", 0),
    ],
)
async def test_only_a_payment_known_before_the_call_counts(
    stage: Stage, called_at: str, outcome: str, counts: int
) -> None:
    await stage.take_in(invoice())
    async with stage.service.database.unit() as unit:
        await unit.connection.execute(
            text("INSERT INTO sandbox_clock (id, now) VALUES (1, '2026-05-01T09:00:00Z')")
        )
    await stage.take_in(paid())
    assert (await stage.invoice())["status"] == "PAID"
    before = _counted()
    told = ContactRecorded(
        creditor_id=CREDITOR,
        customer_id="C-1",
        contact_id="contact-1",
        version=1,
        event="OUTCOME",
        at=called_at,
        invoice_ids=["2026-0001"],
        channel="EMAIL",
        outcome=outcome,
        action="SEND",
    )
    await stage.take_in(told)
    assert _counted() - before == counts
