"""How many messages are in doubt; and what a restored database does with those of which it knows nothing."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from tests.integration.notifier.events import customer_changed, reminder_due
from tests.integration.notifier.stage import Stage, sending
from tests.unit.notifier.builders import NOON


async def _ambiguous(stage: Stage) -> float | None:
    assert stage.service.measure is not None
    async with stage.database.reading() as unit:
        await stage.service.measure(unit)
    return REGISTRY.get_sample_value("velvet_ambiguous_deliveries")


async def test_messages_in_doubt_are_counted_for_seven_days(idle_stage: Stage) -> None:
    assert await _ambiguous(idle_stage) == 0
    await idle_stage.take_in(reminder_due())
    async with idle_stage.database.unit() as unit:
        await unit.connection.execute(text("UPDATE contacts SET state = 'AMBIGUOUS', at = :at"), {"at": NOON})
    assert await _ambiguous(idle_stage) == 1
    idle_stage.set_clock(NOON + timedelta(days=8))
    assert await _ambiguous(idle_stage) == 0


@pytest.mark.parametrize(("channel", "sent"), [("EMAIL", 0), ("WHATSAPP", 0), ("LETTER", 1)])
async def test_after_a_restore_a_message_without_a_line_in_the_journal_is_never_sent_blindly(
    idle_stage: Stage, channel: str, sent: int
) -> None:
    await idle_stage.take_in(customer_changed(), reminder_due(channel=channel))
    assert idle_stage.service.restoring.rows is not None
    async with idle_stage.database.unit() as unit:
        await idle_stage.service.restoring.rows(unit, [], [])
    async with sending(idle_stage):
        await idle_stage.settle()
    assert len(idle_stage.inbox_messages()) == sent
    (contact,) = await idle_stage.contacts()
    assert contact["outcome"] in ({"ACCEPTED", "DELIVERED"} if sent else {"AMBIGUOUS"})
