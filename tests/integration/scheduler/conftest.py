"""The scheduler's use cases on a real PostgreSQL; what it publishes is kept for looking at."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from chassis.db.engine import open_callers_engine, open_engine
from chassis.db.unit_of_work import Database
from chassis.testing.fakes import FakeEncoder
from scheduler.settings import Settings
from tests.integration.scheduler.desk import SchedulerOnPostgres
from tests.support.servers import Databases


@pytest.fixture
async def scheduler(databases: Databases) -> AsyncIterator[SchedulerOnPostgres]:
    """A scheduler of this test's own."""
    async with databases.fresh("scheduler") as own:
        settings = Settings(service="scheduler", sandbox=True, database_url=SecretStr(own.url))
        encoder = FakeEncoder()
        database = Database(open_engine(settings), callers=open_callers_engine(settings), encoder=encoder)
        try:
            yield SchedulerOnPostgres(database, encoder)
        finally:
            await database.close()
