"""The whole local stack: made of parts, started in the right order, and any part of it killed at will."""

import asyncio
import shutil
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Any, Self

from sandbox.stack import fresh_homes
from sandbox.stack.addresses import SERVICES, Addresses, chosen_addresses, free_addresses, refuse_taken
from sandbox.stack.databases import Database, create_database, database_of
from sandbox.stack.environment import Surroundings, callers_environment, is_sandbox, without_velvet
from sandbox.stack.kafka import KafkaBroker
from sandbox.stack.layout import Layout, home_of
from sandbox.stack.parts import Part, Program, run_module
from sandbox.stack.postgres import PostgresServer
from sandbox.stack.problem import StackProblem
from sandbox.stack.runfile import forget_run, note_run
from sandbox.stack.tokens import AUDIENCE, ISSUER, SCOPES, Claims, Keys, sandbox_keys, sign

_FREE_BYTES_MIN = 500 * 1024 * 1024


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parts a stack has; the servers alone serve the tests of the machine room."""

    services: tuple[str, ...] = SERVICES
    inbox: bool = True
    postgres: bool = True
    kafka: bool = True
    durable: bool = True
    """False: PostgreSQL trades crash safety for speed."""
    partitions_max: int = 0
    """No topic gets more partitions than this: each costs every poll a little; 0: as the registry says."""


@dataclass(slots=True)
class Stack:
    """PostgreSQL, Kafka, the four services and the inbox, as processes of this machine."""

    layout: Layout
    addresses: Addresses
    inherited: Mapping[str, str]
    choice: Choice = field(default_factory=Choice)
    say: Callable[[str], None] = _silent
    temporary: bool = False
    amendments: dict[str, dict[str, str]] = field(default_factory=dict)
    """More environment for single parts, by name: it goes before everything else, from their next start on."""
    _parts: dict[str, Part] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Make the parts, those not chosen too: a part that an earlier choice started must be stopped."""
        ports = self.addresses.ports
        self._parts = {
            "postgres": PostgresServer(self.layout, ports["postgres"], durable=self.choice.durable),
            "kafka": KafkaBroker(self.layout, ports["kafka"], ports["kafka_controller"]),
            "inbox": Program("inbox", self.layout, ["sandbox.inbox"], self.addresses.url("inbox")),
        }
        for service in SERVICES:
            self._parts[service] = Program(
                service, self.layout, [service, "all"], self.addresses.url(service)
            )

    @classmethod
    def fresh(
        cls,
        choice: Choice | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _silent,
    ) -> Self:
        """Return a stack on free ports with a state of its own, wiped when its `async with` ends.

        The caller's own VELVET_* settings do not reach it: it must never touch another stack or a real provider.
        ``settings`` adds to the environment of its processes.
        """
        inherited = {**without_velvet(callers_environment()), **(settings or {})}
        layout = Layout(fresh_homes.new())
        return cls(layout, free_addresses(), inherited, choice or Choice(), say, temporary=True)

    @classmethod
    def persistent(
        cls,
        choice: Choice | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _silent,
    ) -> Self:
        """Return the stack of `make up`: the contract's ports, state under VELVET_HOME.

        A Kafka or databases named by the environment are used as they are, and none are started.
        """
        inherited = callers_environment() if environ is None else dict(environ)
        given = [service for service in SERVICES if inherited.get(f"VELVET_{service.upper()}_DATABASE_URL")]
        choice = replace(
            choice or Choice(),
            postgres=len(given) < len(SERVICES),
            kafka=not inherited.get("VELVET_KAFKA_BOOTSTRAP"),
        )
        return cls(Layout(home_of(inherited)), chosen_addresses(inherited), inherited, choice, say)

    # What the world may know about it.

    @property
    def urls(self) -> dict[str, str]:
        """HTTP base addresses of the services and the inbox."""
        return {name: self.addresses.url(name) for name in (*SERVICES, "inbox")}

    @property
    def bootstrap(self) -> str:
        """The address of Kafka."""
        return self.inherited.get("VELVET_KAFKA_BOOTSTRAP") or self.addresses.bootstrap

    @property
    def databases(self) -> dict[str, Database]:
        """The databases of this stack's own server, by service; none when the databases are the user's."""
        if not self.choice.postgres:
            return {}
        return {service: database_of(self.postgres, service) for service in SERVICES}

    @property
    def postgres(self) -> PostgresServer:
        """The stack's own server."""
        part = self.part("postgres")
        if not isinstance(part, PostgresServer):
            raise TypeError("the part named postgres is no PostgreSQL server")
        return part

    @property
    def kafka(self) -> KafkaBroker:
        """The stack's own broker."""
        part = self.part("kafka")
        if not isinstance(part, KafkaBroker):
            raise TypeError("the part named kafka is no Kafka broker")
        return part

    def program(self, name: str) -> Program:
        """Return a service or the inbox."""
        part = self.part(name)
        if not isinstance(part, Program):
            raise TypeError(f"the part named {name} is no Python program")
        return part

    def environment(self, name: str | None = None) -> dict[str, str]:
        """Return the environment of one process, or (without a name) of a program that may see everything."""
        around = Surroundings(self.addresses, self.inherited, keys=self._keys(), databases=self.databases)
        return around.of_all() if name is None else {**around.of(name), **self.amendments.get(name, {})}

    def token(self, creditor_id: str, *, scopes: tuple[str, ...] = SCOPES) -> str:
        """Return a token of this stack's sandbox for one creditor."""
        environment = self.environment()
        key_file = environment.get("VELVET_AUTH_SIGNING_KEY_FILE")
        if not key_file:
            raise StackProblem(
                "Only the sandbox signs tokens itself: outside it, ask your identity provider."
            )
        claims = Claims(
            creditor_id=creditor_id,
            scopes=scopes,
            issuer=environment.get("VELVET_AUTH_ISSUER", ISSUER),
            audience=environment.get("VELVET_AUTH_AUDIENCE", AUDIENCE),
        )
        return sign(claims, signing_key_file=Path(key_file))

    def part(self, name: str) -> Part:
        """Return one part by name: postgres, kafka, inbox or a service."""
        return self._parts[name]

    def recast(self, part: Program) -> None:
        """Let another program play a part, before the stack starts."""
        self._parts[part.name] = part

    def running(self) -> list[str]:
        """Return the names of the parts whose process lives."""
        return [name for name, part in self._parts.items() if part.process.running]

    def ended(self) -> list[str]:
        """Return the names of the chosen parts whose process does not live."""
        return sorted(self._chosen - set(self.running()))

    async def is_up(self) -> bool:
        """Tell whether every chosen part lives and every /readyz is green."""
        if not self._chosen <= set(self.running()):
            return False
        return all(await asyncio.gather(*(program.is_ready() for program in self._programs())))

    # Start and stop.

    async def __aenter__(self) -> Self:
        """Start everything."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything; a fresh stack leaves nothing behind."""
        await self.stop()
        if self.temporary:
            fresh_homes.discard(self.layout, failed=error is not None)

    async def start(self) -> None:
        """Start what does not run yet and return when every /readyz is green; stops it again when that fails."""
        self.layout.create()
        self._refuse_a_full_disk()
        await _all(*(part.process.settled() for part in self._parts.values()))
        running = set(self.running())
        refuse_taken(self.addresses, self._ports_of(self._chosen - running))
        try:
            await self._start_in_order()
        except BaseException as error:
            await self._stop(self._chosen - running)
            if self.temporary:
                kept = fresh_homes.discard(self.layout, failed=True)
                if isinstance(error, StackProblem):
                    raise StackProblem(str(error).replace(str(self.layout.logs), str(kept))) from error
            raise
        note_run(self)

    async def start_servers(self) -> None:
        """Start PostgreSQL and Kafka alone, with their databases, as they are, and topics: for a restore.

        What is to be replaced may be too broken to be migrated.
        """
        self.layout.create()
        await _all(self._start_postgres(), self._prepare_kafka())

    async def stop(self) -> None:
        """Stop everything; the state stays."""
        await self._stop(set(self._parts))
        forget_run(self.layout)

    async def wipe(self) -> None:
        """Stop everything and remove the state."""
        await self.stop()
        fresh_homes.remove_state(self.layout)

    async def start_one(self, name: str) -> None:
        """Start one part again after `kill` or `stop_one`; returns when it is ready."""
        part = self.part(name)
        await part.process.settled()
        if isinstance(part, Program):
            part.environment = self.environment(name)
        await part.start()

    async def stop_one(self, name: str) -> None:
        """Stop one part gracefully."""
        await self.part(name).stop()

    def kill(self, name: str, signal_: Signals = signal.SIGKILL) -> None:
        """Send one part a signal: SIGKILL, or SIGSTOP and SIGCONT for one that hangs."""
        self.part(name).kill(signal_)

    async def restart(self, name: str) -> None:
        """Stop one part if it lives, start it, and return when it is ready."""
        await self.stop_one(name)
        await self.start_one(name)

    # Inside.

    def _keys(self) -> Keys | None:
        """Return the sandbox's keys; none outside the sandbox."""
        return sandbox_keys(self.layout) if is_sandbox(self.inherited) else None

    @property
    def _chosen(self) -> set[str]:
        """Return the names of the parts that this stack starts."""
        choice = self.choice
        optional = {"postgres": choice.postgres, "kafka": choice.kafka, "inbox": choice.inbox}
        return {name for name, wanted in optional.items() if wanted} | set(choice.services)

    def _programs(self) -> list[Program]:
        """Return the chosen parts that are Python programs."""
        chosen = (self._parts[name] for name in self._parts if name in self._chosen)
        return [part for part in chosen if isinstance(part, Program)]

    def _ports_of(self, names: set[str]) -> list[str]:
        """Return the names of the ports that these parts will listen on."""
        more = {"kafka": ["kafka_controller"], "inbox": ["inbox_smtp"]}
        return [port for name in self._parts if name in names for port in (name, *more.get(name, []))]

    def _refuse_a_full_disk(self) -> None:
        """Raise a problem while there is still room to say so."""
        free = shutil.disk_usage(self.layout.home).free
        if free < _FREE_BYTES_MIN:
            raise StackProblem(
                f"Only {free // 1024**2} MB are free where {self.layout.home} lies, and Velvet needs "
                f"{_FREE_BYTES_MIN // 1024**2} MB: make room, or set VELVET_HOME."
            )

    async def _start_in_order(self) -> None:
        """Start the servers side by side, then what needs them."""
        await _all(self._prepare_postgres(), self._prepare_kafka())
        programs = self._programs()
        for program in programs:
            program.environment = self.environment(program.name)
            program.launch()
        if programs:
            self.say("Services are starting.")
        await _all(*(program.ready() for program in programs))

    async def _start_postgres(self) -> None:
        """Start the server and make the databases."""
        if self.choice.postgres:
            self.say("PostgreSQL is starting.")
            await self.postgres.start()
            await asyncio.gather(*(create_database(self.postgres, name) for name in SERVICES))

    async def _prepare_postgres(self) -> None:
        """Start the server, make the databases and bring them to the current schema."""
        await self._start_postgres()
        if self.choice.services:
            await self._run("migrations", ["sandbox.stack.migrations", *self.choice.services])

    async def _prepare_kafka(self) -> None:
        """Start the broker and make the topics."""
        if self.choice.kafka:
            self.say("Kafka is starting.")
            await self.part("kafka").start()
        if self.choice.services:
            limit = self.choice.partitions_max
            limited = [f"--partitions-max={limit}"] if limit else []
            await self._run("topics", ["chassis.kafka.topics", "create", *limited])

    async def _run(self, name: str, arguments: list[str]) -> None:
        """Run one module to its end; it sees the databases of all services."""
        await run_module(name, arguments, layout=self.layout, environment=self.environment())

    async def _stop(self, names: set[str]) -> None:
        """Stop the programs first and the servers that they use last."""
        parts = {name: part for name, part in self._parts.items() if name in names}
        servers = [parts.pop(name) for name in ("kafka", "postgres") if name in parts]
        await _all(*(part.stop() for part in parts.values()))
        if self.temporary:
            # Their data are thrown away: there is nothing to save.
            for name, signal_ in (("kafka", signal.SIGKILL), ("postgres", signal.SIGQUIT)):
                if name in names:
                    self.kill(name, signal_)
        await _all(*(server.stop() for server in servers))


async def _all(*steps: Coroutine[Any, Any, None]) -> None:
    """Run the steps side by side to their ends, then raise the first fault."""
    for outcome in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
