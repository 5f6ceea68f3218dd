"""How long the customer who comes first has been waiting for a decision."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from scheduler.adapters.metrics import OLDEST_UNDECIDED_SECONDS

# The order in which decisions are claimed: whoever stays at its head is not being decided.
_FIRST = text(
    "SELECT creditor_id, customer_id, CASE WHEN isfinite(next_wakeup_at) THEN next_wakeup_at END AS at"
    " FROM customers WHERE next_wakeup_at <= :now ORDER BY next_wakeup_at, creditor_id, customer_id LIMIT 1"
)


class OldestUndecided:
    """Looks at the head of the queue now and then; one touched by an event does not say since when it waits."""

    def __init__(self, now: Callable[[], datetime | None]) -> None:
        self._now = now
        self._first: tuple[str, str] | None = None
        self._seen_at: datetime | None = None

    async def measure(self, unit: Unit) -> None:
        """Set the gauge."""
        now = self._now()
        if now is None:
            return
        row = (await unit.connection.execute(_FIRST, {"now": now})).one_or_none()
        first = None if row is None else (row.creditor_id, row.customer_id)
        if first is None or first != self._first or self._seen_at is None:
            self._first, self._seen_at = first, now
        since = self._seen_at if row is None or row.at is None else min(row.at, self._seen_at)
        OLDEST_UNDECIDED_SECONDS.set(0 if row is None else max(0.0, (now - since).total_seconds()))
