"""One process of a service: which loops its role has, how they start and how they end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import uvicorn

from chassis.db import schema
from chassis.db.clock import SandboxClock
from chassis.db.engine import DATABASE_ERRORS
from chassis.db.notice import wait
from chassis.db.relay import Relay
from chassis.health import Health
from chassis.http.api import create_app, create_probe_app
from chassis.http.arrival import BoundedArrival
from chassis.kafka.batch import Batches
from chassis.kafka.consumer import BulkConsumer
from chassis.kafka.producer import Publisher
from chassis.kafka.retry import Backoff
from chassis.kernel.errors import Transient
from chassis.loops import follow_clock, kept_up, measure, tick
from chassis.parts import open_codec
from chassis.service import Service
from chassis.telemetry.logs import error_name, log

_CONSUMING = {"consume", "all"}
_TICKING = {"tick", "all"}
_ANSWERING = {"api", "all"}
_PROBE_S = 2.0


class _Server(uvicorn.Server):
    """The web server without its own signal handlers: the runtime decides when it ends."""

    def install_signal_handlers(self) -> None:
        """Leave the signals alone."""


class Process:
    """Starts the web server first (so that probes answer), then the schema check, then the loops."""

    def __init__(self, service: Service, *, role: str) -> None:
        self._service = service
        self._settings = service.settings
        self._role = role
        self._health = Health(service=service.name)
        self._publisher = Publisher(service.settings)
        self._relay = Relay(
            service.database,
            sender=self._publisher,
            health=self._health,
            service=service.name,
            limit=service.settings.relay_records_max,
        )
        self._consumer: BulkConsumer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """Run until ``stopping`` is set; raises StaleSchema, or OSError when the port is taken."""
        if self._service.consumes != self._service.registry.consumed_by(self._service.name):
            raise OSError("the topics it consumes are not those of the registry (proto/topics.yaml)")
        self._health.down("start", reason="it is starting")
        server, serving = self._serve_http()
        try:
            await self._wait_for_schema()
            if isinstance(self._service.clock, SandboxClock):
                await self._service.clock.load(self._service.database)
            with suppress(Transient):
                await self._service.progress.warm()
            self._start_loops()
            self._health.up("start")
            log(__name__).info("started", port=self._settings.http_port, sandbox=self._settings.sandbox)
            await self._service.stopping.wait()
            self._health.down("stop", reason="it is stopping")
            await self._finish()
        finally:
            for task in self._tasks:
                task.cancel()
            server.should_exit = True
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(serving, timeout=5)
            await self._publisher.stop()
        log(__name__).info("stopped")
        return 0

    def _serve_http(self) -> tuple[uvicorn.Server, asyncio.Task[None]]:
        """Bind the port (OSError when it is taken) and serve on it."""
        build = create_app if self._role in _ANSWERING else create_probe_app
        app = build(self._service, health=self._health)
        listener = socket.socket(socket.AF_INET6 if ":" in self._settings.http_host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._settings.http_host, self._settings.http_port))
        config = uvicorn.Config(
            app,
            http=BoundedArrival,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        server = _Server(config)
        return server, asyncio.create_task(server._serve([listener]))  # noqa: SLF001 - serve() would take the signals

    async def _wait_for_schema(self) -> None:
        """Check the schema; a database that is not there yet is waited for, a stale one is not."""
        location = schema.script_location(self._service.migrations or f"{self._service.name}.migrations")
        backoff = Backoff(limit_s=2)
        attempts = 0
        async with asyncio.timeout(self._settings.startup_s_max):
            while True:
                try:
                    await schema.check(self._service.database.engine, location=location)
                    await self._look_at_walls()
                except (*DATABASE_ERRORS, OSError) as error:
                    attempts += 1
                    reason = f"the database cannot be reached ({error_name(error)})"
                    self._health.down("database", reason=reason)
                    log(__name__).warning("database_unreachable", error=error_name(error))
                    await asyncio.sleep(backoff.delay_s(attempts))
                else:
                    self._health.up("database")
                    return

    async def _look_at_walls(self) -> None:
        """Say so when the role that answers callers passes row-level security: one wall stands then, not two."""
        if self._role in _ANSWERING and not await self._service.database.walls_hold():
            log(__name__).warning("row_level_security_passed_by", setting="api_database_url")

    def _start_loops(self) -> None:
        service = self._service
        self._start("relay", lambda: self._relay.run(service.stopping))
        self._start("probe", self._probe)
        if self._role in _CONSUMING and service.consumes:
            batches = Batches(service, codec=open_codec(self._settings, topics=service.registry))
            self._consumer = consumer = BulkConsumer(service, batches=batches, health=self._health)
            self._start("consumer", lambda: consumer.run(service.stopping))
            self._start("broker", self._probe_broker)
        if self._settings.sandbox and self._role != "all":
            self._start("clock", lambda: follow_clock(service))
        if self._role in _TICKING:
            self._start("measure", lambda: measure(service))
            if not self._settings.sandbox:
                self._start("tick", lambda: tick(service, health=self._health))
            for number, loop in enumerate(service.background):
                self._start(f"background-{number}", loop)

    def _start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        work = kept_up(name, loop, service=self._service, health=self._health)
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _probe(self) -> None:
        """Ask the database now and then whether it is there."""
        while not self._service.stopping.is_set():
            try:
                async with asyncio.timeout(_PROBE_S):
                    await self._service.database.ping()
            except (*DATABASE_ERRORS, OSError, TimeoutError) as error:
                reason = f"the database cannot be reached ({error_name(error)})"
                self._health.down("database", reason=reason)
            else:
                self._health.up("database")
            await wait(self._service.stopping, timeout_s=_PROBE_S)

    async def _probe_broker(self) -> None:
        """Ask Kafka now and then: who waits for records does not notice that nobody could bring any.

        Where nothing is consumed, Kafka may be away: reading goes on, and the relay says what it cannot send.
        """
        while not self._service.stopping.is_set():
            try:
                await self._service.progress.warm()
            except Transient:
                self._health.down("broker", reason="Kafka does not answer")
            else:
                self._health.up("broker")
            await wait(self._service.stopping, timeout_s=_PROBE_S)

    async def _finish(self) -> None:
        """Let every loop end what it has in hand, bounded, then send what was committed."""
        if self._consumer is not None:
            self._consumer.stop()
        _, late = await asyncio.wait(self._tasks, timeout=self._settings.shutdown_s_max * 0.7)
        for task in late:
            log(__name__).warning("loop_cut_off", loop=task.get_name())
            task.cancel()
        with suppress(Transient, *DATABASE_ERRORS, OSError, TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_s_max * 0.2):
                await self._relay.drain()
