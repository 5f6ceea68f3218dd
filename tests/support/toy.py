"""A toy service on the chassis: it counts things, on purpose not idempotently, so that every repetition shows."""

import argparse
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text
from typing_extensions import override

from chassis.db.migrations import migrate
from chassis.db.unit_of_work import Unit
from chassis.kafka.messages import Incoming, Outgoing
from chassis.kafka.registry import Registry, Topic
from chassis.kernel.errors import Poison, Rejected, Transient
from chassis.parts import connected
from chassis.runtime import Service, main
from chassis.settings import ServiceSettings, load
from contracts.erp.v1 import InvoiceIssued
from contracts.invoices.v1 import InvoiceChanged
from sandbox.stack.databases import Database

MIGRATIONS = Path(__file__).with_name("toy_migrations")


def toy_registry(prefix: str, *, service: str, partitions: int = 6) -> Registry:
    """Topics of one test: things in, counts out, the clock, the dead letters."""

    def topic(
        name: str, message: str, *, producer: str, consumers: set[str], count: int = partitions
    ) -> Topic:
        return Topic(
            name=f"{prefix}{name}",
            message=message,
            key="customer",
            partitions=count,
            retention_days=1,
            producer=producer,
            consumers=frozenset(consumers),
            dead_letter="",
        )

    topics = [
        topic("things", "contracts.erp.v1.InvoiceIssued", producer="erp", consumers={service}),
        topic("others", "contracts.erp.v1.CustomerUpdated", producer="erp", consumers={service}),
        topic("counts", "contracts.invoices.v1.InvoiceChanged", producer=service, consumers={"someone"}),
        topic("clock", "contracts.scheduler.v1.ClockAdvanced", producer="x", consumers={service}, count=1),
    ]
    return Registry({topic.name: topic for topic in topics})


class ToyRegistry(Registry):
    """The same, with a dead-letter topic under the test's prefix."""

    def __init__(self, prefix: str, *, service: str, partitions: int = 6) -> None:
        super().__init__(toy_registry(prefix, service=service, partitions=partitions).topics)
        self.prefix = prefix

    @override
    def dead_letter_of(self, service: str, *, topic: str) -> str:
        return f"{self.prefix}dead-letter"


async def migrate_toy(database: Database) -> None:
    """Bring a database to the toy's schema, as the owner."""
    owner = SecretStr(database.owner_url)
    settings = ServiceSettings(service="toy", sandbox=True, database_url=owner, migration_database_url=owner)
    await migrate(settings, location=MIGRATIONS)


_COUNT = text(
    "INSERT INTO things (thing_id, times) SELECT i, 1 FROM unnest(CAST(:ids AS text[])) AS i"
    " ON CONFLICT (thing_id) DO UPDATE SET times = things.times + 1"
)
_OWN = text(
    "INSERT INTO owners (owner_id, version) VALUES (:owner, 1)"
    " ON CONFLICT (owner_id) DO UPDATE SET version = owners.version + 1 RETURNING version"
)


async def handle(unit: Unit, batch: Sequence[Incoming], *, prefix: str) -> None:
    """Count the things, and publish a number per owner that rises by one each time."""
    things = [i for i in batch if isinstance(i.body, InvoiceIssued)]
    for incoming in things:
        await _misbehave(unit, incoming)
    for incoming in things:
        assert isinstance(incoming.body, InvoiceIssued)
        await unit.connection.execute(_COUNT, {"ids": [incoming.body.invoice_id]})
        version = (await unit.connection.execute(_OWN, {"owner": incoming.body.customer_id})).scalar_one()
        unit.publish(
            Outgoing(
                topic=f"{prefix}counts",
                key=incoming.key,
                body=InvoiceChanged(
                    invoice_id=incoming.body.invoice_id,
                    customer_id=incoming.body.customer_id,
                    version=version,
                ),
                id=f"{incoming.envelope.id}-out",
                time=incoming.envelope.time,
            )
        )


async def _misbehave(unit: Unit, incoming: Incoming) -> None:
    """Fail as the thing's name says, until the switch of that name is thrown."""
    assert isinstance(incoming.body, InvoiceIssued)
    name = incoming.body.invoice_id
    if name.startswith("poison-named"):
        raise Poison("it can never succeed", field="invoice_id", origin=incoming.origin)
    if name.startswith("poison"):
        raise Poison("it can never succeed", field="invoice_id")
    if name.startswith("rejected"):
        raise Rejected("a rule said no", field="invoice_id")
    if name.startswith(("transient", "bug")):
        thrown = await unit.connection.execute(text("SELECT 1 FROM switches WHERE name = :n"), {"n": name})
        if not thrown:
            raise Transient("not now") if name.startswith("transient") else KeyError(name)


def check(incoming: Incoming) -> None:
    """Refuse what can be refused by looking at one record."""
    if isinstance(incoming.body, InvoiceIssued) and incoming.body.invoice_id.startswith("refused"):
        raise Poison("it is refused", field="invoice_id")
    if isinstance(incoming.body, InvoiceIssued) and incoming.body.invoice_id.startswith("broken-check"):
        raise KeyError("a fault of the check itself")


async def on_time(unit: Unit, now: datetime) -> int:
    """Take away two due instants at a time."""
    done = await unit.connection.execute(
        text("DELETE FROM due WHERE ctid IN (SELECT ctid FROM due WHERE at <= :now LIMIT 2) RETURNING 1"),
        {"now": now},
    )
    return len(done)


async def next_change_at(unit: Unit) -> datetime | None:
    """Return the earliest due instant."""
    found: datetime | None = (await unit.connection.execute(text("SELECT min(at) FROM due"))).scalar_one()
    return found


@asynccontextmanager
async def toy(settings: ServiceSettings, *, registry: ToyRegistry) -> AsyncIterator[Service]:
    """Build the toy."""
    async with connected(settings, topics=registry) as parts:
        yield Service(
            name=settings.service,
            settings=settings,
            database=parts.database,
            clock=parts.clock,
            progress=parts.progress,
            routers=(),
            consumes=registry.consumed_by(settings.service),
            handle=partial(handle, prefix=registry.prefix),
            check=check,
            on_time=on_time,
            next_change_at=next_change_at,
            registry=registry,
            migrations="tests.support.toy_migrations",
        )


def _run(argv: Sequence[str]) -> int:
    """Run the toy as a process: ``python -m tests.support.toy PREFIX SERVICE PARTITIONS ROLE``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("prefix")
    parser.add_argument("service")
    parser.add_argument("partitions", type=int)
    parser.add_argument("role")
    chosen = parser.parse_args(argv)
    registry = ToyRegistry(chosen.prefix, service=chosen.service, partitions=chosen.partitions)

    @asynccontextmanager
    async def build(role: str) -> AsyncIterator[Service]:
        del role
        settings = load(ServiceSettings, service=chosen.service)
        async with toy(settings, registry=registry) as service:
            yield service

    return main(build, [chosen.role])


def thing(number: int, *, owner: str = "", name: str = "") -> bytes:
    """Return the JSON of one thing."""
    body = {
        "creditor_id": "c",
        "invoice_id": name or f"thing-{number}",
        "customer_id": owner or f"o{number % 7}",
    }
    return json.dumps(body).encode()


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
