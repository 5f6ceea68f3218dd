"""Backs the four databases up while everything runs, and brings older ones back beside the Kafka of today.

Each database is dumped by itself, at its own moment: they need not agree. Beside the dumps stands how far the
topics of each service went just before: whatever it said later, a restored service has to hear again.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.kafka.ends import NoTopic, partitions_of
from chassis.kafka.registry import registry
from sandbox.stack.addresses import SERVICES
from sandbox.stack.databases import create_database, drop_database
from sandbox.stack.layout import write_private
from sandbox.stack.parts import run_module
from sandbox.stack.problem import StackProblem
from sandbox.stack.quarters import installed_software
from sandbox.stack.stack import Stack

_MANIFEST = "manifest.json"
_RESTORED_S_MAX = 6 * 3600.0

Say = Callable[[str], None]


def folder_for(stack: Stack) -> Path:
    """Return a new folder for a backup, named for the present time; only its owner may read it."""
    folder = stack.layout.home / "backups" / time.strftime("%Y-%m-%dT%H-%M-%S")
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


async def back_up(stack: Stack, folder: Path, *, services: Sequence[str] = SERVICES, say: Say) -> None:
    """Dump the databases of these services into ``folder``, which exists; raises StackProblem."""
    for service in services:
        # First how far its topics go, then the dump: what is said in between is heard twice, never missed.
        ends = await _own_ends(stack, service)
        file = folder / f"{service}.dump"
        unfinished = file.with_suffix(".unfinished")
        await _client(stack, service, "pg_dump", ["--format=custom", f"--file={unfinished}"])
        unfinished.chmod(0o600)
        unfinished.replace(file)
        manifest = _read(folder) | {service: ends}
        write_private(folder / _MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
        say(f"{file}  {file.stat().st_size // 1024} kB")


async def bring_back(stack: Stack, folder: Path, *, say: Say) -> None:
    """Replace the databases by those in ``folder`` and bring them up to what Kafka knows.

    The services must be stopped, PostgreSQL and Kafka running; whatever was only in the replaced databases
    and never said to anybody is gone. Raises StackProblem.
    """
    found = await whole_backup(stack, folder)
    for service in found:
        if stack.choice.postgres:
            await drop_database(stack.postgres, service)
            await create_database(stack.postgres, service)
        options = [] if stack.choice.postgres else ["--clean", "--if-exists"]
        dump = str(folder / f"{service}.dump")
        await _client(stack, service, "pg_restore", [*options, "--exit-on-error", dump], names_database=True)
    await asyncio.gather(*(_up_to_date(stack, service, folder, say=say) for service in found))


async def whole_backup(stack: Stack, folder: Path) -> list[str]:
    """Return the services in a backup; raises StackProblem, before anything is touched, when it is not whole."""
    found = [service for service in SERVICES if (folder / f"{service}.dump").exists()]
    if not found or not (folder / _MANIFEST).exists():
        raise StackProblem(f"{folder} is no backup: it has no dump beside a {_MANIFEST}.")
    untold = sorted(set(found) - _read(folder).keys())
    if untold:
        raise StackProblem(f"The backup in {folder} was cut off: its {_MANIFEST} lacks {', '.join(untold)}.")
    for service in found:
        # Read to its end: a dump that lacks its last part would be noticed when the database is gone already.
        await _client(stack, service, "pg_restore", ["--file=/dev/null", str(folder / f"{service}.dump")])
    return found


async def _up_to_date(stack: Stack, service: str, folder: Path, *, say: Say) -> None:
    environment = stack.environment(service)
    await run_module(service, [service, "migrate"], layout=stack.layout, environment=environment)
    since = ["--since", str(folder / _MANIFEST)]
    await run_module(
        service,
        [service, "restored", *since],
        layout=stack.layout,
        environment=environment,
        within_s=_RESTORED_S_MAX,
    )
    log = stack.layout.log(service).read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in log if line.startswith(f"{service}: ")]
    say(said[-1] if said else f"{service}: brought back.")


async def _own_ends(stack: Stack, service: str) -> dict[str, list[int]]:
    """Ask Kafka how far the topics go that this service writes."""
    own = [topic.name for topic in registry().topics.values() if topic.producer == service]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.bootstrap, group_id=None, isolation_level="read_committed"
    )
    try:
        counts = await partitions_of({"bootstrap_servers": stack.bootstrap}, own)
        places = [TopicPartition(topic, number) for topic in own for number in range(counts[topic])]
        await consumer.start()
        ends = await consumer.end_offsets(places)
    except (KafkaError, OSError, NoTopic) as error:
        raise StackProblem(
            f"Kafka does not say how far the topics of {service} go: is it running?"
        ) from error
    finally:
        await consumer.stop()
    found: dict[str, list[int]] = {}
    for place in places:
        found.setdefault(place.topic, []).append(int(ends[place]))
    return found


async def _client(
    stack: Stack, service: str, program: str, arguments: Sequence[str], *, names_database: bool = False
) -> None:
    """Run one of PostgreSQL's own programs on the database of a service; its password is in no command line."""
    address = urlsplit(_address(stack, service))
    database = address.path.lstrip("/")
    process = await asyncio.create_subprocess_exec(
        str(installed_software() / "bin" / program),
        *([f"--dbname={database}"] if names_database else []),
        *arguments,
        env={
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "PGHOST": address.hostname or "",
            "PGPORT": str(address.port or 5432),
            "PGUSER": unquote(address.username or ""),
            "PGPASSWORD": unquote(address.password or ""),
            "PGDATABASE": database,
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, words = await process.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        raise
    if process.returncode:
        fault = words.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise StackProblem(f"{program} of {service} failed: {fault[-1][:300].rstrip('.')}.")


def _address(stack: Stack, service: str) -> str:
    """Return the address with the right to read every row: of our own server the superuser's."""
    if stack.choice.postgres:
        return stack.postgres.url(service)
    environment, prefix = stack.environment(service), f"VELVET_{service.upper()}"
    return environment.get(f"{prefix}_MIGRATION_DATABASE_URL") or environment[f"{prefix}_DATABASE_URL"]


def _read(folder: Path) -> dict[str, dict[str, list[int]]]:
    path = folder / _MANIFEST
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except ValueError:
        raise StackProblem(f"{path} cannot be read: it is no manifest of a backup.") from None
