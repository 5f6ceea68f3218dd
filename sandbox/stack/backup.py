"""Backs the four databases up while everything runs, and brings older ones back beside the Kafka of today.

Each database is dumped by itself, at its own moment: they need not agree. Beside the dumps stands how far the
topics of each service went just before: whatever it said later, a restored service has to hear again.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.kafka.ends import NoTopic, partitions_of
from chassis.kafka.registry import registry
from chassis.restore.run import OtherKafka, refuse_other_kafka
from sandbox.stack.addresses import SERVICES
from sandbox.stack.databases import create_database, drop_database
from sandbox.stack.layout import write_private
from sandbox.stack.parts import run_module
from sandbox.stack.problem import StackProblem
from sandbox.stack.quarters import installed_software
from sandbox.stack.stack import Stack

_MANIFEST = "manifest.json"
_SUMS = "SHA256SUMS"
"""As `sha256sum --check` reads it."""
_RESTORED_S_MAX = 6 * 3600.0

_End = Annotated[int, msgspec.Meta(ge=0)]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was read to its end and found whole."""

    folder: Path
    ends: Mapping[str, Mapping[str, Sequence[int]]]
    """How far each service's topics went just before its dump: the ends of their partitions, by service and topic."""


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
        file = _dump(folder, service)
        unfinished = file.with_suffix(".unfinished")
        await _client(stack, service, "pg_dump", ["--format=custom", f"--file={unfinished}"])
        unfinished.chmod(0o600)
        sums = _sums(folder) | {file.name: await asyncio.to_thread(_sum, unfinished)}
        unfinished.replace(file)
        write_private(folder / _SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
        manifest = _read(folder) | {service: ends}
        write_private(folder / _MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
        say(f"{file}  {file.stat().st_size // 1024} kB")


async def whole_backup(stack: Stack, folder: Path) -> Backup:
    """Read a backup to its end, before anything is touched; raises StackProblem when it is not whole."""
    found = [service for service in SERVICES if _dump(folder, service).exists()]
    if not found or not (folder / _MANIFEST).exists():
        raise StackProblem(f"{folder} is no backup: it has no dump beside a {_MANIFEST}.")
    told = _read(folder)
    untold = sorted(set(found) - told.keys())
    if untold:
        raise StackProblem(f"The backup in {folder} was cut off: its {_MANIFEST} lacks {', '.join(untold)}.")
    sums = _sums(folder)
    for service in found:
        file = _dump(folder, service)
        # A dump can be changed, or another service's, and still be readable.
        if sums and sums.get(file.name) != await asyncio.to_thread(_sum, file):
            raise StackProblem(f"{file} is not what was backed up: {_SUMS} beside it says otherwise.")
        # Read to its end: a dump that lacks its last part would be noticed when the database is gone already.
        await _client(stack, service, "pg_restore", ["--file=/dev/null", str(file)])
    return Backup(folder, {service: told[service] for service in found})


async def bring_back(stack: Stack, backup: Backup, *, say: Say) -> None:
    """Replace the databases by those of the backup and bring them up to what Kafka knows.

    The services must be stopped, PostgreSQL and Kafka running; whatever was only in the replaced databases
    and never said to anybody is gone. Raises StackProblem.
    """
    await _refuse_other_kafka(stack, backup)
    for service in backup.ends:
        if stack.choice.postgres:
            await drop_database(stack.postgres, service)
            await create_database(stack.postgres, service)
        # A database of the user's own stays as it was when its dump does not go in.
        options = [] if stack.choice.postgres else ["--clean", "--if-exists", "--single-transaction"]
        dump = str(_dump(backup.folder, service))
        await _client(stack, service, "pg_restore", [*options, "--exit-on-error", dump], names_database=True)
    since = backup.folder / _MANIFEST
    await asyncio.gather(*(_up_to_date(stack, service, since=since, say=say) for service in backup.ends))


async def _refuse_other_kafka(stack: Stack, backup: Backup) -> None:
    """Raise StackProblem when Kafka does not have what it had at the time of the backup."""
    try:
        for service, ends in backup.ends.items():
            refuse_other_kafka(ends, ends=await _own_ends(stack, service))
    except OtherKafka as error:
        raise StackProblem(f"Nothing was replaced: {error}. To go on as it was: make up.") from None


async def _up_to_date(stack: Stack, service: str, *, since: Path, say: Say) -> None:
    environment = stack.environment(service)
    await run_module(service, [service, "migrate"], layout=stack.layout, environment=environment)
    await run_module(
        service,
        [service, "restored", "--since", str(since)],
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


def _dump(folder: Path, service: str) -> Path:
    return folder / f"{service}.dump"


def _read(folder: Path) -> dict[str, dict[str, list[int]]]:
    """Return the manifest's ends, by service and topic; none before the first dump."""
    path = folder / _MANIFEST
    if not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, list[_End]]])
    except msgspec.MsgspecError:
        raise StackProblem(f"{path} cannot be read: it is no manifest of a backup.") from None


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sums(folder: Path) -> dict[str, str]:
    """Return the checksums by name of file; none in a backup of an earlier release."""
    path = folder / _SUMS
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    return {name: sum_ for sum_, _, name in (line.partition("  ") for line in lines)}
