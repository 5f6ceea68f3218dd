"""Runs a service in one of its roles: start, probes, loops, signals, graceful stop."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiokafka.errors import KafkaError

from chassis.db import schema
from chassis.db.engine import DATABASE_ERRORS
from chassis.faults import arm, fault_point
from chassis.kernel.errors import VelvetError
from chassis.process import Process
from chassis.service import Service
from chassis.settings import EXIT_SETTINGS
from chassis.telemetry import logs, tracing
from chassis.telemetry.logs import error_name, log

ROLES: Final = ("api", "consume", "tick", "migrate", "restored", "all")
EXIT_FAILED: Final = 1
EXIT_STALE_SCHEMA: Final = 3

Build = Callable[[str], AbstractAsyncContextManager[Service]]

__all__ = ["ROLES", "Build", "Service", "fault_point", "main", "run"]


def main(build: Build, argv: Sequence[str]) -> int:
    """Run the command line on the fast event loop; returns the exit status. What ``__main__.py`` calls."""
    return uvloop.run(run(build, argv))


async def run(build: Build, argv: Sequence[str]) -> int:
    """Run one role until SIGTERM or SIGINT. Exit status: 0, 1 failed, 2 settings, 3 stale schema."""
    parser = argparse.ArgumentParser(description="Run one role of this service.")
    parser.add_argument("role", choices=ROLES, nargs="?", default="all", help="what this process does (all)")
    parser.add_argument(
        "--print-config", action="store_true", help="print the settings, secrets hidden, and end"
    )
    parser.add_argument(
        "--since", type=Path, help="restored: the backup's manifest; without it everything kept is read again"
    )
    chosen = parser.parse_args(argv)
    try:
        arm(os.environ.get("VELVET_FAULT", ""))  # noqa: TID251 - no setting: it belongs to crash tests alone
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    async with build(chosen.role) as service:
        if chosen.print_config:
            sys.stdout.write(service.settings.printable() + "\n")
            return 0
        logs.configure(service=service.name, role=chosen.role, level=service.settings.log_level)
        exporter = tracing.LogExporter() if service.settings.trace_exporter == "log" else None
        tracing.configure(service=service.name, exporter=exporter)
        if chosen.role == "migrate":
            return await _migrate(service)
        if chosen.role == "restored":
            return await _restored(service, manifest=chosen.since)
        ease_garbage_collection()
        return await _serve(service, role=chosen.role)


def ease_garbage_collection() -> None:
    """Leave what was built at start alone, and look less often: batches make many short-lived objects, few cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _migrate(service: Service) -> int:
    """Bring the schema up to date with the owner's address."""
    location = schema.script_location(service.migrations or f"{service.name}.migrations")
    # Alembic and SQLAlchemy's own connections are a seventh of a process' start: loaded by this role alone.
    from chassis.db.migrations import migrate  # noqa: PLC0415

    try:
        revision = await migrate(service.settings, location=location)
    except (*DATABASE_ERRORS, OSError, TimeoutError) as error:
        log(__name__).error("migration_failed", exc_info=error)
        sys.stderr.write(f"The database of {service.name} was not migrated ({error_name(error)}).\n")
        return EXIT_FAILED
    log(__name__).info("schema_migrated", revision=revision)
    return 0


async def _restored(service: Service, *, manifest: Path | None) -> int:
    """Bring a restored database up to what Kafka knows; what is due goes out when the service runs again."""
    # It brings an HTTP client along that no other role of most services needs: 5 MB.
    from chassis.restore.run import OtherKafka, restore  # noqa: PLC0415

    try:
        since = _since(manifest, service=service.name)
        count = await restore(service, since=since)
    except OtherKafka as error:
        sys.stderr.write(f"{service.name} was not brought up to the present: {error}.\n")
        return EXIT_FAILED
    except (KafkaError, *DATABASE_ERRORS, VelvetError, OSError, TimeoutError, ValueError) as error:
        log(__name__).error("restore_failed", exc_info=error)
        sys.stderr.write(
            f"{service.name} was not brought up to the present ({error_name(error)}): run it again.\n"
        )
        return EXIT_FAILED
    sys.stdout.write(
        f"{service.name}: {count.records} records and {count.requests} requests taken in again,"
        f" {count.published} messages to send that nobody has heard.\n"
    )
    return 0


def _since(manifest: Path | None, *, service: str) -> Mapping[str, Sequence[int]]:
    if manifest is None:
        return {}
    told = msgspec.json.decode(manifest.read_bytes(), type=dict[str, dict[str, list[int]]])
    return told.get(service, {})


async def _serve(service: Service, *, role: str) -> int:
    """Run the role's loops until a signal comes."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stopping.set)
    process = Process(service, role=role)
    try:
        return await process.run()
    except schema.StaleSchema as error:
        sys.stderr.write(f"{service.name} does not start: {error}.\n")
        return EXIT_STALE_SCHEMA
    except OSError as error:
        sys.stderr.write(f"{service.name} does not start: {error}.\n")
        return EXIT_FAILED
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
