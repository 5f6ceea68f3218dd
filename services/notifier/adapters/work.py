"""One transaction of the notifier: its repositories on the unit's connection, its events in the unit's outbox."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from chassis.db.unit_of_work import Database, Unit
from chassis.restore.journal import write_rows
from notifier.adapters.repositories_contacts import PostgresContacts
from notifier.adapters.repositories_parties import PostgresParties
from notifier.adapters.repositories_tasks import PostgresTasks
from notifier.adapters.wire import outgoing
from notifier.domain.contact import ContactRecorded
from notifier.usecases.ports import Work


class PostgresWork:
    """The use cases' view of a unit."""

    def __init__(self, unit: Unit, *, default_sender: str) -> None:
        self._unit = unit
        self.contacts = PostgresContacts(unit.connection, keep=self._keep)
        self.tasks = PostgresTasks(unit.connection)
        self.parties = PostgresParties(unit.connection, default_sender=default_sender, keep=self._keep)

    def _keep(self, kind: str, rows: Sequence[object]) -> None:
        write_rows(self._unit, service="notifier", kind=kind, rows=rows)

    def record(self, *events: ContactRecorded) -> None:
        """Publish with the commit, in this order."""
        self._unit.publish(*map(outgoing, events))


class PostgresWorks:
    """Begins transactions."""

    def __init__(self, database: Database, *, default_sender: str) -> None:
        self._database = database
        self._default_sender = default_sender

    def __call__(self) -> AbstractAsyncContextManager[Work]:
        """Begin one; it commits when its block ends well."""
        return self._begin()

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Work]:
        async with self._database.unit() as unit:
            yield PostgresWork(unit, default_sender=self._default_sender)
