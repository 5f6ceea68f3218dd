"""Builds what every service's bootstrap needs: the database, the clock, and the view on its own progress."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chassis.db.clock import SandboxClock
from chassis.db.engine import open_callers_engine, open_engine
from chassis.db.unit_of_work import Database
from chassis.kafka.codec import Codec
from chassis.kafka.ends import Ends
from chassis.kafka.progress import Progress
from chassis.kafka.registry import Registry, registry
from chassis.kernel.clock import Clock, WallClock
from chassis.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """The chassis' own parts of one process."""

    database: Database
    clock: Clock
    progress: Progress


def open_codec(settings: ServiceSettings, *, topics: Registry) -> Codec:
    """Return the codec that the settings ask for."""
    return Codec(
        topics,
        source=f"/velvet/{settings.service}",
        wire_format=settings.wire_format,
        confluent_framing=settings.confluent_framing,
    )


@asynccontextmanager
async def connected(settings: ServiceSettings, *, topics: Registry | None = None) -> AsyncIterator[Parts]:
    """Yield the parts and close them at the end; nothing connects before it is used."""
    topics = topics or registry()
    database = Database(
        open_engine(settings),
        callers=open_callers_engine(settings),
        encoder=open_codec(settings, topics=topics),
    )
    ends = Ends(settings, registry=topics)
    progress = Progress(database, ends=ends, registry=topics, service=settings.service)
    clock: Clock = SandboxClock() if settings.sandbox else WallClock()
    try:
        yield Parts(database=database, clock=clock, progress=progress)
    finally:
        await progress.close()
        await database.close()
