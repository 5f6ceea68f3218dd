"""The invoices service on a database of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.kafka.registry import registry
from chassis.kafka.topics import create
from tests.support.invoices_stage import Stage, open_stage
from tests.support.servers import Databases, delete_topics


@pytest.fixture
async def stage(databases: Databases, tmp_path: Path) -> AsyncIterator[Stage]:
    """The service behind its API; nothing consumes."""
    async with databases.fresh("invoices") as database, open_stage(database, folder=tmp_path) as stage:
        yield stage


@pytest.fixture
async def kafka_stage(databases: Databases, bootstrap: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The same with the registry's topics on the run's Kafka; they are deleted afterwards."""
    await create(bootstrap)
    try:
        async with (
            databases.fresh("invoices") as database,
            open_stage(database, folder=tmp_path, bootstrap=bootstrap) as stage,
        ):
            yield stage
    finally:
        await delete_topics(bootstrap, sorted(registry().topics))
