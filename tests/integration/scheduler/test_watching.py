"""How long the customer who comes first has been waiting for a decision that is due."""

from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY
from sqlalchemy import text

from scheduler.adapters.watching import OldestUndecided
from tests.integration.scheduler.desk import SchedulerOnPostgres

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def test_the_head_of_the_queue_says_how_long_it_waits(scheduler: SchedulerOnPostgres) -> None:
    now = [NOON]
    watch = OldestUndecided(lambda: now[0])

    async def waiting_s(sql: str = "SELECT 1") -> float | None:
        async with scheduler.database.unit() as unit:
            await unit.connection.execute(text(sql))
            await watch.measure(unit)
        return REGISTRY.get_sample_value("velvet_oldest_undecided_seconds")

    assert await waiting_s() == 0
    new = "INSERT INTO customers (creditor_id, customer_id, state, next_wakeup_at) VALUES ('acme-nl', "
    assert await waiting_s(new + "'C-2', '', '2026-05-01T13:00:00Z')") == 0, "not due yet"
    assert await waiting_s(new + "'C-1', '', '2026-05-01T11:58:00Z')") == 120, "due for two minutes"
    # One that an event touched does not say since when it waits: it counts from when it was first seen there.
    assert await waiting_s(new + "'C-0', '', '-infinity')") == 0
    now[0] = NOON + timedelta(minutes=7)
    assert await waiting_s() == 420
    assert await waiting_s("UPDATE customers SET next_wakeup_at = NULL") == 0
