"""One PostgreSQL and one Kafka per test run, a fresh database and fresh topics per test."""

import asyncio
import itertools
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox.stack.addresses import free_ports
from sandbox.stack.databases import Database, copy_database, create_database, drop_database
from sandbox.stack.kafka import KafkaBroker
from sandbox.stack.layout import Layout
from sandbox.stack.postgres import PostgresServer

_NUMBERS = itertools.count(1)


@asynccontextmanager
async def postgres_of_one_run(home: Path, *, durable: bool = False) -> AsyncIterator[PostgresServer]:
    """Run a server whose data are thrown away afterwards."""
    (port,) = free_ports(1)
    server = PostgresServer(Layout(home), port, durable=durable)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        server.wipe()
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def kafka_of_one_run(home: Path) -> AsyncIterator[KafkaBroker]:
    """Run a broker whose data are thrown away afterwards."""
    port, controller_port = free_ports(2)
    broker = KafkaBroker(Layout(home), port, controller_port)
    try:
        await broker.start()
        yield broker
    finally:
        broker.kill()
        await broker.stop()
        broker.wipe()
        shutil.rmtree(home, ignore_errors=True)


async def migrated_by_the_service(database: Database, *, service: str) -> None:
    """Bring a database to the service's current schema, as the migrate role does."""
    variable = f"VELVET_{service.upper()}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", service, "migrate"),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("VELVET_")},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "VELVET_SANDBOX": "true",
            f"{variable}_DATABASE_URL": database.url,
            f"{variable}_MIGRATION_DATABASE_URL": database.owner_url,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise AssertionError(f"`python -m {service} migrate` failed:\n{output.decode(errors='replace')}")


Migration = Callable[[Database], Awaitable[None]]


@dataclass(slots=True)
class Databases:
    """Hands out fresh databases; each service is migrated once per run and then copied."""

    server: PostgresServer
    _templates: dict[str, Database] = field(default_factory=dict)

    @asynccontextmanager
    async def fresh(self, service: str, *, migrate: Migration | None = None) -> AsyncIterator[Database]:
        """Give a migrated database with the service's two roles; it is dropped afterwards.

        ``migrate`` replaces the service's own migrations, for tests of the chassis that have no service.
        It is called once per run and per ``service`` name.
        """
        template = await self._template(service, migrate)
        name = f"{service}_{next(_NUMBERS)}"
        database = await copy_database(self.server, template, service=service, name=name)
        try:
            yield database
        finally:
            await drop_database(self.server, name)

    @asynccontextmanager
    async def empty(self, service: str = "probe") -> AsyncIterator[Database]:
        """Give a database with two roles and no tables; it is dropped afterwards."""
        name = f"{service}_{next(_NUMBERS)}"
        database = await create_database(self.server, service, name=name)
        try:
            yield database
        finally:
            await drop_database(self.server, name)

    async def _template(self, service: str, migrate: Migration | None) -> Database:
        """Return the database that the service's tests copy, made at the first call."""
        if service not in self._templates:
            database = await create_database(self.server, service, name=f"{service}_template")
            if migrate is None:
                await migrated_by_the_service(database, service=service)
            else:
                await migrate(database)
            self._templates[service] = database
        return self._templates[service]


@dataclass(slots=True)
class Topics:
    """Creates topics that no other test uses, and deletes them afterwards."""

    bootstrap: str
    prefix: str = field(default_factory=lambda: f"t{next(_NUMBERS)}-")
    _made: list[str] = field(default_factory=list)

    async def create(self, name: str, *, partitions: int = 1) -> str:
        """Create a topic and return its full name, the prefix of this test in front."""
        await self.create_all({name: partitions})
        return f"{self.prefix}{name}"

    async def create_all(self, partitions_by_name: dict[str, int]) -> dict[str, str]:
        """Create several topics in one call; returns full names by short ones."""
        full = {name: f"{self.prefix}{name}" for name in partitions_by_name}
        new = [
            NewTopic(name=full[name], num_partitions=count, replication_factor=1)
            for name, count in partitions_by_name.items()
        ]
        async with _admin(self.bootstrap) as admin:
            await admin.create_topics(new)
        self._made += full.values()
        return full

    async def delete(self) -> None:
        """Delete what this test made."""
        if self._made:
            await delete_topics(self.bootstrap, self._made)
            self._made.clear()


async def delete_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Delete topics by their full names."""
    async with _admin(bootstrap) as admin:
        await admin.delete_topics(list(names))


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give a started admin client."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
