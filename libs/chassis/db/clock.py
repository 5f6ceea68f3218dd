"""The sandbox's clock: a row in the service's own database, with the last value known in memory."""

from datetime import datetime

from sqlalchemy import text

from chassis.db.unit_of_work import Database, Unit
from chassis.kernel.clock import SetClock

_READ = text("SELECT now FROM sandbox_clock")
_STORE = text(
    "INSERT INTO sandbox_clock (id, now) VALUES (1, :now)"
    " ON CONFLICT (id) DO UPDATE SET now = greatest(sandbox_clock.now, excluded.now) RETURNING now"
)


class SandboxClock(SetClock):
    """Stands still until the scheduler's clock message comes in; never goes back."""

    async def load(self, database: Database) -> None:
        """Read the time from the row: at start, and in processes that do not consume the clock's topic."""
        async with database.engine.connect() as connection:
            found = (await connection.execute(_READ)).scalar_one_or_none()
        if found is not None:
            self.set(found)

    async def store(self, unit: Unit, now: datetime) -> datetime:
        """Write the time in the caller's transaction (a later one stays); the caller sets it after the commit."""
        stored: datetime = (await unit.connection.execute(_STORE, {"now": now})).scalar_one()
        return stored
