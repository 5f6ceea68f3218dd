"""Fixtures of every ring: servers start only when a test asks for them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.stack.databases import Database
from sandbox.stack.kafka import KafkaBroker
from sandbox.stack.postgres import PostgresServer
from tests.support.servers import Databases, Topics, kafka_of_one_run, postgres_of_one_run


@pytest.fixture(scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresServer]:
    """The one PostgreSQL of this run; fast, not crash-safe."""
    async with postgres_of_one_run(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
async def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaBroker]:
    """The one Kafka of this run; do not kill it, other tests use it."""
    async with kafka_of_one_run(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
async def databases(postgres_server: PostgresServer) -> Databases:
    """Hands out fresh databases: ``async with databases.fresh("invoices") as database``."""
    return Databases(postgres_server)


@pytest.fixture
async def empty_database(databases: Databases) -> AsyncIterator[Database]:
    """A database of its own for this test, with the roles ``probe_owner`` and ``probe_app`` and no tables."""
    async with databases.empty() as database:
        yield database


@pytest.fixture
async def bootstrap(kafka_broker: KafkaBroker) -> str:
    """The address of the run's Kafka."""
    return kafka_broker.bootstrap


@pytest.fixture
async def topics(kafka_broker: KafkaBroker) -> AsyncIterator[Topics]:
    """Creates topics that only this test uses."""
    made = Topics(kafka_broker.bootstrap)
    yield made
    await made.delete()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home for a stack of this test's own."""
    return tmp_path / "home"
